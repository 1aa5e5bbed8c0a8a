"""A test client that acts like a person's browser: it keeps a session, and sends the forms that pages contain."""

import re
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')
HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
TAG = re.compile(r"<[^>]+>")
# What browsers send with a form of the same site.
OWN = {"Sec-Fetch-Site": "same-origin"}


class Visitor(FlaskClient):
    """A person at the pages. Redirects are not followed, so that tests see them."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        headers = dict(kwargs.pop("headers", None) or {})
        return super().open(*args, headers={"Accept": "text/html", **headers}, **kwargs)

    def sign_in(self, secret: str, **fields: str) -> TestResponse:
        """Paste a credential into the form."""
        return self.post("/sign-in", data={"credential": secret, **fields}, headers=OWN)

    def token(self, page: str = "/account") -> str:
        """Return the token in the forms of a page."""
        found = TOKEN.search(self.get(page).get_data(as_text=True))
        assert found is not None, f"{page} has no form"
        return found[1]

    def send(self, address: str, *, page: str = "/account", **fields: Any) -> TestResponse:
        """Send a form, with the token that a page has."""
        return self.post(address, data={"csrf_token": self.token(page), **fields}, headers=OWN)


def visitor(app: Flask, secret: str = "") -> Visitor:
    """Return a new browser; with a secret, one that is signed in."""
    client = Visitor(app, app.response_class, use_cookies=True)
    if secret:
        assert client.sign_in(secret).status_code == 303
    return client


def heading(response: TestResponse) -> str:
    """Return the text of the page's h1, of which there must be one."""
    (found,) = HEADING.findall(response.get_data(as_text=True))
    return text_of(found)


def text_of(html: str) -> str:
    """Return the text of HTML, with single spaces."""
    return " ".join(unescape(TAG.sub(" ", html)).split())
