"""House rules for the service's own code, checked by machine."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import sqlalchemy as sa
from msgspec import Raw
from msgspec.structs import fields

import service
from service.cli.main import COMMANDS
from service.domain.model.events import Event
from service.domain.model.part import InternedDefaults, Part, Timed
from service.errors import KINDS, RecordError
from service.eventlog.table import EventRow, events
from service.projections.registry import BY_SEQ, Projection
from service.projections.totals import TotalRow, totals

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "service").rglob("*.py"))
FORBIDDEN = {"utils", "util", "helpers", "helper", "misc", "manager", "managers", "base", "common"}


@cache
def parsed(path: Path) -> ast.Module:
    """Return a module's syntax tree; several rules read each."""
    return ast.parse(path.read_text(encoding="utf-8"))


def test_imports_follow_the_layers():
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_commands_that_need_no_database_start_without_its_libraries():
    modules = [f"service.cli.{module}" for module in COMMANDS.values() if module.split(".")[0] in ("remote", "sheets")]
    script = f"import sys, service.cli.main, {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "service.cli.sheets.submit" in done.stdout
    assert {"sqlalchemy", "alembic", "psycopg", "flask"} & set(done.stdout.split()) == set()


def test_no_module_has_a_catch_all_name():
    assert [path for path in SOURCES if FORBIDDEN & {path.stem, *path.stem.split("_")}] == []


def test_no_two_classes_have_one_name():
    where = defaultdict(list)
    for path in SOURCES:
        for name in classes_of(path):
            where[name].append(path.relative_to(ROOT).as_posix())
    assert len(where) > 500
    assert {name: files for name, files in where.items() if len(files) > 1} == {}


def classes_of(path: Path) -> list[str]:
    """Return the names of a module's classes, without those inside a class or a function."""
    return [node.name for node in parsed(path).body if isinstance(node, ast.ClassDef)]


def test_every_init_is_empty():
    inits = [path for path in SOURCES if path.name == "__init__.py"]
    assert len(inits) > 5
    assert [path for path in inits if path.read_text(encoding="utf-8")] == []


def test_events_are_inserted_in_only_one_place():
    where = [path.relative_to(ROOT).as_posix() for path in SOURCES if inserts_events(path)]
    assert where == ["service/eventlog/append.py"]


def inserts_events(path: Path) -> bool:
    written_out = "insert into events" in path.read_text(encoding="utf-8").lower()
    return written_out or any(is_insert_of_events(call) for call in calls_in(path, "insert", "events"))


def calls_in(path: Path, *words: str) -> list[ast.Call]:
    """Return the calls in a module. One that lacks any of the words is not parsed: it has no call that counts."""
    text = path.read_text(encoding="utf-8")
    if not all(word in text for word in words):
        return []
    return [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]


def is_insert_of_events(call: ast.Call) -> bool:
    """Return whether this is `events.insert()`, `table.events.insert()` or `insert(events)`."""
    made = ast.unparse(call.func)
    given = [ast.unparse(argument).rpartition(".")[2] for argument in call.args]
    return made.endswith("events.insert") or (made.rpartition(".")[2] == "insert" and given[:1] == ["events"])


def test_no_event_is_updated_or_deleted_anywhere():
    for path in SOURCES:
        made = [ast.unparse(call.func) for verb in ("update", "delete") for call in calls_in(path, "events", verb)]
        assert not [one for one in made if one.endswith(("events.update", "events.delete"))], path


def row_class(projection: Projection) -> Any:
    """Return the class of the rows that a projection makes."""
    (found,) = get_args(get_type_hints(projection.rows)["return"])
    return found


@pytest.mark.parametrize(
    ("cls", "table"),
    [(EventRow, events), *((row_class(projection), projection.table) for projection in BY_SEQ), (TotalRow, totals)],
    ids=lambda one: one.name if isinstance(one, sa.Table) else "",
)
def test_the_fields_of_a_row_are_the_columns_of_its_table_in_their_order(cls: Any, table: sa.Table):
    assert list(cls._fields) == [column.name for column in table.columns]


def test_neither_api_nor_pages_nor_command_begin_a_transaction():
    outward = [path for path in SOURCES if path.relative_to(ROOT / "service").parts[0] in ("api", "web", "cli")]
    assert len(outward) > 50
    reaching = {path.relative_to(ROOT).as_posix(): ways_into_the_database(path) for path in outward}
    assert {path: ways for path, ways in reaching.items() if ways} == {}


def ways_into_the_database(path: Path) -> set[str]:
    """Return which attributes of a Database a module uses that give a connection."""
    nodes = ast.walk(parsed(path))
    return {node.attr for node in nodes if isinstance(node, ast.Attribute)} & {
        "reading",
        "snapshot",
        "writing",
        "engine",
    }


def subclasses(cls: type[RecordError]) -> Iterator[type[RecordError]]:
    for one in cls.__subclasses__():
        yield one
        yield from subclasses(one)


@pytest.fixture(scope="module")
def error_classes() -> list[type[RecordError]]:
    """Return every error class of the service."""
    for module in pkgutil.walk_packages(service.__path__, "service."):
        importlib.import_module(module.name)
    return [cls for cls in subclasses(RecordError) if cls not in KINDS and cls.__module__.startswith("service.")]


def test_every_error_class_has_its_own_code(error_classes: list[type[RecordError]]):
    codes = [cls.code for cls in error_classes]
    assert len(codes) > 50
    assert sorted(set(codes)) == sorted(codes)
    assert all(code and code == code.lower() and code.replace("_", "").isalnum() for code in codes)
    # Each class defines its own code and inherits none.
    assert [cls for cls in error_classes if "code" not in vars(cls)] == []


def test_every_error_class_has_its_own_docstring(error_classes: list[type[RecordError]]):
    assert [cls for cls in (*error_classes, *KINDS) if not vars(cls).get("__doc__")] == []


def test_every_error_class_is_of_one_kind(error_classes: list[type[RecordError]]):
    for cls in error_classes:
        kinds = [kind for kind in KINDS if issubclass(cls, kind)]
        assert len(kinds) == 1, cls


def parts(cls: type[Part]) -> Iterator[type[Part]]:
    yield cls
    for one in cls.__subclasses__():
        yield from parts(one)


def test_every_part_with_a_text_default_derives_from_interned_defaults():
    found = [(cls, one) for cls in parts(Part) if cls.__module__.startswith("service.") for one in fields(cls)]
    assert len(found) > 50
    with_words = {cls for cls, one in found if isinstance(one.default, str)}
    assert len(with_words) > 10
    assert [cls for cls in with_words if not issubclass(cls, InternedDefaults)] == []
    # Python keeps one object of each of these values, and msgspec compares empty lists by length.
    others = [one.default for _cls, one in found if not one.required and not isinstance(one.default, str | Raw)]
    assert [default for default in others if default not in (None, (), True, False, 1)] == []


def test_every_part_with_a_moment_derives_from_timed():
    timed = {
        cls
        for cls in parts(Part)
        for one in fields(cls)
        if cls.__module__.startswith("service.domain") and {date, datetime} & {one.type, *get_args(one.type)}
    }
    assert len(timed) > 5
    # The codec and the reader check the moment and the day of the envelope.
    assert {cls for cls in timed if not issubclass(cls, Timed)} == {Event}


def test_only_the_api_the_pages_and_the_command_import_http_libraries():
    importing = [path.relative_to(ROOT).as_posix() for path in SOURCES if imports_http(path)]
    assert [
        path
        for path in importing
        if not path.startswith(("service/api/", "service/web/", "service/exports/", "service/cli/", "service/app.py"))
    ] == []


def imports_http(path: Path) -> bool:
    tree = parsed(path)
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return any(name.partition(".")[0] in ("flask", "werkzeug", "http", "urllib3", "gunicorn") for name in names)
