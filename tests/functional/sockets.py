"""Servers in threads of the test, behind a real socket, for commands that call the app over HTTP."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

SECONDS_BETWEEN_LOOKS = 0.01


class Quiet(WSGIRequestHandler):
    """Serves the app without logging its calls."""

    def log(self, *_arguments: Any) -> None: ...


@contextmanager
def running(server: Any) -> Iterator[Any]:
    """Let a server of `socketserver` serve during the block. It looks every so often whether it should stop."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": SECONDS_BETWEEN_LOOKS})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """Serve an app during the block, at a port of this machine; yield its address."""
    with running(make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)) as server:
        yield f"http://127.0.0.1:{server.server_port}"
