"""Work in pieces is spread over several processes, and its results arrive as if from one."""

import os

import pytest
import sqlalchemy as sa

from service.errors import NotFound
from service.eventlog.head import UnknownOperation
from service.runtime import processes
from service.runtime.processes import map_in_processes
from service.storage.db import Database, open_database
from service.storage.pipeline import Query, pipeline_of

PIECES = range(20)
# Constant within one transaction.
MOMENT: Query = ("SELECT now()", ())


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_cores", lambda: 2)


def asked(database: Database, piece: int) -> tuple[int, int]:
    """Return the piece, as the database returns it, and the id of the process that asked for it."""
    with database.reading() as connection:
        return connection.execute(sa.select(sa.literal(piece))).scalar_one(), os.getpid()


def refused(_database: Database, piece: int) -> int:
    if piece == 3:
        raise UnknownOperation("There is no third.", pointer="/piece", piece=piece)
    return piece


def test_results_arrive_in_the_order_of_the_pieces(database: Database):
    assert [piece for piece, _process in map_in_processes(database, asked, PIECES)] == list(PIECES)
    assert list(map_in_processes(database, asked, [])) == []


def test_other_processes_work_over_connections_of_their_own(postgres_url: str):
    database = open_database(postgres_url)
    with database.reading() as connection:
        begun = pipeline_of(connection).run([MOMENT])
        makers = {process for _piece, process in map_in_processes(database, asked, PIECES)}
        assert pipeline_of(connection).run([MOMENT]) == begun
    database.engine.dispose()
    assert makers
    assert os.getpid() not in makers


def test_no_other_process_is_used_for_one_core_one_piece_or_sqlite(
    sqlite_url: str, postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    embedded, server = open_database(sqlite_url), open_database(postgres_url)
    found = [*map_in_processes(embedded, asked, PIECES), *map_in_processes(server, asked, [1])]
    monkeypatch.setattr(processes, "_cores", lambda: 1)
    found += map_in_processes(server, asked, PIECES)
    assert {process for _piece, process in found} == {os.getpid()}
    for database in (embedded, server):
        database.engine.dispose()


def test_an_error_in_a_piece_is_raised_here_with_its_details(database: Database):
    results = map_in_processes(database, refused, PIECES)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(NotFound) as raised:
        next(results)
    assert raised.value.detail == "There is no third."
    assert raised.value.members == {"piece": 3}
    assert raised.value.errors[0].pointer == "/piece"
