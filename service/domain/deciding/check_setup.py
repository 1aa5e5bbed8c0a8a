"""The rules for what the coordinator sends: how an operation is opened, amended, closed and reopened.

Pointers refer to the flat bodies of the coordinator's calls: `/places/0`, not `/data/places/0`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from service.domain.deciding.check_report import ForceNotInOperation, OperationIsClosed
from service.domain.model.events import (
    Event,
    ForceAmended,
    ForceJoined,
    ForceLeft,
    MeasureRegistered,
    OperationAmended,
    OperationClosed,
    OperationOpened,
    OperationReopened,
    PartAccepted,
    PartRemoved,
)
from service.domain.model.operation import Operation, Participant, UnknownCode, amended, days_of
from service.domain.model.personal_data import refuse_personal
from service.domain.model.reference_data import Force, Measure
from service.domain.model.vocabulary import GROUP
from service.errors import Conflict, Invalid


class AlreadyJoined(Conflict):
    """The force already takes part in the operation."""

    code = "already_joined"


class NotClosed(Conflict):
    """The operation is open; only a closed one can be reopened."""

    code = "not_closed"


class ResidualNotImported(Invalid):
    """A residual force holds results published for no single force; only imported operations may have one."""

    code = "residual_not_imported"


class UnknownNotImported(Invalid):
    """A live operation has a lead force and days; only of an imported one may they be unknown."""

    code = "unknown_not_imported"


class GroupUnclear(Invalid):
    """A group has no members, or one that did not join before or is in another group; or another force has members."""

    code = "group_unclear"


class CountedInGroup(Invalid):
    """A group and one of its members would both report, so that the member's results would count twice."""

    code = "counted_in_group"


class AlreadyAPart(Conflict):
    """The operation has already been accepted as a part."""

    code = "already_a_part"


class PartNotAccepted(Conflict):
    """The operation is not a part of this one, so it cannot be taken out."""

    code = "part_not_accepted"


class AmendsNothing(Invalid):
    """The amendment has no field that changes anything."""

    code = "amends_nothing"


class MeasureUnclear(Invalid):
    """A new measure lacks its label, unit or categories, or a known measure is sent with a different label or unit."""

    code = "measure_unclear"


def check_opening(opened: OperationOpened) -> None:
    """Check the days, places and name of a new operation.

    Raises:
        DaysUnclear, LooksPersonal, UnknownNotImported.
    """
    for name in ("lead_known", "dates_known"):
        if not (opened.imported or getattr(opened, name)):
            raise UnknownNotImported(
                "Only of an imported operation may the lead force or the dates be unknown. Send imported: true, or "
                f"leave out {name}.",
                pointer=f"/{name}",
            )
    days_of(opened)
    refuse_personal(opened.name, "/name")
    _check_places(opened.places)
    for index, operation in enumerate(opened.part_of):
        refuse_personal(operation, f"/part_of/{index}")


def check_setup(event: Event, operation: Operation, forces: Mapping[str, Force]) -> Event:
    """Check a setup event and return it as it is recorded: force.joined gets its name and kind from reference data.

    Raises:
        AlreadyJoined, ForceNotInOperation, UnknownCode, ResidualNotImported, GroupUnclear, CountedInGroup,
        AmendsNothing, DaysUnclear, MeasureUnclear, LooksPersonal, AlreadyAPart, PartNotAccepted, OperationIsClosed,
        NotClosed.
    """
    match event.data:
        case ForceJoined() as joined:
            return replace(event, data=_named(joined, operation, forces))
        case ForceLeft(force=force):
            _check_leaving(_participant(force, operation), operation)
        case ForceAmended() as correction:
            _check_force(correction, operation)
        case OperationAmended() as change:
            _check_amendment(change, operation)
        case MeasureRegistered() as registered:
            _check_measure(registered, operation.measures.get(registered.measure))
        case PartAccepted(part=part) if part in operation.parts:
            raise AlreadyAPart(f"{part} is already a part of {operation.operation}.", pointer="/part")
        case PartRemoved(part=part) if part not in operation.parts:
            found = ", ".join(operation.parts) or "none"
            raise PartNotAccepted(
                f"Expected one of the parts of {operation.operation} ({found}); found {part!r}.", pointer="/part"
            )
        case OperationClosed() if operation.closed:
            raise OperationIsClosed(f"{operation.operation} is already closed.")
        case OperationReopened() if not operation.closed:
            raise NotClosed(f"{operation.operation} is open; only a closed operation can be reopened.")
    return event


def _named(joined: ForceJoined, operation: Operation, forces: Mapping[str, Force]) -> ForceJoined:
    if joined.force in operation.participants:
        raise AlreadyJoined(f"{joined.force} already takes part in {operation.operation}.", pointer="/force")
    known = forces.get(joined.force)
    if known is None:
        refuse_personal(joined.force, "/force")
    refuse_personal(joined.name or "", "/name")
    name = joined.name or (None if known is None else known.name)
    kind = joined.kind or (None if known is None else known.kind)
    if name is None or kind is None:
        raise UnknownCode(
            f"Expected a force from GET /v1/forces, or a force with name and kind; found {joined.force!r}.",
            pointer="/force",
        )
    if kind == "residual" and not operation.imported:
        raise ResidualNotImported("Only an imported operation can have a residual force.", pointer="/kind")
    if joined.members or kind == GROUP:
        _check_group(joined, kind, operation)
    return replace(joined, name=name, kind=kind)


def _check_group(joined: ForceJoined, kind: str, operation: Operation) -> None:
    if kind != GROUP or not joined.members:
        raise GroupUnclear(
            f"Expected kind group with members, or neither; found {kind} with {len(joined.members)} members.",
            pointer="/members",
        )
    grouped = {member: group for group, members in operation.groups.items() for member in members}
    for index, member in enumerate(joined.members):
        pointer = f"/members/{index}"
        if member not in operation.participants:
            refuse_personal(member, pointer)
            raise GroupUnclear(
                f"Expected a force that joined before its group; found {member!r}. Add it first: as reporting nothing, "
                "if the group reports for it.",
                pointer=pointer,
            )
        if member in grouped or member in operation.groups:
            found = f"in {grouped[member]}" if member in grouped else "a group itself"
            raise GroupUnclear(f"A force is in one group only; {member} is {found}.", pointer=pointer)
    if joined.reports == "events":
        raise GroupUnclear(
            "A group reports tallies for its members, or nothing if they report themselves; found events.",
            pointer="/reports",
        )
    _refuse_counted_twice(joined.force, joined.reports, joined.members, operation)


def _refuse_counted_twice(group: str, reports: str, members: Iterable[str], operation: Operation) -> None:
    """Refuse a group that reports together with one of its members: nobody could say what is counted twice."""
    reporting = [member for member in members if operation.participants[member].reports != "nothing"]
    if reports != "nothing" and reporting:
        raise CountedInGroup(
            f"{group} reports for its members, and so would {', '.join(reporting)}. Let the group report nothing, or "
            "each of these.",
            pointer="/reports",
        )


def _check_leaving(leaving: Participant, operation: Operation) -> None:
    group = next((group for group, members in operation.groups.items() if leaving.force in members), None)
    if group is not None:
        raise GroupUnclear(f"{leaving.force} is a member of {group}, which must leave before it.", pointer="/force")


def _check_reports(known: Participant, reports: str, operation: Operation) -> None:
    """Check what a force is to report, with regard to its group or its members."""
    if known.members and reports == "events":
        raise GroupUnclear("A group reports tallies or nothing; found events.", pointer="/reports")
    if known.members:
        _refuse_counted_twice(known.force, reports, known.members, operation)
    for group, members in operation.groups.items():
        if known.force in members and reports != "nothing" and operation.participants[group].reports != "nothing":
            raise CountedInGroup(
                f"{group} reports for {known.force}. Let the group report nothing first.", pointer="/reports"
            )


def _participant(force: str, operation: Operation) -> Participant:
    if force not in operation.participants:
        refuse_personal(force, "/force")
        raise ForceNotInOperation(f"{force} does not take part in {operation.operation}.", pointer="/force")
    return operation.participants[force]


def _check_force(change: ForceAmended, operation: Operation) -> None:
    known = _participant(change.force, operation)
    refuse_personal(change.name or "", "/name")
    if change.reports is not None:
        _check_reports(known, change.reports, operation)
    if change.name in (None, known.name) and change.reports in (None, known.reports):
        raise AmendsNothing(
            f"Expected another name or reports for {known.force}; found what it has: {known.name!r}, which reports "
            f"{known.reports}."
        )


def _check_amendment(change: OperationAmended, operation: Operation) -> None:
    if change == OperationAmended():
        raise AmendsNothing(
            "Expected at least one of starts_at, ends_at, days, places, returns_due_at, returns_due_hours, marking."
        )
    _check_places(change.places)
    amended(operation, change)


def _check_places(places: tuple[str, ...]) -> None:
    for index, place in enumerate(places):
        refuse_personal(place, f"/places/{index}")


def _check_measure(registered: MeasureRegistered, known: Measure | None) -> None:
    refuse_personal(registered.measure, "/measure")
    refuse_personal(registered.label or "", "/label")
    refuse_personal(registered.unit or "", "/unit")
    for index, path in enumerate(registered.categories):
        refuse_personal(path, f"/categories/{index}")
    if known is None:
        _check_new_measure(registered)
    else:
        _check_further_categories(registered, known)


def _check_new_measure(registered: MeasureRegistered) -> None:
    for name, value in (("label", registered.label), ("unit", registered.unit)):
        if value is None:
            raise MeasureUnclear(f"{registered.measure} is new: {name} is required.", pointer=f"/{name}")
    if not registered.additive and not registered.categories and not registered.open:
        raise MeasureUnclear("A measure that is not additive needs categories.", pointer="/categories")


def _check_further_categories(registered: MeasureRegistered, known: Measure) -> None:
    stated = (("label", registered.label, known.label), ("unit", registered.unit, known.unit))
    for name, value, existing in stated:
        if value not in (None, existing):
            raise MeasureUnclear(f"{known.measure} already has the {name} {existing!r}.", pointer=f"/{name}")
    if not registered.categories:
        raise MeasureUnclear(f"{known.measure} is known: expected further categories for it.", pointer="/categories")
    if not known.has_categories:
        raise MeasureUnclear(f"{known.measure} has no categories to add to.", pointer="/categories")
    for index, path in enumerate(registered.categories):
        if not known.knows(path.partition("/")[0]):
            raise UnknownCode(
                f"Expected a path that begins with a category of {known.measure}; found {path!r}.",
                pointer=f"/categories/{index}",
            )
