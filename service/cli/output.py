"""Output of commands: data on stdout, as a table or as JSON; progress and remarks on stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import click

# Wide enough that no table wraps where a program may read it.
WIDTH_WITHOUT_TERMINAL = 10_000

# What a terminal obeys instead of showing it, or what turns the direction of what follows. A sheet or a claims file
# that somebody else wrote could hide or forge lines with it.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
INSTEAD = "\N{REPLACEMENT CHARACTER}"

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def plain(text: str) -> str:
    """Return the text without what a terminal would obey."""
    return CONTROL.sub(INSTEAD, text)


def say(text: str) -> None:
    """Print a line on stdout, without what a terminal would obey."""
    click.echo(plain(text))


def remark(text: str) -> None:
    """Print a remark on what the command is doing, on stderr, without what a terminal would obey."""
    click.echo(plain(text), err=True)


def print_json(value: Any) -> None:
    """Print a value as JSON on stdout."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    click.echo(CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Collection[str] = (),
    unwrapped: Collection[str] = (),
    stderr: bool = False,
) -> None:
    """Print a table on stdout, or on stderr; `numbers` are the columns that are aligned right.

    Where a terminal is too narrow, all columns but the `unwrapped` ones are wrapped; by default, all but the first.
    """
    # Late, for the commands that print no table.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in numbers else "left"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=column in (unwrapped or columns[:1]))
    for row in rows:
        table.add_row(*map(plain, row))
    # Codes contain brackets and colons that rich would read as markup and emoji.
    console = Console(markup=False, emoji=False, highlight=False, stderr=stderr)
    if not console.is_terminal:
        console.width = WIDTH_WITHOUT_TERMINAL
    console.print(table)


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on stderr during the block, if stderr is a terminal.

    Yields the function that updates it: `(done, size)`; a size of 0 means that it is not known yet.
    """
    if not sys.stderr.isatty():
        yield lambda _done, _size: None
        return
    # Late, for the commands that show none.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, size: bar.update(task, completed=done, total=size or None)
