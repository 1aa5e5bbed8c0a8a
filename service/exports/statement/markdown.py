"""Plain text in Markdown: a sign is escaped only where it would be read as markup.

Every text is on one line of its own. The rules are those of CommonMark 0.31, with the tables and the strikethrough of
GitHub Flavored Markdown; a test renders what they give, and compares it with the text.
"""

from __future__ import annotations

import re
from html import unescape

# What begins a block at the start of a line: a heading, a quotation, a list, a fence, a line across, a link's target.
HEADING = re.compile(r"#{1,6}(?= |$)")
QUOTATION = re.compile(r">")
BULLET = re.compile(r"[-+*](?= |$)")
NUMBERED = re.compile(r"\d{1,9}(?=[.)](?: |$))", re.ASCII)
FENCE = re.compile(r"(?:`{3}|~{3})")
LINE_ACROSS = re.compile(r"(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$")
CLOSING_HASHES = re.compile(r"(?:(?<= )|^)#+$")

# What is markup within a line.
BACKSLASH = re.compile(r"\\(?=[!-/:-@\[-`{-~]|$)")
ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]*);")
TAG = re.compile(r"<(?=[a-zA-Z/!?])")
BRACKET = re.compile(r"\[(?=[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\][(\[:])")
TASK = re.compile(r"\[(?=[ xX]\])")
RUN = re.compile(r"\*+|_+|~+|`+")
CODE, STRUCK, STRESSED = "`", "~", "_"
BAR = re.compile(r"\|")


def paragraph(text: str) -> str:
    """Return a text that is a paragraph of its own, or the whole of a list item."""
    line = _one_line(text)
    places = _inline(line)
    for pattern in (HEADING, QUOTATION, BULLET, FENCE, LINE_ACROSS, TASK):
        if pattern.match(line):
            places.add(0)
    if found := NUMBERED.match(line):
        places.add(found.end())
    return _escaped(line, places)


def heading(text: str) -> str:
    """Return a text that follows the `#` of a heading."""
    line = _one_line(text)
    places = _inline(line)
    if found := CLOSING_HASHES.search(line):
        places.add(found.start())
    return _escaped(line, places)


def cell(text: str) -> str:
    """Return a text that is a cell of a table."""
    line = _one_line(text)
    return _escaped(line, _inline(line) | {found.start() for found in BAR.finditer(line)})


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _inline(line: str) -> set[int]:
    """Return the places of the signs that are markup wherever they stand in a line."""
    places = {found.start() for pattern in (BACKSLASH, TAG, BRACKET) for found in pattern.finditer(line)}
    places |= {found.start() for found in ENTITY.finditer(line) if unescape(found.group()) != found.group()}
    runs = list(RUN.finditer(line))
    for run in runs:
        sign = run.group()[0]
        # A code span or a text struck through takes two runs, and stress takes a run that touches a word.
        is_paired = sum(one.group()[0] == sign for one in runs) > 1
        if is_paired if sign in (CODE, STRUCK) else _is_stress(line, run):
            places.update(range(run.start(), run.end()))
    return places


def _is_stress(line: str, run: re.Match[str]) -> bool:
    """Return whether a run of `*` or `_` can begin or end stressed text. Within a word, `_` cannot."""
    before, after = line[: run.start()][-1:], line[run.end() :][:1]
    if not before.strip() and not after.strip():
        return False
    return not (run.group()[0] == STRESSED and before.isalnum() and after.isalnum())


def _escaped(line: str, places: set[int]) -> str:
    return "".join(f"\\{sign}" if place in places else sign for place, sign in enumerate(line))
