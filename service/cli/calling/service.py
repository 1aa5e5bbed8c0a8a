"""Calls of a command to the service, as the one caller whose credential was given or is stored in the profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

import click
from uuid_utils.compat import uuid7

from service.cli.calling.given_credentials import SURROUNDINGS, cleaned
from service.cli.calling.http_client import HttpClient, JsonResponse
from service.cli.calling.profile import load_profile
from service.errors import Invalid

Json = dict[str, Any]
Command = TypeVar("Command", bound=Callable[..., Any])
# The name of the one credential that such a command calls with, and the variable that may hold it.
CALLER, CREDENTIAL = "caller", "OPRECORD_CREDENTIAL"
HOW_TO_SIGN_IN = f"Run: oprecord login --url URL. Or give --url and set {CREDENTIAL}."


class NotLoggedIn(Invalid):
    """A command that calls the service was given no address or no credential, and none is stored."""

    code = "not_logged_in"


class ServiceRefused(Invalid):
    """The service refused what a command asked for, for the reason given."""

    code = "service_refused"


@dataclass(frozen=True, slots=True)
class RemoteService:
    """The service at an address, called with one credential."""

    client: HttpClient

    def get(self, path: str, **query: object) -> Json:
        """Return the answer to a GET of a path under /v1; a parameter that is None is left out.

        Raises:
            ServiceRefused, and the errors of `HttpClient.reach`.
        """
        given = {name: value for name, value in query.items() if value is not None}
        return _accepted(self.client.get(f"/v1/{path}" + (f"?{urlencode(given)}" if given else ""), CALLER))

    def text(self, path: str, media: str, **query: object) -> str:
        """Return the answer to a GET of a path under /v1 as text of this media type.

        Raises:
            DownloadRefused, and the errors of `HttpClient.reach`.
        """
        return self.client.get_file(f"/v1/{path}?{urlencode(query)}", media, CALLER).decode()

    def pages(self, path: str, members: str, **query: object) -> Iterator[Json]:
        """Yield every member of a list that comes in pages.

        Raises:
            as `get`.
        """
        while True:
            page = self.get(path, **query)
            yield from page[members]
            if page["next"] is None:
                return
            query |= {"after": page["next"]}

    def post(self, path: str, body: Mapping[str, Any]) -> Json:
        """Return the answer to a POST of this body with a new id, unless it has one. A retry repeats the id.

        Raises:
            as `get`.
        """
        return self.post_as_is(path, {"id": new_id(), **body})

    def post_as_is(self, path: str, body: Mapping[str, Any]) -> Json:
        """Return the answer to a POST of this body, which has ids of its own.

        Raises:
            as `get`.
        """
        return _accepted(self.client.post(f"/v1/{path}", body, CALLER))


def new_id() -> str:
    """Return a new id for an event."""
    return str(uuid7())


def calls_service(command: Command) -> Command:
    """Give a command the options `--url` and `--as`, from which `service_of` makes the service to call."""
    for option in (
        click.option(
            "--as",
            "secret",
            envvar=CREDENTIAL,
            metavar="CREDENTIAL",
            help=f"Your credential. Prefer oprecord login or {CREDENTIAL}, which other users cannot see.",
        ),
        click.option("--url", metavar="URL", help="Address of the service. Default: that of oprecord login."),
    ):
        command = option(command)
    return command


def service_of(url: str | None, secret: str | None) -> RemoteService:
    """Return the service at the given address or else that of the profile, with the given credential or else its own.

    The credential of the profile is sent to the address of the profile only.

    Raises:
        NotLoggedIn: an address or a credential is missing.
        CredentialUnusable, ProfileUnusable, NotAnAddress, NotAProxy.
    """
    given = cleaned(secret or "", CREDENTIAL)
    profile = None if url and given else load_profile()
    address = url or (None if profile is None else profile.url)
    if address is None:
        raise NotLoggedIn(f"There is no address of the service. {HOW_TO_SIGN_IN}")
    if not given and profile is not None and _same(address, profile.url):
        given = cleaned(profile.credential, "the stored profile")
    if not given:
        raise NotLoggedIn(f"There is no credential for {address}. {HOW_TO_SIGN_IN}")
    return RemoteService(HttpClient(address, {CALLER: given}))


def _same(one: str, other: str) -> bool:
    return one.strip(SURROUNDINGS).rstrip("/") == other.strip(SURROUNDINGS).rstrip("/")


def _accepted(answer: JsonResponse) -> Json:
    if answer.status < HTTPStatus.BAD_REQUEST:
        return answer.body
    detail = answer.body.get("detail") or f"The service answered {answer.status}."
    hint = " Run: oprecord login" if answer.status == HTTPStatus.UNAUTHORIZED else ""
    raise ServiceRefused(f"{detail}{hint}")
