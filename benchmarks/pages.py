"""Server time and size of the overview of a short log, a long one and Pandilla: `python -m benchmarks.pages [EVENTS]`.

One process answers all pages from one SQLite file, in turns, and counts its own processor time.
"""

from __future__ import annotations

import gzip
import re
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from benchmarks.reports import LEAD, SETUP_EVENTS, opening, report
from service.storage.db import Database, open_database
from service.usecases.maintenance.credentials import issue_credential
from service.usecases.maintenance.migrate import migrate_to_head
from service.usecases.recording.operations import open_operation
from service.usecases.recording.record import record_events
from service.wire.checked import load_opening, load_submission
from tests.functional.apps import replayed
from tests.functional.visitors import Visitor, visitor

SHORT, LONG = 1_000, 100_000
EVENTS_AT_A_TIME = 1_000
ROUNDS = 30
# Where the long log has at most this much of the server time of the short one, and Pandilla this many seconds.
MOST_RATIO, MOST_SECONDS, MOST_BYTES = 1.5, 0.060, 60_000
PANDILLA = "pandilla-2023-01"
MEASURED = {
    "overview": "/operations/{}",
    "as of the middle": "/operations/{}?event={}",
    "then and now": "/operations/{}/then-and-now?event={}",
    "by hour": "/operations/{}?by=hour",
}


def fill(database: Database, operation: str, size: int) -> None:
    """Open an operation and record events until its log holds `size` of them."""
    sender, _secret = issue_credential(database, force=LEAD, role="coordinator", operations=(), expires_in=None)
    open_operation(database, sender=sender, opening=load_opening(opening(operation), LEAD))
    count = size - SETUP_EVENTS
    for done in range(0, count, EVENTS_AT_A_TIME):
        numbers = range(done, min(done + EVENTS_AT_A_TIME, count))
        submissions = [load_submission(report(number)) for number in numbers]
        outcomes = record_events(database, operation=operation, sender=sender, submissions=submissions)
        assert all(one.error is None for one in outcomes), "every event of the benchmark is valid"


def seconds_for(person: Visitor, address: str) -> float:
    """Return the processor time in seconds to answer one page."""
    started = process_time()
    answer = person.get(address)
    seconds = process_time() - started
    assert answer.status_code == 200, address  # noqa: PLR2004 - OK
    return seconds


def medians(person: Visitor, addresses: dict[str, str], rounds: int = ROUNDS) -> dict[str, float]:
    """Return the median of the seconds for each address, asked for in turns; the first turn is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in addresses}
    for number in range(rounds + 1):
        for name, address in addresses.items():
            found = seconds_for(person, address)
            if number:
                seconds[name].append(found)
    return {name: median(found) for name, found in seconds.items()}


def compressed_bytes(person: Visitor, address: str) -> int:
    """Return the size of a page with its style sheets and scripts, as a browser receives them."""
    page = person.get(address).get_data(as_text=True)
    files = set(re.findall(r'"(/static/[^"]+)"', page))
    loaded = [person.get(one, headers={"Accept-Encoding": "gzip"}).get_data() for one in files]
    return len(gzip.compress(page.encode())) + sum(map(len, loaded))


def compare(person: Visitor, long: int, say: Callable[[str], None]) -> None:
    """Say the server time of each page for both logs, and what Pandilla's overview takes."""
    for page, address in MEASURED.items():
        at = {name: address.format(name, size // 2) for name, size in (("short", SHORT), ("long", long))}
        found = medians(person, at, ROUNDS if page != "by hour" else 3)
        ratio = found["long"] / found["short"]
        goal = "shown" if page == "by hour" else "pass" if ratio <= MOST_RATIO else "FAIL"
        say(f"{page}\t{found['short'] * 1e3:.1f} ms\t{found['long'] * 1e3:.1f} ms\t{ratio:.2f}\t{goal}")
    address = f"/operations/{PANDILLA}"
    seconds, size = medians(person, {"pandilla": address})["pandilla"], compressed_bytes(person, address)
    say(f"pandilla\t{seconds * 1e3:.1f} ms\tof {MOST_SECONDS * 1e3:.0f} ms\t\t{_goal(seconds < MOST_SECONDS)}")
    say(f"pandilla\t{size:,} bytes\tof {MOST_BYTES:,}\t\t{_goal(size < MOST_BYTES)}")


def _goal(is_reached: bool) -> str:  # noqa: FBT001 - a single truth
    return "pass" if is_reached else "FAIL"


def main() -> None:
    """Print the server time of each page by the size of the log."""
    long = int(sys.argv[1]) if len(sys.argv) > 1 else LONG
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'pages.db'}"
        migrate_to_head(url)
        database = open_database(url)
        fill(database, "short", SHORT)
        fill(database, "long", long)
        print("page", f"{SHORT:,} events", f"{long:,} events", "ratio", "goal", sep="\t")  # noqa: T201 - the result
        with replayed(url) as pandilla:
            _credential, secret = issue_credential(
                database, force=LEAD, role="coordinator", operations=(), expires_in=None
            )
            compare(visitor(pandilla.app, secret), long, print)
        database.engine.dispose()


if __name__ == "__main__":
    main()
