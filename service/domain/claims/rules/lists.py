"""Rules 3 and 4, for lists marked complete: they must add up to their whole, and parts that they lack are nil."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_

from service.domain.claims.bounds import Bounds, summed
from service.domain.claims.claim import Claim, ClaimsFile, Scope
from service.domain.claims.extents import extent
from service.domain.claims.rules.findings import Finding
from service.domain.claims.rules.groups import Group, Key, ScopeNode, group_scopes
from service.domain.claims.rules.parts import LowerBounds
from service.domain.claims.rules.relations import CATEGORY, bits


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteList:
    """Figures by force, category or day that together make up `whole`, whether it was printed or not."""

    place: str
    by: str
    whole: Scope
    lines: tuple[Claim, ...]

    @property
    def key(self) -> Key:
        """The key of the group that the list belongs to; of a measure that is not additive, of all its categories."""
        first = self.lines[0]
        return first.moment, first.measure, first.unit, None


def complete_lists(file: ClaimsFile) -> list[CompleteList]:
    """Return the breakdowns marked complete, and each source's figures of the measures in its `lists_all`."""
    marked = [
        CompleteList(place=one.place, by=one.by, whole=one.scope, lines=one.lines)
        for one in file.breakdowns
        if one.complete
    ]
    return marked + _listed_by_sources(file)


def scopes_of(lists: Iterable[CompleteList]) -> Iterator[tuple[Key, Scope]]:
    """Yield the scopes of additive lists: their wholes, and lines without a number."""
    for one in lists:
        if one.lines[0].additive:
            yield one.key, one.whole
            yield from ((one.key, line.scope) for line in one.lines)


def compare_lists(
    lists: Sequence[CompleteList], groups: Mapping[Key, LowerBounds], claims: Iterable[Claim]
) -> Iterator[Finding]:
    """Yield the contradictions between complete lists and other figures: wholes above them, and parts they lack.

    `groups` has the scopes of the additive lists.
    """
    additive = [one for one in lists if one.lines[0].additive]
    others = [one for one in lists if not one.lines[0].additive]
    found = {key: lower.group for key, lower in groups.items()}
    additive = _widest(additive, found)
    for one in additive:
        yield from _compare_to_whole(one, groups[one.key])
    yield from _compare_to_others(additive, found)
    by_class = _groups_by_class(others, claims)
    yield from _compare_to_others(_widest(others, by_class), by_class)


def _listed_by_sources(file: ClaimsFile) -> list[CompleteList]:
    """Return the lists by category that sources print of the measures in their `lists_all`, one for each scope."""
    by_whole: dict[tuple[object, ...], list[Claim]] = {}
    for claim in file.claims:
        if claim.measure in file.sources[claim.source].lists_all and not claim.scope.categories.is_all:
            whole = replace(claim.scope, categories=extent())
            by_whole.setdefault((claim.source, claim.measure, claim.unit, claim.moment, whole), []).append(claim)
    return [
        CompleteList(
            place=f"{file.sources[lines[0].source].place}/lists_all",
            by=CATEGORY,
            whole=replace(lines[0].scope, categories=extent()),
            lines=tuple(lines),
        )
        for lines in by_whole.values()
    ]


def _widest(lists: Iterable[CompleteList], groups: Mapping[Key, Group]) -> list[CompleteList]:
    """Return the lists without those of a source whose whole lies inside that of another of its lists."""
    beside: dict[tuple[str, Key], list[tuple[int, CompleteList]]] = {}
    for one in lists:
        beside.setdefault((one.place, one.key), []).append((groups[one.key].index[one.whole], one))
    found = []
    for (_place, key), some in beside.items():
        inner = groups[key].is_inside_any(whole for whole, _one in some)
        found += [one for whole, one in some if not inner >> whole & 1]
    return found


def _groups_by_class(lists: Iterable[CompleteList], claims: Iterable[Claim]) -> dict[Key, Group]:
    """Return a group for each measure of the lists, with the figures of all its classes, which are not additive."""
    scopes: dict[Key, list[Scope]] = {}
    for one in lists:
        scopes.setdefault(one.key, []).extend((one.whole, *(line.scope for line in one.lines)))
    beside: dict[Key, list[Claim]] = {key: [] for key in scopes}
    for claim in claims:
        key: Key = (claim.moment, claim.measure, claim.unit, None)
        if key in beside and claim.bounds is not None:
            beside[key].append(claim)
    return {key: group_scopes(key, beside[key], found) for key, found in scopes.items()}


def _compare_to_whole(one: CompleteList, lower: LowerBounds) -> Iterator[Finding]:
    """Yield a contradiction if the lines of a list add up to less than the lower bound of its whole."""
    whole = lower.group.index[one.whole]
    most = _most(one, lower.group)
    printed = max((claim.bounds.least for claim in lower.group.nodes[whole].claims if claim.bounds), default=0)
    # Missing parts along the list's dimension are left to the next rule.
    parts = lower.search.heaviest(lower.group.parts(whole) & lower.group.relations.equal[one.by][whole])
    least = max(printed, sum(lower.least[part] for part in parts))
    if Bounds(least).is_above(most):
        above = [lower.group.nodes[whole], *(lower.group.nodes[part] for part in parts if printed < least)]
        yield _below(one, most, least, above)


def _compare_to_others(lists: Iterable[CompleteList], groups: Mapping[Key, Group]) -> Iterator[Finding]:
    """Yield a contradiction for each figure above 0 in a part that complete lists lack."""
    lacking: dict[tuple[Key, int], list[CompleteList]] = {}
    for one in lists:
        group = groups[one.key]
        whole = group.index[one.whole]
        apart = group.relations.apart[one.by]
        lacked = reduce(and_, (apart[group.index[line.scope]] for line in one.lines))
        for number in bits(lacked & (group.parts(whole) | 1 << whole)):
            lacking.setdefault((one.key, number), []).append(one)
    for (key, number), some in lacking.items():
        for claim in groups[key].nodes[number].claims:
            if claim.bounds is not None and claim.bounds.least > 0:
                yield _lacked(claim, some)


def _lacked(claim: Claim, lists: Sequence[CompleteList]) -> Finding:
    one, more = lists[0], len(lists) - 1
    others = "" if not more else " So does another list." if more == 1 else f" So do {more:,} other lists."
    return Finding(
        kind="contradiction",
        rule="not_in_complete_list",
        detail=f"{claim.measure}, {claim.describe()}: the list of {one.lines[0].source} by {one.by}, "
        f"which is marked complete, lacks it.{others}",
        places=(claim.place, *dict.fromkeys(each.place for each in lists)),
    )


def _most(one: CompleteList, group: Group) -> Bounds:
    """Return the bounds of the sum of the lines; a line inside another is counted with it."""
    numbers = {group.index[line.scope] for line in one.lines if line.bounds is not None}
    if len({line.scope for line in one.lines}) > len(numbers):
        return Bounds()
    inner = group.is_inside_any(numbers)
    return summed([group.nodes[number].bounds for number in sorted(numbers) if not inner >> number & 1])


def _below(one: CompleteList, most: Bounds, least: int, above: Sequence[ScopeNode]) -> Finding:
    claim = one.lines[0]
    return Finding(
        kind="contradiction",
        rule="breakdown_below_whole",
        detail=f"{claim.measure}, {one.whole.describe()}: it is at least "
        f"{claim.describe_bounds(Bounds(least)).removeprefix('at least ')}; the list of {claim.source} "
        f"by {one.by}, which is marked complete, adds up to {claim.describe_bounds(most)}.",
        places=(*(place for node in above for place in node.places), one.place),
    )
