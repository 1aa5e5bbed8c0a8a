"""The service behind a real nginx that keeps its connections: what is refused breaks nothing of others."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.factories.bodies import arrest
from tests.functional.served import PATIENCE_SECONDS, free_port, serving, wait_until

EXAMPLE = Path(__file__).parents[2] / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
GOOD_POSTS = 480
SENDERS = 8
# Larger than any buffer on the way, so that the service has refused them before all is sent.
BIG = bytes(5 * 1024 * 1024)
AROUND = """
daemon off;
pid {folder}/pid;
error_log {folder}/errors info;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""

pytestmark = pytest.mark.skipif(
    NGINX is None and "CI" not in os.environ, reason="needs nginx: apt-get install -y nginx-light"
)


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Callable[[int], int]]:
    """Return a function that starts nginx as in the example, without TLS, before a port, and returns its own port."""
    started: list[subprocess.Popen[bytes]] = []

    def start(upstream: int) -> int:
        port = free_port()
        site = EXAMPLE.read_text().replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
        site = site.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
        # All of this test's requests come from one address.
        site = re.sub(r"^    (ssl_certificate|limit_)(?!.*zone;).*$", "", site, flags=re.MULTILINE)
        (tmp_path / "nginx.conf").write_text(AROUND.format(folder=tmp_path, site=site))
        assert NGINX is not None
        started.append(subprocess.Popen([NGINX, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "errors"]))
        wait_until((tmp_path / "pid").exists)
        return port

    yield start
    for process in started:
        process.send_signal(signal.SIGQUIT)
        process.wait(PATIENCE_SECONDS)


def test_nginx_accepts_the_example(tmp_path: Path):
    certificate, key = tmp_path / "record.pem", tmp_path / "record.key"
    subject = ("-subj", "/CN=record.example", "-days", "1", "-nodes", "-newkey", "rsa:2048")
    openssl = ["openssl", "req", "-x509", *subject, "-out", str(certificate), "-keyout", str(key)]
    subprocess.run(openssl, check=True, capture_output=True)
    site = EXAMPLE.read_text().replace("/ETC/SSL/RECORD.PEM", str(certificate))
    site = site.replace("/ETC/SSL/RECORD.KEY", str(key)).replace("listen 443", f"listen {free_port()}")
    (tmp_path / "nginx.conf").write_text(AROUND.format(folder=tmp_path, site=site))
    assert NGINX is not None
    command = [NGINX, "-t", "-c", tmp_path / "nginx.conf", "-e", tmp_path / "errors"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_posts_of_others_are_answered_while_big_bodies_are_refused(
    sqlite_url: str, live: str, secret_for: Callable[..., str], nginx: Callable[[int], int]
):
    secret = secret_for("surrey")
    events, batches = (f"/v1/operations/{live}/{name}" for name in ("events", "batches"))
    json_of = {"Content-Type": "application/json"}
    with serving(sqlite_url) as served, ThreadPoolExecutor(SENDERS * 2) as threads:
        port = nginx(served.port)

        def post(path: str, credential: str, bodies: list[bytes]) -> Counter[int]:
            statuses: Counter[int] = Counter()
            for body in bodies:
                connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
                connection.request("POST", path, body, json_of | {"Authorization": f"Bearer {credential}"})
                statuses[connection.getresponse().status] += 1
                connection.close()
            return statuses

        refused = [
            threads.submit(post, path, credential, [BIG] * 8)
            for path in (events, batches)
            for credential in (secret, "wrong")
            for _ in range(SENDERS // 4)
        ]
        good = [
            threads.submit(post, events, secret, [json.dumps(arrest()).encode() for _ in range(GOOD_POSTS // SENDERS)])
            for _ in range(SENDERS)
        ]
        assert sum((one.result() for one in good), Counter()) == {201: GOOD_POSTS}
        answers = sum((one.result() for one in refused), Counter())
    assert set(answers) == {401, 413}, answers
