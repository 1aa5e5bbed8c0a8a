"""How the commands that call the service write moments, days and codes for people."""

from __future__ import annotations

from datetime import date, datetime

from service.domain.model.days import LONDON
from service.domain.model.instants import parse_instant


def moment_text(instant: str | None) -> str:
    """Return a moment as London time, such as 16 Jan 2024 21:40; empty for None."""
    if instant is None:
        return ""
    local: datetime = parse_instant(instant).astimezone(LONDON)
    return f"{local.day} {local:%b %Y %H:%M}"


def day_text(day: str) -> str:
    """Return a day such as Tue 16 Jan."""
    found = date.fromisoformat(day)
    return f"{found:%a} {found.day} {found:%b}"


def minutes_text(seconds: int) -> str:
    """Return a span of time in minutes, such as 15 min."""
    return f"{round(seconds / 60)} min"
