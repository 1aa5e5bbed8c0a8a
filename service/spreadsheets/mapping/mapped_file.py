"""Files with a mapping beside them: read as declared, or looked at for a proposal, whatever their names end in."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

from service.spreadsheets.mapping.apply import Applied, apply_mapping
from service.spreadsheets.mapping.model import OPEN, FileForm, FileMapping, NotAMapping, QuestionsOpen
from service.spreadsheets.mapping.proposing.proposal import propose
from service.spreadsheets.mapping.reading import SEPARATORS, parse_mapping
from service.spreadsheets.mapping.writing import OpenQuestion, open_questions, written_mapping
from service.spreadsheets.reading.cells import is_blank
from service.spreadsheets.reading.csv_files import declared_grid, declared_separator
from service.spreadsheets.reading.file import ZIP, read_kind
from service.spreadsheets.reading.grid import Grid, NotASpreadsheet

NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
SAMPLE_LINES = 50
COMMA_DECIMAL = re.compile(r"\d+,\d{1,2}|\d+,\d{4,}|0,\d+|\d{1,3}(?:\.\d{3})+,\d+", re.ASCII)
COMMA_GROUPS = re.compile(r"\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,}", re.ASCII)
POINT_GROUPS = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+", re.ASCII)
COMMA_EITHER = re.compile(r"\d{1,3},\d{3}", re.ASCII)
POINT_DECIMAL = re.compile(r"\d+\.\d{1,2}|\d+\.\d{4,}|0\.\d+", re.ASCII)
POINT_EITHER = re.compile(r"\d{1,3}(?:\.\d{3})+", re.ASCII)
UNIT_BESIDE = re.compile(r"^[£€$\s]+|[\s£€$a-zA-Z]+$")


def mapping_path(file: Path) -> Path:
    """Return the path of a file's mapping: arrests.xlsx.map.toml beside arrests.xlsx."""
    return file.with_name(f"{file.name}.map.toml")


def read_mapping(file: Path) -> tuple[FileMapping, list[OpenQuestion]] | None:
    """Return the mapping beside a file and its open questions; None if there is none.

    Raises:
        NotAMapping: it is no TOML, is not in UTF-8, or has an unknown key or value.
    """
    path = mapping_path(file)
    if not path.exists():
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotAMapping(f"{path.name} is not in UTF-8. Save it as UTF-8.") from error
    return parse_mapping(path.name, text), open_questions(text)


def mapped_sheets(
    file: Path, force: str, chosen: Collection[str] = (), *, include_hidden: bool = False
) -> tuple[Applied, list[Grid]] | None:
    """Return the sheets of a file as its mapping says, and what is in the file; None if it has no mapping.

    Raises:
        QuestionsOpen: the mapping has open questions.
        NotAMapping, MappingDoesNotFit, NotASpreadsheet, NoSuchSheet, NoSuchTemplate, HiddenCells.
    """
    found = read_mapping(file)
    if found is None:
        return None
    mapping, questions = found
    name = mapping_path(file).name
    if questions or _has_open(mapping):
        number = len(questions) or 1
        raise QuestionsOpen(
            f"{number} question{' is' if number == 1 else 's are'} open in {name}; nothing was sent. "
            'Replace each "?" there by your answer.',
            list(map(str, questions)),
        )
    grids = read_as_declared(file, mapping.form)
    return apply_mapping(name, mapping, grids, force, chosen, include_hidden=include_hidden), grids


def read_as_declared(file: Path, form: FileForm) -> list[Grid]:
    """Return the sheets of a file, whatever its name ends in; a CSV file in the declared encoding and separator.

    Raises:
        NotASpreadsheet: it is neither CSV nor XLSX, is damaged, or is not as declared.
    """
    body = read_kind(file)
    if not body.startswith(ZIP):
        if not form.encoding or not form.separator:
            raise NotASpreadsheet(f"{file.name} is a CSV file, but its mapping says no encoding and separator.")
        return [declared_grid(file.name, body, form.encoding, form.separator)]
    # Importing openpyxl takes longer than many a command, so only a workbook causes it.
    from service.spreadsheets.reading.workbooks import workbook_grids  # noqa: PLC0415

    return workbook_grids(file.name, body)


def proposed(file: Path, before: FileMapping | None = None) -> tuple[FileMapping, str]:
    """Return the mapping that is proposed for a file, and its text. Answers of an earlier one are kept.

    Raises:
        NotASpreadsheet: the file is neither CSV nor XLSX, or is damaged.
    """
    form = _form(file, before.form if before else FileForm())
    grids = read_as_declared(file, form)
    form = _with_numbers(form, grids, before.form if before else None)
    if not any(grid.rows for grid in grids):
        raise NotASpreadsheet(f"{file.name}: found no row.")
    mapping = propose(file.name, grids, form, before)
    return mapping, written_mapping(file.name, mapping)


def _form(file: Path, before: FileForm) -> FileForm:
    body = read_kind(file)
    if body.startswith(ZIP):
        return FileForm()
    encoding, text = _decoded(file.name, body)
    if before.encoding and before.separator:
        return replace(before, remarks={})
    remarks = {}
    if encoding == "windows-1252":
        remarks["encoding"] = "Not UTF-8, so probably that of Windows. Check words with accents and £ below."
    stated = declared_separator(text)
    if stated and stated not in SEPARATORS:
        raise NotASpreadsheet(
            f"{file.name}: the separator in its first line, sep={stated}, is not one of , ; | or a tab."
        )
    separator = stated or _separator(text)
    remarks["separator"] = f"Cells are separated by {NAMES[separator]}."
    return FileForm(encoding=encoding, separator=separator, remarks=remarks)


def _decoded(name: str, body: bytes) -> tuple[str, str]:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", body.decode("utf-16")
    if b"\0" in body:
        raise NotASpreadsheet(
            f"{name} has zero bytes: it is UTF-16 without a byte order mark, or no text. Save it as CSV UTF-8."
        )
    try:
        return "utf-8", body.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return "windows-1252", body.decode("windows-1252")
    except UnicodeDecodeError as error:
        raise NotASpreadsheet(f"{name} is neither in UTF-8 nor in Windows-1252. Save it as CSV UTF-8.") from error


def _separator(text: str) -> str:
    """Return the separator with which most lines have the same number of cells, and the most cells."""
    scores = {}
    for separator in SEPARATORS:
        try:
            rows = [
                row
                for row, _ in zip(
                    csv.reader(StringIO(text, newline=""), delimiter=separator), range(SAMPLE_LINES), strict=False
                )
            ]
        except csv.Error:
            continue
        widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row) and len(row) > 1)
        width, lines = widths.most_common(1)[0] if widths else (0, 0)
        scores[separator] = (lines, width)
    return max(scores, key=lambda one: scores[one], default=",")


def _with_numbers(form: FileForm, grids: Sequence[Grid], before: FileForm | None) -> FileForm:
    """Return the form with how numbers in texts are written: what some of them settle, or an open question."""
    if before is not None and before.decimal != OPEN:
        return replace(form, decimal=before.decimal, thousands=before.thousands)
    numbers = list(_numbers(grids))
    has = {
        pattern: next((one for one in numbers if pattern.fullmatch(one)), "")
        for pattern in (COMMA_DECIMAL, COMMA_GROUPS)
    }
    points = next((one for one in numbers if POINT_DECIMAL.fullmatch(one)), "")
    grouped = next((one for one in numbers if POINT_EITHER.fullmatch(one)), "")
    either = next((one for one in numbers if COMMA_EITHER.fullmatch(one)), "")
    remarks = dict(form.remarks)
    decimal, thousands = ".", ""
    if has[COMMA_DECIMAL] and not has[COMMA_GROUPS] and not points:
        decimal, thousands = ",", "." if grouped or any(POINT_GROUPS.fullmatch(one) for one in numbers) else ""
        remarks["decimal"] = f"{has[COMMA_DECIMAL]} shows a decimal comma."
    elif has[COMMA_GROUPS] or (either and points):
        thousands = ","
        remarks["thousands"] = f"{has[COMMA_GROUPS] or either} shows that a comma separates thousands."
    elif either or (grouped and form.separator == ";" and not points):
        found = either or grouped
        mark = "," if either else "."
        decimal = OPEN
        other = "." if mark == "," else ","
        remarks["decimal"] = (
            f'{found} is two numbers. If it is {found.replace(mark, ".")}, write decimal = "{mark}"; if it is '
            f'{found.replace(mark, "")}, write decimal = "{other}" and thousands = "{mark}".'
        )
    return replace(form, decimal=decimal, thousands=thousands, remarks=remarks)


def _numbers(grids: Iterable[Grid]) -> Iterator[str]:
    for grid in grids:
        for cells in grid.rows.values():
            yield from (
                UNIT_BESIDE.sub("", cell.strip()) for cell in cells if isinstance(cell, str) and not is_blank(cell)
            )


def _has_open(mapping: FileMapping) -> bool:
    """Return whether a mapping has an open question anywhere, also where its text does not show it line by line."""
    values = [mapping.form.decimal, mapping.form.encoding, mapping.form.separator, mapping.form.thousands]
    for sheet in mapping.sheets:
        values += [sheet.template, sheet.zone, *sheet.group_by, sheet.group_by, *sheet.primary, sheet.primary]  # type: ignore[list-item]
        values += sheet.constants.values()
        values += [word for words in sheet.sum_rows.values() for word in words]
        for one in sheet.columns:
            values += [one.to, one.unit, one.order, one.stored_dates, one.blank, one.other_forces, *one.of]
            values += [*one.sets.values(), *one.words.values()]
    return OPEN in values
