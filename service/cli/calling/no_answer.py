"""Why a call got no answer from the service: each reason as one error that says what to do."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Any, Self

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError, ProxyError, SSLError

from service.cli.calling.proxies import Proxy
from service.errors import Invalid, RecordError, Unavailable

TUNNEL_REFUSED = "Tunnel connection failed: "
CERTIFICATES = "SSL_CERT_FILE"
LONGEST_WAIT_SECONDS = 30.0


class ServiceUnreachable(Unavailable):
    """The service does not answer at its address, or was still unavailable after all retries."""

    code = "service_unreachable"


class CertificateRefused(Invalid):
    """The server at this address has no certificate that this machine trusts, so nothing was sent to it."""

    code = "certificate_refused"


class ProxyUnreachable(Unavailable):
    """The proxy that the environment names does not answer."""

    code = "proxy_unreachable"


class ProxyRefused(Invalid):
    """The proxy that the environment names requires a password, or does not let calls to the service through."""

    code = "proxy_refused"


class Retries(urllib3.Retry):
    """Retries of a call; none where waiting cannot help, and no long wait because a server asks for one."""

    def increment(  # noqa: D102 - overridden
        self,
        method: str | None = None,
        url: str | None = None,
        response: urllib3.BaseHTTPResponse | None = None,
        error: Exception | None = None,
        *others: Any,
        **named: Any,
    ) -> Self:
        if error is not None and _is_final(error):
            raise error
        return super().increment(method, url, response, error, *others, **named)

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:  # noqa: D102 - overridden
        seconds = super().get_retry_after(response)
        return None if seconds is None else min(seconds, LONGEST_WAIT_SECONDS)


def no_answer(url: str, proxy: Proxy | None, error: HTTPError) -> RecordError:
    """Return the error to raise for a call that failed before there was an answer."""
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason is not None else error
    if proxy is not None and isinstance(cause, ProxyError):
        return _no_way_through(url, proxy, cause)
    if wrong := _wrong_certificate(cause):
        return CertificateRefused(
            f"{url} has a certificate that is not trusted here: {wrong.verify_message.rstrip('.')}. {_remedy()}"
        )
    through = f" through the {proxy}" if proxy else ""
    hint = "Does the address begin with http://?" if isinstance(cause, SSLError) else "Is the service running?"
    return ServiceUnreachable(f"No answer from {url}{through}: {_reason(cause)}. {hint}")


def password_refused(proxy: Proxy) -> ProxyRefused:
    """Return the error for a proxy that answers 407."""
    if proxy.headers:
        return ProxyRefused(f"The {proxy} refuses the user name and password in {proxy.variable}.")
    return ProxyRefused(
        f"The {proxy} requires a user name and a password. Set {proxy.variable} to "
        f"http://USER:PASSWORD@{proxy.address}."
    )


def _no_way_through(url: str, proxy: Proxy, error: ProxyError) -> RecordError:
    answered = _tunnel_refused(error)
    if answered is None:
        return ProxyUnreachable(
            f"No answer from the {proxy}: {_reason(error.original_error)}. Correct {proxy.variable}. If the "
            "service is reached without a proxy, add its host to NO_PROXY."
        )
    if answered.startswith("407"):
        return password_refused(proxy)
    if answered.startswith("5"):
        return ServiceUnreachable(f"The {proxy} does not reach {url}: it answered {answered}.")
    return ProxyRefused(f"The {proxy} does not let calls to {url} through: it answered {answered}.")


def _is_final(error: Exception) -> bool:
    """Return whether the same call would fail again: for its certificate, or because the proxy refuses it."""
    answered = _tunnel_refused(error)
    return _wrong_certificate(error) is not None or (answered is not None and not answered.startswith("5"))


def _tunnel_refused(error: Exception) -> str | None:
    """Return the status with which a proxy refused to connect to the service; None for any other error."""
    said = str(error.original_error) if isinstance(error, ProxyError) else ""
    return said.removeprefix(TUNNEL_REFUSED) if said.startswith(TUNNEL_REFUSED) else None


def _wrong_certificate(error: Exception) -> ssl.SSLCertVerificationError | None:
    cause = error.args[0] if isinstance(error, SSLError) and error.args else None
    return cause if isinstance(cause, ssl.SSLCertVerificationError) else None


def _remedy() -> str:
    file = os.environ.get(CERTIFICATES)
    if file and not Path(file).is_file():
        return f"There is no file {file}, which {CERTIFICATES} names."
    return (
        f"Check the address and this machine's clock. If your network inspects HTTPS, set {CERTIFICATES} to a PEM file "
        "that holds your organisation's certificate authority."
    )


def _reason(error: Exception) -> str:
    """Return why a call failed, without urllib3's description of the connection in front of it."""
    if isinstance(error, ProtocolError) and len(error.args) > 1:
        return str(error.args[1])
    reason = str(error)
    return reason.partition("): ")[2] or reason
