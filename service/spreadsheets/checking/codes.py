"""The codes in the cells of a row: checked against what the operation allows, with the code that was probably meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from typing import Any, get_args

from service.domain.counting.figures import EXACT
from service.domain.model.currencies import MINOR_UNITS
from service.domain.model.events import LINE_CLASSES
from service.domain.model.instants import parse_instant
from service.domain.model.personal_data import personal_shape
from service.domain.model.reference_data import Measure, currencies
from service.domain.model.vocabulary import HOME_CURRENCY, QUALIFIERS, Acquisition, CategoryPath, ReturnStatus, shape_of
from service.spreadsheets.checking.allowed import Allowed
from service.spreadsheets.checking.drugs import DRUG_EXPECTED, wrong_drug
from service.spreadsheets.checking.meant import PERSONAL, hint_of
from service.spreadsheets.reading.cells import Cell, shown, text
from service.spreadsheets.templates import BLANK, AllowedCodes, CellError, SheetColumn, Template
from service.spreadsheets.words import Kind, KnownWord, Meaning, Unknown, meaning_of

Values = Mapping[str, Any]
DRUG = "drug"
# The measure whose categories a line of this kind has, and the kind of words for them; drugs have a list of their own.
CATEGORIES: Mapping[str, tuple[str, str, Kind | None]] = {
    "weapon": ("weapons", "a kind of weapon", "weapon"),
    "drug": ("drug_seizures_by_substance", DRUG_EXPECTED, None),
    "vehicle": ("vehicles", "the ground on which the vehicle was seized", "ground"),
    "other": ("other_property", "a kind of property", "property"),
}
PATH = re.compile(shape_of(CategoryPath).expression, re.ASCII)
LIST = re.compile(r"\s*[;,]\s*")
NEAREST = 3
# So many unknown words of a sheet are compared with all others. A column of other things would take minutes.
MOST_COMPARED = 1_000


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The codes of a column: `expected` is what is expected, as a sentence; `words` are those that may stand for codes.

    `knows` is whether a code may be used, if these are more than `codes`; `is_open`, whether words may stand for more.
    With `is_of_drugs`, the drug list says more about them than the codes.
    """

    expected: str
    codes: tuple[str, ...]
    words: Kind | None = None
    knows: Callable[[str], bool] | None = None
    is_open: bool = False
    is_of_drugs: bool = False

    @property
    def allowed(self) -> AllowedCodes | None:
        """The codes to show to a person; None if there are none to choose from."""
        what = self.expected.removeprefix("Expected ").removesuffix(".").partition(",")[0]
        return AllowedCodes(what, self.codes) if self.codes else None

    def has(self, code: str) -> bool:
        """Return whether a cell may hold this code."""
        if self.knows is None:
            return code in self.codes
        return PATH.fullmatch(code) is not None and self.knows(code)


class Vocabularies:
    """The codes of all columns of the templates, as an operation allows them."""

    def __init__(self, allowed: Allowed) -> None:
        measures = tuple(allowed.measures)
        activities = tuple(one.measure for one in allowed.measures.values() if not _is_counted(one, allowed))
        known, expected = allowed.measures.__contains__, f"Expected a measure of {allowed.operation}."
        self._allowed = allowed
        self._compared = 0
        self._by_pointer = {
            "/place": Vocabulary(_expected_place(allowed), allowed.places, "place"),
            "/assisting": _assisting(allowed),
            "/data/reason": _of_measure("the reason for the arrest", allowed.measures["arrests"], "reason"),
            "/data/kind": Vocabulary("Expected the kind of property.", tuple(LINE_CLASSES), "kind"),
            "/data/acquired": Vocabulary("Expected how it was acquired.", get_args(Acquisition), "acquired"),
            "/data/currency": _currency("Expected the code of a currency, such as EUR.", currencies()),
            "/data/measure": Vocabulary(expected, activities, "measure", known),
            "/data/measures": Vocabulary(expected, measures, "measure"),
            "/data/status": Vocabulary("Expected the status of the return.", get_args(ReturnStatus), "status"),
            "/data/qualifier": Vocabulary(
                "Expected a qualifier, or a blank cell for an exact number.", QUALIFIERS, "qualifier"
            ),
        }
        self._of_lines = {
            kind: _of_measure(expected, allowed.measures[measure], words)
            for kind, (measure, expected, words) in CATEGORIES.items()
        }

    def of(self, column: SheetColumn, values: Values) -> Vocabulary | None:
        """Return the codes of a column, given the row's other values; None if it holds none, or they are not known."""
        if column.pointer != "/data/category":
            return self._by_pointer.get(column.pointer)
        measure = self._allowed.measures.get(values.get("/data/measure", ""))
        return self._of_lines.get(values.get("/data/kind", "")) if measure is None else _of_activity(measure)

    def with_codes(self, template: Template, cells: Mapping[str, Cell], error: CellError) -> CellError:
        """Return the error of a blank cell with the codes that it may hold, if it must hold a code."""
        column = next((one for one in template.columns if one.name == error.column), None)
        if column is None or not error.detail.startswith(BLANK):
            return error
        row = {"/data/kind": str(cells.get("kind", "")), "/data/measure": str(cells.get("measure", ""))}
        vocabulary = self.of(column, row)
        return error if vocabulary is None else replace(error, allowed=vocabulary.allowed)

    def wrong_codes(
        self, template: Template, cells: Mapping[str, Cell], values: Values, row: int
    ) -> Iterator[CellError]:
        """Yield the errors of a row whose cells hold codes that the operation does not allow.

        `values` are the cells that could be read, by JSON pointer.
        """
        yield from _wrong_activity(template, values, row, self._allowed)
        for column in template.columns:
            found = values.get(column.pointer)
            vocabulary = None if found is None else self.of(column, values)
            if found is not None and vocabulary is not None and vocabulary.is_of_drugs:
                wrong = wrong_drug(column, cells[column.name], row, self._day(values), self._allowed)
                yield from () if wrong is None else (wrong,)
            elif found is not None and vocabulary is not None:
                yield from self._wrong(
                    column, cells[column.name], [found] if isinstance(found, str) else found, row, vocabulary
                )

    def _wrong(
        self, column: SheetColumn, cell: Cell, found: Iterable[str], row: int, vocabulary: Vocabulary
    ) -> Iterator[CellError]:
        if all(vocabulary.has(one) for one in found):
            return
        # A name of several words is one word of a list: `Surrey Police; Kent`.
        is_list = column.pointer in ("/assisting", "/data/measures")
        for item in LIST.split(text(cell)) if is_list else [text(cell)]:
            if all(vocabulary.has(part) for part in (item.split() if is_list else [item])):
                continue
            shape = next((shape for part in (item, *item.split("/")) if (shape := personal_shape(part))), None)
            if shape is not None:
                yield CellError(row, column.name, PERSONAL.format(shape))
            else:
                hint = self._hint(item, vocabulary)
                yield CellError(row, column.name, vocabulary.expected, shown(item), hint, vocabulary.allowed)

    def _day(self, values: Values) -> date | None:
        """Return the operating day of a row; None if it is not known or not a day of the operation."""
        if "/occurred_on" in values:
            return date.fromisoformat(values["/occurred_on"])
        start = values.get("/occurred_at")
        return None if start is None else self._allowed.days.day_of(parse_instant(start))

    def _hint(self, word: str, vocabulary: Vocabulary) -> str:
        meaning = _meaning(word, vocabulary, nearest=self._compared < MOST_COMPARED)
        self._compared += isinstance(meaning, Unknown)
        return "" if meaning == KnownWord(word) else hint_of(meaning)


def _expected_place(allowed: Allowed) -> str:
    if allowed.places:
        return f"Expected a place of {allowed.operation}."
    return f"{allowed.operation} has no list of places: empty the cell, or ask its coordinator to add the place."


def _is_counted(measure: Measure, allowed: Allowed) -> bool:
    """Return whether a force that reports events cannot send this measure as an activity."""
    return measure.core and allowed.reports == "events"


def _of_measure(expected: str, measure: Measure, words: Kind | None) -> Vocabulary:
    is_of_drugs = measure.category == DRUG
    known = measure.knows
    return Vocabulary(f"Expected {expected}.", measure.categories, words, known, measure.open, is_of_drugs)


def _of_activity(measure: Measure) -> Vocabulary:
    if not measure.has_categories:
        return Vocabulary(f"{measure.measure} has no categories: empty the cell.", (), knows=lambda _code: False)
    if measure.unit == MINOR_UNITS:
        return _currency("Expected the code of a currency other than GBP.", currencies() - {HOME_CURRENCY})
    expected = DRUG_EXPECTED if measure.category == DRUG else f"a category of {measure.measure}"
    return _of_measure(expected, measure, None)


def _assisting(allowed: Allowed) -> Vocabulary:
    others = allowed.forces - {allowed.force}
    participants = tuple(force for force in allowed.participants if force in others)
    expected = f"Expected forces that assisted {allowed.force}, separated by ;."
    return Vocabulary(expected, participants, "force", others.__contains__, is_open=True)


def _wrong_activity(template: Template, values: Values, row: int, allowed: Allowed) -> Iterator[CellError]:
    """Yield the errors of an activity whose measure or qualifier is valid by itself but not here."""
    measure = allowed.measures.get(values.get("/data/measure", ""))
    if measure is not None and _is_counted(measure, allowed):
        detail = "Expected a measure that is not counted from arrests and seizures."
        hint = f"{allowed.force} sends these one by one: delete the row."
        yield CellError(row, template.key, detail, measure.measure, hint)
    if values.get("/data/quantity") == 0 and values.get("/data/qualifier", EXACT) != EXACT:
        hint = "For an unknown number above 0, write at_least and 1."
        yield CellError(row, "qualifier", "A quantity of 0 is exact: empty the cell.", values["/data/qualifier"], hint)


def _currency(expected: str, known: frozenset[str]) -> Vocabulary:
    # There are too many to list.
    return Vocabulary(expected, (), knows=known.__contains__)


def _meaning(word: str, vocabulary: Vocabulary, *, nearest: bool) -> Meaning:
    if vocabulary.words is not None:
        # In an open list, words may stand for codes that are not listed.
        allowed = None if vocabulary.is_open else vocabulary.codes
        return meaning_of(vocabulary.words, word, allowed, nearest=nearest)
    return Unknown(tuple(get_close_matches(word.casefold(), vocabulary.codes, NEAREST) if nearest else ()))
