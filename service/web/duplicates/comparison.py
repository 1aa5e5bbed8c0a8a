"""Two events side by side: what is alike and what is not, row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from service.domain.counting.figures import WORDS, display
from service.domain.duplicates.evidence import Evidence
from service.domain.model.days import london_date
from service.domain.model.events import ArrestRecorded, Event, SeizureRecorded
from service.domain.model.operation import Operation
from service.domain.model.vocabulary import UNSTATED
from service.usecases.overview.duplicates import OpenPair
from service.web.facts.answers import line_text
from service.web.site import event_words, words

NOT_GIVEN = "Not given"
SAME, NEITHER = "same", "neither gave one"
KEY_DIGITS = 8
ONE_DAY, ONE_HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyRow:
    """One property of both events. `remark` says how they compare; `values` has a list of lines for each event."""

    name: str
    remark: str
    values: tuple[tuple[str, ...], ...]

    @property
    def differs(self) -> bool:
        """Whether the two events say different things."""
        return len(set(self.values)) > 1

    @property
    def is_empty(self) -> bool:
        """Whether neither event says anything."""
        return all(value == (NOT_GIVEN,) for value in self.values)


def rows(found: OpenPair) -> list[PropertyRow]:
    """Return the comparison of an open pair."""
    operation, evidence = found.all_pairs.operation, found.pair.evidence
    events = [one.event for one in found.pair.events]
    made = [
        _row("When", events, lambda one: (when(one),), _apart(evidence)),
        _row("Place", events, lambda one: (place(one),)),
        *_of_kind(events),
        _row("Assisted by", events, lambda one: _assisted_by(one, operation), _assisting(events, operation)),
        _row("Incident key", events, lambda one: (_key(one),)),
    ]
    if events[0].force == events[1].force:
        made.insert(0, _row("Force", events, lambda one: (event_words.force_name(one.force, operation),)))
    return made


def when(event: Event) -> str:
    """Return when something happened: `Tuesday 14 May 2024, 9:10pm`, or the day if only that is known."""
    if event.occurred_at is not None:
        return f"{words.weekday(london_date(event.occurred_at))} {words.full_moment(event.occurred_at)}"
    assert event.occurred_on is not None, "a fact has a moment or a day"
    return f"{words.weekday(event.occurred_on)} {words.long_day(event.occurred_on)}, no time given"


def place(event: Event) -> str:
    """Return a place as people write it: `M25` for m25, `Clacket lane` for clacket_lane."""
    return NOT_GIVEN if event.place is None else words.place(event.place)


def noun(event: Event) -> str:
    """Return what kind of event this is: arrest or seizure."""
    return "arrest" if isinstance(event.data, ArrestRecorded) else "seizure"


def what(event: Event) -> str:
    """Return what an event is in a few words: `an arrest for drugs`, `a seizure: 2 phones; £60 in cash`."""
    data = event.data
    if isinstance(data, ArrestRecorded):
        counted = WORDS[data.qualifier].format(words.counted(data.count, "arrest"))
        number = "an arrest" if (data.count, data.qualifier) == (1, "exact") else counted
        return number if data.reason == UNSTATED else f"{number} for {words.category_in_sentence(data.reason)}"
    assert isinstance(data, SeizureRecorded), "only arrests and seizures are compared"
    return f"a seizure: {'; '.join(line_text(line) for line in data.lines)}"


def apart(seconds: int) -> str:
    """Return how long two moments are apart: `15 minutes apart`, `at the same time`."""
    length = timedelta(seconds=seconds)
    if not seconds:
        return "at the same time"
    if length >= ONE_DAY:
        return f"{words.counted(length // ONE_DAY, 'day')} apart"
    if length >= ONE_HOUR:
        return f"{words.counted(round(length / ONE_HOUR), 'hour')} apart"
    minutes = round(seconds / 60)
    return f"{words.counted(minutes, 'minute')} apart" if minutes else "less than a minute apart"


def _row(name: str, events: list[Event], read: Callable[[Event], tuple[str, ...]], remark: str = "") -> PropertyRow:
    values = tuple(read(one) for one in events)
    if not remark:
        is_same = len(set(values)) == 1
        remark = NEITHER if is_same and values[0] == (NOT_GIVEN,) else SAME if is_same else "different"
    return PropertyRow(name=name, remark=remark, values=values)


def _of_kind(events: list[Event]) -> list[PropertyRow]:
    if isinstance(events[0].data, ArrestRecorded):
        return [_row("Reason", events, _reason), _row("People arrested", events, _people)]
    return [_row("Seized", events, _lines)]


def _reason(event: Event) -> tuple[str, ...]:
    assert isinstance(event.data, ArrestRecorded)
    return (words.category(event.data.reason),)


def _people(event: Event) -> tuple[str, ...]:
    assert isinstance(event.data, ArrestRecorded)
    return (display(event.data.count, "arrests", event.data.qualifier),)


def _lines(event: Event) -> tuple[str, ...]:
    assert isinstance(event.data, SeizureRecorded)
    return tuple(line_text(line) for line in event.data.lines)


def _assisted_by(event: Event, operation: Operation) -> tuple[str, ...]:
    return tuple(event_words.force_name(one, operation) for one in event.assisting) or ("No force",)


def _key(event: Event) -> str:
    return NOT_GIVEN if event.incident is None else f"{event.incident[:KEY_DIGITS]}…"


def _apart(evidence: Evidence) -> str:
    return "" if evidence.seconds_apart is None else apart(evidence.seconds_apart)


def _assisting(events: list[Event], operation: Operation) -> str:
    """Return which of the two names the other: `Surrey Police names Kent Police`."""
    one, other = events
    named = [(a, b) for a, b in ((one, other), (other, one)) if b.force in a.assisting and a.force != b.force]
    said = [
        f"{event_words.force_name(a.force, operation)} names {event_words.force_name(b.force, operation)}"
        for a, b in named
    ]
    return ", ".join(said)
