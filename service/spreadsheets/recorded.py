"""Events that a force has already recorded, compared with those of a spreadsheet: a copy of a file counts twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import structs

from service.domain.model.events import FACTS, Event, SeizureRecorded
from service.wire.codec import recorded_from_text

NO_ID = UUID(int=0)


class Recorded(NamedTuple):
    """A recorded event that a row may be equal to, its number in the log, and when it was recorded."""

    event: Event
    seq: int
    recorded_at: datetime

    def is_sent_as(self, event: Event) -> bool:
        """Return whether an event is the same to the service, apart from its id and what it corrects."""
        mine, other = (
            structs.replace(one, id=NO_ID, corrects=None, correction_reason=None) for one in (self.event, event)
        )
        return mine == other


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """What a force's log holds that concerns a spreadsheet.

    `ids` are those of the wanted events that are recorded, `versions` the events themselves that were asked for, and
    `equal` the standing facts of other files, by what they say.
    """

    ids: set[UUID] = field(default_factory=set)
    versions: dict[UUID, Event] = field(default_factory=dict)
    equal: dict[Event, list[Recorded]] = field(default_factory=dict)


def said_by(event: Event) -> Event:
    """Return what a fact says, to compare two facts: type, time, place and data, in any order of lines.

    Its id, incident, assisting forces and correction do not matter: a colleague may have filled them in differently.
    """
    data = event.data
    if isinstance(data, SeizureRecorded):
        data = structs.replace(data, lines=tuple(sorted(data.lines, key=repr)))
    return structs.replace(
        event, id=NO_ID, data=data, incident=None, assisting=(), corrects=None, correction_reason=None
    )


def own_record(
    texts: Iterable[str],
    *,
    ids: Collection[UUID],
    versions: Collection[UUID],
    own: Collection[UUID],
    said: Collection[Event],
) -> OwnRecord:
    """Return what concerns a spreadsheet in the canonical texts of a force's events, in the order of the log.

    `ids` are the events of the spreadsheet, `versions` those that it corrects or withdraws, and `own` all that were
    ever sent from it: they and their corrections are not from another file. `said` is what its rows say.

    Raises:
        LookupError, TypeError, ValueError: a text was not written by this service.
    """
    found, from_here = OwnRecord(), set(own)
    standing: dict[UUID, tuple[Event, Recorded]] = {}
    for text in texts:
        event, _operation, seq, recorded_at, _recorded_by = recorded_from_text(text)
        if event.id in ids:
            found.ids.add(event.id)
        if event.id in versions:
            found.versions[event.id] = event
        if event.corrects is not None:
            standing.pop(event.corrects, None)
            if event.corrects in from_here:
                from_here.add(event.id)
        if event.id in from_here or not isinstance(event.data, FACTS):
            continue
        says = said_by(event)
        if says in said:
            standing[event.id] = (says, Recorded(event, seq, recorded_at))
    for says, recorded in standing.values():
        found.equal.setdefault(says, []).append(recorded)
    return found


def copies(new: Sequence[Event], equal: dict[Event, list[Recorded]]) -> dict[int, Recorded]:
    """Return which new events, by index, say what a recorded one says, and which one that is.

    Two people may be arrested alike: only as many rows are copies as there are recorded events.
    """
    left = defaultdict(list, {says: list(reversed(recorded)) for says, recorded in equal.items()})
    return {index: left[says].pop() for index, says in enumerate(map(said_by, new)) if left[says]}
