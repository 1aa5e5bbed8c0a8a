"""Write a mapping as TOML that a person can read and edit: each open question stands in a comment above its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from textwrap import wrap

from service.spreadsheets.mapping.model import OPEN, REFUSE, ColumnMapping, FileMapping, SheetMapping
from service.spreadsheets.mapping.reading import FORMAT

WIDTH = 110
QUESTION = "QUESTION: "
ESCAPED = {"\\": "\\\\", '"': '\\"', "\t": "\\t", "\n": "\\n", "\r": "\\r"}
OPEN_LINE = re.compile(r'\s*(?P<key>"(?:[^"\\]|\\.)*"|[\w-]+)\s*=\s*(?:"\?"|\[\s*"\?"\s*\])\s*(?:#.*)?')
HEAD = """How {name} becomes rows of the record's templates. Made by `oprecord map`; edit it freely.
Replace every "?" by your answer. Then run `oprecord submit {name} ... --check`: it uses this file.
Nothing is sent while a "?" is left. What each key means: docs/reference/mapping.md"""


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """An open question in the text of a mapping: its line, counted from 1, the key to answer, and the question."""

    line: int
    key: str
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text or f'answer {self.key}'}"


def written_mapping(file: str, mapping: FileMapping) -> str:
    """Return a mapping as TOML. `file` is the name of the file that it maps."""
    lines = [*_comment(HEAD.format(name=file)), "", f"format = {FORMAT}"]
    form = mapping.form
    keys = {"decimal": form.decimal, "thousands": form.thousands}
    if form.encoding:
        keys = {"encoding": form.encoding, "separator": form.separator, **keys}
    lines += ["", "[file]"]
    for key, value in keys.items():
        lines += _key(key, _text(value), form.remarks, is_open=value == OPEN)
    for sheet in mapping.sheets:
        lines += ["", "", *_sheet(sheet)]
    return "\n".join(lines) + "\n"


def open_questions(text: str) -> list[OpenQuestion]:
    """Return the open questions in the text of a mapping, in order: each line whose value is `?`, with its comment."""
    found = []
    comment: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            comment.append(line.lstrip()[1:].strip())
            continue
        match = OPEN_LINE.fullmatch(line)
        if match and match["key"] not in ("heading", "sheet"):
            found.append(OpenQuestion(number, match["key"], " ".join(comment).rpartition(QUESTION)[2].strip()))
        comment = []
    return found


def _sheet(sheet: SheetMapping) -> Iterator[str]:
    yield "[[sheets]]"
    remarks = sheet.remarks
    if sheet.sheet:
        yield from _key("sheet", _text(sheet.sheet), remarks)
    yield from _key("template", _text(sheet.template), remarks, is_open=sheet.template == OPEN)
    if sheet.header_rows:
        yield from _key("header_rows", _list(sheet.header_rows), remarks)
    yield from _optional("zone", sheet.zone, "", remarks)
    if sheet.template in ("arrests", "seizures") and sheet.columns:
        yield from _key("group_by", _text_or_list(sheet.group_by), remarks, is_open=sheet.group_by == OPEN)
    if sheet.primary != REFUSE or "primary" in remarks:
        yield from _key("primary", _text_or_list(sheet.primary), remarks, is_open=sheet.primary == OPEN)
    yield from _optional("text_below", sheet.text_below, REFUSE, remarks)
    if sheet.not_sum_rows:
        yield from _key("not_sum_rows", _list(sheet.not_sum_rows), remarks)
    if sheet.constants:
        yield ""
        yield from _comment(remarks.get("constants", "The same for every row."))
        yield "[sheets.constants]"
        for key, value in sheet.constants.items():
            yield from _key(key, _text(value), remarks, is_open=value == OPEN)
    if sheet.sum_rows:
        yield ""
        yield from _comment(
            remarks.get(
                "sum_rows", "Rows with these words are sums: they are checked against their parts and left out."
            )
        )
        yield "[sheets.sum_rows]"
        yield from (f"{_name(heading)} = {_list(words)}" for heading, words in sheet.sum_rows.items())
    for column in sheet.columns:
        yield ""
        yield from _column(column)


def _column(column: ColumnMapping) -> Iterator[str]:
    remarks = column.remarks
    yield "[[sheets.columns]]"
    yield from _key("heading", _text(column.heading), remarks)
    yield from _optional("column", column.column, "", remarks)
    yield from _key("to", _text(column.to), remarks, is_open=column.to == OPEN)
    for key in ("unit", "order", "stored_dates", "blank", "other_forces"):
        yield from _optional(key, getattr(column, key), "", remarks)
    if column.of:
        yield from _key("of", _list(column.of), remarks)
    for name, table in (("set", column.sets), ("words", column.words)):
        if table:
            yield from _comment(remarks.get(name, ""))
            yield f"[sheets.columns.{name}]"
            for key, value in table.items():
                asked = remarks.get(f"{name}.{key}", "")
                yield from _key(_name(key), _text(value), {_name(key): asked}, is_open=value == OPEN)


def _optional(key: str, value: str, default: str, remarks: Mapping[str, str]) -> Iterator[str]:
    if value != default:
        yield from _key(key, _text(value), remarks, is_open=value == OPEN)


def _key(key: str, value: str, remarks: Mapping[str, str], *, is_open: bool = False) -> Iterator[str]:
    remark = remarks.get(key, "")
    yield from _comment((QUESTION if is_open else "") + remark if remark else "")
    yield f"{key} = {value}"


def _comment(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield from (f"# {part}" for part in wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False))


def _text_or_list(value: str | tuple[str, ...]) -> str:
    return _text(value) if isinstance(value, str) else _list(value)


def _list(items: Iterable[str | int]) -> str:
    return f"[{', '.join(_text(one) if isinstance(one, str) else str(one) for one in items)}]"


def _text(value: str) -> str:
    return '"' + "".join(map(_letter, value)) + '"'


def _letter(letter: str) -> str:
    return ESCAPED.get(letter) or (letter if letter.isprintable() else f"\\U{ord(letter):08x}")


def _name(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _text(key)
