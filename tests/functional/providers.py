"""An identity provider for tests: a process that is started once, and told what to do."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tests.functional.served import PATIENCE_SECONDS, free_port, wait_until

CLIENT_ID, CLIENT_SECRET = "oprecord-of-surrey", "a-secret-of-the-client"
PROCESS = Path(__file__).with_name("provider_process.py")


class _NotFollowed(HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


class Provider:
    """An identity provider on this machine. For a browser it is another site than a service at 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://localhost:{port}"
        self.opener = build_opener(_NotFollowed)

    @property
    def settings(self) -> dict[str, Any]:
        """Return the settings with which the service signs in with its accounts."""
        return {"oidc_issuer": self.issuer, "oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET}

    def has_user(self, sub: str, **claims: Any) -> None:
        """Add an account."""
        self._put(f"/users/{sub}", claims)

    def told(self, **told: Any) -> None:
        """Tell it what to do differently from now on, and forget what it was told before."""
        self._put("/told", told)

    def calls(self) -> list[str]:
        """Return the paths that were asked for since it was told something."""
        with self.opener.open(f"{self.issuer}/calls", timeout=PATIENCE_SECONDS) as answer:
            return [path for path in json.load(answer) if path != "/calls"]

    def sign_in(self, address: str, sub: str, *, denies: bool = False) -> str:
        """Sign in, as a person does in the form at this address; return the address that it sends the browser to."""
        data = urlencode({"action": "deny"} if denies else {"sub": sub}).encode()
        try:
            self.opener.open(Request(address, data=data), timeout=PATIENCE_SECONDS)  # noqa: S310 - a local server
        except OSError as answer:
            return answer.headers["Location"]  # type: ignore[attr-defined]
        raise AssertionError("it sent the browser nowhere")

    def is_ready(self) -> bool:
        try:
            self.told()
        except OSError:
            return False
        return True

    def _put(self, path: str, body: dict[str, Any]) -> None:
        headers = {"Content-Type": "application/json"}
        request = Request(self.issuer + path, json.dumps(body).encode(), headers, method="PUT")  # noqa: S310 - local
        self.opener.open(request, timeout=PATIENCE_SECONDS).close()


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Run an identity provider for the block."""
    port = free_port()
    environment = os.environ | {"AUTHLIB_INSECURE_TRANSPORT": "1"}
    process = subprocess.Popen(
        [sys.executable, PROCESS, str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        provider = Provider(port)
        wait_until(lambda: process.poll() is not None or provider.is_ready())
        assert process.poll() is None, "the identity provider ended"
        yield provider
    finally:
        process.kill()
        process.wait(PATIENCE_SECONDS)
