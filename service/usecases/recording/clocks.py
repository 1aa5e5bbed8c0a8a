"""The clocks. An event gets the time of the database's clock, so nothing is recorded while that clock is wrong.

A time that was recorded stays for good: one event of the year 2028 would keep all later ones of its log in 2028.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from service.domain.model.instants import format_instant
from service.errors import Unavailable
from service.eventlog.head import newest_moment
from service.storage.db import Database


class ClockWrong(Unavailable):
    """The clock of the database is wrong: behind the last event of the log, or ahead of the service's own clock."""

    code = "clock_wrong"


class ClockTolerance:
    """How far the database's clock may be behind a log, or ahead of the clock of this process, in seconds."""

    def __init__(self) -> None:
        """Begin with the default of the setting `OPRECORD_CLOCK_TOLERANCE_SECONDS`."""
        self.seconds = 60


def require_right_clock(database: Database, clock: datetime, newest: datetime) -> None:
    """Refuse to record at this time of the database's clock, if it must be wrong.

    `newest` is the recorded_at of the last event. SQLite shares this process's clock, so only `newest` shows it wrong.

    Raises:
        ClockWrong: it is further behind `newest`, or ahead of this process's clock, than the tolerance.
    """
    tolerance, here = timedelta(seconds=database.singleton(ClockTolerance).seconds), datetime.now(UTC)
    if clock < newest - tolerance:
        raise ClockWrong(
            f"The database's clock says {format_instant(clock)}, before {format_instant(newest)}, the time of an event "
            "that is recorded already. Nothing was recorded. Set the clock, then send the same request again. If the "
            "clock is right now and was ahead then, raise OPRECORD_CLOCK_TOLERANCE_SECONDS: until the clock has caught "
            "up, events get the time of the last one."
        )
    if clock > here + tolerance:
        raise ClockWrong(
            f"The database's clock says {format_instant(clock)}, the service's {format_instant(here)}. Nothing was "
            "recorded. Set the clock that is wrong, then send the same request again."
        )


def require_right_clocks(database: Database) -> None:
    """Refuse if recording would be refused in the operation with the newest event.

    Raises:
        ClockWrong, DatabaseBusy, DatabaseFailed.
    """
    with database.reading() as connection:
        require_right_clock(database, database.now(connection), newest_moment(connection))
