"""Every event of an operation. An event is a fact; a correction is a further fact.

This is the single definition of every event: the request schemas, the stored text and the reference documentation are
derived from these classes. Source of the kinds: docs/reference/events.md.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, ClassVar, NamedTuple
from uuid import UUID

from service.domain.model.part import InternedDefaults, Part, Timed
from service.domain.model.vocabulary import (
    MAX_LINES,
    Acquisition,
    CategoryPath,
    Code,
    CorrectionReason,
    CurrencyCode,
    DeclaredQuantity,
    DeclaredTotal,
    DueHours,
    ForceKind,
    HexDigest,
    IncidentKey,
    Items,
    Marking,
    PublicationLabel,
    Qualifier,
    Quantity,
    Reports,
    ReturnStatus,
    RoundingUnit,
    Seq,
    Slug,
    Title,
)

ONE_DAY = timedelta(days=1)


class ArrestRecorded(InternedDefaults, frozen=True, kw_only=True):
    """`arrest.recorded`: a force arrested `count` people for one primary reason.

    Corrected or withdrawn by its force or the coordinator.
    """

    wire_type: ClassVar[str] = "arrest.recorded"
    reason: CategoryPath
    count: Quantity = 1
    qualifier: Qualifier = "exact"


class PropertyLine(InternedDefaults, frozen=True, kw_only=True, tag_field="kind"):
    """One line of a seizure, of one of these kinds."""

    @property
    def kind(self) -> str:
        """The kind on the wire, such as `weapon`."""
        return str(self.__struct_config__.tag)


class WeaponLine(PropertyLine, frozen=True, kw_only=True, tag="weapon"):
    """Weapons seized, surrendered or found; counts items."""

    weapon: CategoryPath
    count: Quantity = 1
    acquired: Acquisition = "unstated"
    qualifier: Qualifier = "exact"


class AmmunitionLine(PropertyLine, frozen=True, kw_only=True, tag="ammunition"):
    """Ammunition; counts rounds, which are never counted as weapons."""

    rounds: Quantity
    qualifier: Qualifier = "exact"


class DrugLine(PropertyLine, frozen=True, kw_only=True, tag="drug"):
    """One drug: class, substance and form as a path of the drug list (`a/cocaine`), and any known amounts."""

    drug: CategoryPath
    weight_milligrams: Quantity | None = None
    plants: Quantity | None = None
    tablets: Quantity | None = None
    wraps: Quantity | None = None
    value_pence: Quantity | None = None
    qualifier: Qualifier = "exact"


class VehicleLine(PropertyLine, frozen=True, kw_only=True, tag="vehicle"):
    """Vehicles, by the ground on which they were seized."""

    ground: CategoryPath
    count: Quantity = 1
    qualifier: Qualifier = "exact"


class CashLine(PropertyLine, frozen=True, kw_only=True, tag="cash"):
    """Cash in minor units: pence for GBP. Each currency is counted separately."""

    currency: CurrencyCode
    amount_minor: Quantity
    qualifier: Qualifier = "exact"


class PhoneLine(PropertyLine, frozen=True, kw_only=True, tag="phone"):
    """Phones."""

    count: Quantity = 1
    qualifier: Qualifier = "exact"


class OtherPropertyLine(PropertyLine, frozen=True, kw_only=True, tag="other"):
    """Any other property, by category; different categories are never added up."""

    property: CategoryPath
    count: Quantity = 1
    qualifier: Qualifier = "exact"


SeizureLine = WeaponLine | AmmunitionLine | DrugLine | VehicleLine | CashLine | PhoneLine | OtherPropertyLine


class SeizureRecorded(Part, frozen=True, kw_only=True):
    """`seizure.recorded`: a force made one seizure of the items in its lines.

    Corrected or withdrawn by its force or the coordinator.
    """

    wire_type: ClassVar[str] = "seizure.recorded"
    lines: Annotated[tuple[SeizureLine, ...], Items(1, MAX_LINES, unique=False).meta]


class OfWhich(InternedDefaults, frozen=True, kw_only=True):
    """A part of a tally, by force, by category, or by both. It is inside its tally, and not added to it."""

    quantity: DeclaredQuantity
    force: Slug | None = None
    category: CategoryPath | None = None
    qualifier: Qualifier = "exact"


class ActivityRecorded(Timed, frozen=True, kw_only=True):
    """`activity.recorded`: a force did or tallied `quantity` of a measure, in the measure's unit.

    It covers [occurred_at, occurred_before). If that is more than one operating day, it has no day, and reopens the
    returns of each. A period starts at a moment, so occurred_before is refused with occurred_on. A quantity of 0 is a
    declared zero, without a qualifier. A quantity that is known to be rounded has `rounded_to`, and is shown as about.
    The quantity of a range is its lower end and `to` its upper end; both are possible.

    `of_which` has the parts of it that are known; what they leave over is not broken down. A `whole` is what all forces
    did together, as `force` states it: its parts count for their forces, and the rest for none. Only the coordinator of
    an imported operation sends a whole.
    Corrected or withdrawn by its force or the coordinator.
    """

    wire_type: ClassVar[str] = "activity.recorded"
    measure: Code
    quantity: DeclaredQuantity
    category: CategoryPath | None = None
    qualifier: Qualifier = "exact"
    occurred_before: datetime | None = None
    rounded_to: RoundingUnit | None = None
    to: Quantity | None = None
    whole: bool = False
    of_which: Annotated[tuple[OfWhich, ...], Items(0, 200, unique=False).meta] = ()


class ReturnDeclared(Timed, frozen=True, kw_only=True):
    """`return.declared`: a force states how complete its record of one or several days is, for all or some measures.

    It covers one `day`, or every operating day in [day_from, day_before). A new return replaces the previous ones for
    the days and measures it covers, so it is never corrected or withdrawn.
    """

    wire_type: ClassVar[str] = "return.declared"
    day: date | None = None
    status: ReturnStatus
    measures: Annotated[tuple[Code, ...], Items(0, 200).meta] = ()
    day_from: date | None = None
    day_before: date | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.day is None) == (self.day_from is None) or (self.day_from is None) != (self.day_before is None):
            raise ValueError("expected day, or day_from and day_before")

    @property
    def bounds(self) -> tuple[date, date]:
        """The days that it covers, as [first, before)."""
        if self.day is not None:
            return self.day, self.day + ONE_DAY
        assert self.day_from is not None, "either form is given"
        assert self.day_before is not None, "either form is given"
        return self.day_from, self.day_before


class EventWithdrawn(Part, frozen=True, kw_only=True):
    """`event.withdrawn`: the event in `corrects` no longer counts. Cannot be undone."""

    wire_type: ClassVar[str] = "event.withdrawn"


class Window(Timed, frozen=True, kw_only=True, rename={"starts_at": "from", "ends_at": "before"}):
    """One operating day as two moments: [starts_at, ends_at), named `from` and `before` on the wire."""

    starts_at: datetime
    ends_at: datetime


class OperationOpened(Timed, frozen=True, kw_only=True):
    """`operation.opened`: the first event of every log, sent by the coordinator.

    Its days are either the London days in [starts_at, ends_at) or the windows in `days`. `forces` is the publishing
    order; a force.joined for each force follows. A day's returns are due `returns_due_hours` after its end, but never
    after `returns_due_at`.

    Print may not say who led an imported operation, or when it was. Then `lead_known` is false, and `lead_force` is
    only the force whose coordinator keeps the record; or `dates_known` is false, and the operation was some time in
    [starts_at, ends_at), which is one operating day. An amendment of the days makes them known.
    """

    wire_type: ClassVar[str] = "operation.opened"
    name: Title
    lead_force: Slug
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    days: Annotated[tuple[Window, ...], Items(0, 400).meta] = ()
    returns_due_at: datetime | None = None
    returns_due_hours: DueHours | None = None
    forces: Annotated[tuple[Slug, ...], Items(0, 200).meta] = ()
    places: Annotated[tuple[Code, ...], Items(0, 500).meta] = ()
    part_of: Annotated[tuple[Slug, ...], Items(0, 20).meta] = ()
    marking: Marking = "OFFICIAL-SENSITIVE"
    imported: bool = False
    lead_known: bool = True
    dates_known: bool = True


class OperationAmended(Timed, frozen=True, kw_only=True):
    """`operation.amended`: the coordinator changes the given fields. No standing version may be left outside."""

    wire_type: ClassVar[str] = "operation.amended"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    days: Annotated[tuple[Window, ...], Items(0, 400).meta] = ()
    returns_due_at: datetime | None = None
    returns_due_hours: DueHours | None = None
    places: Annotated[tuple[Code, ...], Items(0, 500).meta] = ()
    marking: Marking | None = None


class ForceJoined(InternedDefaults, frozen=True, kw_only=True):
    """`force.joined`: a force takes part from now on. Its name and kind make the log self-contained.

    A named group of forces, such as East Midlands, has the kind `group` and its `members`, which joined before. It
    reports tallies for them, or nothing if they report themselves.
    """

    wire_type: ClassVar[str] = "force.joined"
    filled_in: ClassVar[tuple[str, ...]] = ("name", "kind")
    force: Slug
    name: Title | None = None
    kind: ForceKind | None = None
    reports: Reports = "events"
    members: Annotated[tuple[Slug, ...], Items(0, 100).meta] = ()


class ForceLeft(Part, frozen=True, kw_only=True):
    """`force.left`: a force that joined by mistake takes part no longer, and owes no returns.

    Refused while standing facts or returns of the force exist. It can join again.
    """

    wire_type: ClassVar[str] = "force.left"
    force: Slug


class ForceAmended(InternedDefaults, frozen=True, kw_only=True):
    """`force.amended`: the coordinator corrects the given fields of a force that takes part.

    Refused while standing facts or returns of the force exist.
    """

    wire_type: ClassVar[str] = "force.amended"
    force: Slug
    name: Title | None = None
    reports: Reports | None = None


class MeasureRegistered(Part, frozen=True, kw_only=True):
    """`measure.registered`: the operation counts a new measure, or adds categories to an existing one."""

    wire_type: ClassVar[str] = "measure.registered"
    measure: Code
    label: Title | None = None
    unit: Title | None = None
    additive: bool = True
    categories: Annotated[tuple[CategoryPath, ...], Items(0, 200).meta] = ()
    open: bool = False


class PartAccepted(Part, frozen=True, kw_only=True):
    """`part.accepted`: from now on this operation's totals include those of `part`, each part once.

    The part names this operation in `part_of`, and does not contain it. A live operation accepts no imported part.
    """

    wire_type: ClassVar[str] = "part.accepted"
    part: Slug


class PartRemoved(Part, frozen=True, kw_only=True):
    """`part.removed`: from now on this operation's totals do not include those of `part`.

    Answers as of an earlier moment, and publications, still include it. It can be accepted again.
    """

    wire_type: ClassVar[str] = "part.removed"
    part: Slug


class OperationClosed(Part, frozen=True, kw_only=True):
    """`operation.closed`: no new facts are accepted from now on, only corrections, withdrawals and returns."""

    wire_type: ClassVar[str] = "operation.closed"


class OperationReopened(Part, frozen=True, kw_only=True):
    """`operation.reopened`: new facts are accepted again."""

    wire_type: ClassVar[str] = "operation.reopened"


class PublishedFigure(InternedDefaults, frozen=True, kw_only=True):
    """One figure as published, of all forces or of one, and of all categories or of one.

    `least` and `most` bound a rounded figure or a range.
    """

    measure: Code
    unit: Title
    quantity: DeclaredTotal
    qualifier: Qualifier = "exact"
    force: Slug | None = None
    category: CategoryPath | None = None
    least: DeclaredTotal | None = None
    most: DeclaredTotal | None = None


class PublishedPart(Part, frozen=True, kw_only=True):
    """The position of a part whose figures are in a publication."""

    operation: Slug
    seq: Seq
    root: HexDigest


class FiguresPublished(Timed, frozen=True, kw_only=True):
    """`figures.published`: the coordinator published the figures as of a seq. Immutable.

    The sender gives label, as_of_seq (the head by default) and embargo. The service fills in the rest: the number of
    the publication (1, 2, ...), the figures, the SHA-256 of their canonical text, the tree's root at that seq, and the
    position of each part.
    """

    wire_type: ClassVar[str] = "figures.published"
    never_sent: ClassVar[tuple[str, ...]] = ("number", "root", "figures_hash", "figures", "parts")
    filled_in: ClassVar[tuple[str, ...]] = ("as_of_seq", *never_sent)
    label: PublicationLabel
    as_of_seq: Seq | None = None
    embargo_until: datetime | None = None
    number: Seq | None = None
    root: HexDigest | None = None
    figures_hash: HexDigest | None = None
    figures: Annotated[tuple[PublishedFigure, ...], Items(0, 1_000_000, unique=False).meta] = ()
    parts: Annotated[tuple[PublishedPart, ...], Items(0, 10_000).meta] = ()


class PublicationMadePublic(Part, frozen=True, kw_only=True):
    """`publication.made_public`: from now on, or from the end of its embargo, anyone may read a publication.

    It cannot be undone: what was public stays public. Sent for the number of the publication; the service fills in the
    id of the `figures.published`.
    """

    wire_type: ClassVar[str] = "publication.made_public"
    never_sent: ClassVar[tuple[str, ...]] = ("publication",)
    publication: UUID | None = None


class EventPair(Part, frozen=True, kw_only=True):
    """Two events of this log or, if `operations` names an operation for each, of the logs of two operations."""

    wire_type: ClassVar[str]
    never_sent: ClassVar[tuple[str, ...]] = ("first_seqs",)
    filled_in: ClassVar[tuple[str, ...]] = never_sent
    events: Annotated[tuple[UUID, ...], Items(2, 2, unique=False).meta]
    operations: Annotated[tuple[Slug, ...], Items(0, 2).meta] = ()
    first_seqs: Annotated[tuple[Seq, ...], Items(0, 2, unique=False).meta] = ()


class DuplicateRuledOut(EventPair, frozen=True, kw_only=True):
    """`duplicate.ruled_out`: the coordinator found that two possible duplicates are two different events.

    They are of this operation, or of two operations: this one and a part of it, or two of its parts. In the second case
    `operations` names the operations in the order of `events`, and the service fills in the seq of the first version of
    each event in its log. The ruling applies to all later versions of both events, until the pair is reopened.
    """

    wire_type: ClassVar[str] = "duplicate.ruled_out"


class DuplicateReopened(EventPair, frozen=True, kw_only=True):
    """`duplicate.reopened`: the coordinator takes back that a pair was ruled out. It is a possible duplicate again.

    `events` names any version of each event, in any order; `operations` is as in the event that ruled the pair out. The
    pair can be ruled out again.
    """

    wire_type: ClassVar[str] = "duplicate.reopened"


Fact = ArrestRecorded | SeizureRecorded | ActivityRecorded
Report = Fact | ReturnDeclared | EventWithdrawn
Setup = (
    OperationOpened
    | OperationAmended
    | ForceJoined
    | ForceLeft
    | ForceAmended
    | MeasureRegistered
    | PartAccepted
    | PartRemoved
    | OperationClosed
    | OperationReopened
)
Finding = FiguresPublished | DuplicateRuledOut | DuplicateReopened | PublicationMadePublic

FACTS: tuple[type[Fact], ...] = (ArrestRecorded, SeizureRecorded, ActivityRecorded)
REPORTS: tuple[type[Report], ...] = (*FACTS, ReturnDeclared, EventWithdrawn)
SETUP: tuple[type[Setup], ...] = (
    OperationOpened,
    OperationAmended,
    ForceJoined,
    ForceLeft,
    ForceAmended,
    MeasureRegistered,
    PartAccepted,
    PartRemoved,
    OperationClosed,
    OperationReopened,
)
# Statements of the coordinator about the record. They do not change the operation, so no fold reads them.
FINDINGS: tuple[type[Finding], ...] = (
    FiguresPublished,
    DuplicateRuledOut,
    DuplicateReopened,
    PublicationMadePublic,
)
DATA_CLASSES: dict[str, type[Report | Setup | Finding]] = {cls.wire_type: cls for cls in (*REPORTS, *SETUP, *FINDINGS)}
SETUP_TYPES: tuple[str, ...] = tuple(cls.wire_type for cls in SETUP)

LINE_CLASSES: dict[str, type[SeizureLine]] = {
    str(cls.__struct_config__.tag): cls
    for cls in (WeaponLine, AmmunitionLine, DrugLine, VehicleLine, CashLine, PhoneLine, OtherPropertyLine)
}


class Event(Part, frozen=True, kw_only=True):
    """One event as sent. Only `force` counts it; `assisting` forces never do.

    A fact has either `occurred_at`, the moment, or `occurred_on`, the operating day where only that is known. Other
    events have neither.
    """

    id: UUID
    force: Slug
    data: Report | Setup | Finding
    occurred_at: datetime | None = None
    occurred_on: date | None = None
    place: Code | None = None
    incident: IncidentKey | None = None
    assisting: Annotated[tuple[Slug, ...], Items(0, 100).meta] = ()
    corrects: UUID | None = None
    correction_reason: CorrectionReason | None = None

    @property
    def type(self) -> str:
        """The wire type, such as `arrest.recorded`."""
        return self.data.wire_type

    @property
    def names(self) -> tuple[UUID, ...]:
        """The ids in this log that a decision about this event needs: its own, and those of the events it refers to."""
        referred_to = _referred_to(self.data)
        return (self.id, *referred_to) if self.corrects is None else (self.id, *referred_to, self.corrects)


def _referred_to(data: Report | Setup | Finding) -> tuple[UUID, ...]:
    if isinstance(data, EventPair) and not data.operations:
        return data.events
    if isinstance(data, PublicationMadePublic) and data.publication is not None:
        return (data.publication,)
    return ()


class RecordedBy(Part, frozen=True, kw_only=True):
    """The force and role of the credential that sent an event."""

    force: Slug
    role: Code


class RecordedEvent(NamedTuple):
    """An event in its operation's log. `seq` is its number there, from 1; `recorded_at` increases along the log."""

    event: Event
    operation: str
    seq: int
    recorded_at: datetime
    recorded_by: RecordedBy
