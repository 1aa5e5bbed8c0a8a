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
# What a mapping that is written in a file can hold, and what a page says that offers a list of all answers instead.
TO_CHOOSE = (
    (re.compile(r'Write "leave out", or one of [^.]*\.$'), 'Choose what it is, or "leave out".'),
    (re.compile(r"Write one of [^.]*\.+$"), 'Choose what they are, or "leave out".'),
    (re.compile(r', "UTC", or an offset such as "\+01:00"\.$'), ', or "UTC".'),
    (re.compile(r'\bWrite "'), 'Choose "'),
)
PERHAPS = re.compile(r" Perhaps [a-z_ ]+\.")
LISTS = ("group_by", "primary", "of")
MOST_LETTERS = 200
AROUND = ' "[]'


class Asked(NamedTuple):
    """A question of the form. `choices` are all possible answers with their words; empty: it is answered in writing."""

    name: str
    about: str
    text: str
    choices: Sequence[tuple[str, str]]


def questions_of(text: str) -> list[Asked]:
    """Return the open questions in the text of a mapping."""
    lines = text.splitlines()
    found = []
    for one in open_questions(text):
        choices = [(choice, _in_words(choice)) for choice in _choices(lines, one)]
        asked = on_a_page(one.text) or f"What is {one.key}?"
        name, about = f"answer-{one.line}", _about(lines, one.line)
        found.append(Asked(name, about, _to_choose(asked) if choices else asked, choices))
    return found


def answered(text: str, answers: Mapping[str, str]) -> str:
    """Return the text of a mapping with the answers in place of the questions; what is not answered stays open."""
    lines = text.splitlines()
    for one in open_questions(text):
        answer = answers.get(f"answer-{one.line}", "").strip()[:MOST_LETTERS]
        if answer:
            lines[one.line - 1] = f"{lines[one.line - 1].partition(' = ')[0]} = {_value(one.key, answer)}"
    return "\n".join(lines) + "\n"


def _to_choose(text: str) -> str:
    """Return a question whose answer is chosen from a list, and not written."""
    for written, instead in TO_CHOOSE:
        text = written.sub(instead, text)
    return PERHAPS.sub(lambda found: _in_words(found[0]), text)


def _in_words(code: str) -> str:
    """Return a code of the mapping as words: `correction reason`."""
    return code.replace("_", " ")


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
