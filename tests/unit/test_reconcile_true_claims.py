"""True claims give no finding, whatever their scope and wording; a claim made false is found."""

from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from service.domain.claims.rules.families import Budget, IndependentSetSearch
from service.domain.claims.rules.findings import Finding
from tests.factories.claims import block, breakdown, figure, found

FORCES = ("a", "b", "c", "d")
REASONS = ("knife", "drugs", "violence/emergency_worker", "violence/other")
DAYS = ("2023-01-17", "2023-01-18", "2023-01-19")
CELLS = tuple(product(FORCES, REASONS, DAYS))

# The true figures: arrests by force, reason and day.
worlds = st.lists(st.integers(0, 60), min_size=len(CELLS), max_size=len(CELLS)).map(
    lambda counts: dict(zip(CELLS, counts, strict=True))
)
some_forces = st.sets(st.sampled_from(FORCES)).map(sorted)
some_categories = st.sets(st.sampled_from((*REASONS, "violence"))).map(sorted)
some_days = st.none() | st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)).map(sorted)
scopes = st.fixed_dictionaries(
    {"forces": some_forces, "without_forces": some_forces, "days": some_days, "category": some_categories}
).filter(lambda scope: not scope["forces"] or set(scope["forces"]) - set(scope["without_forces"]))
words = st.tuples(st.sampled_from(("exact", "more than", "at least", "nearly", "up to", "about")), st.integers(0, 30))
claimed = st.lists(st.tuples(scopes, words), min_size=1, max_size=14)


def true_of(world: dict[tuple[str, str, str], int], scope: dict[str, Any]) -> int:
    """Return the true number of arrests in a scope."""
    return sum(count for cell, count in world.items() if _lies_in(cell, scope))


def _lies_in(cell: tuple[str, str, str], scope: dict[str, Any]) -> bool:
    force, reason, day = cell
    return (
        (not scope["forces"] or force in scope["forces"])
        and force not in scope["without_forces"]
        and (scope["days"] is None or scope["days"][0] <= day <= scope["days"][1])
        and (not scope["category"] or any(f"{reason}/".startswith(f"{path}/") for path in scope["category"]))
    )


def truly(count: int, word: tuple[str, int]) -> dict[str, Any]:
    """Return a true figure for a count, in these words; `off` is the distance of the printed number from it."""
    says, off = word
    number = {
        "more than": count - 1 - off,
        "at least": count - off,
        "nearly": count + 1 + off,
        "up to": count + off,
        "about": count + min(off, count // 11),
    }.get(says, count)
    return figure(number, says) if number >= 0 else figure(count)


def as_blocks(world: dict[tuple[str, str, str], int], claims: Any) -> list[dict[str, Any]]:
    return [
        block(
            truly(true_of(world, scope), word) | {"category": scope["category"]},
            **{name: value for name, value in scope.items() if name != "category"},
        )
        for scope, word in claims
    ]


def wrong(findings: list[Finding]) -> list[Finding]:
    """Return contradictions and differences; two true thresholds may be far apart."""
    return [one for one in findings if one.is_wrong and one.kind != "suspect"]


@given(worlds, claimed, st.booleans())
def test_true_claims_never_contradict_each_other(world: Any, claims: Any, named: bool) -> None:  # noqa: FBT001 - drawn
    top = {"forces": list(FORCES)} if named else {}
    days = {"release": {"days": [DAYS[0], DAYS[-1]]}}
    assert wrong(found(*as_blocks(world, claims), sources=days, **top)) == []


@given(worlds, claimed, st.lists(words, min_size=12, max_size=12))
def test_true_complete_breakdowns_contradict_nothing(world: Any, claims: Any, said: Any) -> None:
    everything: dict[str, Any] = {"forces": [], "without_forces": [], "days": None, "category": []}
    lists = {
        "force": [({"forces": [force]}, {"force": force}) for force in FORCES],
        "category": [({"category": [reason]}, {"category": reason}) for reason in REASONS],
        "day": [({"days": [day, day]}, {"day": day}) for day in DAYS],
    }
    word = iter(said)
    breakdowns = tuple(
        breakdown(
            [truly(true_of(world, everything | scope), next(word)) | key for scope, key in lines], by, complete=True
        )
        for by, lines in lists.items()
    )
    for one in breakdowns:
        one["lines"] = [{key: line[key] for key in line if key not in ("measure", "unit")} for line in one["lines"]]
    assert wrong(found(*as_blocks(world, claims), breakdowns=breakdowns)) == []


@given(worlds, st.sampled_from(("force", "category")), st.integers(1, 5))
def test_a_whole_below_its_parts_or_above_a_complete_list_is_always_found(world: Any, by: str, off: int) -> None:
    everything: dict[str, Any] = {"forces": [], "without_forces": [], "days": None, "category": []}
    names = {"force": [{"forces": [one]} for one in FORCES], "category": [{"category": [one]} for one in REASONS]}
    keys = FORCES if by == "force" else REASONS
    lines = {key: true_of(world, everything | scope) for key, scope in zip(keys, names[by], strict=True)}
    total = sum(lines.values())
    above = found(block(figure(total + off)), breakdowns=(breakdown(lines, by, complete=True),))
    assert [one.rule for one in wrong(above)] == ["breakdown_below_whole"]
    if total >= off:
        below = found(block(figure(total - off)), breakdowns=(breakdown(lines, by),))
        assert [one.rule for one in wrong(below)] == ["parts_above_whole"]


@given(worlds, st.integers(0, 47))
def test_a_force_counted_alone_and_inside_its_region_counts_once(world: Any, off: int) -> None:
    everything: dict[str, Any] = {"forces": [], "without_forces": [], "days": None, "category": []}
    by_force = {force: true_of(world, everything | {"forces": [force]}) for force in FORCES}
    region = by_force["a"] + by_force["b"]
    blocks = [block(figure(region), forces=["a", "b"]), block(figure(by_force["c"]), forces=["c"])]
    total = region + by_force["c"]
    alone = (breakdown({"a": by_force["a"], "b": by_force["b"]}),)
    assert wrong(found(block(figure(total + off)), *blocks, breakdowns=alone)) == []
    if total:
        assert wrong(found(block(figure(total - 1)), *blocks, breakdowns=alone))


# Independent sets


graphs = st.integers(1, 9).flatmap(
    lambda size: st.tuples(
        st.lists(st.integers(0, 20), min_size=size, max_size=size),
        st.sets(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))),
    )
)


@given(graphs)
def test_the_heaviest_independent_set_is_found(graph: tuple[list[int], set[tuple[int, int]]]) -> None:
    weights, overlaps = graph
    size = len(weights)
    together = {(one, other) for one, other in overlaps} | {(other, one) for one, other in overlaps}
    apart = [
        sum(1 << other for other in range(size) if other != one and (one, other) not in together) for one in range(size)
    ]
    search = IndependentSetSearch(weights=weights, apart=apart, shape=lambda part: part % 2, budget=Budget())
    family = search.heaviest((1 << size) - 1)
    assert all(apart[one] >> other & 1 for one in family for other in family if one != other)
    best = max(_weight(chosen, weights, apart) for chosen in range(1 << size))
    assert sum(weights[part] for part in family) == best


def _weight(chosen: int, weights: list[int], apart: list[int]) -> int:
    parts = [part for part in range(len(weights)) if chosen >> part & 1]
    if any(chosen & ~apart[part] & ~(1 << part) for part in parts):
        return -1
    return sum(weights[part] for part in parts)


def test_a_search_that_exhausts_its_budget_still_returns_an_independent_set() -> None:
    cells = [(force, day) for force in range(15) for day in range(15)]
    apart = [
        sum(1 << at for at, other in enumerate(cells) if other[0] != one[0] and other[1] != one[1]) for one in cells
    ]
    weights = [1 + (7 * at) % 13 for at in range(len(cells))]
    search = IndependentSetSearch(weights=weights, apart=apart, shape=lambda _part: 0, budget=Budget(improving=2_000))
    family = search.heaviest((1 << len(cells)) - 1)
    assert search.budget.improving <= 0
    assert len({cells[part][0] for part in family}) == len({cells[part][1] for part in family}) == len(family)
