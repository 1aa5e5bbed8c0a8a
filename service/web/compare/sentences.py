"""The result of a comparison in words: what a figure is of, how it compares with the record, and where it stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from service.domain.claims.bounds import Bounds
from service.domain.claims.claim import Claim
from service.domain.claims.compare import Comparison
from service.domain.claims.extents import ALL, Extent
from service.domain.model.operation import Operation
from service.usecases.reconciliation.reconcile import Reconciliation
from service.web.site import event_words, words

AGREES, OPEN, DIFFERS, NOT_COMPARABLE = "agrees", "open", "differs", "cannot_be_compared"
# Disagreements first, what nobody can tell yet next, agreements last.
ORDER = (DIFFERS, NOT_COMPARABLE, OPEN, AGREES)
TAGS = {DIFFERS: ("Differs", "yellow"), NOT_COMPARABLE: ("Cannot be compared", "grey"), OPEN: ("Open", "blue")}
# More names say less than their number.
MOST_FORCES = 3
STEPS = re.compile(r"/(?P<name>[a-z_]+)/(?P<number>[0-9]+)", re.ASCII)
NAMES = {"claims": "claim", "figures": "figure", "breakdown": "breakdown", "lines": "line"}


class Verdict(NamedTuple):
    """A printed figure beside the record. `tag` is empty if they agree."""

    what: str
    place: str
    printed: str
    recorded: str
    verdict: str
    tag: str
    colour: str


def verdicts(found: Reconciliation) -> list[Verdict]:
    """Return the figures beside the record, disagreements first, otherwise in the order of the file."""
    ordered = sorted(found.comparisons, key=lambda one: ORDER.index(one.status))
    return [_verdict(one, found.operation) for one in ordered]


def summary(found: Reconciliation) -> str:
    """Return how many figures agree and how many do not, in sentences."""
    counts: Counter[str] = Counter(one.status for one in found.comparisons)
    number = words.counted(len(found.comparisons), "figure")
    said = []
    if counts[DIFFERS]:
        said.append(f"{counts[DIFFERS]} of {number} {'differs' if counts[DIFFERS] == 1 else 'differ'} from the record.")
    if counts[NOT_COMPARABLE]:
        said.append(f"{counts[NOT_COMPARABLE]} of {number} cannot be compared.")
    if counts[OPEN]:
        said.append(f"{counts[OPEN]} of {number} may still change, because returns are not in.")
    if found.findings.any_wrong:
        said.append("The figures themselves do not fit together.")
    return (
        " ".join(said)
        or f"{'The figure agrees' if len(found.comparisons) == 1 else f'All {number} agree'} with the record."
    )


def place_of(pointer: str) -> str:
    """Return a place in a claims file in words: `claim 1, figure 2, value`; `line 3` for CSV, which counts from 1."""
    steps, rest = [], pointer
    counts_from_one = pointer.startswith("/lines/")
    while said := STEPS.match(rest):
        number = int(said["number"]) + (0 if counts_from_one else 1)
        steps.append(f"{NAMES.get(said['name'], said['name'])} {number}")
        rest = rest[said.end() :]
    steps += [one.replace("~1", "/").replace("~0", "~") for one in rest.split("/") if one]
    return ", ".join(steps) or "the file"


def _verdict(one: Comparison, operation: Operation) -> Verdict:
    tag, colour = TAGS.get(one.status, ("", ""))
    return Verdict(
        what=_what(one.claim, operation),
        place=place_of(one.claim.place),
        printed=one.claim.printed,
        recorded=_recorded(one),
        verdict=_said(one, operation),
        tag=tag,
        colour=colour,
    )


def _what(claim: Claim, operation: Operation) -> str:
    """Return what a figure is of: `Arrests, Surrey Police, drugs, 17 January 2023`."""
    measure = operation.measures.get(claim.measure)
    label = claim.measure if measure is None else measure.label
    scope = claim.scope
    said = [
        f"{label[:1].upper()}{label[1:]}",
        _extent(scope.forces, lambda force: event_words.force_name(force, operation)) or "all forces",
        _extent(scope.categories, words.category_in_sentence),
        "" if scope.days is None else words.dates(*scope.days),
        "" if scope.operation is None else f"operation {scope.operation}",
        "" if claim.moment is None else f"as of {words.full_moment(claim.moment)}",
    ]
    return ", ".join(one for one in said if one)


def _extent(extent: Extent, name: Callable[[str], str]) -> str:
    included = words.listed([name(one) for one in sorted(extent.included - {ALL})])
    excluded = words.listed([name(one) for one in sorted(extent.excluded)])
    return f"{included or 'all'} without {excluded}" if excluded else included


def _recorded(one: Comparison) -> str:
    if one.recorded is None:
        return ""
    return f"at least {one.recorded.display}" if _is_lower_bound(one) else one.recorded.display


def _is_lower_bound(one: Comparison) -> bool:
    assert one.recorded is not None
    return bool(one.recorded.outstanding) and not one.recorded.display.startswith(("at least", "more than"))


def _said(one: Comparison, operation: Operation) -> str:
    """Return what the comparison says in a sentence."""
    if one.recorded is None:
        return one.detail
    if one.difference is not None:
        amount = one.claim.describe_bounds(Bounds(abs(one.difference), abs(one.difference) + 1))
        assert one.claim.bounds is not None, "only figures with a number differ"
        is_exact = one.recorded.as_known.is_one_number and one.claim.bounds.is_one_number
        than = "more" if one.difference > 0 else "less"
        return f"The record has {'' if is_exact else 'at least '}{amount} {than}."
    if one.status == AGREES:
        return "Agrees"
    owing = [
        event_words.force_name(out.force, operation) or "forces in other parts" for out in one.recorded.outstanding
    ]
    forces = words.listed(owing) if len(owing) <= MOST_FORCES else words.counted(len(owing), "force")
    now = {AGREES: "Agrees if nothing more comes", DIFFERS: "Differs if nothing more comes"}.get(
        one.as_it_stands or "", ""
    )
    waiting = f"Returns not in: {forces}." if forces else ""
    return " ".join(part for part in (f"{now}." if now else "", waiting) if part) or one.detail
