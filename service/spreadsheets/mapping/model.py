"""A mapping: how the sheets of a force's own file become rows of the templates. It is kept beside the file as TOML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from service.errors import Invalid
from service.spreadsheets.templates import TEMPLATES

# The value of everything that only the sender knows.
OPEN = "?"
LEAVE_OUT = "leave out"
EACH_ROW = "each row"
SUM, FORCE, ITEM = "sum", "force", "item"
DATE, TIME, DATE_AND_TIME, END, WEEKDAY, PERIOD = "date", "time", "date and time", "end", "weekday", "period"
WEIGHT, VALUE, CASH = "weight", "value", "cash"
AMOUNT, UNIT = "amount", "unit"
FILL_DOWN, REFUSE, ONE, ZERO, NOTHING = "fill down", "refuse", "one", "zero", "nothing"
AS_SHOWN, SWAPPED = "as shown", "swapped"
DAY_FIRST, MONTH_FIRST = "day first", "month first"
FIRST_ROW = "first row"
CURRENCY_COLUMN = "currency column"

WHEN = (DATE, TIME, DATE_AND_TIME, WEEKDAY)
MONEY = (VALUE, CASH)
COUNTS = ("count", "quantity", "plants", "tablets", "wraps")
AMOUNTS = (*COUNTS, WEIGHT, *MONEY, AMOUNT)
# The columns whose cells are words that stand for codes.
CODED = ("place", "reason", "kind", "category", ITEM, "acquired", "status", "measure", "qualifier", "assisting", FORCE)
WITH_WORDS = (*CODED, "measures", "currency", UNIT)
ANY_TEMPLATE = (SUM, FORCE, LEAVE_OUT)
# What a mapping calls by another name than the template, because the unit or the form is declared beside it.
REPLACED = {
    "occurred_at": (),
    "occurred_on": (),
    "occurred_before": (),
    "day": (),
    "last_day": (),
    "weight_grams": (WEIGHT,),
    "value_pounds": (VALUE,),
    "cash_pounds": (CASH,),
    "amount_minor": (),
}
MORE_TARGETS = {
    "arrests": WHEN,
    "seizures": (*WHEN, ITEM, AMOUNT, UNIT),
    "activities": (*WHEN, END, PERIOD),
    "returns": (DATE, WEEKDAY),
}


# The templates that a sheet can become. A withdrawal names a recorded event, which no file of a force's own does.
MAPPED = tuple(MORE_TARGETS)


class NotAMapping(Invalid):
    """A mapping file is no TOML, or has an unknown key or value."""

    code = "not_a_mapping"


class QuestionsOpen(Invalid):
    """A mapping has questions that only the sender can answer; nothing is sent until they are answered."""

    code = "questions_open"

    def __init__(self, detail: str, questions: Sequence[str] = ()) -> None:
        """Create the error; `questions` are the open questions, each with its line."""
        super().__init__(detail)
        self.questions = questions


class MappingDoesNotFit(Invalid):
    """A mapping names a sheet, row or column that the file does not have, or the file has one that is not mapped."""

    code = "mapping_does_not_fit"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileForm:
    """How a CSV file is written, and how numbers in texts are. An empty `encoding` means a workbook."""

    encoding: str = ""
    separator: str = ""
    decimal: str = "."
    thousands: str = ""
    remarks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColumnMapping:
    """What the cells under a heading become.

    `column` is needed only where a heading is repeated or empty. `sets` are the fields that a column stands for where
    several amounts are side by side. `remarks` are the comments on each key: the questions and the reasons.
    """

    heading: str
    column: str = ""
    to: str
    unit: str = ""
    order: str = ""
    stored_dates: str = ""
    blank: str = ""
    of: tuple[str, ...] = ()
    other_forces: str = ""
    sets: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The heading, with its letters if they are needed to tell it from others."""
        return f"{self.heading} ({self.column})" if self.column else self.heading


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetMapping:
    """What the rows of a sheet become. `sheet` is empty for a CSV file.

    `group_by` is `each row`, or the headings whose cells together identify an arrest or a seizure of several rows.
    `sum_rows` are, by heading, the words that show that a row is a sum.
    """

    sheet: str = ""
    template: str
    header_rows: tuple[int, ...] = ()
    zone: str = ""
    group_by: str | tuple[str, ...] = EACH_ROW
    primary: str | tuple[str, ...] = REFUSE
    sum_rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_sum_rows: tuple[int, ...] = ()
    text_below: str = REFUSE
    constants: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[ColumnMapping, ...] = ()
    remarks: Mapping[str, str] = field(default_factory=dict)

    def to(self, target: str) -> list[ColumnMapping]:
        """Return the columns that become this, in order."""
        return [one for one in self.columns if one.to == target]

    def amounts(self) -> Iterator[ColumnMapping]:
        """Yield the columns that hold amounts."""
        yield from (one for one in self.columns if one.to in AMOUNTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMapping:
    """The mapping of a file."""

    form: FileForm = field(default_factory=FileForm)
    sheets: tuple[SheetMapping, ...] = ()


def targets_of(template: str) -> list[str]:
    """Return what a column can become in a template."""
    own = [name for one in TEMPLATES[template].names() for name in REPLACED.get(one, (one,))]
    return [*own, *MORE_TARGETS[template], *ANY_TEMPLATE]


def settable(template: str) -> list[str]:
    """Return the fields that a constant, or a column beside others, can set."""
    words = [name for name in targets_of(template) if name in (*WITH_WORDS, "count", "quantity", DATE, PERIOD)]
    return [name for name in words if name not in (ITEM, FORCE, UNIT)]
