"""Wholes: a stated quantity of which some is by force or category. What is left over stays where the whole is stated.

The parts of a tally form a tree: each part is inside the whole or inside another part, and no two parts overlap in any
other way. So everything counts once: a part where it belongs, and of its whole only the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

from service.domain.model.events import ActivityRecorded, OfWhich
from service.errors import Invalid


class PartsExceedWhole(Invalid):
    """The parts of a tally, or of one of its parts, add up to more than it."""

    code = "parts_exceed_whole"


class PartsOverlap(Invalid):
    """Two parts of a tally may count the same: one by force and one by category, or two of the same."""

    code = "parts_overlap"


class Placed(NamedTuple):
    """A signed quantity of a tally, for a force and under a category; None: those of the tally itself.

    `lines` are below 0 where it takes a part out of its whole; see `domain.counting.stated`.
    """

    force: str | None
    category: str | None
    quantity: int
    qualifier: str
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Node:
    """A whole or a part, with the parts directly inside it. `pointer` is that of its quantity."""

    force: str | None
    category: str | None
    quantity: int
    qualifier: str
    pointer: str
    inside: list[Node] = field(default_factory=list)

    def contains(self, other: Node) -> bool:
        """Return whether everything that the other counts is counted by this one."""
        is_under = self.category is None or f"{other.category or ''}/".startswith(f"{self.category}/")
        return self.force in (None, other.force) and is_under

    def is_apart_from(self, other: Node) -> bool:
        """Return whether nothing can be counted by both."""
        if self.force is not None and other.force is not None and self.force != other.force:
            return True
        if self.category is None or other.category is None:
            return False
        one, two = f"{self.category}/", f"{other.category}/"
        return not one.startswith(two) and not two.startswith(one)

    def describe(self) -> str:
        """Return which part it is: `metropolitan, knife`."""
        return ", ".join(one for one in (self.force, self.category) if one) or "the whole"


def tree_of(activity: ActivityRecorded) -> Node:
    """Return a tally as the tree of its parts.

    Raises:
        PartsOverlap: two parts may count the same, and neither is inside the other.
        PartsExceedWhole: the parts inside the whole, or inside a part, add up to more than it.
    """
    root = Node(None, None, activity.quantity, activity.qualifier, "/data/quantity")
    parts = [_node(part, index) for index, part in enumerate(activity.of_which)]
    for one, other in combinations(parts, 2):
        if (one.contains(other) and other.contains(one)) or not (
            one.is_apart_from(other) or one.contains(other) or other.contains(one)
        ):
            raise PartsOverlap(
                f"Expected parts that do not overlap; {one.describe()} and {other.describe()} may count the same. Give "
                "the category of a force's part with its force, or only the parts by force, or only those by category.",
                pointer=other.pointer.removesuffix("/quantity"),
            )
    for part in sorted(parts, key=_width):
        container = root
        while deeper := next((one for one in container.inside if one.contains(part)), None):
            container = deeper
        container.inside.append(part)
    _refuse_excess(root)
    return root


def placed(node: Node) -> Iterator[Placed]:
    """Yield where a whole and its parts count: in a sum of all of them, only the whole is left.

    A part of the same qualifier is subtracted from the rest. One of another qualifier is entered a second time, taken
    away, so that the qualifier of the whole remains what was stated.
    """
    same, others = 0, Counter[str]()
    others_lines = Counter[str]()
    has_same = False
    for part in node.inside:
        entries = list(placed(part))
        yield from entries
        if part.qualifier == node.qualifier:
            same, has_same = same + part.quantity, True
        else:
            others[part.qualifier] += part.quantity
            others_lines[part.qualifier] += sum(one.lines for one in entries if one.qualifier == part.qualifier)
    if node.quantity > same or not has_same:
        yield Placed(node.force, node.category, node.quantity - same, node.qualifier)
    for qualifier, quantity in others.items():
        yield Placed(node.force, node.category, -quantity, qualifier, -others_lines[qualifier])


def _node(part: OfWhich, index: int) -> Node:
    return Node(part.force, part.category, part.quantity, part.qualifier, f"/data/of_which/{index}/quantity")


def _width(node: Node) -> int:
    """Return a sort key that puts every part after those that contain it."""
    return (node.force is not None) + (0 if node.category is None else len(node.category.split("/")))


def _refuse_excess(node: Node) -> None:
    parts = sum(part.quantity for part in node.inside)
    if parts > node.quantity:
        named = "; ".join(f"{part.describe()}: {part.quantity:,}" for part in node.inside)
        raise PartsExceedWhole(
            f"The parts of {node.describe()} add up to {parts:,}, more than {node.quantity:,} ({named}). Correct "
            "one of them; if they may count the same, they are no parts of one whole.",
            pointer=node.pointer,
        )
    for part in node.inside:
        _refuse_excess(part)
