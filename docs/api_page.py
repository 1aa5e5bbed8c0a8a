"""Generates the page of API calls from the OpenAPI document: roles, parameters and answers of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import marshmallow as ma

from docs.markdown import table, words_of
from service.app import create_app
from service.config import Config

PROBLEM = "[Problem](#problem)"


def api_page() -> Iterator[str]:
    """Yield the page of API calls."""
    document = create_app(Config(database_url="sqlite://")).test_client().get("/openapi.json").get_json()
    calls = [
        (f"{method.upper()} {path}", call)
        for path, item in document["paths"].items()
        for method, call in item.items()
        if method != "parameters"
    ]
    yield (
        "# API\n\nThe running service also provides this page as OpenAPI 3.1 at `/openapi.json`, and as an interactive "
        "page at `/docs`. For request bodies see [events.md](events.md), for errors [errors.md](errors.md).\n\n"
        "Send `Authorization: Bearer CREDENTIAL` with each call. A credential belongs to one force and has one role. "
        "In operations that its force does not lead, a coordinator has the rights of a force. An operation that the "
        "credential cannot see gets 404. An unknown parameter is an error. Lists are joined by commas. A list is "
        "summed into one figure unless its dimension is in `by`."
    )
    yield table(("call", "roles", "purpose"), [(f"`{name}`", _roles(call), call["summary"]) for name, call in calls])
    for name, call in calls:
        yield f"## {name}\n\n" + "\n\n".join(_call(call))
    yield "## Answers"
    classes = {cls.__name__: cls for cls in _subclasses(ma.Schema) if cls.__module__.startswith("service.api.")}
    for name, schema in document["components"]["schemas"].items():
        if f"{name}Schema" in classes:
            yield f"### {name}\n\n{words_of(classes[f'{name}Schema'])}\n\n{_shape(schema)}"


def _subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    for one in cls.__subclasses__():
        yield one
        yield from _subclasses(one)


def _roles(call: dict[str, Any]) -> str:
    return ", ".join(call.get("x-roles", ("no credential needed",)))


def _call(call: dict[str, Any]) -> Iterator[str]:
    yield call["summary"].removesuffix(".") + "."
    if "description" in call:
        yield " ".join(call["description"].split())
    yield f"Roles: {_roles(call)}."
    if sent := call.get("parameters"):
        rows = [(f"`{one['name']}`", _kind(one["schema"]), one.get("description", "")) for one in sent]
        yield table(("parameter", "value", "meaning"), rows)
    answers = {status: _contents(one) for status, one in sorted(call["responses"].items())}
    yield "Answers: " + "; ".join(f"{status} {one}" for status, one in answers.items() if one != PROBLEM) + "."
    yield "Errors: " + ", ".join(status for status, one in answers.items() if one == PROBLEM) + "."


def _contents(response: dict[str, Any]) -> str:
    return " or ".join(
        _kind(one["schema"]) if media.endswith("json") and "ndjson" not in media else f"`{media}`"
        for media, one in response["content"].items()
    )


def _shape(schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    rows = [
        (f"`{name}`", _kind(one) + ("" if name in required else "; optional"), one.get("description", ""))
        for name, one in schema["properties"].items()
    ]
    return table(("field", "value", "meaning"), rows)


def _kind(schema: dict[str, Any]) -> str:
    """Return a description of the values that an OpenAPI schema accepts."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_kind(one) for one in schema[several])
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    if "(," in schema.get("pattern", ""):
        return "codes joined by commas"
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    words = [_kind(schema["items"]) + ", a list" if one == "array" else one for one in types]
    bounds = [f"{schema['minimum']:,} to {schema['maximum']:,}"] if "maximum" in schema else []
    default = [f"default `{json.dumps(schema['default'])}`"] if schema.get("default") not in (None, "") else []
    return ", ".join([schema.get("format", words[0]), *words[1:], *bounds, *default])
