"""A statement as JSON: its sentences, and beside them the figures as numbers, for those who lay it out themselves."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from service.api.answer_schemas import AsOfSchema, OutstandingSchema, ParticipantSchema, PartSchema
from service.api.statement_words import Table, Worded
from service.domain.breakdown import Breakdown
from service.domain.instants import format_instant
from service.domain.operation import Participant
from service.domain.statement import Line, Owing
from service.domain.thresholds import Claim
from service.domain.vocabulary import QUALIFIERS
from service.usecases.statement import StatementAnswer

Json = dict[str, Any]
f = ma.fields


class ClaimSchema(ma.Schema):
    """What is said of a number. `so_far`: of what is recorded, else of the whole, outstanding returns included."""

    text = f.String(required=True)
    quantity = f.Integer(required=True)
    qualifier = f.String(required=True, metadata={"enum": list(QUALIFIERS)})
    so_far = f.Boolean(required=True)


class LineSchema(ClaimSchema):
    """A figure of the statement."""

    measure = f.String(required=True)
    unit = f.String(required=True)
    category = f.String(required=True, allow_none=True)
    outstanding = f.List(f.Nested(OutstandingSchema), required=True)


class ForceLineSchema(ClaimSchema):
    """What one force contributed."""

    force = f.String(required=True)
    name = f.String(required=True)


class ForcesBreakdownSchema(ma.Schema):
    """A measure by force, in publishing order; `left_out` are forces that made no return for it."""

    title = f.String(required=True)
    measure = f.String(required=True)
    unit = f.String(required=True)
    forces = f.List(f.Nested(ForceLineSchema), required=True)
    left_out = f.List(f.String(), required=True)
    remark = f.String(required=True, allow_none=True)


class OwingSchema(OutstandingSchema):
    """A force that owes returns, for which days, and for all figures of the statement or for some."""

    name = f.String(required=True)
    figures = f.String(required=True, metadata={"enum": ["all", "some"]})


class StatementSchema(ma.Schema):
    """The results statement, in the order in which it is read. `headline_figure` is null where nothing is recorded."""

    operation = f.String(required=True)
    name = f.String(required=True)
    imported = f.Boolean(required=True)
    as_of = f.Nested(AsOfSchema, required=True)
    log_size = f.Integer(required=True)
    parts = f.List(f.Nested(PartSchema), required=True)
    status = f.String(required=True, metadata={"enum": ["provisional", "final"]})
    headline = f.String(required=True)
    headline_figure = f.Nested(LineSchema, required=True, allow_none=True)
    who = f.String(required=True)
    lead = f.Nested(ParticipantSchema, required=True)
    forces = f.List(f.Nested(ParticipantSchema), required=True)
    when = f.String(required=True)
    officers = f.Nested(LineSchema, required=True, allow_none=True)
    date_line = f.String(required=True)
    figures = f.List(f.Nested(LineSchema), required=True)
    breakdown = f.Nested(ForcesBreakdownSchema, required=True, allow_none=True)
    outstanding = f.List(f.Nested(OwingSchema), required=True)
    provisional = f.String(required=True, allow_none=True)
    marking = f.String(required=True)
    notes = f.List(f.String(), required=True)


def statement_json(found: StatementAnswer, words: Worded) -> Json:
    """Return a statement, with the words it was given."""
    statement, (own, *parts) = found.statement, found.positions
    return {
        "operation": statement.operation.operation,
        "name": statement.operation.name,
        "imported": statement.operation.imported,
        "as_of": {"seq": own.seq, "recorded_at": format_instant(own.recorded_at), "root": own.root},
        "log_size": own.head.seq,
        "parts": [{"operation": one.head.operation, "seq": one.seq, "root": one.root} for one in parts],
        "status": "provisional" if statement.is_provisional else "final",
        "headline": words.headline,
        "headline_figure": None if statement.headline is None else _line_json(statement.headline, words.headline),
        "who": words.who,
        "lead": _participant_json(statement.lead),
        "forces": [_participant_json(one) for one in statement.forces],
        "when": words.when,
        "officers": None if statement.officers is None else _line_json(statement.officers, words.method),
        "date_line": words.date_line,
        "figures": [_line_json(line, text) for line, text in zip(statement.lines, words.bullets, strict=True)],
        "breakdown": _breakdown_json(statement.breakdown, words.table),
        "outstanding": [_owing_json(one) for one in statement.owing],
        "provisional": words.provisional or None,
        "marking": statement.operation.marking,
        "notes": list(words.notes),
    }


def _line_json(line: Line, text: str) -> Json:
    return {
        "measure": line.measure.measure,
        "unit": line.measure.unit,
        "category": line.category,
        **_claim_json(line.claim, text),
        "outstanding": [{"force": one.force, "days": [str(day) for day in one.days]} for one in line.outstanding],
    }


def _claim_json(claim: Claim, text: str) -> Json:
    return {"text": text, "quantity": claim.quantity, "qualifier": claim.qualifier, "so_far": claim.so_far}


def _participant_json(one: Participant) -> Json:
    return {"force": one.force, "name": one.name, "kind": one.kind, "reports": one.reports}


def _breakdown_json(breakdown: Breakdown | None, table: Table | None) -> Json | None:
    if breakdown is None or table is None:
        return None
    return {
        "title": table.title,
        "measure": breakdown.measure.measure,
        "unit": breakdown.measure.unit,
        "forces": [
            {"force": line.participant.force, "name": name, **_claim_json(line.claim, text)}
            for line, (name, text) in zip(breakdown.lines, table.rows, strict=True)
        ],
        "left_out": [one.force for one in breakdown.left_out],
        "remark": table.remark or None,
    }


def _owing_json(one: Owing) -> Json:
    return {
        "force": one.participant.force,
        "name": one.participant.name,
        "days": [str(day) for day in one.days],
        "figures": "all" if one.of_all_figures else "some",
    }
