"""Answers as JSON. `answer_schemas` documents the same shapes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any

from flask import Response

from service.api.http.answer_schemas import MOST_OWED_SPANS, MOST_SPANS
from service.api.http.blueprint import answer
from service.api.http.errors import problem, status_of
from service.domain.counting.completeness import Outstanding, OwedSpan, Span
from service.domain.model.instants import format_instant, format_optional
from service.domain.model.operation import Operation
from service.eventlog.head import Head
from service.usecases.querying.read_context import Position, has_hidden, visible
from service.usecases.querying.totals import Figure, Totals
from service.usecases.recording.appending import Outcome

Json = dict[str, Any]
CREATED, OK = int(HTTPStatus.CREATED), int(HTTPStatus.OK)


def receipt_answer(outcome: Outcome) -> Response:
    """Return the answer to one event: 201 with its receipt, 200 if it is a replay.

    Raises:
        RecordError: the error, if the event was refused.
    """
    if outcome.error is not None:
        raise outcome.error
    assert outcome.receipt is not None
    return answer(outcome.receipt.as_json(), CREATED if outcome.is_new else OK)


def item_json(index: int, outcome: Outcome) -> Json:
    """Return the outcome for one item of a batch: index, status, and a receipt or a problem."""
    if outcome.error is not None:
        return {"index": index, "status": int(status_of(outcome.error)), "problem": problem(outcome.error)}
    status = CREATED if outcome.is_new else OK
    if outcome.receipt is None:
        return {"index": index, "status": status}
    return {"index": index, "status": status, "receipt": outcome.receipt.as_json()}


def operation_json(head: Head, operation: Operation) -> Json:
    """Return an operation with the head of its log."""
    return {
        "operation": operation.operation,
        "name": operation.name,
        "lead_force": operation.lead_force,
        **{name: False for name in ("lead_known", "dates_known") if not getattr(operation, name)},
        "imported": operation.imported,
        "closed": operation.closed,
        "marking": operation.marking,
        "opened_at": format_instant(operation.opened_at),
        "returns_due_at": format_optional(operation.returns_due_at),
        "returns_due_hours": operation.returns_due_hours,
        **_days_json(operation),
        "forces": [
            {"force": one.force, "name": one.name, "kind": one.kind, "reports": one.reports}
            | ({"members": list(one.members)} if one.members else {})
            for one in operation.participants.values()
        ],
        "places": list(operation.places),
        "part_of": list(operation.part_of),
        "parts": list(operation.parts),
        "measures": [measure_json(one) for one in operation.measures.values()],
        "head": {"seq": head.seq, "recorded_at": format_instant(head.recorded_at)},
    }


def measure_json(measure: Any) -> Json:
    """Return a measure of the catalogue or of an operation."""
    return {
        "measure": measure.measure,
        "label": measure.label,
        "unit": measure.unit,
        "core": measure.core,
        "additive": measure.additive,
        "category": measure.category,
        "categories": list(measure.categories),
        "open": measure.open or measure.open_below,
    }


def position_json(own: Position) -> Json:
    """Return the position in an operation's own log that an answer is true at."""
    return {"seq": own.seq, "recorded_at": format_instant(own.recorded_at), "root": own.root}


def parts_json(parts: Sequence[Position]) -> list[Json]:
    """Return the positions in the logs of the parts that an answer is true at, without parts not to be named."""
    return [{"operation": one.head.operation, "seq": one.seq, "root": one.root} for one in visible(parts)]


def left_out_json(operation: Operation) -> list[Json]:
    """Return the measures that a whole leaves out, because it and its parts do not count them alike."""
    return [{"measure": one.measure, "label": one.label, "units": list(one.units)} for one in operation.left_out]


def outstanding_json(outstanding: Sequence[Outstanding]) -> Json:
    """Return who owes returns for one figure, as spans of days: at most 10, and the number of days not listed."""
    spans = ({"force": one.force or None, **span_json(span)} for one in outstanding for span in one.spans)
    return spans_json(spans, sum(len(one.days) for one in outstanding), MOST_SPANS)


def spans_json(spans: Iterable[Json], days: int, most: int) -> Json:
    """Return the first spans, `most` of them, and the number of days not listed, if any; all spans have `days` days."""
    listed = list(islice(spans, most))
    not_listed = days - sum(one["days"] for one in listed)
    return {"outstanding": listed} | ({"outstanding_not_listed": not_listed} if not_listed else {})


def span_json(span: Span) -> Json:
    """Return a span of days: its first day, the day after its last, and the number of days of the operation in it."""
    return {"day_from": str(span.day_from), "day_before": str(span.day_before), "days": span.days}


def totals_json(totals: Totals) -> Json:
    """Return a totals answer: the figures, the log positions they are true at, and their completeness."""
    own, *parts = totals.positions
    return {
        "operation": totals.operation.operation,
        "imported": totals.operation.imported,
        "marking": totals.operation.marking,
        "as_of": position_json(own),
        "log_size": own.head.seq,
        "parts": parts_json(parts),
        "other_parts": has_hidden(parts),
        "by": list(totals.by),
        "figures": [_figure_json(figure, totals.by) for figure in totals.figures],
        "left_out": left_out_json(totals.operation),
        "completeness": {
            "status": "partial" if totals.outstanding else "final",
            **_owed_json(totals.owed_spans),
            "overdue": [
                {"force": one.force, "days": one.days, "since": format_instant(one.since)} for one in totals.overdue
            ],
        },
    }


def _days_json(operation: Operation) -> Json:
    days = operation.days
    ends_at = format_optional(days.ends_at)
    windows = [
        {"day": str(one.day), "from": format_instant(one.starts_at), "before": format_instant(one.ends_at)}
        for one in days.windows
    ]
    return {"starts_at": format_instant(days.starts_at), "ends_at": ends_at, "days": windows}


def _figure_json(figure: Figure, by: tuple[str, ...]) -> Json:
    shown: Json = {"measure": figure.measure, "unit": figure.unit}
    if "operation" in by:
        shown["operation"] = figure.operation
    if "force" in by:
        shown["force"] = figure.force
    if "day" in by:
        shown["day"] = None if figure.day is None else str(figure.day)
    if "hour" in by:
        shown["hour"] = format_optional(figure.hour)
    if "category" in by or figure.category is not None:
        shown["category"] = figure.category
    return shown | {
        "quantity": figure.quantity,
        "qualifier": figure.qualifier,
        **ends_json(figure.least, figure.most),
        "display": figure.display,
        **outstanding_json(figure.outstanding),
    }


def ends_json(least: int | None, most: int | None) -> Json:
    """Return the bounds of a rounded figure or a range; nothing of others."""
    return {} if least is None or most is None else {"least": least, "most": most}


def _owed_json(owed: Sequence[OwedSpan]) -> Json:
    spans = ({"force": one.force or None, **span_json(one.span), "measures": list(one.measures)} for one in owed)
    return spans_json(spans, sum(one.span.days for one in owed), MOST_OWED_SPANS)
