"""What waits for a person in an operation: each with how many there are, and where to do it if there is a page."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from service.access.roles import COORDINATOR, OBSERVER
from service.usecases.overview.operation import Overview
from service.web.overview import sentences
from service.web.site import words
from service.web.site.rendering import address


class ToDo(NamedTuple):
    """Something to do: what, where (None: there is no page for it), a remark, and what stands at its right."""

    what: str
    href: str | None
    remark: str
    tag: str
    is_urgent: bool = True


# Returns of more days are one task.
MOST_TASKS = 7


def to_do(found: Overview, role: str, force: str) -> list[ToDo]:
    """Return what waits for a person of this role and force."""
    if role == OBSERVER:
        return []
    return [*_returns(found, role, force), *(_coordinating(found) if role == COORDINATOR else [])]


def _returns(found: Overview, role: str, force: str) -> list[ToDo]:
    name = found.operation.operation
    tasks = []
    owing_on: dict[date, list[str]] = {}
    for one in found.owed:
        for day in one.days if role == COORDINATOR or one.force == force else ():
            owing_on.setdefault(day, []).append(one.force)
    owed_days = sorted(owing_on)
    if earlier := owed_days[:-MOST_TASKS]:
        verb = "Chase" if role == COORDINATOR else "Declare your"
        number = sum(len(owing_on[day]) for day in earlier)
        said = f"{verb} returns for {words.counted(len(earlier), 'earlier day')}"
        tasks.append(ToDo(said, address("returns.show", operation=name), words.days_listed(earlier), f"{number} owed"))
    for day in owed_days[-MOST_TASKS:]:
        owing = owing_on[day]
        if role == COORDINATOR and owing:
            names = words.listed([sentences.name_of(one, found.operation) for one in owing])
            what = f"Chase returns for {words.day_and_weekday(day)}"
            tasks.append(ToDo(what, address("returns.show", operation=name), names, f"{len(owing)} owed"))
        elif role != COORDINATOR and force in owing:
            what = f"Declare your return for {words.day_and_weekday(day)}"
            remark = sentences.due(found.position.operation.return_due_at(day), found.moment)
            tasks.append(ToDo(what, address("day.show", operation=name, day=day), remark, "Owed"))
    return tasks


def _coordinating(found: Overview) -> list[ToDo]:
    name, last = found.operation.operation, found.last_publication
    said = "Nothing published" if last is None else f"Published {words.moment(last.recorded_at, found.moment)}"
    pairs, publish = (address(endpoint, operation=name) for endpoint in ("duplicates.show", "publications.new"))
    return [
        ToDo("Decide possible duplicates", pairs, "One arrest may be recorded twice", "", False),
        ToDo("Publish", publish, "Preview the statement at any time", said, False),
    ]
