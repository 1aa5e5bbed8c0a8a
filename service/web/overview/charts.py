"""The rows of the bar charts: arrests by reason, the most frequent first, and by day with the sum up to each day."""

from __future__ import annotations

from dataclasses import dataclass, replace

from service.domain.counting.figures import display
from service.domain.model.vocabulary import UNSTATED
from service.usecases.overview.operation import Overview
from service.usecases.querying.totals import Figure
from service.web.site import words

OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """The arrests of one day, and of all days up to it. `key` names the row; a day may be none in particular."""

    key: str
    heading: str
    quantity: int
    display: str
    total: str
    is_running: bool


# Rows of single days; earlier ones are one row.
MOST_ROWS = 60


def by_reason(found: Overview) -> list[Figure]:
    """Return the arrests by main reason, the most frequent first; those of no stated or another reason come last."""
    main = [one for one in found.by_reason if one.category is not None and "/" not in one.category]
    return sorted(main, key=lambda one: (one.category == UNSTATED, one.category == OTHER, -one.quantity))


def arrests_by_day(found: Overview) -> list[DayRow]:
    """Return the arrests of each day that has begun, in order, and last those of no single day."""
    figures = {one.day: one for one in found.by_day}
    rows: list[DayRow] = []
    total, ended = 0, frozenset(found.ended_days)
    for day in (*found.days, None):
        figure = figures.get(day)
        if figure is None and (day is None or not figures):
            continue
        total += 0 if figure is None else figure.quantity
        rows.append(
            DayRow(
                key="none" if day is None else str(day),
                heading="No single day" if day is None else words.short_day(day),
                quantity=0 if figure is None else figure.quantity,
                display="0" if figure is None else figure.display,
                total=display(total, "arrests", "exact"),
                is_running=day is not None and day not in ended,
            )
        )
    return _without_long_past(rows)


def _without_long_past(rows: list[DayRow]) -> list[DayRow]:
    """Return the rows with one for all days before the last 60."""
    if len(rows) <= MOST_ROWS:
        return rows
    past, shown = rows[: -MOST_ROWS + 1], rows[-MOST_ROWS + 1 :]
    quantity = sum(one.quantity for one in past)
    text = display(quantity, "arrests", "exact")
    earlier = replace(past[-1], key="earlier", heading="Earlier days", quantity=quantity, display=text)
    return [earlier, *shown]
