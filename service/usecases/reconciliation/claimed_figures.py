"""The record's figure for the scope of a claim, or the reason why the claim cannot be compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from service.domain.claims.claim import Claim, Scope, with_members
from service.domain.claims.compare import (
    Comparison,
    ScopeFigure,
    bounds_of,
    compare,
    is_rounded,
    not_comparable,
    recorded_bounds,
)
from service.domain.claims.extents import ALL, Extent, listed
from service.domain.counting.figures import display
from service.domain.counting.selection import Selection
from service.domain.model.currencies import MINOR_UNITS
from service.domain.model.days import ONE_DAY, OperatingDays, london_date
from service.domain.model.operation import Operation
from service.eventlog.head import UnknownOperation
from service.usecases.querying.as_of import AsOfBeforeLog, AsOfInTheFuture, AsOfNotSettled
from service.usecases.querying.totals import Figure
from service.usecases.reconciliation.claimed_totals import ReadRecord, Record
from service.usecases.reconciliation.unplaced_figures import unplaced

INSTANT = timedelta(microseconds=1)


def compare_claim(claim: Claim, operation: str, read_record: ReadRecord) -> Comparison:
    """Compare a claim with the record of an operation, or of a part of it. `read_record` reads as of its moment."""
    name = claim.scope.operation or operation
    if claim.bounds is None:
        return not_comparable(claim, "No number was printed.")
    try:
        record = read_record(name)
    except (UnknownOperation, AsOfInTheFuture, AsOfBeforeLog, AsOfNotSettled) as error:
        return not_comparable(claim, error.detail)
    for check in CHECKS:
        if reason := check(claim, record.operation):
            return not_comparable(claim, reason)
    widened = replace(claim, scope=with_members(claim.scope, record.operation.groups))
    return compare(claim, _recorded(widened, record.for_days(claim.measure, claim.scope.days)))


def first_and_last(days: OperatingDays) -> tuple[date, date | None]:
    """Return the first and last calendar days of an operation; the last is None while its end is open."""
    last = None if days.ends_at is None else london_date(days.ends_at - INSTANT)
    return london_date(days.starts_at), last


def _recorded(claim: Claim, record: Record) -> ScopeFigure:
    selection = _selection(claim, narrowed=_narrows(claim.scope, record.operation))
    figure = next((one for one in record.figures(selection) if _is_of(one, claim)), None)
    maybe = unplaced(claim, record, by_day=selection.is_by_days, is_nil=figure is None)
    if figure is None:
        # Nothing was recorded: that is nil once every return that covers the measure is in.
        nil = display(0, claim.unit, "exact", claim.currency)
        owed = record.outstanding(selection)
        return ScopeFigure(bounds=recorded_bounds(0, "exact"), display=nil, outstanding=owed, unplaced=maybe)
    return ScopeFigure(
        bounds=bounds_of(figure.stated),
        display=figure.display,
        is_rounded=is_rounded(figure.stated),
        outstanding=figure.outstanding,
        unplaced=maybe,
    )


def _selection(claim: Claim, *, narrowed: bool) -> Selection:
    scope = claim.scope
    return Selection(
        measures=(claim.measure,),
        forces=_listed(scope.forces),
        without_forces=tuple(sorted(scope.forces.excluded)),
        categories=_listed(scope.categories),
        without_categories=tuple(sorted(scope.categories.excluded)),
        day_from=scope.days[0] if narrowed and scope.days else None,
        day_before=scope.days[1] + ONE_DAY if narrowed and scope.days else None,
    )


def _is_of(figure: Figure, claim: Claim) -> bool:
    """Return whether a figure is the claim's. A measure that is not additive has one figure per category."""
    return claim.additive or figure.category in claim.scope.categories.included


def _narrows(scope: Scope, operation: Operation) -> bool:
    """Return whether the scope excludes any of the operation's days. Unknown ones are those that are printed."""
    days = operation.days
    if scope.days is None or not operation.dates_known:
        return False
    if days.windows:
        return not all(scope.days[0] <= window.day <= scope.days[1] for window in days.windows)
    first, last = first_and_last(days)
    return last is None or scope.days[0] > first or scope.days[1] < last


def _listed(extent: Extent) -> tuple[str, ...]:
    return tuple(sorted(extent.included - {ALL}))


def _measure_unknown(claim: Claim, state: Operation) -> str:
    measure = state.measures.get(claim.measure)
    left_out = next((one for one in state.left_out if one.measure == claim.measure), None)
    if left_out is not None:
        units = f" (in {listed(left_out.units, ' and ')})" if len(left_out.units) > 1 else ""
        return f"{state.operation} leaves out {claim.measure}: it and its parts do not count it alike{units}."
    if measure is None:
        return f"{state.operation} has no measure {claim.measure}."
    return "" if measure.unit == claim.unit else f"{state.operation} counts {claim.measure} in {measure.unit}."


def _force_absent(claim: Claim, state: Operation) -> str:
    forces = claim.scope.forces
    absent = sorted((forces.included - {ALL} | forces.excluded) - state.participants.keys())
    return f"Not in {state.operation}: {listed(absent)}." if absent else ""


def _forces_silent(claim: Claim, state: Operation) -> str:
    named = claim.scope.forces.included - {ALL}
    silent = [force for force in sorted(named) if not _reports(force, state)]
    return f"These forces report nothing: {listed(silent)}." if silent and len(silent) == len(named) else ""


def _reports(force: str, state: Operation) -> bool:
    """Return whether a force, or a member of a group, reports anything."""
    return any(state.participants[one].reports != "nothing" for one in state.with_members([force]))


def _category_unknown(claim: Claim, state: Operation) -> str:
    measure, categories = state.measures[claim.measure], claim.scope.categories
    unknown = sorted(path for path in categories.included - {ALL} | categories.excluded if not measure.knows(path))
    return f"{claim.measure} has no category {listed(unknown)}." if unknown else ""


def _category_needed(claim: Claim, state: Operation) -> str:
    categories = claim.scope.categories
    one = len(categories.included) == 1 and not categories.is_all and not categories.excluded
    if state.measures[claim.measure].additive or one:
        return ""
    what = "currency" if claim.unit == MINOR_UNITS else "category"
    return f"{claim.measure} is never summed over categories: compare it for one {what} only."


def _days_outside(claim: Claim, state: Operation) -> str:
    if claim.scope.days is None:
        return ""
    first, last = first_and_last(state.days)
    if claim.scope.days[0] >= first and (last is None or claim.scope.days[1] <= last):
        return ""
    return f"The days {claim.scope.days[0]} to {claim.scope.days[1]} are not all days of {state.operation}."


# The order matters: each check relies on those before it.
CHECKS = (_measure_unknown, _force_absent, _forces_silent, _category_unknown, _category_needed, _days_outside)
