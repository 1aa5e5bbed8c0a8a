"""Rules that an operation and its parts keep together: what can be a part, and how a measure is counted in all."""

from __future__ import annotations

import json
from collections.abc import Iterable

import sqlalchemy as sa

from service.domain.counting.combined import are_counted_alike
from service.domain.deciding.check_size import check_whole
from service.domain.model.events import MeasureRegistered
from service.domain.model.operation import Operation, registered_measure
from service.domain.model.reference_data import Measure
from service.errors import Conflict, Invalid
from service.eventlog import read
from service.eventlog.head import lock_parts, read_head
from service.eventlog.known_logs import state_at
from service.storage.db import Database
from service.usecases.querying.read_context import PartNotHere, positions


class ContainsItself(Invalid):
    """No operation can be a part of itself, directly or through its parts."""

    code = "contains_itself"


class NotAPart(Invalid):
    """Only an operation that named this one in its part_of when it was opened can be accepted as a part.

    If another force leads it, it must have been opened after this one: before, anybody could have taken the name.
    """

    code = "not_a_part"


class PartIsImported(Conflict):
    """A live operation cannot have an imported part: events of its past could be recorded there at any time."""

    code = "part_is_imported"


class MeasuresDisagree(Conflict):
    """The operation's whole, or a part of it, counts the measure in another unit, or adds it up in another way."""

    code = "measures_disagree"


def check_part(connection: sa.Connection, database: Database, state: Operation, part: str) -> None:
    """Refuse what cannot be a part of an operation.

    Raises:
        NotAPart: it does not exist, or was not opened as a part of the operation.
        ContainsItself: it contains the operation.
        PartIsImported: it or one of its parts is imported, and the operation is not.
        OperationTooLarge: the operation, or a whole that it is in, would be too large with it.
    """
    lock_parts(connection)
    whole, head = state.operation, read_head(connection, part)
    inside = state_at(connection, database, head)
    if head is None or inside is None or not _agreed(inside, state):
        # One answer for all, so that nobody learns which operations exist.
        raise NotAPart(
            f"{part} was not opened as a part of {whole}. Expected an operation that names {whole} in its part_of; if "
            f"another force than {state.lead_force} leads it, it is opened after {whole}.",
            pointer="/part",
        )
    found = [one.operation for one in positions(connection, database, head)]
    if any(one.operation == whole for one in found):
        raise ContainsItself(f"{part} already contains {whole}.", pointer="/part")
    imported = next((one.operation for one in found if one.imported), None)
    if imported is not None and not state.imported:
        raise PartIsImported(
            f"Expected a part that is recorded live, as {whole} is; found {imported}, which is imported. Its past can "
            f"still change, and with it what {whole} answered. Open the part without imported, or both with it.",
            pointer="/part",
        )
    check_size_of_wholes(connection, database, state, found, pointer="/part")


def _agreed(part: Operation, whole: Operation) -> bool:
    """Return whether an operation was opened as a part of this whole.

    Naming it is not enough if another force has opened the whole since: anybody could open an operation of a name that
    is free, and read the parts that wait for it. When an imported operation was opened, its sender says.
    """
    is_settled = whole.lead_force == part.lead_force or part.imported
    return whole.operation in part.part_of and (is_settled or (not whole.imported and whole.opened_at < part.opened_at))


def check_size_of_wholes(
    connection: sa.Connection, database: Database, state: Operation, changed: Iterable[Operation], *, pointer: str
) -> None:
    """Refuse a change that makes an operation with its parts, or a whole that it is in, too large.

    `changed` are the operations that the change adds, or the operation itself as it would be after the change. One such
    change is made at a time, so that several together cannot exceed the bound.

    Raises:
        OperationTooLarge: naming the whole.
    """
    if state.parts or state.part_of:
        lock_parts(connection)
    new = {one.operation: one for one in changed}
    now = database.now(connection)
    for name in (state.operation, *_wholes_of(connection, database, state)):
        counted = {one.operation: one for one in _inside(connection, database, name)} | new
        if len(counted) > 1:
            check_whole(name, counted.values(), now, is_own=name == state.operation, pointer=pointer)


def check_measure(
    connection: sa.Connection, database: Database, state: Operation, registered: MeasureRegistered
) -> None:
    """Refuse a new measure that could not be summed with that of a part, or of a whole that this operation counts in.

    A conflict that existed when a part was accepted is not found here: totals leave out such a measure.

    Raises:
        MeasuresDisagree: naming the operation, and how the measure is counted there.
    """
    if registered.measure in state.measures:
        return  # further categories of a measure that it counts
    if state.parts or state.part_of:
        lock_parts(connection)
    measure = registered_measure(state, registered)
    for name in (state.operation, *_wholes_of(connection, database, state)):
        other = _counted_otherwise(connection, database, name, measure)
        if other is not None:
            where = f"{measure.measure} in {name} or a part of it"
            if measure.unit != other.unit:
                pointer, said = "/unit", f"Expected {other.unit}, the unit of {where}; found {measure.unit}."
            else:
                expected, found = (json.dumps(one.additive) for one in (other, measure))
                pointer, said = "/additive", f"Expected additive {expected}, as of {where}; found {found}."
            advice = "The two could not be summed: register it as it is there, or under another code."
            raise MeasuresDisagree(f"{said} {advice}", pointer=pointer)


def check_imported_parts(connection: sa.Connection, database: Database, imported: Operation) -> None:
    """Refuse an imported log that has an operation of this database as a part which is none, or that contains it.

    Parts that are not in this database are not checked: once they are, they count only if they name their whole.

    Raises:
        NotAPart: an operation in this database did not name the imported one in its part_of.
        ContainsItself: an operation that is in the imported one contains it.
    """
    lock_parts(connection)
    whole = imported.operation
    found, waiting = {whole}, [imported]
    while waiting:
        one = waiting.pop()
        for part in one.parts:
            if part == whole:
                raise ContainsItself(
                    f"{one.operation} contains {whole}, and would be in it. Nothing was imported. Export both again: "
                    "one of them was taken out since, or a file was altered."
                )
            inside = None if part in found else state_at(connection, database, read_head(connection, part))
            if inside is None:
                continue
            if one is imported and whole not in inside.part_of:
                raise NotAPart(
                    f"The file has {part} as a part of {whole}; the {part} in this database was not opened as a part "
                    "of it. Nothing was imported. Import the file into a database without that operation."
                )
            found.add(part)
            waiting.append(inside)


def _counted_otherwise(
    connection: sa.Connection, database: Database, operation: str, measure: Measure
) -> Measure | None:
    """Return the measure of this name in an operation or its parts that cannot be summed with this one."""
    known = (one.measures.get(measure.measure) for one in _inside(connection, database, operation))
    return next((one for one in known if one is not None and not are_counted_alike(one, measure)), None)


def _inside(connection: sa.Connection, database: Database, operation: str) -> list[Operation]:
    """Return an operation and its parts; none if it, or the log of a part, is not in this database."""
    head = read_head(connection, operation)
    if head is None:
        return []
    try:
        return [one.operation for one in positions(connection, database, head)]
    except PartNotHere:
        return []


def _wholes_of(connection: sa.Connection, database: Database, state: Operation) -> list[str]:
    """Return the operations that count this one as a part, directly or through their parts, nearest first."""
    found: list[str] = []
    waiting = [state]
    while waiting:
        part = waiting.pop(0)
        # Only wholes that accepted it are read: which others exist must not be seen, in the time it takes either.
        for name in read.accepting(connection, part.part_of, part.operation):
            whole = state_at(connection, database, read_head(connection, name))
            if whole is not None and part.operation in whole.parts and name not in found:
                found.append(name)
                waiting.append(whole)
    return found
