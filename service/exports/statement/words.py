"""The sentences of a statement, made by the macros of words.jinja; they are the same in every format."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from service.domain.counting.figures import display
from service.domain.model.days import LONDON
from service.domain.statement.breakdown import NOT_ATTRIBUTED, ForceBreakdown
from service.domain.statement.period import DateSpan, merged
from service.domain.statement.sentences import Statement, StatementLine, for_the_public
from service.domain.statement.thresholds import StatedNumber
from service.exports.statement.changes import stated_sentence
from service.usecases.querying.publications import Publication
from service.usecases.querying.read_context import visible
from service.usecases.querying.statement import StatementAnswer

TEMPLATES = PackageLoader("service.exports.statement", "templates")
NOTES = (
    *("at_least", "qualified", "weights", "second_views", "overlapping_views"),
    *("apart", "residual", "parts", "other_parts", "measures_left_out", "imported"),
)


@dataclass(frozen=True, slots=True)
class BreakdownTable:
    """The breakdown by force: its title, the heading of its second column, and a row of name and figure per force."""

    title: str
    column: str
    rows: tuple[tuple[str, str], ...]
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """The sentences of a statement in order; one that does not apply is empty.

    `footer` has the marking and the position; the public version has none.
    """

    headline: str
    who: str
    when: str
    method: str
    date_line: str
    bullets: tuple[str, ...]
    table: BreakdownTable | None
    owing: str
    publication: str
    changed: str
    provisional: str
    notes: tuple[str, ...]
    footer: tuple[str, ...]


def worded(answer: StatementAnswer, *, public: bool = False) -> Worded:
    """Return the sentences of a statement, for those who may see the operation.

    The `public` version has rounded weights, and neither the names of parts nor a footer.
    """
    statement = for_the_public(answer.statement) if public else answer.statement
    notes = [_say(f"note_{note}", statement) for note in NOTES]
    return Worded(
        headline=_say("headline", statement),
        who=_say("who", statement),
        when=_say("when", statement),
        method=_say("method", statement),
        date_line=_say("date_line", statement),
        bullets=tuple(_bullet(line, statement) for line in statement.lines),
        table=None if statement.breakdown is None else _table(statement.breakdown),
        owing=_say("owing", statement),
        publication="" if answer.publication is None else _say("publication", answer.publication),
        changed=_changed(statement),
        provisional=_say("provisional", statement),
        notes=tuple(note for note in notes if note),
        footer=() if public else (_say("marking", statement), _position(answer)),
    )


def _bullet(line: StatementLine, statement: Statement) -> str:
    return _said("figure", line, None, line.measure in statement.overlapping_views)


def _changed(statement: Statement) -> str:
    changes = statement.changes
    if changes is None:
        return ""
    return stated_sentence(changes, f"publication {changes.number}, of {london(changes.recorded_at)}")


def _position(answer: StatementAnswer) -> str:
    own, *parts = answer.positions
    return _capitalised(_said("note_position", answer.statement, own, visible(parts)))


def _table(breakdown: ForceBreakdown) -> BreakdownTable:
    rows = tuple((line.participant.name, _said("cell", line.stated)) for line in breakdown.lines)
    if breakdown.rest is not None:
        rows += ((NOT_ATTRIBUTED, _said("cell", breakdown.rest)),)
    return BreakdownTable(
        title=_say("title", breakdown),
        column=_say("heading", breakdown),
        rows=rows,
        remark=_say("remark", breakdown),
    )


def _say(macro: str, *about: Statement | ForceBreakdown | Publication) -> str:
    """Return the text of a macro as a sentence: on one line, beginning with a capital letter."""
    return _capitalised(_said(macro, *about))


def _said(macro: str, *about: object) -> str:
    return re.sub(r"\s+", " ", str(getattr(_macros(), macro)(*about))).strip()


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


@cache
def _macros() -> Any:
    """Return words.jinja with its macros. They do not escape: the formats escape whole sentences."""
    environment = Environment(loader=TEMPLATES, undefined=StrictUndefined, autoescape=False)  # noqa: S701 - see above
    environment.filters |= {"shown": shown, "as_spans": _as_spans, "london": london}
    return environment.get_template("words.jinja").module


def shown(stated: StatedNumber, category: str | None = None) -> str:
    """Return a number with its qualifier: `more than 1,200`, `£5,700`, `1.5 kg`; foreign money as `1,250.00 EUR`."""
    return display(stated.quantity, stated.unit, stated.qualifier, category, most=stated.most)


def _as_spans(days: Sequence[date]) -> tuple[DateSpan, ...]:
    return merged([DateSpan(day, day) for day in days])


def london(moment: datetime) -> str:
    """Return a moment in London time, written for people, to the minute."""
    local = moment.astimezone(LONDON)
    return f"{local.day} {local:%B %Y at %H:%M}"
