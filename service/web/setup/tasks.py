"""What there is to set up in an operation: each task with what it holds now, and its own page."""

from __future__ import annotations

from typing import NamedTuple

from service.domain.model.operation import Operation
from service.domain.model.reference_data import measure_catalogue
from service.web.site import words

# A list of more names says less than their number.
MOST_NAMED = 8


class Task(NamedTuple):
    """A task: its name in addresses and for people, what it holds, and whether something should still be done."""

    name: str
    title: str
    holds: str
    is_waiting: bool = False


def tasks_of(operation: Operation) -> list[Task]:
    """Return the tasks of an operation, in the order in which they are done."""
    return [
        Task("days", "Days", words.period(operation.days.first_day, operation.days.last_day) + _hours(operation)),
        Task("forces", "Forces in publishing order", _forces(operation), not operation.participants),
        Task("places", "Places", _listed(operation.places) or "None yet: forces cannot name a place", False),
        Task("deadline", "Deadline for returns", _deadline(operation), not _deadline_is_set(operation)),
        Task("marking", "Marking", operation.marking),
        Task("measures", "Measures of this operation alone", _measures(operation)),
        Task("parts", "Parts", _listed(operation.parts) or "None"),
        *([Task("part-removed", "Take out a part", "Its totals are no longer included")] if operation.parts else ()),
        _closing(operation),
    ]


def task_of(operation: Operation, name: str) -> Task | None:
    """Return the task of this name; None if there is none."""
    return next((one for one in tasks_of(operation) if one.name == name), None)


def own_measures(operation: Operation) -> list[str]:
    """Return the names of the measures that are not in the catalogue."""
    return [one.label for key, one in operation.measures.items() if key not in measure_catalogue()]


def _hours(operation: Operation) -> str:
    return ", with hours of its own for each day" if operation.days.windows else ""


def _forces(operation: Operation) -> str:
    names = [one.name for one in operation.participants.values()]
    return _listed(names) or "None yet: nobody can record anything"


def _deadline_is_set(operation: Operation) -> bool:
    return operation.returns_due_at is not None or operation.returns_due_hours is not None


def _deadline(operation: Operation) -> str:
    due = []
    if operation.returns_due_hours is not None:
        due.append(f"{words.counted(operation.returns_due_hours, 'hour')} after each day ends")
    if operation.returns_due_at is not None:
        due.append(f"{words.deadline(operation.returns_due_at)} for all days")
    return "; ".join(due) or "None yet: no return is ever overdue"


def _measures(operation: Operation) -> str:
    return _listed(own_measures(operation)) or "None: the measures of the catalogue are enough"


def _closing(operation: Operation) -> Task:
    if operation.closed_at is not None:
        return Task("reopen", "Reopen", f"Closed on {words.full_moment(operation.closed_at)}")
    return Task("close", "Close", "Open: forces can record")


def _listed(names: list[str] | tuple[str, ...]) -> str:
    if len(names) > MOST_NAMED:
        return f"{len(names)}: {', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more"
    return words.listed(list(names))
