"""Read a mapping file. It is read strictly: a key or value that is not known is an error that names it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from service.domain.model.reference_data import currencies
from service.spreadsheets.mapping.model import (
    AS_SHOWN,
    CASH,
    CURRENCY_COLUMN,
    DAY_FIRST,
    EACH_ROW,
    FILL_DOWN,
    FIRST_ROW,
    LEAVE_OUT,
    MAPPED,
    MONEY,
    MONTH_FIRST,
    NOTHING,
    ONE,
    OPEN,
    REFUSE,
    SUM,
    SWAPPED,
    VALUE,
    WEIGHT,
    ZERO,
    ColumnMapping,
    FileForm,
    FileMapping,
    NotAMapping,
    SheetMapping,
    settable,
    targets_of,
)
from service.spreadsheets.mapping.units import GRAMS_IN, PENCE_IN

FORMAT = 1
# The templates of which several rows can be one event.
KEYED = ("arrests", "seizures")
ENCODINGS = ("utf-8", "utf-16", "windows-1252")
SEPARATORS = (",", ";", "\t", "|")
OFFSET = re.compile(r"[+-](?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
MINOR = " minor"
TOP, FILE = ("format", "file", "sheets"), ("encoding", "separator", "decimal", "thousands")
SHEET = (
    "sheet",
    "template",
    "header_rows",
    "zone",
    "group_by",
    "primary",
    "sum_rows",
    "not_sum_rows",
    "text_below",
    "constants",
    "columns",
)
COLUMN = ("heading", "column", "to", "unit", "order", "stored_dates", "blank", "of", "other_forces", "set", "words")
CHOICES = {
    "order": (DAY_FIRST, MONTH_FIRST),
    "stored_dates": (AS_SHOWN, SWAPPED),
    "blank": (REFUSE, FILL_DOWN, ONE, ZERO, NOTHING),
    "other_forces": (REFUSE, LEAVE_OUT),
}
NAMES = {str: "a text in double quotes", int: "a whole number", dict: "a table", list: "a list"}


def parse_mapping(name: str, text: str) -> FileMapping:
    """Return the mapping in a file's text. `name` is the file's, for errors.

    Raises:
        NotAMapping: it is no TOML, or has an unknown key, or a value that its key cannot have.
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotAMapping(f"{name} is not TOML: {error}. A text stands in double quotes.") from error
    return _Reader(name).mapping(found)


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name

    def mapping(self, found: Mapping[str, Any]) -> FileMapping:
        self._only(found, TOP, "the file")
        if found.get("format") != FORMAT:
            raise NotAMapping(f"{self.name}: expected format = {FORMAT}; found {found.get('format')!r}.")
        sheets = self._value(found, "sheets", list, "the file", [])
        self._check_once(sheets)
        form = self._value(found, "file", dict, "the file", {})
        return FileMapping(form=self._form(form), sheets=tuple(map(self._sheet, sheets)))

    def _check_once(self, sheets: Sequence[Any]) -> None:
        names = Counter(one.get("sheet", "") for one in sheets if isinstance(one, dict))
        twice = next((name for name, times in names.items() if times > 1), None)
        if twice is not None:
            raise NotAMapping(f"{self.name}: sheet {twice!r} is mapped more than once. Keep one [[sheets]] for it.")

    def _form(self, found: Mapping[str, Any]) -> FileForm:
        self._only(found, FILE, "[file]")
        values = {key: self._value(found, key, str, "[file]", "") for key in FILE if key in found}
        allowed = {
            "encoding": ENCODINGS,
            "separator": SEPARATORS,
            "decimal": (".", ","),
            "thousands": ("", ".", ",", " "),
        }
        for key, value in values.items():
            self._one_of(value, allowed[key], f"[file], {key}")
        if values.get("decimal", ".") == values.get("thousands"):
            raise NotAMapping(f"{self.name}, [file]: decimal and thousands cannot be the same.")
        return FileForm(**values)

    def _sheet(self, found: Any) -> SheetMapping:
        where = f"sheet {found['sheet']!r}" if isinstance(found, dict) and found.get("sheet") else "[[sheets]]"
        self._only(found, SHEET, where)
        template = self._value(found, "template", str, where)
        self._one_of(template, (*MAPPED, LEAVE_OUT), f"{where}, template")
        columns = [self._column(one, template, where) for one in self._value(found, "columns", list, where, [])]
        sums = self._value(found, "sum_rows", dict, where, {})
        sheet = SheetMapping(
            sheet=self._value(found, "sheet", str, where, ""),
            template=template,
            header_rows=self._items(found, "header_rows", int, where),
            zone=self._zone(self._value(found, "zone", str, where, ""), where),
            group_by=self._word_or_list(found, "group_by", EACH_ROW, where),
            primary=self._primary(found, where),
            sum_rows={heading: self._items(sums, heading, str, f"{where}, sum_rows") for heading in sums},
            not_sum_rows=self._items(found, "not_sum_rows", int, where),
            text_below=self._value(found, "text_below", str, where, REFUSE),
            constants=self._table(found, "constants", where, settable(template) if template in MAPPED else ()),
            columns=tuple(columns),
        )
        self._one_of(sheet.text_below, (REFUSE, LEAVE_OUT), f"{where}, text_below")
        self._check_sheet(sheet, where, has_key="group_by" in found)
        return sheet

    def _check_sheet(self, sheet: SheetMapping, where: str, *, has_key: bool) -> None:
        if sheet.template in MAPPED and not sheet.header_rows:
            raise NotAMapping(f"{self.name}, {where}: header_rows is missing. Write the row of the headings: [1].")
        if sheet.columns and (sheet.template in KEYED) != has_key:
            remedy = (
                "is only for arrests and seizures" if has_key else 'is missing. Write "each row" or a list of headings'
            )
            raise NotAMapping(f"{self.name}, {where}: group_by {remedy}.")
        headings = [one.heading for one in sheet.columns]
        named = [
            *(sheet.group_by if isinstance(sheet.group_by, tuple) else ()),
            *sheet.sum_rows,
            *(part for one in sheet.columns for part in one.of),
        ]
        for heading in named:
            self._one_of(heading, headings, where)

    def _primary(self, found: Mapping[str, Any], where: str) -> str | tuple[str, ...]:
        if isinstance(found.get("primary"), list):
            return self._items(found, "primary", str, where)
        primary: str = self._value(found, "primary", str, where, REFUSE)
        self._one_of(primary, (REFUSE, FIRST_ROW), f"{where}, primary")
        return primary

    def _word_or_list(self, found: Mapping[str, Any], key: str, word: str, where: str) -> str | tuple[str, ...]:
        if isinstance(found.get(key), list):
            return self._items(found, key, str, where)
        value: str = self._value(found, key, str, where, word)
        self._one_of(value, (word,), f"{where}, {key}", ' or a list of headings, such as ["Arrest no"]')
        return value

    def _column(self, found: Any, template: str, sheet: str) -> ColumnMapping:
        heading = found.get("heading") if isinstance(found, dict) else None
        where = f"{sheet}, column {heading!r}"
        self._only(found, COLUMN, where)
        to = self._value(found, "to", str, where)
        if template in MAPPED:
            self._one_of(to, targets_of(template), f"{where}, to")
        chosen = {key: self._value(found, key, str, where, "") for key in CHOICES}
        for key, value in chosen.items():
            self._one_of(value, (*CHOICES[key], ""), f"{where}, {key}")
        unit = self._value(found, "unit", str, where, "")
        self._check_unit(to, unit, where)
        if to == SUM and not found.get("of"):
            raise NotAMapping(f"{self.name}, {where}: a sum needs of = [...], with the headings of its parts.")
        return ColumnMapping(
            heading=self._value(found, "heading", str, where),
            column=self._value(found, "column", str, where, ""),
            to=to,
            unit=unit,
            of=self._items(found, "of", str, where),
            sets=self._table(found, "set", where, settable(template) if template in MAPPED else ()),
            words=self._table(found, "words", where),
            **chosen,
        )

    def _check_unit(self, to: str, unit: str, where: str) -> None:
        if unit == OPEN:
            return
        if to not in (WEIGHT, *MONEY):
            if unit:
                raise NotAMapping(
                    f"{self.name}, {where}: only {WEIGHT}, {VALUE} and {CASH} have a unit; found {unit!r}."
                )
            return
        allowed = units_of(to)
        bare = unit.removesuffix(MINOR)
        if unit not in allowed and not (to == CASH and bare in (*currencies(), CURRENCY_COLUMN)):
            more = ', a currency such as "EUR", or "EUR minor" for its cents' if to == CASH else ""
            raise NotAMapping(
                f"{self.name}, {where}: expected as unit one of {_quoted(allowed)}{more}; "
                f"found {unit or 'none'!r}. A unit is never assumed."
            )

    def _zone(self, zone: str, where: str) -> str:
        if zone in ("", OPEN, "UTC") or OFFSET.fullmatch(zone):
            return zone
        try:
            ZoneInfo(zone)
        except (LookupError, OSError, ValueError) as error:
            raise NotAMapping(
                f'{self.name}, {where}, zone: expected "Europe/London", "UTC" or an offset such as "+01:00"; '
                f"found {zone!r}."
            ) from error
        return zone

    def _only(self, found: Any, known: Sequence[str], where: str) -> None:
        if not isinstance(found, dict):
            raise NotAMapping(f"{self.name}, {where}: expected a table; found {found!r}.")
        unknown = next((key for key in found if key not in known), None)
        if unknown is not None:
            raise NotAMapping(f"{self.name}, {where}: unknown key {unknown!r}. It can have: {', '.join(known)}.")

    def _value(self, found: Mapping[str, Any], key: str, kind: type, where: str, default: Any = None) -> Any:
        if key not in found:
            if default is None:
                raise NotAMapping(f"{self.name}, {where}: {key} is missing.")
            return default
        if type(found[key]) is not kind:
            raise NotAMapping(f"{self.name}, {where}, {key}: expected {NAMES[kind]}; found {found[key]!r}.")
        return found[key]

    def _items(self, found: Mapping[str, Any], key: str, kind: type, where: str) -> tuple[Any, ...]:
        items = self._value(found, key, list, where, [])
        wrong = next((one for one in items if type(one) is not kind), None)
        if wrong is not None:
            raise NotAMapping(f"{self.name}, {where}, {key}: expected {NAMES[kind]} for each item; found {wrong!r}.")
        return tuple(items)

    def _table(
        self, found: Mapping[str, Any], key: str, where: str, known: Sequence[str] | None = None
    ) -> Mapping[str, str]:
        table = self._value(found, key, dict, where, {})
        if known is not None:
            self._only(table, known, f"{where}, {key}")
        return {name: self._value(table, name, str, f"{where}, {key}") for name in table}

    def _one_of(self, value: str, allowed: Collection[str], where: str, more: str = "") -> None:
        if value not in allowed and value != OPEN:
            raise NotAMapping(f"{self.name}, {where}: expected one of {_quoted(allowed)}{more}; found {value!r}.")


def units_of(target: str) -> list[str]:
    """Return the units that a column of weights or of pounds can have."""
    return list(GRAMS_IN if target == WEIGHT else PENCE_IN)


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(f'"{word}"' for word in words if word)
