"""Static files: served under a name with their hash, so that a browser keeps them and still gets every new version."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from flask import Response, request

from service.web.site.blueprint import PageNotFound, Pages

TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
DIGITS = 12
KEEP = "public, max-age=31536000, immutable"

pages = Pages("assets", __name__)


@dataclass(frozen=True, slots=True)
class Asset:
    """A static file: its name with hash, its bytes plain and compressed, and its media type."""

    name: str
    body: bytes
    compressed: bytes
    media: str


@pages.route("/static/<name>")
@pages.public
def asset(name: str) -> Response:
    """Send a static file, compressed if the browser accepts that."""
    found = _by_hashed_name().get(name)
    if found is None:
        raise PageNotFound("There is no such file.")
    is_compressed = request.accept_encodings.quality("gzip") > 0
    response = Response(found.compressed if is_compressed else found.body, content_type=found.media)
    if is_compressed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = KEEP
    response.set_etag(name)
    response.make_conditional(request)
    return response


def asset_address(name: str) -> str:
    """Return the address of a static file, such as /static/live.0123456789ab.js for live.js."""
    return f"/static/{_assets()[name].name}"


@cache
def _assets() -> dict[str, Asset]:
    """Return every static file by its name. They do not change while the process runs."""
    found = {}
    for file in files("service.web").joinpath("static").iterdir():
        stem, _dot, ending = file.name.rpartition(".")
        if ending not in TYPES:
            continue
        body = file.read_bytes()
        digest = hashlib.sha256(body).hexdigest()[:DIGITS]
        media = f"{TYPES[ending]}; charset=utf-8"
        found[file.name] = Asset(f"{stem}.{digest}.{ending}", body, gzip.compress(body, mtime=0), media)
    return found


@cache
def _by_hashed_name() -> dict[str, Asset]:
    return {asset.name: asset for asset in _assets().values()}
