"""GET /docs: a page to read and try the API. This server serves all its files, so the page needs no other network."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import flask_swagger_ui
from flask import Blueprint, Response, redirect, send_from_directory

from service.api.http.errors import NoSuchAddress

blueprint = Blueprint("docs", __name__, url_prefix="/docs")

OWN_FILES = Path(str(files("service.api.http"))) / "docs_page"
SWAGGER_FILES = Path(flask_swagger_ui.__file__).parent / "dist"
SERVED = {
    "index.html": OWN_FILES,
    "start.js": OWN_FILES,
    "swagger-ui.css": SWAGGER_FILES,
    "swagger-ui-bundle.js": SWAGGER_FILES,
}
# The page makes requests only to this server. Swagger UI sets styles on its elements and draws icons from data URLs.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'"
)


@blueprint.get("")
def to_page() -> Response:
    """Redirect to the page."""
    return redirect("/docs/")  # type: ignore[return-value]


@blueprint.get("/")
def get_page() -> Response:
    """Return the page."""
    return get_file("index.html")


@blueprint.get("/<name>")
def get_file(name: str) -> Response:
    """Return a file of the page.

    Raises:
        NoSuchAddress: the page has no such file.
    """
    if name not in SERVED:
        raise NoSuchAddress("There is nothing at this address.")
    response = send_from_directory(SERVED[name], name, max_age=3600)
    response.headers["Content-Security-Policy"] = POLICY
    return response
