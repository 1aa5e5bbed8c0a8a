"""The OpenAPI 3.1 document of the API, at /openapi.json."""

from __future__ import annotations

from typing import Any

from flask import Flask
from marshmallow import fields

from service.api import (
    batches,
    docs,
    events,
    feed,
    health,
    operations,
    possible_duplicates,
    publications,
    reconciliation,
    reference,
    returns,
    statement,
    totals,
)
from service.api.blueprint import ProblemApi
from service.domain.events import LINE_CLASSES, ForceJoined
from service.domain.vocabulary import STEP
from service.wire.schemas import ForceField, LineField, line_schema, schema_of

DESCRIPTION = (
    "The record of a police operation in which several forces take part. Forces post arrests and seizures; "
    "coordinators read totals, now or as of any past moment. The sender chooses each event's id, which makes every "
    "call idempotent: if in doubt, send it again; nothing is counted twice."
)
SETTINGS = {
    "API_TITLE": "Operation record API",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/",
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "info": {"description": DESCRIPTION, "license": {"name": "MIT"}},
        "components": {"securitySchemes": {"credential": {"type": "http", "scheme": "bearer"}}},
    },
}


def register_api(app: Flask) -> None:
    """Register every resource, the OpenAPI document, and its page."""
    app.config.update(SETTINGS)
    api = ProblemApi(app)
    _document_own_fields(api)
    for module in (
        operations,
        events,
        batches,
        feed,
        totals,
        returns,
        statement,
        publications,
        reconciliation,
        possible_duplicates,
        reference,
        health,
    ):
        api.register_blueprint(module.blueprint)
    app.register_blueprint(docs.blueprint)


def _document_own_fields(api: ProblemApi) -> None:
    """Describe to apispec the fields that take one of several shapes."""

    def shapes(converter: Any, field: fields.Field[Any], **_options: Any) -> dict[str, Any]:
        if isinstance(field, LineField):
            return {"oneOf": [converter.resolve_nested_schema(line_schema(kind)) for kind in LINE_CLASSES]}
        if isinstance(field, ForceField):
            slug = {"type": "string", "pattern": f"^{STEP}$", "maxLength": 64}
            return {"oneOf": [slug, converter.resolve_nested_schema(schema_of(ForceJoined))]}
        return {}

    api.ma_plugin.converter.add_attribute_function(shapes)
