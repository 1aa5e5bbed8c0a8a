"""Figures that were typed into the form, as a claims file: `more than 140`, `nearly £1.2 million`, `1.5 kg`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from service.domain.claims.claim import ClaimsFile
from service.domain.claims.reading.claims_file import FORMAT, WrongClaims, read_claims
from service.domain.model.operation import Operation
from service.domain.model.reference_data import Measure

SOURCE = "typed"
SAYS = {"more than": "more than", "over": "more than", "at least": "at least", "up to": "up to", "nearly": "nearly"}
SAYS |= {"almost": "nearly", "about": "about", "around": "about"}
POUNDS = {"": "pounds", "k": "thousand pounds", "thousand": "thousand pounds", "m": "million pounds"}
POUNDS |= {"million": "million pounds"}
WEIGHTS = {"mg": "milligrams", "g": "grams", "kg": "kilograms", "t": "tonnes"}
WEIGHTS |= {name: name for name in ("milligrams", "grams", "kilograms", "tonnes")}
PRINTED = re.compile(rf"(?:(?P<says>{'|'.join(SAYS)})\s+)?£?\s*(?P<value>[0-9][0-9,.]*)\s*(?P<unit>[a-z ]*)", re.ASCII)
EXAMPLE = "Figure must be a number as printed, for example 142, more than 140 or £6,210"
FIGURE_PLACE = re.compile(r"/claims/(?P<row>[0-9]+)")


class TypedFigure(NamedTuple):
    """One row of the form: the measure, the force (empty: all forces), and the figure as it was printed."""

    measure: str
    force: str
    printed: str


class RowMistake(NamedTuple):
    """What is wrong with a row, counted from 0."""

    row: int
    text: str


class FiguresWrong(ValueError):
    """Rows of the form cannot be read; `mistakes` has what is wrong with each."""

    def __init__(self, mistakes: Sequence[RowMistake]) -> None:
        """Keep the mistakes."""
        super().__init__()
        self.mistakes = list(mistakes)


def measures_of(operation: Operation) -> list[Measure]:
    """Return the measures that a typed figure can be of: those that are a sum over all categories."""
    return [one for one in operation.measures.values() if one.additive]


def read_figures(rows: Mapping[int, TypedFigure], measures: Mapping[str, Measure], operation: str) -> ClaimsFile:
    """Return the rows that are filled in as a claims file.

    Raises:
        FiguresWrong: a row cannot be read.
    """
    order = list(rows)
    mistakes = [
        RowMistake(row, EXAMPLE) for row in order if PRINTED.fullmatch(rows[row].printed.strip().lower()) is None
    ]
    if mistakes:
        raise FiguresWrong(mistakes)
    claims = [_block(rows[row], measures.get(rows[row].measure)) for row in order]
    document = {"format": FORMAT, "source": {SOURCE: {}}, "claims": claims}
    try:
        return read_claims(document, measures, operation=operation)
    except WrongClaims as error:
        found = {_row(one.pointer, order): one.detail for one in reversed(error.errors)}
        raise FiguresWrong([RowMistake(row, found[row]) for row in sorted(found)]) from error


def _row(place: str, order: Sequence[int]) -> int:
    said = FIGURE_PLACE.match(place)
    return order[int(said["row"])] if said else order[0]


def _block(one: TypedFigure, measure: Measure | None) -> dict[str, Any]:
    said = PRINTED.fullmatch(one.printed.strip().lower())
    assert said is not None, "rows are matched first"
    figure = {
        "measure": one.measure,
        "value": said["value"],
        "unit": _unit(said["unit"].strip(), measure),
        "says": SAYS.get(said["says"], "exact"),
    }
    return {"source": SOURCE, "figures": [figure]} | ({"forces": [one.force]} if one.force else {})


def _unit(said: str, measure: Measure | None) -> str:
    if measure is None:
        return said or "items"
    if measure.unit == "pence":
        return POUNDS.get(said.removesuffix("pounds").strip(), said)
    if measure.unit == "milligrams":
        return WEIGHTS.get(said, said or "grams")
    # Any noun may follow a count: 142 arrests, 30 knives.
    return measure.unit
