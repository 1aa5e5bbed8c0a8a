"""A PostgreSQL database with one empty table, `stored`, for tests that need none of our own tables."""

from collections.abc import Iterator
from contextlib import contextmanager

from service.storage.db import Database, open_database


@contextmanager
def storing(postgres_url: str, *, connections: int) -> Iterator[Database]:
    """Open the database with at most `connections` connections and create the table; close them at the end."""
    database = open_database(postgres_url, pool_size=connections)
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE stored (number int8 PRIMARY KEY, words text)")
    yield database
    database.engine.dispose()
