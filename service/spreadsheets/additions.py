"""What a spreadsheet adds to the figures of its force, by measure and day, as the counting rules count it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, cast

from service.domain.counting.figures import EXACT, WORDS, display, join
from service.domain.counting.rules import counts_of, day_of
from service.domain.counting.stated import MARGINS, SHOWN
from service.domain.model.days import OperatingDays
from service.domain.model.events import FACTS, Event
from service.domain.model.reference_data import Measure
from service.domain.model.vocabulary import Qualifier


class Change(NamedTuple):
    """What an event changes: `new` is counted, None for a withdrawal; `old`, the event it corrects, no longer is."""

    new: Event | None
    old: Event | None = None


class Counted(NamedTuple):
    """What a figure counts. `category` is empty unless the measure is not additive; `day` None: over several days."""

    measure: str
    category: str
    day: date | None


class Amount(NamedTuple):
    """A quantity in the unit of its measure, negative for a decrease, and its qualifier."""

    quantity: int
    qualifier: Qualifier = EXACT

    def plus(self, other: Amount) -> Amount:
        """Return the sum."""
        return Amount(self.quantity + other.quantity, join(self.qualifier, other.qualifier))


NOTHING = Amount(0)


@dataclass(frozen=True, slots=True)
class SumLine:
    """A figure of a force: now, what a spreadsheet adds to it, and then. `now` is None if there is none yet.

    `day` is the operating day, `several days`, or `all days` for the sum over all of them.
    """

    measure: Measure
    category: str
    day: str
    now: Amount | None
    adds: Amount

    @property
    def then(self) -> Amount:
        """The figure after the spreadsheet has been sent."""
        return self.adds if self.now is None else self.now.plus(self.adds)

    def shown(self, amount: Amount | None) -> str:
        """Return an amount in the unit of the measure: `12`, `at least £520.50`; `none yet` for None."""
        if amount is None:
            return "none yet"
        return display(amount.quantity, self.measure.unit, amount.qualifier, self.category or None)

    @property
    def signed(self) -> str:
        """What is added with its sign: `+3`, `-£20`, `0`."""
        sign = "+" if self.adds.quantity > 0 else "-" if self.adds.quantity else ""
        number = self.shown(Amount(abs(self.adds.quantity)))
        return WORDS[self.adds.qualifier].format(f"{sign}{number}")


def additions(changes: Iterable[Change], measures: Mapping[str, Measure], days: OperatingDays) -> dict[Counted, Amount]:
    """Return what these changes add to the figures. A correction adds the difference; a withdrawal subtracts.

    A figure whose categories alone change is among them, with 0.
    """
    found: defaultdict[Counted, Amount] = defaultdict(lambda: NOTHING)
    for change in changes:
        for event, sign in ((change.old, -1), (change.new, 1)):
            if event is None or not isinstance(event.data, FACTS):
                continue
            day = day_of(event, days)
            for count in counts_of(event, measures):
                category = "" if measures[count.measure].additive else count.category
                key = Counted(count.measure, category, day)
                if count.qualifier in MARGINS:
                    continue
                qualifier = SHOWN.get(count.qualifier, cast("Qualifier", count.qualifier))
                found[key] = found[key].plus(Amount(sign * count.quantity, qualifier))
    return dict(found)


def sum_lines(
    added: Mapping[Counted, Amount],
    by_day: Mapping[Counted, Amount],
    all_days: Mapping[Counted, Amount],
    measures: Mapping[str, Measure],
) -> list[SumLine]:
    """Return the figures that change, in publishing order and by day, each measure followed by its sum over all days.

    `by_day` are the force's figures now; `all_days` are its sums, by keys without a day. The sum is left out where it
    is the same as the only day.
    """
    order = list(measures)
    groups: defaultdict[tuple[int, str], list[Counted]] = defaultdict(list)
    for key in added:
        groups[order.index(key.measure), key.category].append(key)
    lines: list[SumLine] = []
    for _place, keys in sorted(groups.items()):
        keys.sort(key=lambda key: (key.day is None, key.day or date.min))
        measure, category = measures[keys[0].measure], keys[0].category
        lines += [SumLine(measure, category, _day(key), by_day.get(key), added[key]) for key in keys]
        now = all_days.get(Counted(measure.measure, category, None))
        if len(keys) > 1 or now != by_day.get(keys[0]):
            total = NOTHING
            for key in keys:
                total = total.plus(added[key])
            lines.append(SumLine(measure, category, "all days", now, total))
    return lines


def _day(key: Counted) -> str:
    return "several days" if key.day is None else str(key.day)
