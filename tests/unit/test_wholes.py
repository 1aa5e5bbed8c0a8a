"""Parts of a whole: whatever they are, the whole remains what was stated, and each part too."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from service.domain.counting.stated import Stated, added_up
from service.domain.counting.wholes import Node, Placed, placed, tree_of
from service.domain.model.events import ActivityRecorded, OfWhich
from service.domain.model.vocabulary import QUALIFIERS

QUALIFIER = st.sampled_from(QUALIFIERS)


@st.composite
def wholes(draw: st.DrawFn) -> ActivityRecorded:
    """Draw a whole of parts by force, some with parts by category, in any order."""
    parts, total = [], 0
    for force in draw(st.lists(st.sampled_from(["kent", "surrey", "sussex", None]), unique=True)):
        inside = [
            OfWhich(force=force, category=category, quantity=draw(st.integers(0, 20)), qualifier=draw(QUALIFIER))
            for category in draw(st.lists(st.sampled_from(["knife", "drugs/supply", "theft"]), unique=True))
        ]
        quantity = sum(part.quantity for part in inside) + draw(st.integers(0, 20))
        if force is not None:
            parts.append(OfWhich(force=force, quantity=quantity, qualifier=draw(QUALIFIER)))
            parts += inside
            total += quantity
    return ActivityRecorded(
        measure="arrests",
        quantity=total + draw(st.integers(0, 20)),
        qualifier=draw(QUALIFIER),
        of_which=tuple(draw(st.permutations(parts))),
    )


def stated(entries: list[Placed]) -> tuple[int, str]:
    known = added_up(Stated(one.quantity, one.qualifier, one.lines) for one in entries)
    assert known is not None
    return known.quantity, known.qualifier


@given(wholes())
def test_the_whole_and_each_part_are_what_was_stated(activity: ActivityRecorded) -> None:
    entries = list(placed(tree_of(activity)))
    assert stated(entries) == (activity.quantity, activity.qualifier)
    for part in activity.of_which:
        within = [one for one in entries if one.force == part.force and part.category in (None, one.category)]
        assert stated(within) == (part.quantity, part.qualifier)


@given(wholes())
def test_the_order_of_the_parts_does_not_matter(activity: ActivityRecorded) -> None:
    reordered = replace(activity, of_which=activity.of_which[::-1])
    assert sorted(map(str, placed(tree_of(activity)))) == sorted(map(str, placed(tree_of(reordered))))


def test_a_part_inside_another_is_taken_out_of_that_one() -> None:
    activity = ActivityRecorded(
        measure="arrests",
        quantity=179,
        of_which=(OfWhich(force="surrey", category="knife", quantity=8), OfWhich(force="surrey", quantity=21)),
    )
    tree: Node = tree_of(activity)
    assert [one.describe() for one in tree.inside] == ["surrey"]
    assert list(placed(tree)) == [
        Placed("surrey", "knife", 8, "exact"),
        Placed("surrey", None, 13, "exact"),
        Placed(None, None, 158, "exact"),
    ]
