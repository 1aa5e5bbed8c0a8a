"""The app of a test behind a real socket, for commands that call it over HTTP."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    """Serves the app without logging its calls."""

    def log_request(self, *_arguments: Any) -> None: ...


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """Serve an app during the block, at a port of this machine; yield its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
