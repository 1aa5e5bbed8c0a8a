"""A client of the service's HTTP API, and what the replay of a directory needs of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

import urllib3

from service.errors import Invalid, Unavailable

RETRIES = urllib3.Retry(
    total=5, backoff_factor=0.2, status_forcelist=[503], allowed_methods=None, raise_on_status=False
)
TIMEOUT = urllib3.Timeout(connect=5, read=120)


class ServiceUnreachable(Unavailable):
    """The service does not answer at its address, or was asked to too often while it had no time."""

    code = "service_unreachable"


class NotTheService(Invalid):
    """Something answers at the address, and not as this service does."""

    code = "not_the_service"


class CredentialNotGiven(Invalid):
    """A call is to be made for a force of which no credential was given."""

    code = "credential_not_given"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered: the HTTP status and the JSON body."""

    status: int
    body: dict[str, Any]


class Client(Protocol):
    """Calls the service in the name of a force: with its credential, which the client knows."""

    def get(self, path: str, force: str) -> Answer:
        """Return the answer to a GET."""
        ...

    def post(self, path: str, body: Mapping[str, Any], force: str) -> Answer:
        """Return the answer to a POST of this JSON body."""
        ...

    def post_file(self, path: str, body: bytes, media: str, force: str) -> Answer:
        """Return the answer to a POST of a file of this media type."""
        ...


@dataclass(frozen=True, slots=True)
class HttpClient:
    """Calls the service at a URL. It tries again where that is safe, which it is everywhere: ids make it so."""

    url: str
    secrets: Mapping[str, str]
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=RETRIES, timeout=TIMEOUT))

    def get(self, path: str, force: str) -> Answer:
        """Return the answer to a GET.

        Raises:
            ServiceUnreachable, NotTheService, CredentialNotGiven.
        """
        return self._call("GET", path, force)

    def post(self, path: str, body: Mapping[str, Any], force: str) -> Answer:
        """Return the answer to a POST of this JSON body.

        Raises:
            ServiceUnreachable, NotTheService, CredentialNotGiven.
        """
        return self._call("POST", path, force, json.dumps(body).encode())

    def post_file(self, path: str, body: bytes, media: str, force: str) -> Answer:
        """Return the answer to a POST of a file of this media type.

        Raises:
            ServiceUnreachable, NotTheService, CredentialNotGiven.
        """
        return self._call("POST", path, force, body, media)

    def _call(
        self, method: str, path: str, force: str, body: bytes | None = None, media: str = "application/json"
    ) -> Answer:
        headers = {"Authorization": f"Bearer {self._secret(force)}", "Content-Type": media}
        try:
            response = self.pool.request(method, self.url.rstrip("/") + path, body=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise ServiceUnreachable(f"No answer from {self.url}: {error}.") from error
        try:
            answered = json.loads(response.data)
        except ValueError as error:
            raise NotTheService(f"{self.url}{path} answered {response.status}, and not JSON.") from error
        if response.status == HTTPStatus.SERVICE_UNAVAILABLE:
            raise ServiceUnreachable(f"{self.url}{path} has no time: {answered.get('detail', '')}")
        return Answer(response.status, answered)

    def _secret(self, force: str) -> str:
        if force not in self.secrets:
            raise CredentialNotGiven(f"There is no credential for {force}.")
        return self.secrets[force]
