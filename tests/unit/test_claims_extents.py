"""Extents: the relations between two extents hold for the sets of paths that they represent."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from service.domain.claims.extents import Extent, extent

STEPS = ("a", "b", "c")
PATHS = tuple("/".join(steps) for length in (1, 2, 3) for steps in product(STEPS, repeat=length))
some_paths = st.lists(st.sampled_from(PATHS), max_size=4)
extents = st.builds(extent, some_paths, some_paths)


def meant(one: Extent) -> set[str]:
    """Return the set of paths in an extent; `other` is a path that no extent names."""
    return {path for path in (*PATHS, "other") if under_any(path, one.included) and not under_any(path, one.excluded)}


def under_any(path: str, others: frozenset[str]) -> bool:
    return any(other in ("", path) or path.startswith(other + "/") for other in others)


@given(extents, extents)
def test_apart_and_within_hold_for_the_sets(one: Extent, other: Extent) -> None:
    assert one.apart_from(other) == (not meant(one) & meant(other))
    assert one.apart_from(other) == other.apart_from(one)
    if one.within(other):
        assert meant(one) <= meant(other)


@given(some_paths, some_paths)
def test_an_extent_has_the_given_paths_and_is_within_itself(included: list[str], excluded: list[str]) -> None:
    one = extent(included, excluded)
    roots = frozenset(included) or frozenset(("",))
    expected = {
        path for path in (*PATHS, "other") if under_any(path, roots) and not under_any(path, frozenset(excluded))
    }
    assert meant(one) == expected
    assert one.within(one)


@given(st.sets(st.sampled_from(STEPS)), st.sets(st.sampled_from(STEPS)))
def test_lists_of_forces_are_plain_sets(one: set[str], other: set[str]) -> None:
    if one and other:
        assert extent(one).within(extent(other)) == (one <= other)
        assert extent(one).apart_from(extent(other)) == (not one & other)


def test_a_path_includes_all_beneath_it_but_no_longer_code() -> None:
    assert extent(["bladed/knife"]).within(extent(["bladed"]))
    assert extent(["bladed", "bladed/knife"]) == extent(["bladed"])
    assert extent(["blade"]).apart_from(extent(["bladed"]))
    assert extent([], ["bladed"]).apart_from(extent(["bladed/knife"]))
    assert not extent(["bladed/knife/kitchen"]).within(extent(["bladed"], ["bladed/knife"]))
    assert extent(["bladed"], ["bladed"]).included == frozenset()


def test_extents_in_words() -> None:
    assert [one.describe() for one in (extent(), extent(["b", "a"]), extent([], ["btp"]), extent(["a"], ["a/b"]))] == [
        "",
        "a, b",
        "all without btp",
        "a without a/b",
    ]
