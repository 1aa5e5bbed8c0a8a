"""The open questions of a proposed mapping as a form, and the mapping with the answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from service.spreadsheets.mapping.model import DAY_FIRST, EACH_ROW, LEAVE_OUT, MAPPED, MONTH_FIRST, targets_of
from service.spreadsheets.mapping.reading import CHOICES
from service.spreadsheets.mapping.writing import open_questions
from service.web.uploads.cells import on_a_page

TEMPLATE = re.compile(r'template = "(?P<name>[a-z]+)"')
HEADING = re.compile(r'(?:heading|sheet) = "(?P<name>.*)"')
FIXED = {
    "template": (*MAPPED, LEAVE_OUT),
    "zone": ("Europe/London", "UTC"),
    "decimal": (".", ","),
    "order": (DAY_FIRST, MONTH_FIRST),
}
LISTS = ("group_by", "primary", "of")
MOST_LETTERS = 200
AROUND = ' "[]'


class Asked(NamedTuple):
    """A question of the form. `choices` are all possible answers; empty: it is answered with words."""

    name: str
    about: str
    text: str
    choices: Sequence[str]


def questions_of(text: str) -> list[Asked]:
    """Return the open questions in the text of a mapping."""
    lines = text.splitlines()
    return [
        Asked(
            f"answer-{one.line}",
            _about(lines, one.line),
            on_a_page(one.text) or f"What is {one.key}?",
            _choices(lines, one),
        )
        for one in open_questions(text)
    ]


def answered(text: str, answers: Mapping[str, str]) -> str:
    """Return the text of a mapping with the answers in place of the questions; what is not answered stays open."""
    lines = text.splitlines()
    for one in open_questions(text):
        answer = answers.get(f"answer-{one.line}", "").strip()[:MOST_LETTERS]
        if answer:
            lines[one.line - 1] = f"{lines[one.line - 1].partition(' = ')[0]} = {_value(one.key, answer)}"
    return "\n".join(lines) + "\n"


def _value(key: str, answer: str) -> str:
    if key in LISTS and answer != EACH_ROW:
        return f"[{', '.join(_quoted(part.strip(AROUND)) for part in answer.split(','))}]"
    return _quoted(answer)


def _quoted(text: str) -> str:
    letters = (one if one.isprintable() and one not in '"\\' else f"\\U{ord(one):08x}" for one in text)
    return f'"{"".join(letters)}"'


def _about(lines: Sequence[str], line: int) -> str:
    """Return the heading or sheet that a question is about."""
    for text in reversed(lines[: line - 1]):
        if found := HEADING.fullmatch(text):
            return found["name"]
        if text.startswith("[["):
            break
    return ""


def _choices(lines: Sequence[str], question: object) -> Sequence[str]:
    key, line = question.key, question.line  # type: ignore[attr-defined]
    if key == "to":
        found = next((one for text in reversed(lines[:line]) if (one := TEMPLATE.fullmatch(text))), None)
        return targets_of(found["name"]) if found and found["name"] in MAPPED else ()
    return FIXED.get(key, CHOICES.get(key, ()))
