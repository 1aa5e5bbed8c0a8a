"""Settings, read once from the environment. All invalid variables are reported together."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from environs import Env
from marshmallow import validate

PREFIX = "OPRECORD_"


def _setting(
    default: Any,
    help_text: str,
    least: int | None = None,
    most: int | None = None,
    *,
    choices: tuple[str, ...] = (),
    is_secret: bool = False,
) -> Any:
    metadata = {"help": help_text, "least": least, "most": most, "choices": choices}
    return field(default=default, metadata=metadata, repr=not is_secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings. Each field is read from the variable `OPRECORD_` plus its name in capitals."""

    database_url: str = _setting(
        "sqlite:///oprecord.db", "SQLAlchemy URL of the database: sqlite:///FILE or postgresql+psycopg://..."
    )
    host: str = _setting("127.0.0.1", "address to listen on")
    port: int = _setting(8000, "port to listen on; 0 for any free port", 0, 65_535)
    workers: int = _setting(1, "server processes; more than one helps only on PostgreSQL: SQLite has one writer", 1)
    worker_affinity: bool = _setting(
        True, "pin each server process to one processor, which is faster; 0 where many services share few processors"
    )
    threads: int = _setting(16, "threads for requests in each process, in addition to those for live feeds", 1)
    feed_subscribers: int = _setting(32, "live feeds that each process serves at once; any further one gets 503", 1)
    feed_poll_milliseconds: int = _setting(500, "how often a process polls for new events for its live feeds", 10)
    lock_timeout_seconds: int = _setting(
        5, "how long a request waits for its turn in an operation before it gets 503, here and in PostgreSQL", 1
    )
    statement_timeout_seconds: int = _setting(
        60, "how long a statement of a request may take in PostgreSQL before the request gets 503", 1
    )
    clock_tolerance_seconds: int = _setting(
        60,
        "how far the database's clock may be behind the last event of an operation, or ahead of the service's clock, "
        "before nothing is recorded and requests get 503",
        1,
    )
    log_level: str = _setting(
        "info",
        "what is logged on stdout, from this level up: a line for each request is info, for a health check debug, and "
        "a failure warning or error; so warning turns the lines for requests off",
        choices=("debug", "info", "warning", "error"),
    )
    pool_timeout_seconds: int = _setting(3, "how long a request waits for a database connection before it gets 503", 1)
    oidc_issuer: str | None = _setting(
        None, "identity provider whose accounts sign in to the pages: its issuer, an address that begins with https://"
    )
    oidc_client_id: str | None = _setting(None, "what the identity provider calls this service: its client id")
    oidc_client_secret: str | None = _setting(
        None, "the secret with which this service proves itself to the identity provider", is_secret=True
    )
    oidc_roles_claim: str = _setting("roles", "the claim of the ID token that has the app roles of an account")
    oidc_only: bool = _setting(
        False, "1: people sign in to the pages with accounts only, not with credentials or links"
    )


def load_config() -> Config:
    """Return the settings of this process.

    Raises:
        environs.EnvValidationError: naming every variable that is empty, not a number or out of bounds.
    """
    env = Env(eager=False)
    values: dict[str, Any] = {}
    with env.prefixed(PREFIX):
        for setting in fields(Config):
            default: Any = setting.default
            name, bounds = setting.name.upper(), setting.metadata
            if isinstance(default, bool):
                values[setting.name] = env.bool(name, default)
            elif isinstance(default, int):
                in_bounds = validate.Range(min=bounds["least"], max=bounds["most"])
                values[setting.name] = env.int(name, default, validate=in_bounds)
            else:
                allowed = validate.OneOf(bounds["choices"]) if bounds["choices"] else validate.Length(min=1)
                values[setting.name] = env.str(name, default, validate=allowed)
    env.seal()
    return Config(**values)
