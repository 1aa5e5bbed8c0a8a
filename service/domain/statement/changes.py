"""What has changed between a publication and later figures, by whole measures first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.domain.counting.figures import is_range
from service.domain.model.events import PublishedFigure
from service.domain.model.reference_data import Measure
from service.domain.statement.facts import EarlierPublication, RecordedFigure
from service.domain.statement.thresholds import StatedNumber, in_full

_Key = tuple[str, str | None, str | None]


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure that differs from the published one; None where it did not exist then, or does not now."""

    published: PublishedFigure | None
    now: PublishedFigure | None

    @property
    def figure(self) -> PublishedFigure:
        """The figure now, or if there is none, as published: what it counts, and of which force."""
        found = self.now or self.published
        assert found is not None, "a figure that exists neither then nor now has not changed"
        return found


@dataclass(frozen=True, slots=True)
class StatedChange:
    """A figure over all forces as a publication stated it and as it is stated now; None: not stated."""

    measure: Measure
    category: str | None
    published: StatedNumber | None
    now: StatedNumber | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedChanges:
    """What a statement says of an earlier publication.

    `is_superseded`: the statement is not of a publication, so that the published figures no longer hold. `figures` are
    whole measures first; `has_details`: figures in more detail, by force or in another way, have changed too.
    """

    number: int
    recorded_at: datetime
    is_superseded: bool
    figures: tuple[StatedChange, ...]
    has_details: bool


def changes_between(published: Sequence[PublishedFigure], now: Sequence[PublishedFigure]) -> Iterator[FigureChange]:
    """Yield each figure that differs in its quantity, qualifier or bounds, in the order of publication."""
    before, after = ({_key(figure): figure for figure in figures} for figures in (published, now))
    for key in _keys(before, after):
        if before.get(key) != after.get(key):
            yield FigureChange(before.get(key), after.get(key))


def whole_measures_first(changes: Sequence[FigureChange]) -> list[FigureChange]:
    """Return the changes over all forces: of measures, then of categories of measures that are otherwise unchanged."""
    overall = [one for one in changes if one.figure.force is None]
    whole = {one.figure.measure for one in overall if one.figure.category is None}
    by_category = [one for one in overall if one.figure.category is not None and one.figure.measure not in whole]
    return [one for one in overall if one.figure.category is None] + by_category


def stated_changes(
    earlier: EarlierPublication, measures: Mapping[str, Measure], *, left_out: Collection[str]
) -> StatedChanges:
    """Return what a statement says of an earlier publication. `left_out` are measures that it does not state."""
    measures_then, measures = {**measures, **earlier.measures}, {**earlier.measures, **measures}
    before, after = _comparable(earlier, measures)
    changed = [key for key in _keys(before, after) if _amount(before.get(key)) != _amount(after.get(key))]
    stated = [
        (measure, category)
        for measure, force, category in changed
        if force is None
        and measure not in left_out
        and _is_stated_otherwise(before.get((measure, None, category)), after.get((measure, None, category)), measures)
    ]
    whole = [(measure, None) for measure, category in stated if category is None]
    named = {measure for measure, _category in whole}
    by_category = [key for key in stated if key[1] is not None and key[0] not in named]
    return StatedChanges(
        number=earlier.number,
        recorded_at=earlier.recorded_at,
        is_superseded=earlier.is_superseded,
        figures=tuple(
            StatedChange(
                measure=measures[measure],
                category=category,
                published=_stated(before.get((measure, None, category)), measures_then),
                now=_stated(after.get((measure, None, category)), measures),
            )
            for measure, category in (*whole, *by_category)
        ),
        has_details=bool(changed),
    )


def _comparable(
    earlier: EarlierPublication, measures: Mapping[str, Measure]
) -> tuple[dict[_Key, RecordedFigure], dict[_Key, RecordedFigure]]:
    """Return the figures of then and now that can be compared, by what they count.

    Publications of former versions have no categories of additive measures: then these are left out of both. Figures by
    both force and category are left out too, because a statement never has them.
    """

    def is_category(figure: RecordedFigure) -> bool:
        return figure.category is not None and measures[figure.measure].additive

    sides = (earlier.figures, earlier.now)
    has_categories = all(any(is_category(figure) for figure in figures) for figures in sides)
    before, after = (
        {_key(one): one for one in figures if not is_category(one) or (has_categories and one.force is None)}
        for figures in sides
    )
    return before, after


def _key(figure: PublishedFigure | RecordedFigure) -> _Key:
    return figure.measure, figure.force, figure.category


def _keys(before: Mapping[_Key, object], after: Mapping[_Key, object]) -> Iterator[_Key]:
    yield from before
    yield from (key for key in after if key not in before)


def _amount(figure: RecordedFigure | None) -> tuple[int, str, int | None] | None:
    """Return what a figure says; the bounds of a rounded one are not said."""
    if figure is None:
        return None
    return figure.quantity, figure.qualifier, figure.most if is_range(figure.qualifier, figure.most) else None


def _is_stated_otherwise(
    then: RecordedFigure | None, now: RecordedFigure | None, measures: Mapping[str, Measure]
) -> bool:
    """Return whether a change is seen: not the upper end of a range, if a return was outstanding then and is now."""
    return _stated(then, measures) != _stated(now, measures)


def _stated(figure: RecordedFigure | None, measures: Mapping[str, Measure]) -> StatedNumber | None:
    if figure is None:
        return None
    unit = measures[figure.measure].unit
    is_outstanding = bool(figure.outstanding)
    return in_full(figure.quantity, figure.qualifier, unit, is_outstanding=is_outstanding, most=figure.most)
