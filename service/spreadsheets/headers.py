"""Headers of sheets: which template a header belongs to, which column each heading means, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from service.spreadsheets.templates import TEMPLATES, NoSuchTemplate, Template
from service.spreadsheets.words import (
    Ambiguous,
    KnownWord,
    Meaning,
    Unknown,
    column_meant,
    normalised_heading,
    personal_heading,
)

# A column of no template. If a sheet has it, each of its cells must name the force that sends the sheet.
FORCE = "force"
IGNORED = "ignored"
MAP = "If the file is not made from a template, oprecord map FILE proposes how to read it."


class ColumnLeftOut(NamedTuple):
    """A column that is never read: its heading, and what it holds."""

    heading: str
    what: str


class HeaderProblem(NamedTuple):
    """What is wrong with a heading, as a sentence, and the template columns that it may mean instead."""

    heading: str
    problem: str
    meant: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a sheet of a template.

    `columns` are the template columns by their place, counted from 0; the cells of all other columns must not be looked
    at. `headings` are the headings of the template columns as they stand in the file.
    """

    template: Template
    columns: Mapping[int, str]
    headings: Mapping[str, str]
    left_out: Sequence[ColumnLeftOut]
    problems: Sequence[HeaderProblem]


def expected_header() -> str:
    """Return what the header of a template has, and how to get one, as a sentence."""
    keys = ", ".join(f"{one.key} ({one.name})" for one in TEMPLATES.values())
    return f"Expected the header of a template, with one of the columns {keys}. To get one: oprecord template arrests"


def resembles_template(header: Sequence[str]) -> bool:
    """Return whether a header is meant as a template's: it has the key of one, or most of its columns are of one."""
    given = [name for name in header if name]
    known = max(_known(one, given) for one in TEMPLATES.values())
    return _template(given) is not None or (known > 1 and known * 2 > len(given))


def read_header(header: Sequence[str]) -> Header:
    """Return what the headings of a sheet mean. A heading is a template column in any case, with spaces or brackets.

    Raises:
        NoSuchTemplate: it is the header of no template.
    """
    template = _template([name for name in header if name])
    if template is None:
        found = ", ".join(repr(name) for name in header if name) or "no header"
        raise NoSuchTemplate(f"{expected_header()}. Found: {found}. {_meant(header)}{MAP}")
    names = _names(template)
    columns: dict[int, str] = {}
    problems, left_out = [], []
    for place, heading in enumerate(header):
        key = normalised_heading(heading)
        if key in names:
            columns[place] = names[key]
        elif column_meant(heading, template.name) == KnownWord(FORCE):
            columns[place] = FORCE
        elif heading and (personal := personal_heading(heading)) is not None and personal.action == "leave_out":
            left_out.append(ColumnLeftOut(heading, personal.what))
        elif heading:
            problems.append(_problem(heading, template))
    for name, times in Counter(columns.values()).items():
        if times > 1:
            written = [header[place] for place, one in columns.items() if one == name]
            problems.append(HeaderProblem(name, _duplicate(written)))
    headings = {name: header[place] for place, name in columns.items()}
    return Header(template, columns, headings, left_out, problems)


def has_personal_heading(header: Iterable[str]) -> bool:
    """Return whether a column holds personal data, so that no cell may be shown whose column is not known."""
    return any(personal_heading(heading) is not None for heading in header)


def _names(template: Template) -> dict[str, str]:
    return {normalised_heading(name): name for name in template.names()}


def _known(template: Template, header: Iterable[str]) -> int:
    names = _names(template)
    return len([heading for heading in header if normalised_heading(heading) in names])


def _template(header: Sequence[str]) -> Template | None:
    """Return the template with a key in the header; in another spelling, it must come with other columns of it."""
    exact = next((one for one in TEMPLATES.values() if one.key in header), None)
    given = [normalised_heading(heading) for heading in header]
    alike = (one for one in TEMPLATES.values() if normalised_heading(one.key) in given)
    return exact or next((one for one in alike if _known(one, header) * 2 > len(header)), None)


def _duplicate(headings: Sequence[str]) -> str:
    first = headings[0]
    written = "" if len(set(headings)) == 1 else f", as {' and '.join(map(repr, dict.fromkeys(headings)))}"
    return f"Column {first!r} is duplicate: it is in the header {len(headings)} times{written}. Keep one of them."


def _problem(heading: str, template: Template) -> HeaderProblem:
    """Return what is wrong with a heading that the template does not have, and what to do."""
    personal = personal_heading(heading)
    if personal is not None:
        holds = "may hold" if personal.is_ambiguous else "holds"
        return HeaderProblem(
            heading,
            f"Column {heading!r} {holds} {personal.what}: delete the column. It is never read; the record takes no "
            "personal data.",
        )
    meaning = column_meant(heading, template.name)
    meant = () if meaning == KnownWord(IGNORED) else _columns_of(meaning)
    perhaps = f"Did you mean {_either(meant)}?"
    match meaning:
        case KnownWord() if not meant:
            said = "The record has no use for it: delete it."
        case Ambiguous() if meant:
            said = f"{perhaps} Rename it if its cells are that, or delete it."
        case _ if meant:
            said = f"{perhaps} Rename it, or delete it."
        case _:
            said = f"Delete it or correct its name. The template has: {', '.join(template.names())}."
    return HeaderProblem(heading, f"Column {heading!r} is not in the template for {template.name}. {said}", meant)


def _columns_of(meaning: Meaning) -> Sequence[str]:
    match meaning:
        case KnownWord(code=column):
            return (column,)
        case Ambiguous(candidates=columns) | Unknown(nearest=columns):
            return columns


def _meant(header: Iterable[str]) -> str:
    """Return which template columns the headings may mean, as sentences; empty if none is recognised."""
    found = list(_recognised(header))
    return f"Did you mean {', '.join(found)}? Rename the columns. " if found else ""


def _recognised(header: Iterable[str]) -> Iterator[str]:
    for heading in header:
        if not heading or personal_heading(heading) is not None:
            continue
        match column_meant(heading):
            case KnownWord(code=column) if column not in (IGNORED, FORCE, normalised_heading(heading)):
                yield f"{column} by {heading!r}"
            case Ambiguous(candidates=columns) if columns:
                yield f"{_either(columns)} by {heading!r}"


def _either(names: Sequence[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
