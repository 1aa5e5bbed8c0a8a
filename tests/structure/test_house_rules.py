"""House rules for the service's own code, checked by machine."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import service
from service.errors import KINDS, RecordError
from service.eventlog import append
from service.eventlog.table import events
from service.projections.registry import BY_SEQ

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "service").rglob("*.py"))
FORBIDDEN = {"utils", "util", "helpers", "helper", "misc", "manager", "managers", "base", "common"}


def test_imports_follow_the_layers():
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_has_a_catch_all_name():
    assert [path for path in SOURCES if FORBIDDEN & {path.stem, *path.stem.split("_")}] == []


def test_every_init_is_empty():
    inits = [path for path in SOURCES if path.name == "__init__.py"]
    assert len(inits) > 5
    assert [path for path in inits if path.read_text(encoding="utf-8")] == []


def test_events_are_inserted_in_only_one_place():
    where = [path.relative_to(ROOT).as_posix() for path in SOURCES if inserts_events(path)]
    assert where == ["service/eventlog/append.py"]


def inserts_events(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return any(is_insert_of_events(call) for call in calls) or "insert into events" in text.lower()


def is_insert_of_events(call: ast.Call) -> bool:
    """Return whether this is `events.insert()`, `table.events.insert()` or `insert(events)`."""
    made = ast.unparse(call.func)
    given = [ast.unparse(argument).rpartition(".")[2] for argument in call.args]
    return made.endswith("events.insert") or (made.rpartition(".")[2] == "insert" and given[:1] == ["events"])


def test_no_event_is_updated_or_deleted_anywhere():
    for path in SOURCES:
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        made = {
            ast.unparse(call.func).rpartition("events.")[2] for call in calls if "events." in ast.unparse(call.func)
        }
        assert not made & {"update", "delete"}, path


@pytest.mark.parametrize(
    ("module", "table"),
    [(append, events), *((sys.modules[projection.rows.__module__], projection.table) for projection in BY_SEQ)],
    ids=lambda one: one.name if isinstance(one, sa.Table) else "",
)
def test_the_values_of_a_row_stand_in_the_order_of_its_tables_columns(module: Any, table: sa.Table):
    columns = [column.name for column in table.columns]
    assert list(inspect.signature(module.row).parameters) == columns
    assert module.row(**{name: name for name in columns}) == tuple(columns)


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
        # InternalError is the service's own failure, which none of the kinds covers.
        assert len(kinds) == (cls.__name__ != "InternalError"), cls


def test_only_the_api_and_the_command_import_http_libraries():
    importing = [path.relative_to(ROOT).as_posix() for path in SOURCES if imports_http(path)]
    assert [path for path in importing if not path.startswith(("service/api/", "service/cli/", "service/app.py"))] == []


def imports_http(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return any(name.partition(".")[0] in ("flask", "werkzeug", "http", "urllib3", "gunicorn") for name in names)
