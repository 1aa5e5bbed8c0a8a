"""A statement as JSON: its sentences together with the figures as numbers, for callers with a layout of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from service.api.http.answer_schemas import MOST_OWED_SPANS
from service.api.http.answers import outstanding_json, parts_json, position_json, span_json, spans_json
from service.domain.model.instants import format_instant, format_optional
from service.domain.model.operation import Participant
from service.domain.statement.breakdown import ForceBreakdown
from service.domain.statement.changes import StatedChanges
from service.domain.statement.sentences import Owing, StatementLine
from service.domain.statement.thresholds import StatedNumber
from service.exports.statement.words import BreakdownTable, Worded, worded
from service.usecases.querying.publications import Publication
from service.usecases.querying.read_context import has_hidden
from service.usecases.querying.statement import StatementAnswer

Json = dict[str, Any]


# What the public version leaves out: the marking, and the names and positions of logs beyond its own.
NOT_PUBLIC = ("marking", "position", "parts", "other_parts", "log_size")


def statement_json(found: StatementAnswer, *, public: bool = False) -> Json:
    """Return a statement with its sentences; `public`: without NOT_PUBLIC."""
    whole = _whole(found, worded(found, public=public))
    return {name: value for name, value in whole.items() if not (public and name in NOT_PUBLIC)}


def _whole(found: StatementAnswer, words: Worded) -> Json:
    statement, (own, *parts) = found.statement, found.positions
    return {
        "operation": statement.operation.operation,
        "name": statement.operation.name,
        "imported": statement.operation.imported,
        "as_of": position_json(own),
        "log_size": own.head.seq if found.publication is None else found.publication.seq,
        "parts": parts_json(parts),
        "other_parts": has_hidden(parts),
        "status": "provisional" if statement.is_provisional else "final",
        "headline": words.headline,
        "headline_figure": None if statement.headline is None else _line_json(statement.headline, words.headline),
        "who": words.who,
        "lead": _participant_json(statement.lead) if statement.operation.lead_known else None,
        "forces": [_participant_json(one) for one in statement.forces],
        "when": words.when,
        "officers": None if statement.officers is None else _line_json(statement.officers, words.method),
        "date_line": words.date_line,
        "figures": [_line_json(line, text) for line, text in zip(statement.lines, words.bullets, strict=True)],
        "breakdown": _breakdown_json(statement.breakdown, words.table),
        **_owing_json(statement.owing),
        "publication": None if found.publication is None else _publication_json(found.publication, words.publication),
        "changes": None if statement.changes is None else _changes_json(statement.changes, words.changed),
        "provisional": words.provisional or None,
        "marking": statement.operation.marking,
        "notes": list(words.notes),
        "position": words.footer[-1] if words.footer else None,
    }


def _line_json(line: StatementLine, text: str) -> Json:
    return {
        "measure": line.measure.measure,
        "unit": line.measure.unit,
        "category": line.category,
        **_stated_json(line.stated, text),
        **outstanding_json(line.outstanding),
    }


def _stated_json(stated: StatedNumber, text: str) -> Json:
    most = {} if stated.most is None else {"most": stated.most}
    return {"text": text, "quantity": stated.quantity, "qualifier": stated.qualifier, **most, "so_far": stated.so_far}


def _participant_json(one: Participant) -> Json:
    return {"force": one.force, "name": one.name, "kind": one.kind, "reports": one.reports}


def _breakdown_json(breakdown: ForceBreakdown | None, table: BreakdownTable | None) -> Json | None:
    if breakdown is None or table is None:
        return None
    return {
        "title": table.title,
        "measure": breakdown.measure.measure,
        "unit": breakdown.measure.unit,
        "forces": [
            {"force": line.participant.force, "name": name, **_stated_json(line.stated, text)}
            for line, (name, text) in zip(breakdown.lines, table.rows, strict=False)
        ],
        "not_attributed": None if breakdown.rest is None else _stated_json(breakdown.rest, table.rows[-1][1]),
        "left_out": [one.force for one in breakdown.left_out],
        "unattributed": [one.force for one in breakdown.unattributed],
        "remark": table.remark or None,
    }


def _owing_json(owing: Sequence[Owing]) -> Json:
    """Return who owes returns for the figures: at most 2,000 spans of days, and the number of days not listed."""
    spans = (span for one in owing for span in _spans_of(one))
    return spans_json(spans, sum(len(one.days) for one in owing), MOST_OWED_SPANS)


def _spans_of(one: Owing) -> Iterator[Json]:
    about = {"name": one.participant.name, "figures": "all" if one.of_all_figures else "some"}
    return ({"force": one.participant.force or None, **span_json(span), **about} for span in one.spans)


def _changes_json(changes: StatedChanges, text: str) -> Json:
    return {
        "text": text or None,
        "number": changes.number,
        "published_at": format_instant(changes.recorded_at),
        "superseded": changes.is_superseded and changes.has_details,
        "figures": [
            {
                "measure": one.measure.measure,
                "unit": one.measure.unit,
                "category": one.category,
                "published": _number_json(one.published),
                "now": _number_json(one.now),
            }
            for one in changes.figures
        ],
        "details": changes.has_details,
    }


def _number_json(stated: StatedNumber | None) -> Json | None:
    if stated is None:
        return None
    most = {} if stated.most is None else {"most": stated.most}
    return {"quantity": stated.quantity, "qualifier": stated.qualifier, **most, "so_far": stated.so_far}


def _publication_json(publication: Publication, text: str) -> Json:
    published = publication.published
    embargo = published.embargo_until
    return {
        "text": text,
        "number": published.number,
        "label": published.label,
        "published_at": format_instant(publication.recorded_at),
        "embargo_until": format_optional(embargo),
        "figures_hash": published.figures_hash,
    }
