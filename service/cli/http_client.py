"""A client of the service's HTTP API, and the interface that the replay of a directory needs."""

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
    """The service does not answer at its address, or was still unavailable after all retries."""

    code = "service_unreachable"


class NotTheService(Invalid):
    """The server at this address is not this service: its answer is not JSON."""

    code = "not_the_service"


class CredentialNotGiven(Invalid):
    """A call must be made as a force whose credential was not given."""

    code = "credential_not_given"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the service: the HTTP status and the JSON body."""

    status: int
    body: dict[str, Any]


class Client(Protocol):
    """Calls the service as a force, with that force's credential."""

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
    """Calls the service at a URL. Every call is retried: ids make each of them idempotent."""

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
            raise ServiceUnreachable(f"No answer from {self.url}: {_reason(error)}. Is the service running?") from error
        try:
            answered = json.loads(response.data)
        except ValueError as error:
            raise NotTheService(
                f"Expected JSON from {self.url}{path}; found an answer {response.status} without it. Check the address."
            ) from error
        if response.status == HTTPStatus.SERVICE_UNAVAILABLE:
            raise ServiceUnreachable(f"{self.url}{path} is unavailable: {answered.get('detail', '')}")
        return Answer(response.status, answered)

    def _secret(self, force: str) -> str:
        if force not in self.secrets:
            raise CredentialNotGiven(f"There is no credential for {force}. Add one to the credentials file.")
        return self.secrets[force]


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    """Return why a call failed, without urllib3's description of the connection in front of it."""
    reason = str(getattr(error, "reason", None) or error)
    return reason.partition("): ")[2] or reason
