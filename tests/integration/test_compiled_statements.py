"""Tests do not affect each other through the compiled statements that their engines share."""

import sqlalchemy as sa

from service.storage.db import Database, open_database

HIT = sa.Dialect.CACHE_HIT
BACKSLASH = "a\\b"


def test_a_statement_is_compiled_once_for_all_engines(database: Database, database_url: str):
    statement = sa.select(sa.literal("once", type_=sa.Text).label("compiled"))
    with database.reading() as connection:
        assert connection.execute(statement).scalar_one() == "once"
    other = open_database(database_url, pool_size=1)
    with other.reading() as connection:
        result = connection.execute(statement)
        assert (result.context.cache_hit, result.scalar_one()) == (HIT, "once")
    other.close()


def test_a_statement_is_compiled_again_for_a_server_that_reads_it_differently(postgres_url: str):
    # The value is written into the text of the statement, where one of the servers needs two backslashes.
    statement = sa.select(sa.literal(BACKSLASH, type_=sa.Text, literal_execute=True).label("read"))
    for setting in ("on", "off"):
        options = {"options": f"-c standard_conforming_strings={setting}"}
        engine = sa.create_engine(sa.make_url(postgres_url).update_query_dict(options))
        with engine.connect() as connection:
            assert connection.execute(statement).scalar_one() == BACKSLASH
        engine.dispose()
