"""A reconciliation as JSON. `reconciliation_schemas` documents the same shapes."""

from __future__ import annotations

from collections import Counter
from typing import Any

from service.api.http.answers import outstanding_json, position_json
from service.domain.claims.bounds import Bounds
from service.domain.claims.claim import Claim
from service.domain.claims.compare import STATUSES, Comparison, ScopeFigure
from service.domain.claims.extents import ALL, Extent
from service.domain.claims.rules.findings import Finding, Findings
from service.domain.model.instants import format_instant
from service.usecases.reconciliation.reconcile import Reconciliation

Json = dict[str, Any]


def reconciliation_json(found: Reconciliation) -> Json:
    """Return a reconciliation: the log position it is true at, each claim beside the record, and the findings."""
    operation = found.operation
    counts = Counter(one.status for one in found.comparisons)
    return {
        "operation": operation.operation,
        "imported": operation.imported,
        "marking": operation.marking,
        "as_of": position_json(found.position),
        "log_size": found.position.head.seq,
        "all_agree": found.all_agree,
        "counts": {status: counts[status] for status in STATUSES},
        "claims": [comparison_json(one) for one in found.comparisons],
        **findings_json(found.findings),
    }


def findings_json(found: Findings) -> Json:
    """Return the findings about how the claims fit together, and the number of those that are not listed."""
    return {"findings": [_finding_json(one) for one in found.listed], "findings_not_listed": found.not_listed}


def _finding_json(one: Finding) -> Json:
    more = {"more_places": one.more_places} if one.more_places else {}
    places, without = list(one.places), list(one.without)
    return {"kind": one.kind, "rule": one.rule, "detail": one.detail, "places": places, "without": without} | more


def comparison_json(one: Comparison) -> Json:
    """Return a claim beside the record."""
    shown = _claim_json(one.claim) | {"status": one.status, "detail": one.detail}
    if one.recorded is None:
        return shown
    return shown | {
        "as_it_stands": one.as_it_stands,
        "difference": one.difference,
        "recorded": _recorded_json(one.recorded),
    }


def _claim_json(claim: Claim) -> Json:
    """Return a claim with what narrows its scope."""
    scope = claim.scope
    narrowed: Json = {} if scope.operation is None else {"operation": scope.operation}
    narrowed |= _extent_json("forces", "without_forces", scope.forces)
    narrowed |= {} if scope.days is None else {"days": [str(day) for day in scope.days]}
    narrowed |= _extent_json("category", "without_category", scope.categories)
    narrowed |= {} if claim.moment is None else {"as_of": format_instant(claim.moment)}
    narrowed |= {"note": claim.note} if claim.note else {}
    return {
        "place": claim.place,
        "source": claim.source,
        "measure": claim.measure,
        "unit": claim.unit,
        **narrowed,
        "printed": claim.printed,
        "claimed": None if claim.bounds is None else _bounds_json(claim.bounds),
    }


def _recorded_json(recorded: ScopeFigure) -> Json:
    owed = outstanding_json(recorded.outstanding)
    return {**_bounds_json(recorded.as_known), "display": recorded.display, **owed}


def _bounds_json(bounds: Bounds) -> Json:
    return {"quantity_from": bounds.least, "quantity_before": bounds.before}


def _extent_json(included: str, excluded: str, extent: Extent) -> Json:
    shown = {included: sorted(extent.included - {ALL}), excluded: sorted(extent.excluded)}
    return {name: paths for name, paths in shown.items() if paths}
