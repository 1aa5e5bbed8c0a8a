"""An operation whose head is locked from outside: its posts get 503 soon, and all else goes on."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from service.storage.db import Database
from tests.factories.bodies import arrest, opening
from tests.functional.calls import Caller
from tests.functional.served import serving

THREADS = 8
LOCK = sa.text("SELECT seq FROM heads WHERE operation_id = 'live' FOR UPDATE")

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@on_postgresql
def test_posts_to_a_locked_operation_get_503_and_others_go_on(
    database: Database, live: str, lead: Caller, secret_for: Callable[..., str]
):
    assert lead.post("/v1/operations", json=opening(operation="other")).status_code == 201
    surrey = secret_for("surrey")
    with (
        serving(
            database.engine.url.render_as_string(hide_password=False), threads=THREADS, lock_timeout_seconds=1
        ) as served,
        ThreadPoolExecutor(THREADS * 2) as threads,
    ):

        def post(operation: str) -> tuple[int, float]:
            begun = time.monotonic()
            response = served.request("POST", f"/v1/operations/{operation}/events", surrey, arrest())
            return response.status, time.monotonic() - begun

        with database.engine.begin() as holder:
            holder.execute(LOCK)
            stuck = [threads.submit(post, live) for _ in range(THREADS * 2)]
            # All threads were taken for a second; then each further post is answered at once.
            time.sleep(2.5)
            assert served.request("GET", f"/v1/operations/{live}/totals", surrey).status == 200
            assert post("other")[0] == 201
            answers = [one.result() for one in stuck]
        assert {status for status, _seconds in answers} == {503}
        assert max(seconds for _status, seconds in answers) < 10
        assert post(live)[0] == 201
