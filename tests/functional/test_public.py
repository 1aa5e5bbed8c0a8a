"""A coordinator makes a publication public: anyone may read it, without a credential, and nothing else."""

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from service.domain.model.instants import parse_instant
from service.storage.db import Database, open_database
from service.usecases.maintenance.rebuild import rebuild
from service.usecases.maintenance.transfer import export_operation, import_operation
from service.usecases.maintenance.verify import verify_operation
from service.usecases.querying.publications import NoSuchPublication
from service.usecases.querying.statement import public_publication
from tests.factories.bodies import arrest, correction, hours_ago, new_id
from tests.functional.calls import Caller, Json, on_sqlite, refused
from tests.functional.conftest import ClientFor


def publish(lead: Caller, operation: str, **fields: Any) -> Json:
    response = lead.change(operation, "publications", **({"id": new_id(), "label": "provisional"} | fields))
    assert response.status_code == 201, response.json
    return response.json["publication"]


def make_public(caller: Caller, operation: str, number: int = 1, **fields: Any) -> TestResponse:
    return caller.change(operation, f"publications/{number}/public", **({"id": new_id()} | fields))


def read(app: Flask, operation: str, number: object = 1) -> TestResponse:
    """Read as anyone can: without a credential."""
    return app.test_client().get(f"/v1/public/{operation}/{number}")


@pytest.fixture
def elsewhere(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """Return a second, empty database."""
    database = open_database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'elsewhere.db')}")
    yield database
    database.engine.dispose()


def test_anyone_reads_a_publication_once_it_is_public_and_it_never_changes(
    app: Flask, live: str, lead: Caller, surrey: Caller
):
    made = arrest(count=3)
    surrey.record(live, made)
    published = publish(lead, live)
    assert published["public_since"] is None
    refused(read(app, live), 404, "no_such_publication")
    response = make_public(lead, live)
    assert response.status_code == 201
    assert response.json["publication"]["public_since"] == response.json["receipt"]["recorded_at"]
    (listed,) = surrey.get(f"/v1/operations/{live}/publications").json["publications"]
    assert listed["public_since"] == response.json["receipt"]["recorded_at"]
    first = read(app, live)
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert (first.json["number"], first.json["label"]) == (1, "provisional")
    assert first.json["as_of"] == published["as_of"]
    assert first.json["figures_hash"] == published["figures_hash"]
    assert [one["display"] for one in first.json["figures"] if one["measure"] == "arrests"] == ["3"]
    surrey.record(live, correction(made, data={"reason": "knife", "count": 2}))
    publish(lead, live)
    assert read(app, live).json == first.json
    refused(read(app, live, 2), 404, "no_such_publication")


def test_the_public_sees_no_marking_no_parts_and_by_force_only_what_the_statement_says(
    app: Flask, live: str, lead: Caller, surrey: Caller
):
    surrey.record(live, arrest(count=3))
    publish(lead, live)
    make_public(lead, live)
    response = read(app, live)
    statement = response.json["statement"]
    assert "OFFICIAL" not in response.get_data(as_text=True)
    assert not {"marking", "position", "parts", "log_size"} & {*response.json, *statement}
    assert "From the record of" not in response.get_data(as_text=True)
    assert {figure["force"] for figure in response.json["figures"]} == {None}
    assert statement["headline"] == "At least 3 arrests"
    assert statement["breakdown"] is None


def test_a_publication_under_embargo_becomes_public_when_the_embargo_ends(
    app: Flask, live: str, lead: Caller, surrey: Caller
):
    over, running = hours_ago(1), hours_ago(-1)
    publish(lead, live, embargo_until=over)
    publish(lead, live, embargo_until=running)
    answers = [make_public(lead, live, number) for number in (1, 2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json["publication"]["public_since"] == answers[0].json["receipt"]["recorded_at"]
    assert answers[1].json["publication"]["public_since"] == running
    assert read(app, live, 1).status_code == 200
    refused(read(app, live, 2), 404, "no_such_publication")
    assert lead.get(f"/v1/operations/{live}/publications/2").json["public_since"] == running
    refused(surrey.get(f"/v1/operations/{live}/publications/2"), 404, "no_such_publication")


def test_the_embargo_is_over_at_its_very_moment(live: str, lead: Caller, database: Database, monkeypatch):
    ends_at = parse_instant(hours_ago(-1))
    publish(lead, live, embargo_until=hours_ago(-1))
    publish(lead, live, embargo_until=ends_at.isoformat())
    make_public(lead, live, 2)
    for moment, is_out in ((ends_at - timedelta(microseconds=1), False), (ends_at, True)):
        monkeypatch.setattr(Database, "now", lambda _database, _connection, moment=moment: moment)
        if is_out:
            assert public_publication(database, operation=live, number=2).publication.published.number == 2
        else:
            with pytest.raises(NoSuchPublication):
                public_publication(database, operation=live, number=2)


def test_the_same_id_again_is_a_replay_and_another_says_since_when_it_is_public(live: str, lead: Caller):
    publish(lead, live)
    publish(lead, live)
    body = {"id": new_id()}
    first, again = make_public(lead, live, **body), make_public(lead, live, **body)
    assert (first.status_code, again.status_code, again.json) == (201, 200, first.json)
    problem = refused(make_public(lead, live), 409, "already_public")
    assert problem["seq"] == first.json["receipt"]["seq"]
    assert problem["detail"].startswith(f"Publication 1 was made public on {first.json['receipt']['recorded_at']}")
    refused(make_public(lead, live, 2, **body), 409, "content_differs")


def test_only_its_coordinator_makes_a_publication_public(
    live: str, lead: Caller, surrey: Caller, client_for: ClientFor
):
    publish(lead, live)
    refused(make_public(surrey, live), 403, "role_may_not")
    refused(make_public(client_for("kent", "observer"), live), 403, "role_may_not")
    refused(make_public(client_for("kent", "coordinator"), live), 403, "not_coordinator")
    refused(make_public(lead, live, 2), 404, "no_such_publication")
    refused(make_public(lead, live, 1, publication=new_id()), 422, "wrong_fields", "/publication")
    assert lead.change(live, "close", id=new_id()).status_code == 201
    assert make_public(lead, live).status_code == 201


@pytest.mark.parametrize("number", ["2", "0", "-1", "one", "1.0", "9" * 16, "%E0"])
def test_what_is_not_public_does_not_exist_whether_it_does_or_not(app: Flask, live: str, lead: Caller, number: str):
    publish(lead, live)
    make_public(lead, live)
    publish(lead, live)
    hidden, unknown = read(app, live, number), read(app, "no-such-operation", number)
    for response in (hidden, unknown):
        assert response.headers["Cache-Control"] == "no-store"
        problem = refused(response, 404, "no_such_publication")
        del problem["instance"]
    assert hidden.json.keys() == unknown.json.keys()
    assert hidden.json["detail"] == unknown.json["detail"]


@on_sqlite
def test_an_operation_with_nothing_public_asks_the_database_for_what_a_missing_one_does(
    app: Flask, live: str, lead: Caller
):
    publish(lead, live)
    asked: list[str] = []

    def trace(connection: Any, _record: object, _proxy: object) -> None:
        connection.set_trace_callback(lambda statement: asked.append(re.sub(r"'[^']*'", "?", statement)))

    sa.event.listen(sa.Pool, "checkout", trace)
    for address in ("/v1/public/{}/1", "/v1/public/{}/9", "/p/{}/1", "/p/{}/1/figures.csv"):
        statements = []
        # The first calls fill the caches of the process.
        for name in (live, "no-such", live, "no-such"):
            asked.clear()
            assert app.test_client().get(address.format(name)).status_code == 404
            statements.append([*asked])
        assert any("SELECT" in statement for statement in statements[2])
        assert statements[2] == statements[3], address
    sa.event.remove(sa.Pool, "checkout", trace)


def test_the_log_with_a_public_publication_is_verified_exported_and_imported(
    live: str, lead: Caller, surrey: Caller, database: Database, elsewhere: Database
):
    surrey.record(live, arrest())
    publish(lead, live)
    make_public(lead, live)
    (event,) = lead.get(f"/v1/operations/{live}/events?type=publication.made_public").json["events"]
    (published,) = lead.get(f"/v1/operations/{live}/events?type=figures.published").json["events"]
    assert event["data"] == {"publication": published["id"]}
    rebuild(database, live)
    assert verify_operation(database, live).fault is None
    lines = list(export_operation(database, live).texts)
    import_operation(elsewhere, [line.encode() for line in lines])
    assert list(export_operation(elsewhere, live).texts) == lines
    assert public_publication(elsewhere, operation=live, number=1).publication is not None
