"""Schemas of publications, for the OpenAPI document."""

from __future__ import annotations

import marshmallow as ma

from service.api.http.answer_schemas import HASH, OTHER_PARTS, PartSchema, ReceiptSchema, RecordedEventSchema
from service.domain.model.vocabulary import QUALIFIERS

f = ma.fields


class PublishedFigureSchema(ma.Schema):
    """One figure as published; `force` is null in a figure over all forces."""

    measure = f.String(required=True)
    unit = f.String(required=True)
    force = f.String(required=True, allow_none=True)
    category = f.String(required=True, allow_none=True)
    quantity = f.Integer(required=True)
    qualifier = f.String(required=True, metadata={"enum": list(QUALIFIERS)})
    least = f.Integer(metadata={"description": "only of a rounded figure or a range: the least that it may be"})
    most = f.Integer(metadata={"description": "only of a rounded figure or a range: the most that it may be"})
    display = f.String(required=True)


class PositionSchema(ma.Schema):
    """A log position, and the root of the tree at it."""

    seq = f.Integer(required=True)
    root = f.String(required=True, metadata=HASH)


class PublicationHeadingSchema(ma.Schema):
    """A publication without its figures."""

    operation = f.String(required=True)
    imported = f.Boolean(required=True)
    marking = f.String(required=True)
    number = f.Integer(required=True)
    label = f.String(required=True, metadata={"enum": ["provisional", "final"]})
    published_at = f.DateTime(required=True)
    embargo_until = f.DateTime(required=True, allow_none=True)
    public_since = f.DateTime(
        required=True,
        allow_none=True,
        metadata={"description": "from when anyone may read it, never before the embargo ends; null: not public"},
    )
    as_of = f.Nested(PositionSchema, required=True)
    figures_hash = f.String(required=True, metadata={**HASH, "description": "of the canonical text of the figures"})
    parts = f.List(f.Nested(PartSchema), required=True)
    other_parts = f.Boolean(required=True, metadata=OTHER_PARTS)


class PublicationSchema(PublicationHeadingSchema):
    """A publication with its figures: over all forces, by force, and both by category, in publishing order."""

    figures = f.List(f.Nested(PublishedFigureSchema), required=True)


class PublicationListSchema(ma.Schema):
    """The publications of an operation."""

    operation = f.String(required=True)
    publications = f.List(f.Nested(PublicationHeadingSchema), required=True)


class PublishedSchema(ma.Schema):
    """The receipt of a publication and the publication itself."""

    receipt = f.Nested(ReceiptSchema, required=True)
    publication = f.Nested(PublicationSchema, required=True)


class ChangeSchema(ma.Schema):
    """A figure that differs from the published one; null if it did not exist then, or does not exist now."""

    published = f.Nested(PublishedFigureSchema, required=True, allow_none=True)
    now = f.Nested(PublishedFigureSchema, required=True, allow_none=True)
    change = f.Integer(required=True)


class DifferenceSchema(ma.Schema):
    """The changes since a publication; `next` is the `after` of the next page of events, null on the last."""

    publication = f.Nested(PublicationHeadingSchema, required=True)
    seq = f.Integer(required=True)
    sentence = f.String(required=True, metadata={"description": "what has changed, in words"})
    changes = f.List(f.Nested(ChangeSchema), required=True)
    events = f.List(f.Nested(RecordedEventSchema), required=True)
    next = f.Integer(required=True, allow_none=True)
