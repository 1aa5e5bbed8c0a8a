"""`oprecord submit` and `oprecord replay` in an office network: proxies, gateways, redirects, certificates."""

import base64
import contextlib
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from service.access.credentials import new_secret
from service.cli.calling import http_client
from service.cli.calling.http_client import (
    HttpClient,
    LinesRefused,
    NotAnAddress,
    NotTheService,
    RedirectRefused,
)
from service.cli.calling.no_answer import CertificateRefused, ProxyRefused, ProxyUnreachable, ServiceUnreachable
from service.cli.calling.proxies import NotAProxy, proxy_for
from service.cli.exit_codes import DONE, REFUSED, UNAVAILABLE, USAGE
from service.cli.main import run
from service.storage.db import Database
from service.usecases.maintenance.credentials import list_credentials
from tests.factories.logs import SEED
from tests.functional.calls import on_sqlite
from tests.functional.served import COMMAND, free_port
from tests.functional.sockets import listening, running

SECRETS = {"surrey": "oprecord_1"}
ME = {"force": "surrey"}
NAME = "record.test"


@pytest.fixture(autouse=True)
def office(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start without the proxies of this machine, and wait for nothing between retries."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(http_client, "RETRIES", http_client.RETRIES.new(backoff_factor=0, total=3))


class Quiet(BaseHTTPRequestHandler):
    """Handles calls without logging them; each goes to the server's `answer`."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def log_message(self, *_arguments: Any) -> None: ...

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, self.headers.get("Authorization")))
        self.server.answer(self)

    def do_POST(self) -> None:
        self.do_GET()

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def reply_json(self, body: Any) -> None:
        self.reply(200, json.dumps(body).encode())


class Server(ThreadingHTTPServer):
    """A server at a free port of this machine, and what it has seen: method, target and authorization."""

    def __init__(self, answer: Callable[[Any], None], handler: type[Quiet] = Quiet) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.answer = answer
        self.seen: list[tuple[str, str, str | None]] = []

    def handle_error(self, *_arguments: Any) -> None:
        """Print nothing about a client that hangs up."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that starts a server that answers with a function of the call."""
    with_servers: list[Any] = []

    def serve(answer: Callable[[Any], None], handler: type[Quiet] = Quiet) -> Server:
        context = running(Server(answer, handler))
        with_servers.append(context)
        return context.__enter__()

    yield serve
    for context in reversed(with_servers):
        context.__exit__(None, None, None)


def service(call: Quiet) -> None:
    call.reply_json(ME)


# --- a gateway in front of the service


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_service_that_restarts_behind_a_gateway_is_waited_for(serve: Serve, status: int):
    def answer(call: Quiet) -> None:
        call.reply(status, b"<html>Bad Gateway</html>") if len(gateway.seen) < 3 else call.reply_json(ME)

    gateway = serve(answer)
    assert HttpClient(gateway.url, SECRETS).post("/v1/me", {}, "surrey").body == ME
    assert len(gateway.seen) == 3


@pytest.mark.parametrize(("status", "phrase"), [(502, "Bad Gateway"), (504, "Gateway Timeout")])
def test_a_gateway_that_never_reaches_the_service_is_reported(serve: Serve, status: int, phrase: str):
    gateway = serve(lambda call: call.reply(status, b"<html>"))
    with pytest.raises(ServiceUnreachable, match=rf"/v1/me is unavailable, also after retries: {status} {phrase}"):
        HttpClient(gateway.url, SECRETS).get("/v1/me", "surrey")


def test_a_server_cannot_make_the_command_wait_for_long(serve: Serve, monkeypatch: pytest.MonkeyPatch):
    slept: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", slept.append)
    busy = serve(lambda call: call.reply(503, b'{"detail": "too busy"}', Retry_After="86400"))
    with pytest.raises(ServiceUnreachable, match=r"too busy"):
        HttpClient(busy.url, SECRETS).get("/v1/me", "surrey")
    assert slept == [30.0] * 3


# --- an answer in lines


NDJSON = "application/x-ndjson"


def lines_of(server: Server) -> list[str]:
    return list(HttpClient(server.url, SECRETS).lines("/v1/lines", "surrey"))


def test_lines_are_yielded_and_an_incomplete_one_is_not(serve: Serve):
    whole = '{"seq":1}\n{"seq":2,"x":"£"}\n'
    server = serve(lambda call: call.reply(200, f'{whole}{{"seq":3'.encode(), Content_Type=NDJSON))
    assert lines_of(server) == whole.splitlines(keepends=True)
    assert server.seen == [("GET", "/v1/lines", "Bearer oprecord_1")]


@pytest.mark.parametrize(
    ("status", "body", "media", "said"),
    [
        (404, b'{"detail": "There is no operation live."}', "application/problem+json", "no operation live. .404."),
        (200, b"<html>", "text/html", "Expected lines of JSON from .*/v1/lines; found text/html. Check the address."),
    ],
)
def test_what_is_not_lines_is_reported(serve: Serve, status: int, body: bytes, media: str, said: str):
    server = serve(lambda call: call.reply(status, body, Content_Type=media))
    with pytest.raises(LinesRefused, match=said):
        lines_of(server)


def test_lines_from_a_service_that_is_down_are_retried(serve: Serve):
    def answer(call: Quiet) -> None:
        if len(down.seen) < 3:
            call.reply(503, b'{"detail": "too busy"}')
        else:
            call.reply(200, b"{}\n", Content_Type=NDJSON)

    down = serve(answer)
    assert lines_of(down) == ["{}\n"]
    dead = serve(lambda call: call.reply(503, b'{"detail": "too busy"}'))
    with pytest.raises(ServiceUnreachable, match="also after retries: too busy"):
        lines_of(dead)


def test_lines_that_are_cut_off_are_reported(serve: Serve):
    def answer(call: Quiet) -> None:
        call.send_response(200)
        call.send_header("Content-Type", NDJSON)
        call.send_header("Content-Length", "100")
        call.end_headers()
        call.wfile.write(b"{}\n")
        call.close_connection = True

    with pytest.raises(ServiceUnreachable, match=r"IncompleteRead|bytes read"):
        lines_of(serve(answer))


# --- a redirect


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_its_target_gets_no_credential(serve: Serve, status: int):
    elsewhere = serve(service)
    redirecting = serve(lambda call: call.reply(status, Location=f"{elsewhere.url}{call.path}"))
    with pytest.raises(RedirectRefused) as caught:
        HttpClient(redirecting.url, SECRETS).post("/v1/me", {}, "surrey")
    assert str(caught.value) == (
        f"{redirecting.url}/v1/me redirects to {elsewhere.url}/v1/me, where no credential is sent. "
        f"If that is the service, use --url {elsewhere.url}"
    )
    assert elsewhere.seen == []
    assert len(redirecting.seen) == 1


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/login?return=secret#x", "/login,"),
        ("https://user:hunter2@login.test/sign-in?token=secret", "https://login.test/sign-in,"),
        ("http://[broken", "an address that is none,"),
    ],
)
def test_a_redirect_to_a_page_for_signing_in_is_named_without_its_query(serve: Serve, location: str, shown: str):
    portal = serve(lambda call: call.reply(302, Location=location))
    with pytest.raises(RedirectRefused) as caught:
        HttpClient(portal.url, SECRETS).get("/v1/me", "surrey")
    assert shown in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "--url" not in str(caught.value)


# --- an address


@pytest.mark.parametrize(
    "url",
    [
        "the service",
        "127.0.0.1:8000",
        "localhost:8000",
        "ftp://127.0.0.1",
        "http://",
        "",
        "http://a:99999",
        "http://a:0",
        "http://a/?x=1",
        "http://a/#x",
        "http://a b/",
        "http://[::1",
        "http://a\x00",
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_sent(url: str):
    with pytest.raises(NotAnAddress, match=r"Expected an address such as https://record.example.org; found "):
        HttpClient(url, SECRETS)


def test_a_password_in_an_address_is_refused_and_not_shown():
    with pytest.raises(NotAnAddress, match=r"without a user name and password") as caught:
        HttpClient("http://surrey:hunter2@record.test", SECRETS)
    assert "hunter2" not in str(caught.value)


def test_an_address_may_have_a_path_and_what_pasting_adds(serve: Serve):
    server = serve(service)
    HttpClient(f" \u201c{server.url}/record/\u201d\n", SECRETS).get("/v1/me", "surrey")
    assert server.seen == [("GET", "/record/v1/me", "Bearer oprecord_1")]


@pytest.mark.parametrize(
    ("url", "reason"),
    [("http://127.0.0.1:{closed}", "Connection refused"), ("http://nowhere.invalid", "Failed to resolve|resolution")],
)
def test_a_dead_address_is_reported_in_one_sentence(url: str, reason: str):
    url = url.format(closed=free_port())
    with pytest.raises(ServiceUnreachable, match=rf"No answer from {url}: .*({reason})") as caught:
        HttpClient(url, SECRETS).get("/v1/me", "surrey")
    # urllib3 describes its connection in front of the reason, which helps nobody who runs a command.
    assert "HTTPConnection" not in str(caught.value)


@pytest.mark.parametrize("body", [b"<html>Welcome to the guest network</html>", b"[]", b"", b"[" * 100_000])
def test_a_server_that_is_not_the_service_is_reported(serve: Serve, body: bytes):
    portal = serve(lambda call: call.reply(200, body))
    with pytest.raises(NotTheService, match=r"found an answer 200 without it"):
        HttpClient(portal.url, SECRETS).get("/v1/me", "surrey")


def test_a_connection_that_is_cut_is_reported_in_plain_words(serve: Serve):
    dead = serve(lambda call: call.connection.shutdown(socket.SHUT_RDWR))
    with pytest.raises(ServiceUnreachable, match=r": Remote end closed connection without response. Is the service"):
        HttpClient(dead.url, SECRETS).get("/v1/me", "surrey")


# --- a proxy


class ProxyHandler(Quiet):
    """A forward proxy whose names all lead to one server: absolute targets, and CONNECT."""

    def do_CONNECT(self) -> None:
        self.server.seen.append(("CONNECT", self.path, self.headers.get("Proxy-Authorization")))
        self.close_connection = True
        if self.is_refused():
            return
        with socket.create_connection(self.server.backend) as there:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=copied, args=(there, self.connection))
            back.start()
            copied(self.connection, there)
            back.join()

    def do_GET(self) -> None:
        self.server.seen.append((self.command, self.path, self.headers.get("Proxy-Authorization")))
        if self.is_refused():
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = "/" + self.path.split("/", 3)[3]
        sent = {name: value for name, value in self.headers.items() if not name.startswith("Proxy-")}
        there = HTTPConnection(*self.server.backend, timeout=10)
        there.request(self.command, path, body, sent)
        with there.getresponse() as answer:
            self.reply(answer.status, answer.read())
        there.close()

    def do_POST(self) -> None:
        self.do_GET()

    def is_refused(self) -> bool:
        expected = self.server.password
        given = self.headers.get("Proxy-Authorization")
        if self.server.refusal:
            self.reply(self.server.refusal, b"<html>", Connection="close")
        elif expected and given != f"Basic {base64.b64encode(expected.encode()).decode()}":
            self.reply(407, b"<html>", Proxy_Authenticate="Basic realm=office", Connection="close")
        else:
            return False
        return True


def copied(source: socket.socket, target: socket.socket) -> None:
    # Either side may hang up, for example because it does not trust the other's certificate.
    with contextlib.suppress(OSError):
        while some := source.recv(65_536):
            target.sendall(some)
        target.shutdown(socket.SHUT_WR)


class ForwardProxy(Server):
    """The proxy of an office: it leads every name to one server, and may want a password or refuse everything."""

    def __init__(self, port: int) -> None:
        super().__init__(service, ProxyHandler)
        self.backend = ("127.0.0.1", port)
        self.password = ""
        self.refusal = 0


@pytest.fixture
def proxied(serve: Serve) -> Iterator[ForwardProxy]:
    """Return a proxy in front of a server that knows Surrey."""
    with running(ForwardProxy(serve(service).server_port)) as proxy:
        yield proxy


def me(url: str = f"http://{NAME}") -> Any:
    return HttpClient(url, SECRETS).get("/v1/me", "surrey").body


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_calls_go_through_the_proxy_of_the_environment(
    proxied: ForwardProxy, monkeypatch: pytest.MonkeyPatch, variable: str
):
    monkeypatch.setenv(variable, proxied.url.removeprefix("http://" if variable.isupper() else ""))
    assert me() == ME
    assert proxied.seen == [("GET", f"http://{NAME}/v1/me", None)]


def test_a_proxy_may_want_a_password(proxied: ForwardProxy, monkeypatch: pytest.MonkeyPatch):
    proxied.password = "j\u00f6rg:p@ss/w#rd\u20ac"
    monkeypatch.setenv("HTTP_PROXY", proxied.url.replace("//", "//j%C3%B6rg:p%40ss%2Fw%23rd%E2%82%AC@"))
    assert me() == ME


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("user", ["", "jo:hunter2@"])
def test_a_proxy_that_wants_another_password_is_named_without_it(
    proxied: ForwardProxy, monkeypatch: pytest.MonkeyPatch, scheme: str, user: str
):
    proxied.password = "jo:other"
    variable = f"{scheme.upper()}_PROXY"
    monkeypatch.setenv(variable, proxied.url.replace("//", f"//{user}"))
    with pytest.raises(ProxyRefused) as caught:
        me(f"{scheme}://{NAME}")
    place = f"The proxy 127.0.0.1:{proxied.server_port} ({variable})"
    assert str(caught.value) == (
        f"{place} refuses the user name and password in {variable}."
        if user
        else f"{place} requires a user name and a password. Set {variable} to "
        f"http://USER:PASSWORD@127.0.0.1:{proxied.server_port}."
    )
    assert len(proxied.seen) == 1


@pytest.mark.parametrize(
    ("refusal", "error", "said"),
    [
        (403, ProxyRefused, "does not let calls to https://record.test through: it answered 403 Forbidden"),
        (502, ServiceUnreachable, "does not reach https://record.test: it answered 502 Bad Gateway"),
    ],
)
def test_a_proxy_that_does_not_connect_is_named(
    proxied: ForwardProxy, monkeypatch: pytest.MonkeyPatch, refusal: int, error: type[Exception], said: str
):
    proxied.refusal = refusal
    monkeypatch.setenv("https_proxy", proxied.url)
    with pytest.raises(error, match=rf"The proxy 127.0.0.1:\d+ \(https_proxy\) {said}"):
        me(f"https://{NAME}")
    assert len(proxied.seen) == (1 if refusal == 403 else 4)


def test_a_proxy_that_answers_for_the_service_is_named(proxied: ForwardProxy, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", proxied.url)
    proxied.refusal = 403
    with pytest.raises(
        NotTheService, match=r"/v1/me through the proxy 127.0.0.1:\d+ \(HTTP_PROXY\); found an answer 403"
    ):
        me()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_unreachable_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch, scheme: str):
    port, variable = free_port(), f"{scheme.upper()}_PROXY"
    monkeypatch.setenv(variable, f"http://jo:hunter2@127.0.0.1:{port}")
    with pytest.raises(ProxyUnreachable) as caught:
        me(f"{scheme}://{NAME}")
    said = str(caught.value)
    assert said.startswith(f"No answer from the proxy 127.0.0.1:{port} ({variable}): ")
    assert "Connection refused" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    "value",
    [
        "socks5://127.0.0.1:1080",
        "http://",
        "http://jo:hunter2@",
        "http://jo:hunter2@h:port",
        "jo:12#hunter2@h:8080",
        "http://jo:12/hunter2@h:8080",
        "http://jo:hunter2@[h:8080",
    ],
)
def test_a_variable_that_holds_no_proxy_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch, value: str):
    monkeypatch.setenv("HTTP_PROXY", value)
    with pytest.raises(NotAProxy, match=r"HTTP_PROXY does not hold the address of an HTTP proxy") as caught:
        me()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("held", [NAME, ".test", "test", "*", f"x, {NAME}:80"])
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_a_host_in_no_proxy_is_reached_directly(monkeypatch: pytest.MonkeyPatch, variable: str, held: str):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:8080")
    assert proxy_for(f"http://{NAME}") is not None
    monkeypatch.setenv(variable, held)
    assert proxy_for(f"http://{NAME}") is None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "[::1]", "localhost"])
def test_this_machine_is_reached_directly(monkeypatch: pytest.MonkeyPatch, host: str):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:8080")
    assert proxy_for(f"http://{host}:8000") is None
    assert proxy_for("http://10.0.0.1:8000") is not None


def test_a_proxy_for_one_scheme_is_not_used_for_the_other(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test")
    assert proxy_for(f"https://{NAME}") is None
    found = proxy_for(f"http://{NAME}")
    assert found is not None
    assert (found.url, str(found)) == ("http://proxy.test:80", "proxy proxy.test:80 (HTTP_PROXY)")


# --- certificates


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a PEM file with a key and a self-signed certificate for record.test and this machine."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    file = tmp_path / "certificate.pem"
    names = f"subjectAltName=DNS:{NAME},IP:127.0.0.1"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "2"]
    made = ["-subj", f"/CN={NAME}", "-addext", names, "-keyout", file.with_suffix(".key"), "-out", file]
    subprocess.run([openssl, "req", "-x509", *kind, *made], check=True, capture_output=True)
    return file


@pytest.fixture
def secure(certificate: Path, serve: Serve) -> Server:
    """Return a server that answers over HTTPS."""
    server = serve(service)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return server


def test_a_certificate_authority_of_the_office_is_trusted_if_named(
    secure: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
):
    url = secure.url.replace("http:", "https:")
    with pytest.raises(
        CertificateRefused, match=r"not trusted here: self-signed certificate. Check .* set SSL_CERT_FILE"
    ):
        me(url)
    assert secure.seen == []
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert me(url) == ME
    with pytest.raises(CertificateRefused, match=r"certificate is not valid for 'localhost'"):
        me(url.replace("127.0.0.1", "localhost"))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_name("gone.pem")))
    with pytest.raises(CertificateRefused, match=r"There is no file .*gone\.pem, which SSL_CERT_FILE names"):
        me(url)


def test_https_goes_through_the_proxy_without_being_read_there(
    secure: Server, certificate: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with running(ForwardProxy(secure.server_port)) as proxy:
        proxy.password = "jo:hunter2"
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//jo:hunter2@"))
        assert me(f"https://{NAME}") == ME
        assert [(method, target) for method, target, _password in proxy.seen] == [("CONNECT", f"{NAME}:443")]
        assert secure.seen == [("GET", "/v1/me", "Bearer oprecord_1")]
        with pytest.raises(CertificateRefused, match=r"not valid for 'other.test'"):
            me("https://other.test")


def test_https_at_a_port_for_http_is_reported(serve: Serve):
    with pytest.raises(ServiceUnreachable, match=r"Does the address begin with http://?"):
        me(serve(service).url.replace("http:", "https:"))


# --- credentials as they are given

SECRET = new_secret()
CLEANED = {
    "line end": f"{SECRET}\r\n",
    "byte order mark": f"\ufeff{SECRET}",
    "byte order mark in a code page": f"\u00ef\u00bb\u00bf{SECRET}",
    "quotes": f'"{SECRET}"',
    "single quotes": f"'{SECRET}'",
    "typographic quotes": f"\u201c{SECRET}\u201d",
    "guillemets": f"\u00ab\u00a0{SECRET}\u00a0\u00bb",
    "all of them": f"\ufeff \u2018{SECRET}\u2019 \n",
}
UNUSABLE = {
    "line end within": f"{SECRET}\nX-Other: 1",
    "carriage return within": f"{SECRET[:20]}\r{SECRET[20:]}",
    "quote within": f'{SECRET[:20]}"{SECRET[20:]}',
    "typographic quote within": f"{SECRET[:20]}\u2019{SECRET[20:]}",
    "byte order mark within": f"{SECRET[:20]}\ufeff{SECRET[20:]}",
    "two of them": f"{SECRET} {SECRET}",
    "a scheme": f"Bearer {SECRET}",
    "an assignment": f"OPRECORD_CREDENTIAL={SECRET}",
    "an emoji": f"{SECRET}\U0001f600",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "arrests.csv"
    found.write_text("occurred_at,place,reason\r\n")
    return found


def submitted(file: Path, url: str, *options: str) -> int:
    return run(["submit", str(file), "--operation", "live", "--url", url, *options])


@pytest.fixture(params=["OPRECORD_CREDENTIAL", "--as"])
def submit_with(request: pytest.FixtureRequest, file: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Return a function that submits with a credential, given in the environment or as an option."""
    monkeypatch.setenv("OPRECORD_CREDENTIAL", "another")

    def submit_with(given: str, url: str) -> int:
        if request.param == "--as":
            return submitted(file, url, "--as", given)
        monkeypatch.setenv(request.param, given)
        return submitted(file, url)

    return submit_with


def assert_not_shown(shown: pytest.CaptureFixture[str]) -> str:
    captured = shown.readouterr()
    said = captured.out + captured.err
    # No part of it either: the first twenty characters would shorten a search for the rest.
    assert SECRET[9:20] not in said
    assert SECRET[20:30] not in said
    assert "Traceback" not in said
    return captured.err


@pytest.mark.parametrize("given", CLEANED.values(), ids=CLEANED)
def test_what_copying_adds_to_a_credential_is_removed(
    serve: Serve, submit_with: Callable[..., int], capsys: pytest.CaptureFixture[str], given: str
):
    server = serve(lambda call: call.reply(401, b'{"detail": "unknown"}'))
    assert submit_with(given, server.url) == REFUSED
    assert server.seen == [("GET", "/v1/me", f"Bearer {SECRET}")]
    assert assert_not_shown(capsys) == "oprecord: unknown (401)\n"


@pytest.mark.parametrize("given", UNUSABLE.values(), ids=UNUSABLE)
def test_a_credential_copied_wrongly_is_refused_and_not_shown(
    serve: Serve, submit_with: Callable[..., int], capsys: pytest.CaptureFixture[str], given: str
):
    server = serve(service)
    assert submit_with(given, server.url) == REFUSED
    (line,) = assert_not_shown(capsys).splitlines()
    assert re.match("oprecord: The credential in (--as|OPRECORD_CREDENTIAL) was not copied correctly: ", line)
    assert server.seen == []


@pytest.mark.parametrize("given", [None, "", " ", '""', "\ufeff"])
def test_a_missing_credential_is_reported_in_one_sentence(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, given: str | None
):
    monkeypatch.delenv("OPRECORD_CREDENTIAL", raising=False)
    if given is not None:
        monkeypatch.setenv("OPRECORD_CREDENTIAL", given)
    assert submitted(file, "http://127.0.0.1:9") == USAGE
    said = "There is no credential: set OPRECORD_CREDENTIAL to your force's, or give it with --as."
    assert capsys.readouterr().err == f"oprecord: {said} Try: oprecord submit --help\n"


def test_a_credential_in_a_wrong_place_is_not_shown(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPRECORD_CREDENTIAL", SECRET)
    assert submitted(file, SECRET) == REFUSED
    assert submitted(Path(SECRET), "http://127.0.0.1:9") == USAGE
    assert "oprecord_..." in assert_not_shown(capsys)


@pytest.mark.parametrize("given", {**CLEANED, **UNUSABLE}.values(), ids={**CLEANED, **UNUSABLE})
@pytest.mark.parametrize("ending", ["toml", "json"])
def test_a_credentials_file_is_read_in_the_same_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], serve: Serve, given: str, ending: str
):
    server = serve(lambda call: call.reply(401, b'{"detail": "unknown", "code": "x"}'))
    text = json.dumps({"metropolitan": given})
    (tmp_path / f"c.{ending}").write_text(
        f"\ufeff{text if ending == 'json' else 'metropolitan = ' + json.dumps(given)}", encoding="utf-8"
    )
    code = run(["replay", str(SEED), "--url", server.url, "--credentials", str(tmp_path / f"c.{ending}")])
    assert code == REFUSED
    assert_not_shown(capsys)
    expected = [f"Bearer {SECRET}"] if given in CLEANED.values() else []
    assert [authorization for _method, _path, authorization in server.seen] == expected


def test_a_real_process_shows_no_credential(file: Path):
    """As above, with nothing in between: a traceback of the interpreter would be seen here."""
    arguments = ["submit", file, "--operation", "live", "--url", f"http://127.0.0.1:{free_port()}"]
    for name in ("line end within", "typographic quote within"):
        environment = os.environ | {"OPRECORD_CREDENTIAL": UNUSABLE[name]}
        done = subprocess.run([COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (REFUSED, "", 1)
        assert SECRET[9:20] not in done.stderr


# --- issuing


@pytest.fixture
def real_service(app: Flask) -> Iterator[str]:
    """Return the address of the service itself, at a port of this machine."""
    with listening(app) as address:
        yield address


@on_sqlite
def test_a_replay_to_a_wrong_address_issues_no_credential(
    database: Database, database_url: str, serve: Serve, capsys: pytest.CaptureFixture[str]
):
    portal = serve(lambda call: call.reply(200, b"<html>"))
    other = serve(lambda call: call.reply_json({"status": "fine"}))
    moved = serve(lambda call: call.reply(301, Location="https://record.test/readyz"))
    expected = {
        f"http://127.0.0.1:{free_port()}": UNAVAILABLE,
        portal.url: REFUSED,
        other.url: REFUSED,
        moved.url: REFUSED,
        "127.0.0.1": REFUSED,
    }
    for url, code in expected.items():
        assert run(["--database-url", database_url, "replay", str(SEED), "--url", url, "--issue"]) == code
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert list_credentials(database) == []


@on_sqlite
def test_a_replay_that_reaches_the_service_issues_credentials(database: Database, database_url: str, real_service: str):
    assert run(["--database-url", database_url, "replay", str(SEED), "--url", real_service, "--issue"]) == DONE
    assert {one.force for one in list_credentials(database)} > {"surrey"}
