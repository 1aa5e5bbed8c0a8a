"""The resources of the API, and their OpenAPI 3.1 document at /openapi.json."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from flask import Flask, Response
from marshmallow import fields

from service.api import (
    credentials,
    health,
    operations,
    possible_duplicates,
    public,
    reference,
    returns,
    templates,
    totals,
)
from service.api.events import batches, feed
from service.api.events import routes as events
from service.api.http import docs
from service.api.http.blueprint import ProblemApi
from service.api.http.bodies import JSON
from service.api.publications import routes as publications
from service.api.reconciliation import routes as reconciliation
from service.api.statement import routes as statement
from service.domain.model.events import FACTS, LINE_CLASSES, ForceJoined
from service.domain.model.vocabulary import STEP
from service.wire.schemas import ForceField, LineField, line_schema, schema_of

DESCRIPTION = (
    "The record of a police operation in which several forces take part. Forces post arrests and seizures; "
    "coordinators read totals, now or as of any past moment. The sender chooses each event's id, which makes every "
    "request idempotent: if in doubt, retry; nothing is counted twice."
)
SETTINGS = {
    "API_TITLE": "Operation record API",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "API_SPEC_OPTIONS": {
        "info": {"description": DESCRIPTION, "license": {"name": "MIT"}},
        "components": {"securitySchemes": {"credential": {"type": "http", "scheme": "bearer"}}},
    },
}
TIMES = {
    "occurred_at": "the moment; exactly one of occurred_at and occurred_on is required",
    "occurred_on": "the operating day, if the moment is not known; not for an activity with occurred_before",
}
RESOURCES = (
    operations,
    events,
    batches,
    feed,
    totals,
    returns,
    statement,
    publications,
    public,
    reconciliation,
    possible_duplicates,
    templates,
    reference,
    credentials,
    health,
)


def register_api(app: Flask) -> None:
    """Register every resource, the OpenAPI document, and its page."""
    for resource in RESOURCES:
        app.register_blueprint(resource.blueprint)
    app.add_url_rule("/openapi.json", view_func=get_document)
    app.register_blueprint(docs.blueprint)


def get_document() -> Response:
    """Return the OpenAPI document."""
    return Response(document(), content_type=JSON)


@cache
def document() -> str:
    """Return the OpenAPI document as JSON. It is the same for every app.

    Building it takes longer than creating an app, so it is built at the first request, from an app of its own in which
    flask-smorest registers the resources again.
    """
    app = Flask("document", static_folder=None)
    app.config.update(SETTINGS)
    api = ProblemApi(app)
    _document_own_fields(api)
    for resource in RESOURCES:
        api.register_blueprint(resource.blueprint)
    described = api.spec.to_dict()
    for cls in FACTS:
        _document_times(described["components"]["schemas"][f"{cls.__name__}Event"])
    return json.dumps(described, indent=2)


def _document_times(schema: dict[str, Any]) -> None:
    """Add to the schema of a fact that it has either a moment or a day; null counts as missing."""
    for name, description in TIMES.items():
        schema["properties"][name]["description"] = description
    schema["oneOf"] = [
        {
            "required": [given],
            "properties": {name: {"type": "string" if name == given else "null"} for name in TIMES},
        }
        for given in TIMES
    ]


def _document_own_fields(api: ProblemApi) -> None:
    """Register with apispec the fields that accept one of several schemas."""

    def shapes(converter: Any, field: fields.Field[Any], **_options: Any) -> dict[str, Any]:
        if isinstance(field, LineField):
            return {"oneOf": [converter.resolve_nested_schema(line_schema(kind)) for kind in LINE_CLASSES]}
        if isinstance(field, ForceField):
            slug = {"type": "string", "pattern": f"^{STEP}$", "maxLength": 64}
            return {"oneOf": [slug, converter.resolve_nested_schema(schema_of(ForceJoined))]}
        return {}

    api.ma_plugin.converter.add_attribute_function(shapes)
