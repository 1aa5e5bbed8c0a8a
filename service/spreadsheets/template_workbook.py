"""The workbook that a force fills in: a sheet for each template, drop-down lists of an operation's codes, and help."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from service.domain.model.days import LONDON
from service.domain.model.operation import Operation
from service.domain.model.vocabulary import MAX_QUANTITY
from service.spreadsheets.code_lists import CodeList, code_lists, dependent_lists, reports_tallies
from service.spreadsheets.reading.cells import Read, milligrams, pence, whole
from service.spreadsheets.templates import TEMPLATES, SheetColumn, Template

HELP, CODES = "How to fill in", "Codes"
# Rows of each sheet that have drop-down lists.
ROWS = 10_000
A4 = 9
TEXT, MOMENT, DAY = "@", "yyyy-mm-dd hh:mm", "yyyy-mm-dd"
MOMENTS, DAYS = ("occurred_at", "occurred_before"), ("occurred_on", "day", "last_day")
EARLIEST, LATEST = datetime(1900, 1, 1), datetime(2199, 12, 31)  # noqa: DTZ001 - a cell has no time zone
WIDTH_OF_CODES, WIDTH_OF_HELP, WIDTH_OF_TEXT = 34, 110, 14
# Columns whose codes are longer than most.
WIDTHS = {"category": 26, "measure": 28, "measures": 28, "correction_reason": 18}
# A wider sheet is printed on two pages side by side.
MOST_COLUMNS_ON_A_PAGE = 12
STEPS = (
    "Enter one row for each arrest, seizure line, activity, return or withdrawal. Leave sheets without rows empty.",
    "Choose codes from the drop-down lists. The sheet Codes lists them all with their meanings.",
    "Times are London time. Enter dates and numbers as such, without units, currency signs or words.",
    "Do not change the header rows. You can delete columns that you do not need, except those marked as required.",
    "Enter nothing about a person: there is no column for it.",
    "Check the file with oprecord submit FILE --check. Send it without --check.",
    "Send the file again after each change: nothing is counted twice.",
)
REQUIRED = {
    "arrests": ("reason", "count"),
    "seizures": ("kind",),
    "activities": ("measure", "quantity"),
    "returns": ("day", "status"),
    "withdrawals": ("withdraws", "correction_reason"),
}
# One of two columns is required in each row.
INSTEAD = {"occurred_at": "occurred_on", "occurred_on": "occurred_at"}
ABOUT = {
    "arrests": "One row for each arrest, or for several people arrested for one reason.",
    "seizures": "One row for each line of a seizure. Rows with the same reference are one seizure; the first has the "
    "time or day, and the place.",
    "activities": "One row for each activity, or for a tally of several.",
    "returns": "One row for each day, or for several with last_day: how complete your record is. A newer return "
    "replaces older ones for the same days.",
    "withdrawals": "One row for each recorded event that no longer counts, wherever it was sent from. A withdrawal is "
    "final.",
}


@dataclass(frozen=True, slots=True)
class _Cells:
    """How the cells of a column look, and what may be entered: the options of a validation rule."""

    width: int
    number_format: str
    rule: Mapping[str, Any] = field(default_factory=dict)
    remedy: str = ""


def template_workbook(operation: Operation, force: str, seq: int) -> bytes:
    """Return an XLSX workbook for a force to fill in. Its codes are those of the operation at `seq`.

    A force that reports tallies gets no sheets for arrests and seizures, which the service would refuse.
    """
    file = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    tallies = reports_tallies(operation, force)
    templates = [one for one in TEMPLATES.values() if not (tallies and one.name in ("arrests", "seizures"))]
    with Workbook(file, options) as book:
        pages = {one.name: book.add_worksheet(one.name.capitalize()) for one in templates}
        help_page, codes_page = book.add_worksheet(HELP), book.add_worksheet(CODES)
        lists = _CodesPage(book, codes_page, operation, force)
        for one in templates:
            _fill(book, pages[one.name], one, operation, lists)
        _write_help(book, help_page, _help(templates, operation, force, seq))
        for one in templates:
            pages[one.name].repeat_rows(0)
            _set_printing(pages[one.name], operation, columns=len(one.names()))
        for page in (help_page, codes_page):
            _set_printing(page, operation, columns=2)
    return file.getvalue()


class _CodesPage:
    """The sheet of codes, one list below the other, and where on it each list is.

    No row has more than two cells: `oprecord submit` takes a longer row for a possible header.
    """

    def __init__(self, book: Workbook, page: Worksheet, operation: Operation, force: str) -> None:
        self._page = page
        self._bold, self._text = book.add_format({"bold": True}), book.add_format({"num_format": TEXT})
        self._day = book.add_format({"num_format": DAY, "align": "left"})
        self._row = 0
        self._ranges: dict[tuple[str | date, ...], str] = {}
        page.set_column(0, 0, WIDTH_OF_CODES)
        page.set_column(1, 1, WIDTH_OF_HELP)
        self._write_heading(f"Codes of {operation.name}")
        self.lists = code_lists(operation, force)
        for one in self.lists.values():
            self._write(one)
        self.dependent = dependent_lists(operation, force)
        for template, (_by, lists) in self.dependent.items():
            for code, one in lists.items():
                self._write(one)
                book.define_name(_range_name(template, code), self.range_of(one))

    def range_of(self, one: CodeList) -> str:
        """Return the range of a list, as a formula."""
        return self._ranges[tuple(one.codes)]

    def _write(self, one: CodeList) -> None:
        if tuple(one.codes) in self._ranges:
            return
        self._row += 1
        self._write_heading(f"{one.title}; further codes are possible" if one.is_open else one.title)
        first = self._row + 1
        for code, meaning in one.codes.items():
            if isinstance(code, date):
                self._page.write_datetime(self._row, 0, datetime.combine(code, datetime.min.time()), self._day)
            else:
                self._page.write_string(self._row, 0, code, self._text)
            if meaning:
                self._page.write_string(self._row, 1, meaning)
            self._row += 1
        self._ranges[tuple(one.codes)] = f"={CODES}!$A${first}:$A${self._row}"

    def _write_heading(self, text: str) -> None:
        self._page.write_string(self._row, 0, text, self._bold)
        self._row += 1


def _fill(book: Workbook, page: Worksheet, template: Template, operation: Operation, codes: _CodesPage) -> None:
    """Write the header of a template, and set the format and the validation rule of each column."""
    bold = book.add_format({"bold": True, "bottom": 1, "bg_color": "#DDE6F0", "num_format": TEXT})
    page.freeze_panes(1, 0)
    columns = {column.name: column for column in template.columns}
    names = template.names()
    for index, (name, about) in enumerate(template.described()):
        cells = _cells(columns.get(name), operation)
        page.set_column(index, index, cells.width, book.add_format({"num_format": cells.number_format}))
        page.write_string(0, index, name, bold)
        page.write_comment(0, index, _note(template, name, about), {"x_scale": 2.2, "y_scale": 1.2, "author": ""})
        rule = _rule(template, name, names, codes) or cells.rule
        if rule:
            messages = {"error_title": name, "error_message": f"{cells.remedy or 'Choose from the list.'}"}
            page.data_validation(1, index, ROWS, index, {"error_type": "stop", **messages, **rule})
        if cells.number_format == TEXT:
            letter = xl_col_to_name(index)
            page.ignore_errors({"number_stored_as_text": f"{letter}2:{letter}{ROWS + 1}"})


def _rule(template: Template, name: str, names: list[str], codes: _CodesPage) -> dict[str, Any]:
    """Return the rule of a column that has a list of codes; empty if it has none."""
    if (template.name, name) in codes.lists:
        one = codes.lists[template.name, name]
        return {"validate": "list", "source": codes.range_of(one), "show_error": not one.is_open}
    if name == "category" and template.name in codes.dependent:
        by, _lists = codes.dependent[template.name]
        # A code may contain a hyphen, which the name of a range may not.
        code = f'SUBSTITUTE(${xl_col_to_name(names.index(by))}2,"-",".")'
        source = f'=INDIRECT("{_range_name(template.name, "")}"&{code})'
        return {"validate": "list", "source": source, "show_error": False}
    return {}


def _range_name(template: str, code: str) -> str:
    return f"{template}_category_{code.replace('-', '.')}"


def _cells(column: SheetColumn | None, operation: Operation) -> _Cells:
    if column is None:
        return _Cells(WIDTH_OF_TEXT, TEXT)
    # A quantity of 0 is a declared zero.
    least = 0 if column.name == "quantity" else 1
    if column.name in MOMENTS:
        return _Cells(18, MOMENT, _between(operation, whole_days=False), "Enter a date and time of the operation.")
    if column.name in DAYS:
        return _Cells(14, DAY, _between(operation, whole_days=True), "Enter a day of the operation.")
    by_read: dict[Read, _Cells] = {
        whole: _Cells(
            12,
            "0",
            {"validate": "integer", "criteria": "between", "minimum": least, "maximum": MAX_QUANTITY},
            f"Enter a whole number in digits, {least} or more.",
        ),
        pence: _Cells(14, "0.00", _positive(), "Enter pounds in digits, such as 520.50."),
        milligrams: _Cells(14, "General", _positive(), "Enter grams in digits, such as 12.5."),
    }
    return by_read.get(column.read, _Cells(WIDTHS.get(column.name, WIDTH_OF_TEXT), TEXT))


def _positive() -> dict[str, Any]:
    return {"validate": "decimal", "criteria": ">", "value": 0}


def _between(operation: Operation, *, whole_days: bool) -> dict[str, Any]:
    """Return the rule for moments or days of an operation. It only warns: a time with its zone is text."""
    days = operation.days
    if whole_days:
        first, last = _midnight(days.first_day), _midnight(days.last_day)
    else:
        first, last = _london(days.starts_at), _london(days.ends_at)
    assert first is not None
    return {
        "validate": "date",
        "criteria": "between",
        "minimum": max(first, EARLIEST),
        "maximum": min(last or LATEST, LATEST),
        "error_type": "warning",
    }


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time())


def _london(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(LONDON).replace(tzinfo=None)


def _note(template: Template, name: str, about: str) -> str:
    if name in INSTEAD:
        return f"Required, this or {INSTEAD[name]}: {about}"
    return f"Required: {about}" if name in REQUIRED[template.name] else about


def _write_help(book: Workbook, page: Worksheet, lines: Iterable[tuple[str, str, bool]]) -> None:
    """Write the lines of the help. No row has more than two cells, for the same reason as on the sheet of codes."""
    bold, title = book.add_format({"bold": True}), book.add_format({"bold": True, "font_size": 14})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    page.set_column(0, 0, 24, wrapped)
    page.set_column(1, 1, WIDTH_OF_HELP, wrapped)
    page.write_string(0, 0, HELP, title)
    row = 1
    for name, text, is_heading in lines:
        row += is_heading
        page.write_string(row, 0, name, bold if is_heading else wrapped)
        page.write_string(row, 1, text, wrapped)
        row += 1


def _help(templates: list[Template], operation: Operation, force: str, seq: int) -> Iterator[tuple[str, str, bool]]:
    """Yield the lines of the help: a name, a text, and whether the line begins a section."""
    found = operation.participants.get(force)
    yield "Operation", f"{operation.operation}: {operation.name}", False
    yield "Marking", operation.marking, False
    yield "Force", f"{force}: {found.name}" if found else force, False
    yield "Days", _days(operation), False
    yield (
        "Codes as of",
        f"seq {seq} of the operation's log. Make the workbook again if the coordinator adds codes.",
        False,
    )
    for number, step in enumerate(STEPS, start=1):
        yield f"Step {number}", step, number == 1
    for one in templates:
        yield one.name.capitalize(), ABOUT[one.name], True
        for name, about in one.described():
            yield name, _note(one, name, about), False


def _days(operation: Operation) -> str:
    days = operation.days
    first = days.starts_at.astimezone(LONDON)
    if days.ends_at is None:
        return f"from {first:%Y-%m-%d %H:%M}, London time"
    last = days.ends_at.astimezone(LONDON)
    return f"from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}, London time"


def _set_printing(page: Worksheet, operation: Operation, *, columns: int) -> None:
    page.set_landscape()
    page.set_paper(A4)
    is_wide = columns > MOST_COLUMNS_ON_A_PAGE
    page.fit_to_pages(2 if is_wide else 1, 0)
    if is_wide:
        page.repeat_columns(0)
    page.set_header(f"&L{_escaped(operation.name)}&C{operation.marking}&R&A")
    page.set_footer(f"&C{operation.marking}&RPage &P of &N")


def _escaped(text: str) -> str:
    """Return a text for a header of a page, in which an ampersand begins a code."""
    return text.replace("&", "&&")
