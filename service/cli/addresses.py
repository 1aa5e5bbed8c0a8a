"""The addresses at which people and programs on this machine reach the service."""

from __future__ import annotations

from service.config import Config


def address_of(config: Config) -> str:
    """Return the URL at which a client on this machine reaches the service."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(config.host, config.host)  # noqa: S104 - shown, not bound
    return f"http://[{host}]:{config.port}" if ":" in host else f"http://{host}:{config.port}"


def sign_in_address(url: str, token: str) -> str:
    """Return the link that signs in with this token, at the service at this URL."""
    return f"{url.rstrip('/')}/sign-in/{token}"
