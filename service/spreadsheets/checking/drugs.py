"""The drugs in the cells of a sheet: checked by the drug list on the day of the row, with the drug that was meant."""

from __future__ import annotations

import re
from datetime import date

from service.domain.deciding.check_drugs import AmbiguousDrug, UnknownDrug, WrongDrugClass, check_drug
from service.domain.model.days import london_date
from service.domain.model.drug_words import DrugFound, DrugUnclear, DrugUnknown, drug_category
from service.domain.model.drugs import NotADrug
from service.domain.model.personal_data import LooksPersonal, personal_shape
from service.domain.model.vocabulary import CategoryPath, shape_of
from service.spreadsheets.checking.allowed import Allowed
from service.spreadsheets.checking.meant import PERSONAL, either
from service.spreadsheets.reading.cells import Cell, shown, text
from service.spreadsheets.templates import AllowedCodes, CellError, SheetColumn

DRUG_EXPECTED = "a drug: a code of the drug list such as a/cocaine, or the class alone"
BY_SUBSTANCE = "drug_seizures_by_substance"
CLASSES = "a class of drug; for a substance, a code of the drug list"
PATH = re.compile(shape_of(CategoryPath).expression, re.ASCII)


def wrong_drug(column: SheetColumn, cell: Cell, row: int, day: date | None, allowed: Allowed) -> CellError | None:
    """Return what is wrong with a drug on an operating day; None if nothing is. Without a day, any class is accepted.

    A word for one drug is not taken for its code; the code is named.
    """
    written = text(cell)
    if PATH.fullmatch(written) and allowed.measures[BY_SUBSTANCE].knows(written):
        return None if day is None else _of_code(column, written, row, day, allowed)
    if shape := personal_shape(written):
        return CellError(row, column.name, PERSONAL.format(shape))
    return _of_word(column, written, row, day or london_date(allowed.days.starts_at), allowed)


def _of_word(column: SheetColumn, word: str, row: int, day: date, allowed: Allowed) -> CellError:
    codes = AllowedCodes(CLASSES, allowed.measures[BY_SUBSTANCE].categories)
    detail, found, hint = f"Expected {DRUG_EXPECTED}.", shown(word), "For another substance, write its class alone."
    match drug_category(word, day):
        case DrugFound(path=path, amount=amount):
            hint = f"Did you mean {path}?" + (f" Write the number in {amount}." if amount else "")
        case DrugUnknown(nearest=nearest) if nearest:
            hint = f"Did you mean {either(nearest)}?"
        case DrugUnclear(sentence=sentence) | DrugUnknown(sentence=sentence, thing=NotADrug()):
            detail, found, hint = sentence, "", ""
    return CellError(row, column.name, detail, found, hint, codes)


def _of_code(column: SheetColumn, path: str, row: int, day: date, allowed: Allowed) -> CellError | None:
    try:
        check_drug(path, day, allowed.measures, "")
    except (UnknownDrug, AmbiguousDrug, WrongDrugClass, LooksPersonal) as error:
        return CellError(row, column.name, error.detail)
    return None
