"""Schemas of a statement as JSON, for the OpenAPI document."""

from __future__ import annotations

import marshmallow as ma

from service.api.http.answer_schemas import (
    HASH,
    MOST_OWED_SPANS,
    MOST_SPANS,
    NOT_LISTED,
    OTHER_PARTS,
    AsOfSchema,
    OutstandingSchema,
    ParticipantSchema,
    PartSchema,
)
from service.domain.model.vocabulary import QUALIFIERS

f = ma.fields
NOT_PUBLIC = {"description": "not with audience=public"}


class ClaimSchema(ma.Schema):
    """A claim about a number: about the record `so_far`, or else about the whole, outstanding returns included."""

    text = f.String(required=True)
    quantity = f.Integer(required=True)
    qualifier = f.String(required=True, metadata={"enum": list(QUALIFIERS)})
    most = f.Integer(metadata={"description": "only of a range: its upper end; the quantity is its lower end"})
    so_far = f.Boolean(required=True)


class LineSchema(ClaimSchema):
    """A figure of the statement."""

    measure = f.String(required=True)
    unit = f.String(required=True)
    category = f.String(required=True, allow_none=True)
    outstanding = f.List(
        f.Nested(OutstandingSchema), required=True, metadata={"description": f"at most {MOST_SPANS} spans"}
    )
    outstanding_not_listed = f.Integer(metadata=NOT_LISTED)


class ForceLineSchema(ClaimSchema):
    """The contribution of one force."""

    force = f.String(required=True)
    name = f.String(required=True)


class ForcesBreakdownSchema(ma.Schema):
    """A measure by force, in publishing order.

    `not_attributed` is what was stated of all forces and belongs to none of them; null: nothing. `left_out` lists
    forces that owe a return for it; `unattributed` those that may have contributed to what was reported for no force.
    """

    title = f.String(required=True)
    measure = f.String(required=True)
    unit = f.String(required=True)
    forces = f.List(f.Nested(ForceLineSchema), required=True)
    not_attributed = f.Nested(ClaimSchema, required=True, allow_none=True)
    left_out = f.List(f.String(), required=True)
    unattributed = f.List(f.String(), required=True)
    remark = f.String(required=True, allow_none=True)


class OwingSchema(OutstandingSchema):
    """A force that owes returns for a span of days, and whether its returns affect all figures or some."""

    name = f.String(required=True)
    figures = f.String(required=True, metadata={"enum": ["all", "some"]})


class StatedNumberSchema(ma.Schema):
    """A number as stated, exactly."""

    quantity = f.Integer(required=True)
    qualifier = f.String(required=True, metadata={"enum": list(QUALIFIERS)})
    most = f.Integer(metadata={"description": "the upper end of a range or of a rounded quantity, if it is known"})
    so_far = f.Boolean(required=True)


class StatedChangeSchema(ma.Schema):
    """A figure over all forces that has changed since an earlier publication; null: not stated."""

    measure = f.String(required=True)
    unit = f.String(required=True)
    category = f.String(required=True, allow_none=True)
    published = f.Nested(StatedNumberSchema, required=True, allow_none=True)
    now = f.Nested(StatedNumberSchema, required=True, allow_none=True)


class StatedChangesSchema(ma.Schema):
    """What has changed since an earlier publication: whole measures, then categories of the others.

    `superseded`: the statement is of no publication, and differs from the newest one. `details`: some figure has
    changed, if only by force.
    """

    text = f.String(required=True, allow_none=True)
    number = f.Integer(required=True)
    published_at = f.DateTime(required=True)
    superseded = f.Boolean(required=True)
    figures = f.List(f.Nested(StatedChangeSchema), required=True)
    details = f.Boolean(required=True)


class StatementPublicationSchema(ma.Schema):
    """The publication whose figures a statement gives."""

    text = f.String(required=True)
    number = f.Integer(required=True)
    label = f.String(required=True, metadata={"enum": ["provisional", "final"]})
    published_at = f.DateTime(required=True)
    embargo_until = f.DateTime(required=True, allow_none=True)
    figures_hash = f.String(required=True, metadata=HASH)


class StatementSchema(ma.Schema):
    """The results statement, in reading order. `headline_figure` is null if nothing is recorded."""

    operation = f.String(required=True)
    name = f.String(required=True)
    imported = f.Boolean(required=True)
    as_of = f.Nested(AsOfSchema, required=True)
    log_size = f.Integer(metadata={"description": "for a publication: its own seq; not with audience=public"})
    parts = f.List(f.Nested(PartSchema), metadata=NOT_PUBLIC)
    other_parts = f.Boolean(metadata={"description": f"{OTHER_PARTS['description']}; not with audience=public"})
    status = f.String(required=True, metadata={"enum": ["provisional", "final"]})
    headline = f.String(required=True)
    headline_figure = f.Nested(LineSchema, required=True, allow_none=True)
    who = f.String(required=True)
    lead = f.Nested(ParticipantSchema, required=True, allow_none=True)
    forces = f.List(f.Nested(ParticipantSchema), required=True)
    when = f.String(required=True)
    officers = f.Nested(LineSchema, required=True, allow_none=True)
    date_line = f.String(required=True)
    figures = f.List(f.Nested(LineSchema), required=True)
    breakdown = f.Nested(ForcesBreakdownSchema, required=True, allow_none=True)
    outstanding = f.List(
        f.Nested(OwingSchema), required=True, metadata={"description": f"at most {MOST_OWED_SPANS:,} spans, by force"}
    )
    outstanding_not_listed = f.Integer(metadata=NOT_LISTED)
    publication = f.Nested(
        StatementPublicationSchema,
        required=True,
        allow_none=True,
        metadata={"description": "null: not of one"},
    )
    changes = f.Nested(
        StatedChangesSchema,
        required=True,
        allow_none=True,
        metadata={"description": "null: there is no earlier publication"},
    )
    provisional = f.String(required=True, allow_none=True)
    marking = f.String(metadata=NOT_PUBLIC)
    notes = f.List(f.String(), required=True)
    position = f.String(metadata={"description": "the position in words; not with audience=public"})
