"""The schema of a problem, for the OpenAPI document."""

from __future__ import annotations

import marshmallow as ma


class FieldErrorSchema(ma.Schema):
    """One invalid field."""

    pointer = ma.fields.String(required=True, metadata={"description": "JSON pointer into the request"})
    detail = ma.fields.String(required=True, metadata={"description": "what was expected and found"})


class ProblemSchema(ma.Schema):
    """An error (RFC 9457). `code` is for programs and is never reused; further members depend on it."""

    class Meta:
        unknown = ma.INCLUDE

    type = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    errors = ma.fields.List(ma.fields.Nested(FieldErrorSchema), required=True)
    instance = ma.fields.String()
