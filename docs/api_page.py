"""The page of calls: who may make them, with which parameters, and what they answer; made from the API's document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from docs.markdown import table, words_of
from service.api import answer_schemas, problem_schema, reconciliation_schemas
from service.app import create_app
from service.config import Config

PROBLEM = "[Problem](#problem)"


def api_page() -> Iterator[str]:
    """Yield the page of calls: who may make them, with which parameters, and what they answer."""
    document = create_app(Config(database_url="sqlite://")).test_client().get("/openapi.json").get_json()
    calls = [
        (f"{method.upper()} {path}", call)
        for path, item in document["paths"].items()
        for method, call in item.items()
        if method != "parameters"
    ]
    yield (
        "# API\n\nThe running service serves the whole of this as OpenAPI 3.1 at `/openapi.json`, and as a page to try "
        "at `/docs`. Bodies are in [events.md](events.md), errors in [errors.md](errors.md).\n\n"
        "A call carries `Authorization: Bearer CREDENTIAL`. A credential belongs to one force and has one role; in "
        "operations that its force does not lead, a coordinator is as a force. Who may not know of an operation gets "
        "404. An unknown parameter is an error. Lists are joined by commas; a list is one sum unless its dimension is "
        "in `by`."
    )
    yield table(("call", "roles", "what"), [(f"`{name}`", _roles(call), call["summary"]) for name, call in calls])
    for name, call in calls:
        yield f"## {name}\n\n" + "\n\n".join(_call(call))
    yield "## Answers"
    classes = {**vars(problem_schema), **vars(answer_schemas), **vars(reconciliation_schemas)}
    for name, schema in document["components"]["schemas"].items():
        if f"{name}Schema" in classes:
            yield f"### {name}\n\n{words_of(classes[f'{name}Schema'])}\n\n{_shape(schema)}"


def _roles(call: dict[str, Any]) -> str:
    return ", ".join(call.get("x-roles", ("anybody",)))


def _call(call: dict[str, Any]) -> Iterator[str]:
    yield call["summary"].removesuffix(".") + "."
    if "description" in call:
        yield " ".join(call["description"].split())
    yield f"Roles: {_roles(call)}."
    if sent := call.get("parameters"):
        rows = [(f"`{one['name']}`", _kind(one["schema"]), one.get("description", "")) for one in sent]
        yield table(("parameter", "takes", "what it is"), rows)
    answers = {status: _contents(one) for status, one in sorted(call["responses"].items())}
    yield "Answers: " + "; ".join(f"{status} {one}" for status, one in answers.items() if one != PROBLEM) + "."
    yield "Problems: " + ", ".join(status for status, one in answers.items() if one == PROBLEM) + "."


def _contents(response: dict[str, Any]) -> str:
    return " or ".join(
        _kind(one["schema"]) if media.endswith("json") and "ndjson" not in media else f"`{media}`"
        for media, one in response["content"].items()
    )


def _shape(schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    rows = [
        (f"`{name}`", _kind(one) + ("" if name in required else ", or left out"), one.get("description", ""))
        for name, one in schema["properties"].items()
    ]
    return table(("field", "is", "means"), rows)


def _kind(schema: dict[str, Any]) -> str:
    """Return what a schema of the API's document takes, in words."""
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
    default = [f"`{json.dumps(schema['default'])}` without it"] if schema.get("default") not in (None, "") else []
    return ", ".join([schema.get("format", words[0]), *words[1:], *bounds, *default])
