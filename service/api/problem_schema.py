"""The shape of a problem, for the API's document."""

from __future__ import annotations

import marshmallow as ma


class FieldErrorSchema(ma.Schema):
    """One field that is wrong."""

    pointer = ma.fields.String(required=True, metadata={"description": "JSON pointer into what was sent"})
    detail = ma.fields.String(required=True, metadata={"description": "what was wanted and found"})


class ProblemSchema(ma.Schema):
    """A mistake (RFC 9457). `code` is for programs and is never reused; further members depend on it."""

    class Meta:
        unknown = ma.INCLUDE

    type = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    errors = ma.fields.List(ma.fields.Nested(FieldErrorSchema), required=True)
    instance = ma.fields.String()
