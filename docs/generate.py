"""Writes the reference pages from the code: `make docs`. A test fails where a committed page is not what this makes."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import click
import grimp

import service
from docs.api_page import api_page
from docs.events_page import events_page
from docs.markdown import table
from service.api.errors import status_of, title_of
from service.cli.main import cli
from service.config import PREFIX, Config
from service.domain.reference_data import Measure, measure_catalogue
from service.errors import KINDS, RecordError

FOLDER = Path(__file__).parent / "reference"
MADE = "<!-- Made by docs/generate.py: change the code, then run `make docs`. -->"
CATALOGUE = "service/domain/reference/measures.toml"
WIDTH = 100


def measures_page() -> Iterator[str]:
    """Yield the page of what is counted: the catalogue, and its categories."""
    measures = list(measure_catalogue().values())
    yield (
        "# Measures\n\nWhat every operation counts, in publishing order, from "
        f"[`{CATALOGUE}`](../../{CATALOGUE}). An operation may register more, and further "
        "categories. The rules are in [counting.md](counting.md).\n\n"
        "A *core* measure is counted from arrests and seizures, or tallied by a force that reports tallies; the others "
        "are sent as `activity.recorded`. *By row only* means that its rows are never added up."
    )
    columns = ("measure", "is printed as", "unit", "core", "broken down by", "rows add up")
    yield table(columns, [_measure_row(measure) for measure in measures])
    yield "## Categories\n\n`unstated` is the category of what was not said; `other` is one that was said."
    yield "\n".join(f"- `{one.measure}`, by {one.category}: {_categories(one)}" for one in measures if one.category)


def errors_page() -> Iterator[str]:
    """Yield the page of all errors: code, status, and what each means."""
    for module in pkgutil.walk_packages(service.__path__, "service."):
        import_module(module.name)
    over_http = grimp.build_graph("service").find_upstream_modules("service.app")
    found = sorted(_subclasses(RecordError), key=lambda cls: cls.code)
    yield (
        "# Errors\n\nAn error is answered as problem+json (RFC 9457). Programs go by `code`, which is never reused for "
        "another mistake; `detail` says to people what was wanted and what was found; `errors` lists the fields, each "
        "with a JSON pointer. Some carry further members, such as `corrected_by`.\n\n"
        "Whatever the error, the same event can be sent again: nothing is counted twice."
    )
    yield "## Kinds\n\n" + table(
        ("kind", "status", "means"), [(cls.__name__, _status(cls), title_of(cls)) for cls in KINDS]
    )
    for title, here in (("From the service", True), ("From commands only", False)):
        rows = [cls for cls in found if (cls.__module__ in over_http) is here]
        yield f"## {title}\n\n" + table(
            ("code", *(("status",) if here else ()), "means", "raised in"),
            [(f"`{cls.code}`", *((_status(cls),) if here else ()), title_of(cls), _module(cls)) for cls in rows],
        )


def configuration_page() -> Iterator[str]:
    """Yield the page of settings."""
    yield (
        "# Configuration\n\nSettings are read once, from the environment, when a command starts; a bad one ends it "
        "with a message that names every bad variable. `--database-url` of every command stands above the variable.\n\n"
        "A password need not stand in the database's address: PostgreSQL's own `PGPASSWORD` and `PGPASSFILE` are read."
    )
    rows = [
        (f"`{PREFIX}{one.name.upper()}`", f"`{one.default}`", one.metadata["help"], _bounds(**one.metadata))
        for one in fields(Config)
    ]
    yield table(("variable", "default", "what it is", "bounds"), rows)


def _bounds(*, least: int | None, most: int | None, **_others: str) -> str:
    if least is None:
        return ""
    return f"at least {least}" if most is None else f"{least} to {most}"


def cli_page() -> Iterator[str]:
    """Yield the page of commands: their help texts."""
    yield "# Commands\n\nData is printed on stdout, remarks and progress on stderr. These are the help texts."
    for path, command in _commands("oprecord", cli):
        context = click.Context(command, info_name=path, terminal_width=WIDTH, **cli.context_settings)
        yield f"## {path}\n\n```text\n{command.get_help(context)}\n```"


def _measure_row(one: Measure) -> tuple[str, ...]:
    adds_up = "" if one.category is None else "yes" if one.additive else "by row only"
    return (f"`{one.measure}`", one.label, one.unit, "yes" if one.core else "", one.category or "", adds_up)


def _categories(one: Measure) -> str:
    if one.open:
        return "any code"
    listed = ", ".join(f"`{path}`" for path in one.categories)
    return f"{listed}; any code beneath these" if one.open_below else listed


def _subclasses(cls: type[RecordError]) -> Iterator[type[RecordError]]:
    for sub in cls.__subclasses__():
        if sub.code and sub.__module__.startswith("service."):
            yield sub
        yield from _subclasses(sub)


def _status(cls: type[RecordError]) -> str:
    return str(int(status_of(cls(""))))


def _module(cls: type[RecordError]) -> str:
    path = f"{cls.__module__.replace('.', '/')}.py"
    return f"[`{path.removeprefix('service/')}`](../../{path})"


def _commands(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, sub in command.commands.items():
            yield from _commands(f"{path} {name}", sub)


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "events.md": events_page,
    "measures.md": measures_page,
    "errors.md": errors_page,
    "configuration.md": configuration_page,
    "cli.md": cli_page,
    "api.md": api_page,
}


def text_of(page: Callable[[], Iterator[str]]) -> str:
    """Return a page as it is committed."""
    return "\n\n".join([MADE, *page()]) + "\n"


if __name__ == "__main__":
    for name, page in PAGES.items():
        (FOLDER / name).write_text(text_of(page), encoding="utf-8")
        print(f"docs/reference/{name}")
