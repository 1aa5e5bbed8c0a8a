"""A directory to replay: the opening of an operation, the messages sent to it, and the figures published about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.errors import Invalid

Json = dict[str, Any]
OPENING, EVENTS, CLAIMS = "operation.json", "events.ndjson", "claims.toml"
REQUIRED_OF_A_MESSAGE = ("id", "type", "force")


class DirectoryUnreadable(Invalid):
    """A file of a directory to replay is missing, is malformed, or lacks a required member."""

    code = "directory_unreadable"


@dataclass(frozen=True, slots=True)
class SentLine:
    """One message: its line in the file, from 1, and the event as its force sent it."""

    number: int
    row: Json

    @property
    def force(self) -> str:
        """Return the force that sent it."""
        return str(self.row["force"])


@dataclass(frozen=True, slots=True)
class SeedDirectory:
    """A directory with operation.json, events.ndjson and, optionally, claims.toml."""

    path: Path
    opening: Json

    @property
    def operation(self) -> str:
        """Return the operation's key."""
        return str(self.opening["operation"])

    @property
    def lead_force(self) -> str:
        """Return the force that leads the operation."""
        return str(self.opening["lead_force"])

    def lines(self) -> Iterator[SentLine]:
        """Yield the messages in the order in which they were sent.

        Raises:
            DirectoryUnreadable: naming the malformed line.
        """
        with _opened(self.path / EVENTS) as lines:
            for number, line in enumerate(lines, start=1):
                yield SentLine(number, _message(line, f"{self.path / EVENTS}, line {number}"))

    def senders(self) -> list[str]:
        """Return every force that sent a message, the lead force first."""
        return list(dict.fromkeys([self.lead_force, *(line.force for line in self.lines())]))

    @property
    def claims_path(self) -> Path:
        """Return the path of the published figures, whether or not the file exists."""
        return self.path / CLAIMS

    def claims(self) -> bytes | None:
        """Return the published figures as a claims file; None if the directory has none.

        Raises:
            DirectoryUnreadable: the file cannot be read.
        """
        if not self.claims_path.exists():
            return None
        with _opened(self.claims_path) as file:
            return bytes(file.read())


def read_seed_directory(path: Path) -> SeedDirectory:
    """Return the directory at a path.

    Raises:
        DirectoryUnreadable: operation.json is missing or malformed, or lacks id, operation or lead_force.
    """
    with _opened(path / OPENING) as file:
        opening = _object(file.read(), str(path / OPENING))
    _require(opening, ("id", "operation", "lead_force"), str(path / OPENING))
    return SeedDirectory(path, opening)


def _opened(path: Path) -> Any:
    try:
        return path.open("rb")
    except OSError as error:
        raise DirectoryUnreadable(f"{path}: {error.strerror}.") from error


def _message(line: bytes, where: str) -> Json:
    row = _object(line, where)
    _require(row, REQUIRED_OF_A_MESSAGE, where)
    return row


def _object(text: bytes, where: str) -> Json:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DirectoryUnreadable(f"{where}: expected JSON: {error}.") from error
    if not isinstance(value, dict):
        raise DirectoryUnreadable(f"{where}: expected a JSON object.")
    return value


def _require(row: Json, names: tuple[str, ...], where: str) -> None:
    for name in names:
        if name not in row:
            raise DirectoryUnreadable(f"{where}: missing {name}.")
