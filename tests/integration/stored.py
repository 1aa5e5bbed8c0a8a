"""A database of PostgreSQL with one empty table `stored`, for what is sent to it without our own tables."""

from collections.abc import Iterator
from contextlib import contextmanager

from service.db import Database, open_database


@contextmanager
def storing(postgres_url: str, *, connections: int) -> Iterator[Database]:
    """Open the database with at most so many connections, with its table, and close them at the end."""
    database = open_database(postgres_url, pool_size=connections)
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE stored (number int8 PRIMARY KEY, words text)")
    yield database
    database.engine.dispose()
