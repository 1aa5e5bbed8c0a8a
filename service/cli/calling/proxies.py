"""The proxy through which the environment wants a call to go: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

from service.errors import Invalid

PORTS = {"http": 80, "https": 443}


class NotAProxy(Invalid):
    """A variable of the environment does not hold the address of an HTTP proxy. Its value may hold a password."""

    code = "not_a_proxy"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy: its address without user and password, the variable that names it, and the headers to send to it."""

    url: str
    variable: str
    headers: Mapping[str, str] = field(repr=False)

    @property
    def address(self) -> str:
        """Return its host and port."""
        return urlsplit(self.url).netloc

    def __str__(self) -> str:
        return f"proxy {self.address} ({self.variable})"


def proxy_for(url: str) -> Proxy | None:
    """Return the proxy for calls to a URL; None if they go to it directly.

    This machine itself is always reached directly.

    Raises:
        NotAProxy.
    """
    target = urlsplit(url)
    host = target.hostname or ""
    found = getproxies_environment()
    scheme = target.scheme if target.scheme in found else "all"
    if scheme not in found or _is_this_machine(host):
        return None
    if proxy_bypass_environment(f"{host}:{target.port or PORTS[target.scheme]}", found):
        return None
    return _proxy(found[scheme].strip(), _variable(scheme, found[scheme]))


def _proxy(value: str, variable: str) -> Proxy:
    expected = NotAProxy(
        f"{variable} does not hold the address of an HTTP proxy. Expected http://HOST:PORT, or "
        "http://USER:PASSWORD@HOST:PORT with special characters in the password written as %XX."
    )
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        # The reason may quote the password.
        raise expected from None
    # Without its percent sign, a # or / in a password would make the rest of it look like a host.
    cut = "@" in value and "@" not in parts.netloc
    if parts.scheme not in PORTS or not parts.hostname or cut:
        raise expected
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    headers = {}
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {b64encode(user.encode()).decode()}"
    return Proxy(f"{parts.scheme}://{host}:{port}", variable, headers)


def _variable(scheme: str, value: str) -> str:
    """Return the name of the variable that holds the proxy, as it is written in the environment."""
    named = [name for name, held in os.environ.items() if name.lower() == f"{scheme}_proxy" and held == value]
    return min(named, default=f"{scheme}_proxy".upper())


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
