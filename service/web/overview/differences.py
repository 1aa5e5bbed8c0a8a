"""The words of a comparison of two moments: which they are, and by how much a figure differs."""

from __future__ import annotations

from service.domain.counting.figures import display
from service.usecases.overview.results import OperationResults
from service.usecases.overview.then_and_now import FigureThenAndNow, ThenAndNow
from service.web.site import words

MINUS = "\N{MINUS SIGN}"
UNCHANGED = "unchanged"
OTHER_END = "other upper end"


def difference(change: FigureThenAndNow) -> str:
    """Return by how much a figure differs: `+3`, `unchanged`; empty where there is none at both moments."""
    if change.more:
        sign = "+" if change.more > 0 else MINUS
        return f"{sign}{display(abs(change.more), change.measure.unit, 'exact')}"
    if change.is_only_of_end:
        return OTHER_END
    if not _has_number(change, "now"):
        return ""
    return UNCHANGED if _has_number(change, "then") else "declared since"


def moment_of(results: OperationResults, *, is_latest: bool) -> str:
    """Return which moment one side shows: `18 January 2023, 6pm` or `the latest, 23 January 2023, 9am`."""
    said = words.full_moment(results.moment)
    return f"the latest, {said}" if is_latest else said


def between(found: ThenAndNow) -> str:
    """Return how many events came in between, and which headline figures they changed."""
    number = found.now.position.seq - found.then.position.seq
    changed = [f"{one.measure.label} {difference(one)}" for one in found.headlines if one.more or one.is_only_of_end]
    came = "" if found.now.operation.parts else f"{words.counted(number, 'event')} came in between. "
    if not changed:
        return f"{came}No headline figure changed."
    return f"{came}Changed: {words.listed(changed)}."


def _has_number(change: FigureThenAndNow, side: str) -> bool:
    cell = change.now if side == "now" else change.then
    return cell is not None and bool(cell.number)
