"""A credential that is revoked or expires while a request is open records and reads nothing more."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from service.access.credentials import credentials, digest
from service.api.http.blueprint import MAX_SECONDS_SINCE_PROOF
from service.storage.db import Database
from tests.factories.bodies import arrest, new_id, opening
from tests.factories.credentials import issued_secret
from tests.functional.calls import NDJSON, Caller, on_sqlite
from tests.functional.served import Served, answer, chunked, serving, wait_until
from tests.functional.visitors import TOKEN

Ended = Callable[[str], None]
COLUMNS = {"revoked_at": "credential_revoked", "expires_at": "credential_expired"}


@pytest.fixture(params=COLUMNS)
def column(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def end(database: Database, column: str) -> Ended:
    """Return a function that revokes a credential, or lets it expire."""

    def end(secret: str) -> None:
        with database.writing() as connection:
            a_moment_ago = database.now(connection) - timedelta(seconds=1)
            mine = credentials.c.digest == digest(secret)
            connection.execute(sa.update(credentials).where(mine).values({column: a_moment_ago}))

    return end


@pytest.fixture
def served(sqlite_url: str) -> Iterator[Served]:
    with serving(sqlite_url) as served:
        yield served


def opened(served: Served, database: Database) -> tuple[str, str]:
    """Return the secrets of the coordinator and of a force of an operation that is under way."""
    lead = issued_secret(database, "metropolitan")
    assert served.request("POST", "/v1/operations", lead, opening()).status == 201
    return lead, issued_secret(database, "surrey")


def arrests(served: Served, lead: str) -> int:
    figures = answer(served.request("GET", "/v1/operations/live/totals?measure=arrests", lead))["figures"]
    return figures[0]["quantity"] if figures else 0


@on_sqlite
def test_lines_that_arrive_later_are_not_recorded(served: Served, database: Database, end: Ended, column: str):
    lead, surrey = opened(served, database)

    def upload() -> Iterator[bytes]:
        # Enough for the service, which reads in blocks, to have the first chunk of 1,000 and not the second.
        yield from chunked(arrest() for _ in range(1_900))
        wait_until(lambda: arrests(served, lead) == 1_000)
        end(surrey)
        yield from chunked(arrest() for _ in range(2_000))

    response = served.lines("live", surrey, upload())
    problem = answer(response)
    assert (response.status, problem["code"]) == (401, COLUMNS[column])
    assert (
        "Of the lines before line 1,001, 1,000 were recorded, 0 had been recorded before and 0 were refused"
        in (problem["detail"])
    )
    assert arrests(served, lead) == 1_000


@on_sqlite
@pytest.mark.parametrize("address", ["batches", "events"])
def test_a_body_that_arrives_slowly_is_not_recorded(
    served: Served, database: Database, end: Ended, column: str, address: str
):
    lead, surrey = opened(served, database)
    body = json.dumps(arrest() if address == "events" else {"events": [arrest()]}).encode()

    def slowly() -> Iterator[bytes]:
        yield body[:10]
        # Until the service has read the header.
        time.sleep(0.3)
        end(surrey)
        yield body[10:]

    response = posted(served, surrey, address, slowly())
    assert (response.status, answer(response)["code"]) == (401, COLUMNS[column])
    assert arrests(served, lead) == 0


@on_sqlite
def test_a_slow_publication_is_not_recorded(served: Served, database: Database, end: Ended, column: str):
    lead, _surrey = opened(served, database)
    body = json.dumps({"id": new_id(), "label": "final"}).encode()

    def slowly() -> Iterator[bytes]:
        yield body[:10]
        time.sleep(0.3)
        end(lead)
        time.sleep(MAX_SECONDS_SINCE_PROOF)
        yield body[10:]

    response = posted(served, lead, "publications", slowly())
    assert (response.status, answer(response)["code"]) == (401, COLUMNS[column])
    other = issued_secret(database, "metropolitan")
    assert answer(served.request("GET", "/v1/operations/live/publications", other))["publications"] == []


def posted(served: Served, secret: str, address: str, body: Iterator[bytes]) -> object:
    headers = {"Content_Type": "application/json", "Transfer_Encoding": "chunked"}
    return served.request("POST", f"/v1/operations/live/{address}", secret, body, **headers)


def test_an_export_ends_before_its_next_page(live: str, lead: Caller, surrey: Caller, end: Ended, column: str):
    surrey.batch(live, [arrest() for _ in range(1_000)])
    response = lead.get(f"/v1/operations/{live}/events", headers={"Accept": NDJSON})
    lines = response.iter_encoded()
    first = [next(lines) for _ in range(1_000)]
    assert len(first) == 1_000
    end(lead.environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer "))
    with pytest.raises(Exception) as ended:  # noqa: PT011 - the server closes the connection, whatever the error
        next(lines)
    assert ended.value.code == COLUMNS[column]


@on_sqlite
def test_a_form_that_arrives_slowly_does_nothing(served: Served, database: Database, end: Ended, column: str):
    assert column
    _lead, surrey = opened(served, database)
    here = f"http://127.0.0.1:{served.port}"
    form = {"Origin": here, "Content_Type": "application/x-www-form-urlencoded"}
    with served.request("POST", "/sign-in", body=urlencode({"credential": surrey}).encode(), **form) as signed_in:
        form["Cookie"] = signed_in.headers["Set-Cookie"].split(";")[0]
    with served.request("GET", "/account", Cookie=form["Cookie"]) as page:
        found = TOKEN.search(page.read().decode())
    assert found

    def sent(between: Callable[[], None]) -> int:
        def slowly() -> Iterator[bytes]:
            yield f"csrf_token={found[1]}&padding=".encode()
            time.sleep(MAX_SECONDS_SINCE_PROOF + 0.3)
            between()
            yield b"a" * 1_000

        headers = {**form, "Transfer_Encoding": "chunked"}
        with served.request("POST", "/account/stay", body=slowly(), **headers) as response:
            return response.status

    assert sent(lambda: None) == 200
    assert sent(lambda: end(surrey)) == 303
