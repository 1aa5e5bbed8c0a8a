"""Statements are compiled once for all engines of a process: each test opens an engine, which would compile them again.

The service opens one engine a process, so SQLAlchemy keeps compiled statements by engine.
"""

from collections import defaultdict
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event


class CompiledStatements(dict[Any, Any]):
    """Compiled statements by SQLAlchemy's key without its first item: the dialect object, which each engine has."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        """Return the statement compiled for any engine."""
        return super().get(key[1:], default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        """Keep a compiled statement for all engines."""
        super().__setitem__(key[1:], compiled)


compiled_statements: dict[frozenset[Any], CompiledStatements] = defaultdict(CompiledStatements)


@event.listens_for(sa.Engine, "engine_connect")
def share_compiled_statements(connection: sa.Connection) -> None:
    """Let a connection share compiled statements with those whose dialects have the same settings."""
    connection.execution_options(compiled_cache=compiled_statements[settings_of(connection.dialect)])


@lru_cache(maxsize=8)
def settings_of(dialect: sa.Dialect) -> frozenset[Any]:
    """Return the settings of a dialect, which include its name and the version of its server."""
    settings = {name: value for name, value in vars(dialect).items() if isinstance(value, bool | int | str | tuple)}
    return frozenset({"class": type(dialect), **settings}.items())
