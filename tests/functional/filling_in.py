"""Filling in the forms of facts as a browser does: every field that the page holds, with some changed."""

import re
from html import unescape
from typing import Any

from werkzeug.test import TestResponse

from tests.functional.visitors import OWN, Visitor

INPUT = re.compile(r"<input\b([^>]*)>")
SELECT = re.compile(r"<select\b([^>]*)>(.*?)</select>", re.DOTALL)
OPTION = re.compile(r"<option\b([^>]*)>")
ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')
FORM = re.compile(r'<form method="post"([^>]*)>(.*?)</form>', re.DOTALL)
OF_EVERY_PAGE = ("/sign-out", "/account/stay")


def attributes(text: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in ATTRIBUTE.findall(text)}


def form_of(page: str, containing: str = "") -> tuple[str, dict[str, list[str]]]:
    """Return the address of the form on a page that contains a text, apart from those of every page, and its fields."""
    for head, body in FORM.findall(page):
        action = attributes(head).get("action", "")
        if action not in OF_EVERY_PAGE and containing in body:
            return action, fields_of(body)
    raise AssertionError(f"no form contains {containing!r}")


def fields_of(body: str) -> dict[str, list[str]]:
    """Return what a browser would send of a form, without any button."""
    found: dict[str, list[str]] = {}
    for text in INPUT.findall(body):
        own = attributes(text)
        if own.get("type") not in ("checkbox", "radio") or "checked" in own:
            found.setdefault(own["name"], []).append(own.get("value", ""))
    for head, options in SELECT.findall(body):
        listed = [attributes(option) for option in OPTION.findall(options)]
        chosen = next((one for one in listed if "selected" in one), listed[0])
        found.setdefault(attributes(head)["name"], []).append(chosen["value"])
    return found


def send(person: Visitor, page: TestResponse, *, containing: str = "", **fields: Any) -> TestResponse:
    """Send a page's form with some fields changed; names with a hyphen are given with two underscores."""
    action, found = form_of(page.get_data(as_text=True), containing)
    changed = {name.replace("__", "-"): value for name, value in fields.items()}
    return person.post(action, data={**found, **changed}, headers=OWN)


def follow(person: Visitor, answer: TestResponse) -> TestResponse:
    """Return the page that an answer leads to, over any further redirects."""
    while answer.status_code == 303:
        answer = person.get(answer.location.partition("#")[0])
    return answer


def opened_form(person: Visitor, address: str) -> TestResponse:
    """Return the page of a new form."""
    page = follow(person, person.get(address))
    assert page.status_code == 200, address
    return page


def checked(person: Visitor, page: TestResponse, **fields: Any) -> TestResponse:
    """Send a form to be checked, and return the page that follows: the check, or the form with its mistakes."""
    return follow(person, send(person, page, action="check", **fields))


def mistakes(page: TestResponse) -> list[tuple[str, str]]:
    """Return the mistakes in the summary of a page: where each leads, and its text."""
    text = page.get_data(as_text=True)
    if "govuk-error-summary__list" not in text:
        return []
    summary = text.split("govuk-error-summary__list")[1].split("</ul>")[0]
    return [
        (unescape(href), unescape(said).strip())
        for href, said in re.findall(r'<a href="#([^"]+)">(.*?)</a>', summary, re.DOTALL)
    ]
