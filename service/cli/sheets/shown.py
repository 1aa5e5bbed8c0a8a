"""The preview of a run, printed: the figures that change, now and then, and the unusual values."""

from __future__ import annotations

from service.cli.output import print_table, remark
from service.plurals import counted
from service.spreadsheets.sending.preview import Preview, label
from service.spreadsheets.sending.sent_rows import SentRows

COLUMNS = ("figure", "day", "now", "adds", "then")


def show(preview: Preview, file: str, state: SentRows) -> None:
    """Print the figures that change, now and then, and the unusual values."""
    if preview.lines:
        remark(f"Figures of {state.force} in {state.operation} at event {preview.seq}, and what {file} adds:")
        rows = [
            (label(line), line.day, line.shown(line.now), line.signed, line.shown(line.then)) for line in preview.lines
        ]
        print_table("", COLUMNS, rows, numbers=COLUMNS[2:], unwrapped=COLUMNS[1:], stderr=True)
    if preview.unusual:
        remark(f"Look again at {counted(len(preview.unusual), 'unusual value')}:")
        for one in preview.unusual:
            remark(f"  {one}")
