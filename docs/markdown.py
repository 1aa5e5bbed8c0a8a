"""Markdown tables and docstrings for the page generators."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [columns, ["---"] * len(columns), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def words_of(cls: Any) -> str:
    """Return the docstring of a class, without its indentation."""
    return inspect.cleandoc(cls.__doc__)
