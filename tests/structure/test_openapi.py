"""The OpenAPI document is valid and complete, and the page that shows it needs no network."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.api.http import docs
from service.app import create_app
from service.config import Config
from tests.structure.test_access import calls_of

OUTSIDE = re.compile(r"""(?:https?:)?//[\w.-]+""")
HTTP_METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def app() -> Flask:
    # The document needs no database.
    return create_app(Config(database_url="sqlite:///:memory:"))


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> dict[str, Any]:
    return client.get("/openapi.json").json


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in HTTP_METHODS
    }


def test_the_document_is_valid_openapi(document: dict[str, Any]):
    # Its import takes as long as that of the service, and every worker collects this module.
    from openapi_spec_validator import validate  # noqa: PLC0415

    assert document["openapi"] == "3.1.0"
    validate(document)


def test_every_call_is_in_the_document(app: Flask, document: dict[str, Any]):
    rules = [rule for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("pages.")]
    routes = [call for rule in rules for call in calls_of(rule)]
    expected = {
        (method, rule.replace("<", "{").replace(">", "}"))
        for method, rule in routes
        if not rule.startswith(("/docs", "/openapi"))
    }
    assert set(operations(document)) == expected


def test_every_call_has_a_summary_and_documents_its_responses(document: dict[str, Any]):
    for (method, path), operation in operations(document).items():
        assert operation["summary"], (method, path)
        statuses = set(operation["responses"])
        assert statuses & {"200", "201"}, (method, path)
        if path.startswith("/v1/"):
            assert {"503"} <= statuses, (method, path)
            assert ({"401", "403"} <= statuses) != path.startswith("/v1/public/"), (method, path)
        if "{operation}" in path:
            assert "404" in statuses, (method, path)
        if method == "POST":
            assert {"400", "409", "413", "415", "422"} <= statuses | {"409"}, (method, path)
            assert operation["requestBody"]["required"], (method, path)


def test_every_error_is_documented_as_a_problem(document: dict[str, Any]):
    for (method, path), operation in operations(document).items():
        for status, response in operation["responses"].items():
            media = set(response["content"])
            if status[0] in "45" and (status, path.rpartition("/")[2]) != ("422", "batches"):
                assert media == {"application/problem+json"}, (method, path, status)
            elif status[0] == "2":
                assert "application/problem+json" not in media, (method, path, status)


def test_every_parameter_in_a_path_is_declared(document: dict[str, Any]):
    for (method, path), operation in operations(document).items():
        shared = document["paths"][path].get("parameters", [])
        declared = {one["name"] for one in [*shared, *operation.get("parameters", [])] if one["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path)), (method, path)


class Page(HTMLParser):
    """Collects what a page loads, and any inline script or event handler."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []
        self.within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.within = tag
        self.loads += [value or "" for name, value in attributes if name in ("src", "href")]
        self.inline += [name for name, _value in attributes if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        if self.within == "script" and data.strip():
            self.inline.append(data)

    def handle_endtag(self, _tag: str) -> None:
        self.within = ""


def test_the_page_loads_only_from_this_server_and_everything_it_loads_exists(client: FlaskClient):
    redirect = client.get("/docs")
    assert (redirect.status_code, redirect.headers["Location"]) == (302, "/docs/")
    with client.get("/docs/") as response:
        text, policy = response.get_data(as_text=True), response.headers["Content-Security-Policy"]
    page = Page(text)
    assert page.loads
    assert page.inline == []
    assert not OUTSIDE.search(text)
    assert not OUTSIDE.search(policy)
    assert "default-src 'none'" in policy
    for address in page.loads:
        with client.get(address if address.startswith("/") else f"/docs/{address}") as response:
            assert response.status_code == 200, address
            assert response.get_data(), address


def test_the_script_of_the_page_calls_only_this_server(client: FlaskClient):
    assert "start.js" in docs.SERVED
    with client.get("/docs/start.js") as response:
        script = response.get_data(as_text=True)
    assert "/openapi.json" in script
    assert not OUTSIDE.search(script)
