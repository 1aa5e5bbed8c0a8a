"""Schemas of claims and of a reconciliation, for the OpenAPI document only: `domain.claims` reads the claims."""

from __future__ import annotations

from typing import get_args

import marshmallow as ma

from service.api.http.answer_schemas import MOST_SPANS, NOT_LISTED, AsOfSchema, OutstandingSchema
from service.domain.claims.compare import STATUSES
from service.domain.claims.reading.blocks import DIMENSIONS
from service.domain.claims.reading.claims_file import FORMAT
from service.domain.claims.reading.figure import SAYS
from service.domain.claims.rules.findings import KINDS, MOST_FINDINGS, MOST_PLACES, Rule

f = ma.fields
PRINTED = {
    "oneOf": [{"type": "string"}, {"type": "integer", "minimum": 0}],
    "description": "the number as printed",
}
PATHS = {
    "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    "description": "a category path, or a list that is one sum",
}
DAYS = {"minItems": 1, "maxItems": 2, "description": "the first and the last day, both included; or one day"}
MOMENT = {"description": "the moment at which the figures are true; a day means its end in London"}


class SourceSchema(ma.Schema):
    """A source in which figures were printed."""

    url = f.String()
    published = f.String()
    as_of = f.String(metadata=MOMENT)
    days = f.List(f.Date(), metadata=DAYS)
    forces = f.List(f.String(), metadata={"description": "the forces it names"})
    force_count = f.Integer(metadata={"minimum": 1})
    lists_all = f.List(f.String(), metadata={"description": "measures for which it prints every category"})


class PrintedNumberSchema(ma.Schema):
    """A number and the words around it."""

    value = f.Raw(metadata=PRINTED)
    says = f.String(metadata={"enum": list(SAYS), "default": SAYS[0]})
    to = f.Raw(metadata=PRINTED)
    rounded_to = f.Raw(metadata=PRINTED)
    note = f.Raw(metadata={"type": "string"})


class ClaimedFigureSchema(PrintedNumberSchema):
    """One figure as printed."""

    measure = f.String(required=True)
    unit = f.String(required=True, metadata={"description": "as printed: the measure's own unit, pounds, kilograms"})
    category = f.Raw(metadata=PATHS)
    without_category = f.Raw(metadata=PATHS)


class BlockSchema(ma.Schema):
    """The scope of figures; a member that is left out does not narrow it."""

    source = f.String(required=True)
    forces = f.List(f.String())
    without_forces = f.List(f.String())
    days = f.List(f.Date(), metadata=DAYS)
    as_of = f.String(metadata=MOMENT)
    operation = f.String(metadata={"description": "an operation inside this one"})


class ClaimBlockSchema(BlockSchema):
    """Figures of one source and scope."""

    figures = f.List(f.Nested(ClaimedFigureSchema), required=True)


class BreakdownLineSchema(PrintedNumberSchema):
    """One line; it has the member that `by` names."""

    force = f.Raw(metadata=PATHS | {"description": "a force, or a list that is one sum"})
    category = f.Raw(metadata=PATHS)
    day = f.Date()


class BreakdownSchema(BlockSchema):
    """One measure by force, category or day."""

    measure = f.String(required=True)
    unit = f.String(required=True)
    category = f.Raw(metadata=PATHS)
    without_category = f.Raw(metadata=PATHS)
    by = f.String(required=True, metadata={"enum": list(DIMENSIONS)})
    lines = f.List(f.Nested(BreakdownLineSchema), required=True)
    complete = f.Boolean(metadata={"default": False, "description": "true: there are no lines besides these"})


class ClaimsSchema(ma.Schema):
    """Figures as printed, format claims/1; docs/reference/claims.md explains it."""

    format = f.String(required=True, metadata={"enum": [FORMAT]})
    operation = f.String()
    forces = f.List(f.String(), metadata={"description": "the forces that take part"})
    source = f.Dict(keys=f.String(), values=f.Nested(SourceSchema), required=True)
    claims = f.List(f.Nested(ClaimBlockSchema))
    breakdown = f.List(f.Nested(BreakdownSchema))


class BoundsSchema(ma.Schema):
    """The possible quantities in the smallest unit: from `quantity_from`, below `quantity_before`; null: no limit."""

    quantity_from = f.Integer(required=True)
    quantity_before = f.Integer(required=True, allow_none=True)


class RecordedSchema(BoundsSchema):
    """The recorded quantity; while a return is outstanding there is no upper bound."""

    display = f.String(required=True, metadata={"description": "the recorded quantity as written for people"})
    outstanding = f.List(
        f.Nested(OutstandingSchema), required=True, metadata={"description": f"at most {MOST_SPANS} spans"}
    )
    outstanding_not_listed = f.Integer(metadata=NOT_LISTED)


class ComparisonSchema(ma.Schema):
    """One claim beside the record."""

    place = f.String(required=True, metadata={"description": "its place in the file sent"})
    source = f.String(required=True)
    measure = f.String(required=True)
    unit = f.String(required=True, metadata={"description": "the smallest unit, which the quantities are in"})
    operation = f.String()
    forces = f.List(f.String())
    without_forces = f.List(f.String())
    days = f.List(f.Date())
    category = f.List(f.String())
    without_category = f.List(f.String())
    as_of = f.DateTime()
    note = f.String()
    printed = f.String(required=True)
    claimed = f.Nested(BoundsSchema, required=True, allow_none=True)
    status = f.String(required=True, metadata={"enum": list(STATUSES)})
    detail = f.String(required=True)
    as_it_stands = f.String(metadata={"enum": list(STATUSES[:3]), "description": "the status if no more is reported"})
    difference = f.Integer(
        allow_none=True, metadata={"description": "the least that the record is above the claim; negative if below"}
    )
    recorded = f.Nested(RecordedSchema)


class FindingSchema(ma.Schema):
    """A finding about how claims of one moment fit together."""

    kind = f.String(required=True, metadata={"enum": list(KINDS)})
    rule = f.String(required=True, metadata={"enum": list(get_args(Rule))})
    detail = f.String(required=True)
    places = f.List(f.String(), required=True)
    more_places = f.Integer(metadata={"description": f"the number of places beyond the {MOST_PLACES} that are listed"})
    without = f.List(f.String(), required=True, metadata={"description": "parts without which the whole agrees"})


class CountsSchema(ma.Schema):
    """The number of claims of each status."""

    agrees = f.Integer(required=True)
    open = f.Integer(required=True)
    differs = f.Integer(required=True)
    cannot_be_compared = f.Integer(required=True)


class ReconciliationSchema(ma.Schema):
    """Claims beside the record, in the order of the file, and the findings about how they fit together."""

    operation = f.String(required=True)
    imported = f.Boolean(required=True)
    marking = f.String(required=True)
    as_of = f.Nested(AsOfSchema, required=True)
    log_size = f.Integer(required=True)
    all_agree = f.Boolean(required=True, metadata={"description": "all claims agree, and all findings are notes"})
    counts = f.Nested(CountsSchema, required=True)
    claims = f.List(f.Nested(ComparisonSchema), required=True)
    findings = f.List(f.Nested(FindingSchema), required=True, metadata={"description": "the worst first"})
    findings_not_listed = f.Integer(
        required=True, metadata={"description": f"the number of findings beyond the {MOST_FINDINGS} that are listed"}
    )
