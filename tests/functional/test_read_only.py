"""A read-only database, such as a standby: reading continues, and writes are answered with a retry."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from service.storage.db import Database, open_database
from tests.databases import migrate, own_server, url_of
from tests.factories.bodies import arrest, new_id, opening
from tests.factories.credentials import issued_secret
from tests.functional.apps import running_app, with_secret
from tests.functional.calls import Caller, refused
from tests.functional.conftest import opened
from tests.postgres_server import promote, start_server, start_standby


@pytest.fixture
def read_only(live: str, database: Database) -> Iterator[Flask]:
    """Return an app with a read-only database in which an operation is under way."""
    assert live
    url = database.engine.url
    if database.is_sqlite:
        url = url.set(database=f"file:{url.database}", query={"mode": "ro", "uri": "true"})
    else:
        set_for_new_connections(database, "default_transaction_read_only = on")
    read_only = open_database(url.render_as_string(hide_password=False), pool_size=1)
    with running_app(read_only) as app:
        yield app
    read_only.engine.dispose()


def set_for_new_connections(database: Database, setting: str) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql(f'ALTER DATABASE "{database.engine.url.database}" SET {setting}')


@pytest.fixture
def reading_surrey(read_only: Flask, secret_for: Callable[..., str]) -> Caller:
    return with_secret(read_only, secret_for("surrey"))


@pytest.fixture
def reading_lead(read_only: Flask, secret_for: Callable[..., str]) -> Caller:
    return with_secret(read_only, secret_for("metropolitan"))


def test_a_write_is_answered_with_a_problem_to_retry(live: str, reading_surrey: Caller, reading_lead: Caller):
    refusals = [
        reading_surrey.send(live, arrest()),
        reading_surrey.batch(live, [arrest(), arrest()]),
        reading_surrey.batch(live, [arrest() for _ in range(60)], atomic="true"),
        reading_surrey.lines(live, arrest()),
        reading_lead.post("/v1/operations", json=opening(operation="another")),
        reading_lead.change(live, "close", id=new_id()),
    ]
    for response in refusals:
        problem = refused(response, 503, "database_busy")
        assert problem["detail"].startswith("The database is read-only")
        assert "every event with a receipt is recorded" in problem["detail"]
        assert response.headers["Retry-After"]


def test_reading_continues(live: str, reading_surrey: Caller, reading_lead: Caller):
    refused(reading_surrey.send(live, arrest()), 503, "database_busy")
    assert reading_lead.get("/readyz").status_code == 200
    assert reading_lead.get(f"/v1/operations/{live}").status_code == 200
    assert reading_lead.totals(live)["figures"] == []
    assert len(reading_lead.get(f"/v1/operations/{live}/events").json["events"]) == 6


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_recording_resumes_once_the_database_is_writable(database: Database, live: str, reading_surrey: Caller):
    event = arrest()
    refused(reading_surrey.send(live, event), 503, "database_busy")
    set_for_new_connections(database, "default_transaction_read_only = off")
    # The connection opened in the meantime to prove the credential is read-only.
    refused(reading_surrey.send(live, event), 503, "database_busy")
    assert reading_surrey.send(live, event).status_code == 201


@pytest.fixture
def primary() -> Iterator[Path]:
    """Return the folder of a server of the test's own."""
    with own_server(partial(start_server, settings={})) as folder:
        migrate(url_of(folder))
        yield folder


def test_a_standby_can_be_read_and_accepts_retries_once_promoted(primary: Path):
    main = open_database(url_of(primary))
    surrey_secret, lead_secret = issued_secret(main, "surrey"), issued_secret(main, "metropolitan")
    with running_app(main) as app:
        live = opened(with_secret(app, lead_secret))
        with_secret(app, surrey_secret).record(live, arrest())
    with own_server(partial(start_standby, primary=primary)) as folder:
        standby = open_database(url_of(folder))
        with running_app(standby) as app:
            surrey, lead = with_secret(app, surrey_secret), with_secret(app, lead_secret)
            event = arrest()
            for _ in range(2):
                assert lead.figures(live) == [1]
                refused(surrey.send(live, event), 503, "database_busy")
                refused(lead.change(live, "close", id=new_id()), 503, "database_busy")
            promote(folder, folder.parent)
            assert surrey.send(live, event).status_code == 201
            assert lead.figures(live) == [2]
        standby.engine.dispose()
    main.engine.dispose()
