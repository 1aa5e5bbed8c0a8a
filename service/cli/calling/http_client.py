"""A client of the service's HTTP API, and the interface that the replay of a directory needs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import urllib3

from service.cli.calling.given_credentials import SURROUNDINGS
from service.cli.calling.no_answer import Retries, ServiceUnreachable, no_answer, password_refused
from service.cli.calling.proxies import PORTS, Proxy, proxy_for
from service.errors import Invalid

# A gateway in front of the service answers 502 or 504 while the service restarts.
RETRIED = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
REDIRECTS = range(300, 400)
NDJSON = "application/x-ndjson"
RETRIES = Retries(total=5, backoff_factor=0.2, status_forcelist=RETRIED, allowed_methods=None, raise_on_status=False)
TIMEOUT = urllib3.Timeout(connect=5, read=120)


class NotAnAddress(Invalid):
    """The address of the service does not begin with http:// or https://, or holds more than host, port and path."""

    code = "not_an_address"


class RedirectRefused(Invalid):
    """The server at this address redirects elsewhere. A credential is sent to no other address than the one given."""

    code = "redirect_refused"


class NotTheService(Invalid):
    """The server at this address is not this service: its answer is not JSON."""

    code = "not_the_service"


class DownloadRefused(Invalid):
    """The service refused to make a file: the credential, the operation or the URL is wrong."""

    code = "download_refused"


class LinesRefused(Invalid):
    """The service does not answer with the lines that were asked for."""

    code = "lines_refused"


class CredentialNotGiven(Invalid):
    """A call must be made as a force whose credential was not given."""

    code = "credential_not_given"


@dataclass(frozen=True, slots=True)
class JsonResponse:
    """An answer of the service: the HTTP status and the JSON body."""

    status: int
    body: dict[str, Any]


class Client(Protocol):
    """Calls the service as a force, with that force's credential."""

    def get(self, path: str, force: str) -> JsonResponse:
        """Return the answer to a GET."""
        ...

    def post(self, path: str, body: Mapping[str, Any], force: str) -> JsonResponse:
        """Return the answer to a POST of this JSON body."""
        ...

    def post_file(self, path: str, body: bytes, media: str, force: str) -> JsonResponse:
        """Return the answer to a POST of a file of this media type."""
        ...

    def lines(self, path: str, force: str) -> Iterator[str]:
        """Yield the lines of the answer to a GET as they arrive."""
        ...


class HttpClient:
    """Calls the service at a URL. Every call is retried: ids make each of them idempotent.

    Calls go through the proxy that the environment names, unless `proxied` is false.
    """

    def __init__(self, url: str, secrets: Mapping[str, str], *, proxied: bool = True) -> None:
        """Create the client; `secrets` are the credentials by force.

        Raises:
            NotAnAddress, NotAProxy.
        """
        self.url = _address(url)
        self._secrets = secrets
        self._proxy = proxy_for(self.url) if proxied else None
        self._pool = _pool(self._proxy)

    def reach(self) -> None:
        """Check that this service is at the address and ready; send no credential.

        Raises:
            ServiceUnreachable, NotTheService, RedirectRefused, CertificateRefused, ProxyUnreachable, ProxyRefused.
        """
        answer = self._call("GET", "/readyz", {})
        if answer.body.get("status") != "ready":
            raise NotTheService(f"The server at {self.url} is not this service. Check the address.")

    def get(self, path: str, force: str) -> JsonResponse:
        """Return the answer to a GET.

        Raises:
            CredentialNotGiven, and the errors of `reach`.
        """
        return self._call("GET", path, self._credential(force))

    def get_file(self, path: str, media: str, force: str) -> bytes:
        """Return the file of this media type that the service makes at this path.

        Raises:
            DownloadRefused, CredentialNotGiven, and the errors of `reach`.
        """
        response = self._response("GET", path, self._credential(force) | {"Accept": media})
        found = response.headers.get("Content-Type", "").partition(";")[0]
        if response.status == HTTPStatus.OK and found == media:
            return response.data
        answer = self._answer(self.url + path, response)
        raise DownloadRefused(f"{answer.body.get('detail', 'The service made no file.')} ({answer.status})")

    def post(self, path: str, body: Mapping[str, Any], force: str) -> JsonResponse:
        """Return the answer to a POST of this JSON body.

        Raises:
            CredentialNotGiven, and the errors of `reach`.
        """
        return self.post_file(path, json.dumps(body).encode(), "application/json", force)

    def post_file(self, path: str, body: bytes, media: str, force: str) -> JsonResponse:
        """Return the answer to a POST of a file of this media type.

        Raises:
            CredentialNotGiven, and the errors of `reach`.
        """
        return self._call("POST", path, self._credential(force) | {"Content-Type": media}, body)

    def lines(self, path: str, force: str) -> Iterator[str]:
        """Yield the lines of the answer to a GET as they arrive, without the last one if it is incomplete.

        Raises:
            LinesRefused, CredentialNotGiven, and the errors of `reach`.
        """
        headers = self._credential(force) | {"Accept": NDJSON}
        response = self._response("GET", path, headers, preload_content=False)
        try:
            if response.status != HTTPStatus.OK:
                detail = (_json_object(response) or {}).get("detail", "The request was refused.")
                raise LinesRefused(f"{detail} ({response.status})")
            if (media := response.headers.get("Content-Type")) != NDJSON:
                raise LinesRefused(f"Expected lines of JSON from {self.url}{path}; found {media}. Check the address.")
            yield from (line.decode() for line in response if line.endswith(b"\n"))
        except urllib3.exceptions.HTTPError as error:
            raise no_answer(self.url, self._proxy, error) from error
        finally:
            # What is left unread would be taken for the next answer on this connection.
            response.close()
            response.release_conn()

    def _call(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> JsonResponse:
        accepting = {"Accept": "application/json", **headers}
        return self._answer(self.url + path, self._response(method, path, accepting, body))

    def _answer(self, url: str, response: urllib3.BaseHTTPResponse) -> JsonResponse:
        answered = _json_object(response)
        if answered is None:
            raise NotTheService(
                f"Expected JSON from {url}{self._through}; found an answer {response.status} without it. "
                "Check the address."
            )
        return JsonResponse(response.status, answered)

    def _response(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        preload_content: bool = True,
    ) -> urllib3.BaseHTTPResponse:
        url = self.url + path
        try:
            # A redirect is not followed: the credential is for this address alone.
            response = self._pool.request(
                method, url, body=body, headers=headers, redirect=False, preload_content=preload_content
            )
        except urllib3.exceptions.HTTPError as error:
            raise no_answer(self.url, self._proxy, error) from error
        if response.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED and self._proxy:
            raise password_refused(self._proxy)
        if location := response.headers.get("Location", "") if response.status in REDIRECTS else "":
            raise _redirected(url, path, location)
        if response.status in RETRIED:
            detail = (_json_object(response) or {}).get("detail")
            reason = detail or f"{response.status} {HTTPStatus(response.status).phrase}"
            raise ServiceUnreachable(f"{url} is unavailable{self._through}, also after retries: {reason}")
        return response

    def _credential(self, force: str) -> dict[str, str]:
        if force not in self._secrets:
            raise CredentialNotGiven(f"There is no credential for {force}. Add one to the credentials file.")
        return {"Authorization": f"Bearer {self._secrets[force]}"}

    @property
    def _through(self) -> str:
        return f" through the {self._proxy}" if self._proxy else ""


def _pool(proxy: Proxy | None) -> urllib3.PoolManager:
    """Return the connections to use. Certificates are verified, with SSL_CERT_FILE or those of the system."""
    if proxy is None:
        return urllib3.PoolManager(retries=RETRIES, timeout=TIMEOUT)
    return urllib3.ProxyManager(proxy.url, proxy_headers=proxy.headers, retries=RETRIES, timeout=TIMEOUT)


def _address(given: str) -> str:
    """Return the address of the service without the white space around it and the slash at its end.

    Raises:
        NotAnAddress.
    """
    url = given.strip(SURROUNDINGS)
    try:
        parts = urlsplit(url)
        valid = parts.scheme in PORTS and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if "@" in url:
        raise NotAnAddress("Expected an address of the service without a user name and password, which it never uses.")
    if not valid or parts.query or parts.fragment or any(one.isspace() or not one.isprintable() for one in url):
        hint = "" if "://" in url else " Put https:// or http:// in front of it."
        raise NotAnAddress(f"Expected an address such as https://record.example.org; found {url!r}.{hint}")
    return url.rstrip("/")


def _redirected(url: str, path: str, location: str) -> RedirectRefused:
    """Return the error for a redirect. It names the target without its query, which may be long or secret."""
    try:
        target = urlsplit(urljoin(url, location))
        place = target._replace(netloc=target.netloc.rpartition("@")[2], query="", fragment="").geturl()
    except ValueError:
        place = "an address that is none"
    use = f" If that is the service, use --url {place.removesuffix(path)}" if place.endswith(path) else ""
    return RedirectRefused(f"{url} redirects to {place}, where no credential is sent.{use}")


def _json_object(response: urllib3.BaseHTTPResponse) -> dict[str, Any] | None:
    """Return the JSON object in a response; None if there is none."""
    try:
        found = json.loads(response.data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
