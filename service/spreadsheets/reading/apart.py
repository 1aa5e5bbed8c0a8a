"""Read a workbook in a process of its own first, with limits on its memory and time.

A workbook of a few kilobytes can take gigabytes and hours to read: one link or merged area over a whole sheet, or a
million formats. What reading costs is known only once it has been read.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic

from service.errors import RecordError
from service.spreadsheets.reading.file import ZIP, read_grids
from service.spreadsheets.reading.grid import NotASpreadsheet, Report

# The largest workbooks that are read, of 2 million values, take half of it.
MOST_BYTES_OF_MEMORY = 2 * 1024**3
MOST_SECONDS = 120
# Time in which it gets no processor does not count as its time, but somebody waits for it.
MOST_SECONDS_WAITED = 600
SECONDS_BETWEEN_REPORTS = 5.0
READER = (sys.executable, "-P", "-m", __name__)


def require_affordable(path: Path, report: Report) -> None:
    """Refuse a workbook that takes too much memory or time to read. Other files are read in bounded memory anyway.

    `report` is called while it is read, with no progress.

    Raises:
        NotASpreadsheet.
    """
    with path.open("rb") as file:
        if not file.read(len(ZIP)).startswith(ZIP):
            return
    begun = monotonic()
    limits = str(MOST_BYTES_OF_MEMORY), str(MOST_SECONDS)
    command = (*READER, str(path), *limits)
    none = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=none, stderr=none) as reader:  # noqa: S603 - our own command, without a shell
        try:
            while reader.poll() is None and monotonic() - begun < MOST_SECONDS_WAITED:
                report(0, 1)
                with suppress(subprocess.TimeoutExpired):
                    reader.wait(SECONDS_BETWEEN_REPORTS)
        finally:
            if reader.poll() is None:
                reader.kill()
    if reader.returncode:
        raise NotASpreadsheet(
            f"{path.name} takes too much memory or time to read, although it may be small: it has far more formats, "
            "merged cells, links or formulas than rows. Copy its rows, as values, into a new workbook and send that."
        )


def _read_within_limits(path: Path, memory: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    # What is wrong with the file is said by whoever reads it next.
    with suppress(RecordError):
        read_grids(path)


if __name__ == "__main__":
    _read_within_limits(Path(sys.argv[1]), *map(int, sys.argv[2:]))
