"""Comparing published figures with the totals of the record. Both are bounds: "more than 170" is all above 170."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from service.cli.http_client import Client
from service.cli.output import print_table
from service.cli.seed_directory import DirectoryUnreadable, read_seed_directory
from service.domain.vocabulary import QUALIFIERS
from service.errors import Invalid

ABOUT = Fraction(1, 10)
Bound = int | float | Fraction


class TotalsRefused(Invalid):
    """The service gives no totals to compare published figures with."""

    code = "totals_refused"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One published figure beside the projected one; `projected` is empty where the record has no such figure."""

    figure: str
    published: str
    projected: str
    agrees: bool

    def as_json(self) -> dict[str, object]:
        """Return the comparison as JSON."""
        return {
            "figure": self.figure,
            "published": self.published,
            "projected": self.projected,
            "agrees": self.agrees,
        }


def compare_published(path: Path, client: Client) -> list[Comparison]:
    """Compare the published figures of a directory with the totals that its lead force's coordinator is shown.

    Raises:
        DirectoryUnreadable: a file is missing or broken.
        TotalsRefused: the service refuses the question.
        RecordError: one of the client's.
    """
    seed = read_seed_directory(path)
    return [_compared(figure, seed.operation, seed.lead_force, client) for figure in seed.figures()]


def print_comparison(comparisons: Sequence[Comparison]) -> None:
    """Print a table of published and projected figures."""
    rows = [[one.figure, one.published, one.projected or "-", "yes" if one.agrees else "NO"] for one in comparisons]
    agreeing = sum(one.agrees for one in comparisons)
    title = f"Published and projected: {agreeing} of {len(comparisons)} figures agree"
    print_table(title, ("figure", "published", "projected", "agrees"), rows)


def bounds_of(quantity: int, qualifier: str) -> tuple[Bound, Bound]:
    """Return the least and the most that a qualified whole number can be, both included. "About" is within a tenth."""
    bounds: dict[str, tuple[Bound, Bound]] = {
        "exact": (quantity, quantity),
        "more_than": (quantity + 1, inf),
        "at_least": (quantity, inf),
        "under": (0, quantity - 1),
        "at_most": (0, quantity),
        "about": (quantity * (1 - ABOUT), quantity * (1 + ABOUT)),
    }
    return bounds[qualifier]


def _compared(figure: dict[str, Any], operation: str, lead_force: str, client: Client) -> Comparison:
    qualifier = figure.get("qualifier", "exact")
    if qualifier not in QUALIFIERS or type(figure["quantity"]) is not int:
        raise DirectoryUnreadable(f"{figure['published']!r}: wanted a whole quantity and a qualifier that is known.")
    scope: dict[str, str] = {name: figure[name] for name in ("measure", "force", "category") if name in figure}
    answer = client.get(f"/v1/operations/{operation}/totals?{urlencode(scope)}", lead_force)
    if "figures" not in answer.body:
        raise TotalsRefused(f"{figure['published']!r}: {answer.body.get('detail', 'no totals')}")
    found = next(iter(answer.body["figures"]), None)
    return Comparison(
        figure=" ".join(str(value) for value in scope.values()),
        published=figure["published"],
        projected="" if found is None else f"{found['display']} {_unit(found)}".strip(),
        agrees=found is not None and _agrees(found, figure, qualifier),
    )


def _agrees(found: dict[str, Any], figure: dict[str, Any], qualifier: str) -> bool:
    """Return whether the record's figure, which has bounds too, lies within the published one, in the same unit."""
    least, most = bounds_of(figure["quantity"], qualifier)
    found_least, found_most = bounds_of(found["quantity"], found["qualifier"])
    return least <= found_least and found_most <= most and found["unit"] == figure.get("unit", found["unit"])


def _unit(found: dict[str, Any]) -> str:
    """Return the unit, where the display does not carry it already."""
    return "" if found["unit"] in ("pence", "milligrams") else str(found["unit"])
