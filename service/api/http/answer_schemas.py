"""Schemas of the answers, for the OpenAPI document. The contract test checks every answer against them."""

from __future__ import annotations

import marshmallow as ma

from service.api.http.problem_schema import ProblemSchema
from service.domain.duplicates.ranking import AMOUNTS
from service.domain.model.vocabulary import QUALIFIERS

HASH = {"pattern": "^[0-9a-f]{64}$", "description": "SHA-256, in hex"}
# The spans listed as outstanding for one figure: an answer may have thousands of figures. `completeness` lists all.
MOST_SPANS = 10
# `GET .../returns?status=none,partial,reopened` lists all, in pages.
MOST_OWED_SPANS = 2_000
f = ma.fields


class ReceiptSchema(ma.Schema):
    """The receipt for an event, identical for every replay."""

    operation = f.String(required=True)
    id = f.UUID(required=True)
    seq = f.Integer(required=True, metadata={"minimum": 1, "description": "the event's number in the log"})
    recorded_at = f.DateTime(required=True)
    leaf_hash = f.String(required=True, metadata=HASH)
    root = f.String(required=True, metadata={**HASH, "description": "the tree's root at size seq"})
    imported = f.Boolean(metadata={"description": "true if the sender gave recorded_at"})


class DryRunSchema(ma.Schema):
    """The outcome that recording an event would have."""

    dry_run = f.Boolean(required=True)
    status = f.Integer(required=True, metadata={"enum": [200, 201]})


class BatchItemSchema(ma.Schema):
    """The outcome for one event of a batch: a receipt or a problem; in a dry run only the status."""

    index = f.Integer(required=True)
    status = f.Integer(required=True)
    receipt = f.Nested(ReceiptSchema)
    problem = f.Nested(ProblemSchema)


class BatchSchema(ma.Schema):
    """The outcome for each event of a batch, in input order."""

    dry_run = f.Boolean(required=True)
    results = f.List(f.Nested(BatchItemSchema), required=True)


class RefusalSchema(ma.Schema):
    """A refused line."""

    line = f.Integer(required=True, metadata={"minimum": 1})
    status = f.Integer(required=True)
    problem = f.Nested(ProblemSchema, required=True)


class StreamSummarySchema(ma.Schema):
    """The outcome of a stream of events. `refusals` lists the first 1,000."""

    recorded = f.Integer(required=True)
    replayed = f.Integer(required=True)
    refused = f.Integer(required=True)
    head = f.Integer(required=True, metadata={"description": "the last seq of the log after the stream"})
    refusals = f.List(f.Nested(RefusalSchema), required=True)


class RecordedBySchema(ma.Schema):
    """The force and role of the credential that sent an event."""

    force = f.String(required=True)
    role = f.String(required=True)


class RecordedEventSchema(ma.Schema):
    """An event as recorded. Members that were null, empty or the default are left out."""

    class Meta:
        unknown = ma.INCLUDE

    operation = f.String(required=True)
    seq = f.Integer(required=True)
    recorded_at = f.DateTime(required=True)
    recorded_by = f.Nested(RecordedBySchema, required=True)
    id = f.UUID(required=True)
    type = f.String(required=True)
    force = f.String(required=True)
    occurred_at = f.DateTime(metadata={"description": "facts: the moment, unless only the day is known"})
    occurred_on = f.Date(metadata={"description": "facts: the operating day, if the moment is not known"})
    place = f.String()
    incident = f.String()
    assisting = f.List(f.String())
    corrects = f.UUID()
    correction_reason = f.String()
    data = f.Dict()


class EventPageSchema(ma.Schema):
    """A page of events in log order; `next` is the seq of the next page, null on the last.

    `cursor` is the `after` of the next page; on the last, of the events recorded later.
    """

    operation = f.String(required=True)
    imported = f.Boolean(required=True)
    head = f.Integer(required=True)
    events = f.List(f.Nested(RecordedEventSchema), required=True)
    next = f.Integer(required=True, allow_none=True)
    cursor = f.String(required=True)


class EventHistorySchema(ma.Schema):
    """An event, its corrections in order, and its standing version, null if the event was withdrawn."""

    imported = f.Boolean(required=True)
    event = f.Nested(RecordedEventSchema, required=True)
    corrections = f.List(f.Nested(RecordedEventSchema), required=True)
    standing = f.Nested(RecordedEventSchema, required=True, allow_none=True)


class ForceSchema(ma.Schema):
    """A body that can take part in an operation."""

    force = f.String(required=True)
    name = f.String(required=True)
    kind = f.String(required=True)
    aliases = f.List(f.String(), required=True)


class ForceListSchema(ma.Schema):
    """All forces."""

    forces = f.List(f.Nested(ForceSchema), required=True)


class MeasureSchema(ma.Schema):
    """A measure: its unit, and how it is broken down."""

    measure = f.String(required=True)
    label = f.String(required=True)
    unit = f.String(required=True)
    core = f.Boolean(required=True, metadata={"description": "counted from arrests and seizures"})
    additive = f.Boolean(required=True, metadata={"description": "false: never summed over categories"})
    category = f.String(required=True, allow_none=True)
    categories = f.List(f.String(), required=True)
    open = f.Boolean(required=True, metadata={"description": "further codes may be added"})


class MeasureListSchema(ma.Schema):
    """The catalogue of measures, in publishing order."""

    measures = f.List(f.Nested(MeasureSchema), required=True)


EVIDENCE = {"enum": ["seen", "partly seen", "inferred"], "description": "whether it was read in its source"}


class DrugClassSchema(ma.Schema):
    """The class of a drug on the days from `from` until the next entry begins; null: from before `covers_from`."""

    class_ = f.String(
        required=True,
        data_key="class",
        metadata={"enum": ["a", "b", "c", "psychoactive", "none", "temporary", "unknown"]},
    )
    category = f.String(required=True, metadata={"description": "the first step of its path on these days"})
    from_ = f.Date(required=True, data_key="from", allow_none=True)
    source = f.String(required=True, metadata={"description": "a key of sources; empty if unknown"})
    evidence = f.String(required=True, metadata=EVIDENCE)


class DrugPartSchema(ma.Schema):
    """A form that may follow the drug in a path, or an amount such as plants, and its names."""

    name = f.String(required=True)
    aliases = f.List(f.String(), required=True)


class StreetValueSchema(ma.Schema):
    """A street value in pence, both ends included; `form` is empty if it holds for every form."""

    per = f.String(required=True)
    form = f.String(required=True)
    low_pence = f.Integer(required=True)
    high_pence = f.Integer(required=True)
    year = f.Integer(required=True, allow_none=True)
    source = f.String(required=True)
    evidence = f.String(required=True, metadata=EVIDENCE)


class DrugSchema(ma.Schema):
    """A drug: its classes, oldest first, and the words that spreadsheets use for it."""

    drug = f.String(required=True)
    label = f.String(required=True)
    class_alone = f.Boolean(required=True, metadata={"description": "true: it is sent as its class alone"})
    classes = f.List(f.Nested(DrugClassSchema), required=True)
    forms = f.List(f.Nested(DrugPartSchema), required=True)
    amounts = f.List(f.Nested(DrugPartSchema), required=True)
    aliases = f.List(f.String(), required=True)
    ambiguous = f.List(f.String(), required=True, metadata={"description": "words that may mean something else"})
    units = f.List(f.String(), required=True, metadata={"description": "the usual one first"})
    values = f.List(f.Nested(StreetValueSchema), required=True)
    evidence = f.Dict(keys=f.String(), values=f.String(), required=True)
    note = f.String(required=True)


class NotADrugSchema(ma.Schema):
    """Something that stands among drugs in spreadsheets, and what to send instead."""

    thing = f.String(required=True)
    what = f.String(required=True)
    send = f.String(required=True)
    aliases = f.List(f.String(), required=True)


class DrugSourceSchema(ma.Schema):
    """A source of classes or values."""

    source = f.String(required=True)
    title = f.String(required=True)
    date = f.String(required=True)
    url = f.String(required=True)
    seen = f.Boolean(required=True, metadata={"description": "false: nothing was read"})


class DrugListSchema(ma.Schema):
    """The known drugs. Their classes cover the days from `covers_from`, and the law up to `known_until`."""

    covers_from = f.Date(required=True)
    known_until = f.Date(required=True)
    class_names = f.Dict(keys=f.String(), values=f.List(f.String()), required=True)
    drugs = f.List(f.Nested(DrugSchema), required=True)
    not_drugs = f.List(f.Nested(NotADrugSchema), required=True)
    sources = f.List(f.Nested(DrugSourceSchema), required=True)


class ParticipantSchema(ma.Schema):
    """A force that takes part in an operation."""

    force = f.String(required=True)
    name = f.String(required=True)
    kind = f.String(required=True)
    reports = f.String(required=True, metadata={"enum": ["events", "tallies", "nothing"]})
    members = f.List(f.String(), metadata={"description": "only of a group: the forces in it"})


class OperatingDaySchema(ma.Schema):
    """One operating day, given as moments."""

    day = f.Date(required=True)
    from_ = f.DateTime(required=True, data_key="from")
    before = f.DateTime(required=True)


class LogHeadSchema(ma.Schema):
    """The last event of a log."""

    seq = f.Integer(required=True)
    recorded_at = f.DateTime(required=True)


class OperationSchema(ma.Schema):
    """An operation in its present state."""

    operation = f.String(required=True)
    name = f.String(required=True)
    lead_force = f.String(required=True)
    lead_known = f.Boolean(metadata={"description": "false: lead_force only keeps the record; otherwise missing"})
    dates_known = f.Boolean(metadata={"description": "false: it was some time in its one day; otherwise missing"})
    imported = f.Boolean(required=True)
    closed = f.Boolean(required=True)
    marking = f.String(required=True)
    opened_at = f.DateTime(required=True)
    returns_due_at = f.DateTime(required=True, allow_none=True)
    returns_due_hours = f.Integer(
        required=True, allow_none=True, metadata={"description": "after the end of each day; null: no deadline by day"}
    )
    starts_at = f.DateTime(required=True)
    ends_at = f.DateTime(required=True, allow_none=True)
    days = f.List(
        f.Nested(OperatingDaySchema), required=True, metadata={"description": "empty: calendar days in London"}
    )
    forces = f.List(f.Nested(ParticipantSchema), required=True)
    places = f.List(f.String(), required=True)
    part_of = f.List(f.String(), required=True)
    parts = f.List(f.String(), required=True)
    measures = f.List(f.Nested(MeasureSchema), required=True)
    head = f.Nested(LogHeadSchema, required=True)


class OperationListSchema(ma.Schema):
    """A page of operations by key; `next` is the `after` of the next page, null on the last."""

    operations = f.List(f.Nested(OperationSchema), required=True)
    next = f.String(required=True, allow_none=True)


NOT_LISTED = {"description": "days that are outstanding and not listed here; absent: all are listed"}


class OutstandingSchema(ma.Schema):
    """A force with outstanding returns, for the days of the operation in [day_from, day_before), and how many they are.

    No day of the operation lies between two days of one span.
    """

    force = f.String(
        required=True, allow_none=True, metadata={"description": "null: forces in parts that the caller may not see"}
    )
    day_from = f.Date(required=True)
    day_before = f.Date(required=True)
    days = f.Integer(required=True, metadata={"minimum": 1})


class OwedSpanSchema(OutstandingSchema):
    """Outstanding returns, for the measures listed; empty: for all measures of the answer."""

    measures = f.List(f.String(), required=True)


class FigureSchema(ma.Schema):
    """One figure. `operation`, `force`, `day`, `hour` and `category` are present if figures are broken down by them."""

    measure = f.String(required=True)
    unit = f.String(required=True)
    operation = f.String(
        allow_none=True,
        metadata={"description": "whose own log it sums; null: parts that the caller may not see, together"},
    )
    force = f.String(allow_none=True, metadata={"description": "null: stated of all forces, and attributed to none"})
    day = f.Date(allow_none=True, metadata={"description": "null: activities that span more than one day"})
    hour = f.DateTime(
        allow_none=True,
        metadata={
            "description": "the moment at which the hour begins; null: facts without a time, and activities that span "
            "more than one hour"
        },
    )
    category = f.String(allow_none=True)
    quantity = f.Integer(required=True)
    qualifier = f.String(required=True, metadata={"enum": list(QUALIFIERS)})
    least = f.Integer(metadata={"description": "only of a rounded figure or a range: the least that it may be"})
    most = f.Integer(metadata={"description": "only of a rounded figure or a range: the most that it may be"})
    display = f.String(required=True, metadata={"description": "the number as written for people"})
    outstanding = f.List(
        f.Nested(OutstandingSchema), required=True, metadata={"description": f"at most {MOST_SPANS} spans"}
    )
    outstanding_not_listed = f.Integer(metadata=NOT_LISTED)


class AsOfSchema(ma.Schema):
    """The log position at which figures are true."""

    seq = f.Integer(required=True)
    recorded_at = f.DateTime(required=True)
    root = f.String(required=True, metadata=HASH)


class OverdueSchema(ma.Schema):
    """A force whose returns are overdue: for how many days, and since when the first of them."""

    force = f.String(required=True)
    days = f.Integer(required=True, metadata={"minimum": 1})
    since = f.DateTime(required=True)


class CompletenessSchema(ma.Schema):
    """Whether any return is outstanding, and which were never declared in full by the time they were due."""

    status = f.String(required=True, metadata={"enum": ["partial", "final"]})
    outstanding = f.List(
        f.Nested(OwedSpanSchema),
        required=True,
        metadata={"description": f"by force, each span of days once; at most {MOST_OWED_SPANS:,}"},
    )
    outstanding_not_listed = f.Integer(metadata=NOT_LISTED)
    overdue = f.List(f.Nested(OverdueSchema), required=True)


OTHER_PARTS = {"description": "whether sums include parts that the caller may not see; these are not shown by force"}


class PartSchema(ma.Schema):
    """The log position, in the log of a part, at which figures are true."""

    operation = f.String(required=True)
    seq = f.Integer(required=True)
    root = f.String(required=True, metadata=HASH)


class MeasureLeftOutSchema(ma.Schema):
    """A measure without figures, because the operation and its parts do not count it alike, so it cannot be summed."""

    measure = f.String(required=True)
    label = f.String(required=True)
    units = f.List(
        f.String(), required=True, metadata={"description": "a single one: some sum it over categories, others never"}
    )


class TotalsSchema(ma.Schema):
    """The totals of an operation and its parts, in publishing order."""

    operation = f.String(required=True)
    imported = f.Boolean(required=True)
    marking = f.String(required=True)
    as_of = f.Nested(AsOfSchema, required=True)
    log_size = f.Integer(required=True)
    parts = f.List(f.Nested(PartSchema), required=True)
    other_parts = f.Boolean(required=True, metadata=OTHER_PARTS)
    by = f.List(f.String(), required=True)
    figures = f.List(f.Nested(FigureSchema), required=True)
    left_out = f.List(f.Nested(MeasureLeftOutSchema), required=True)
    completeness = f.Nested(CompletenessSchema, required=True)


class EvidenceSchema(ma.Schema):
    """The features that two events share."""

    same = f.List(
        f.String(),
        required=True,
        metadata={
            "description": "any of incident, type, category, place; time: within the window; day: the same day, if one "
            "of the events has only its day"
        },
    )
    place = f.String(allow_none=True)
    categories = f.List(f.String(), metadata={"description": "the related category paths of both events"})
    seconds_apart = f.Integer(metadata={"description": "only if both events have a moment"})
    assisting = f.List(f.String(), metadata={"description": "forces of the pair named as assisting by the other event"})
    amounts = f.String(
        required=True,
        metadata={"enum": list(AMOUNTS), "description": "how the amounts compare; pairs are listed in this order"},
    )
    because = f.String(required=True, metadata={"description": "the same as a sentence"})


class PossibleDuplicateSchema(ma.Schema):
    """A pair of events that may be one; for a force, both are its own."""

    certainty = f.String(required=True, metadata={"enum": ["certain", "repeated", "likely"]})
    evidence = f.Nested(EvidenceSchema, required=True)
    events = f.List(f.Nested(RecordedEventSchema), required=True)


class SearchedPartSchema(ma.Schema):
    """A part that was searched, up to its last seq."""

    operation = f.String(required=True)
    head = f.Integer(required=True)


class PossibleDuplicatesSchema(ma.Schema):
    """A page of possible duplicates, certain ones first; `next` is the `after` of the next page, null on the last."""

    operation = f.String(required=True)
    imported = f.Boolean(required=True)
    marking = f.String(required=True)
    head = f.Integer(required=True)
    parts = f.List(
        f.Nested(SearchedPartSchema), required=True, metadata={"description": "for a force: only those it is in"}
    )
    window_minutes = f.Integer(required=True)
    pairs = f.List(f.Nested(PossibleDuplicateSchema), required=True)
    next = f.String(required=True, allow_none=True)


class PairsRuledOutSchema(ma.Schema):
    """The outcome for each pair of a call that rules out several, in input order."""

    results = f.List(f.Nested(BatchItemSchema), required=True)


class RuledOutPageSchema(ma.Schema):
    """A page of pairs that are ruled out, by seq; `next` is the `after` of the next page, null on the last."""

    operation = f.String(required=True)
    head = f.Integer(required=True)
    ruled_out = f.List(f.Nested(RecordedEventSchema), required=True)
    next = f.Integer(required=True, allow_none=True)


class CredentialSchema(ma.Schema):
    """The caller's credential."""

    credential = f.UUID(required=True)
    force = f.String(required=True)
    role = f.String(required=True)
    operations = f.List(f.String(), required=True, metadata={"description": "those it is limited to; empty: no limit"})
    expires_at = f.DateTime(required=True, allow_none=True)


class HealthSchema(ma.Schema):
    """Whether the service is up."""

    status = f.String(required=True)


class ReadinessSchema(HealthSchema):
    """Whether the service can answer, and whether its clock lets it record.

    `clock` is `right`, or `wrong`: then reading works, and recording gets 503 with the reason.
    """

    clock = f.String(required=True, validate=ma.validate.OneOf(["right", "wrong"]))
