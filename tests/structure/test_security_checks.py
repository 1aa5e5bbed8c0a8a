"""No security rule of ruff is switched off without a reason, and the audit of the lock files finds what applies."""

import ast
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests import audit

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("docs/threat-model.md", "SECURITY.md")
NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
PROMISE = re.compile(r"^\| (?!guarantee|promise|---)([^|]+?) \|", re.MULTILINE)
SECURITY_RULE = re.compile(r"\bS\d+\b")


def sources() -> list[Path]:
    folders = ("service", "tests", "migrations", "benchmarks", "docs")
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_every_line_that_is_excused_from_a_security_rule_says_why():
    excuses = [
        (path.relative_to(ROOT).as_posix(), line.partition("# noqa:")[2])
        for path in sources()
        for line in path.read_text(encoding="utf-8").splitlines()
        if SECURITY_RULE.search(line.partition("# noqa:")[2].partition(" - ")[0])
    ]
    assert len(excuses) > 10
    assert [(path, excuse) for path, excuse in excuses if not re.match(r" [A-Z0-9, ]+ - \S", excuse)] == []


def test_no_security_rule_is_ignored_as_a_group_or_without_a_reason():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    ignored = [line for line in text.splitlines() if re.match(r'\s+"S\d*",', line)]
    assert len(ignored) > 3
    assert [line for line in ignored if not re.match(r'\s+"S\d{3}",\s+# \w', line)] == []
    # Ruff would take a bare noqa for every rule.
    bare = re.compile(r"#\s*noqa\s*$", re.MULTILINE)
    assert [path for path in sources() if bare.search(path.read_text(encoding="utf-8"))] == []


@cache
def names_of_tests(path: Path) -> set[str]:
    """Return the names of the tests of a file."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_test_that_a_document_names_exists(document: str):
    named = NAMED_TEST.findall((ROOT / document).read_text(encoding="utf-8"))
    assert named
    missing = [
        (file, test)
        for file, test in named
        if not (ROOT / file).exists() or (test and test not in names_of_tests(ROOT / file))
    ]
    assert missing == []


def test_every_guarantee_has_its_tests_in_the_threat_model():
    security = (ROOT / "SECURITY.md").read_text(encoding="utf-8").partition("## What it does not")[0]
    model = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8").partition("## The tests of each guarantee")[2]
    promises = PROMISE.findall(security)
    assert len(promises) > 20
    assert PROMISE.findall(model) == promises
    rows = [line for line in model.splitlines() if line.startswith("| ") and not line.startswith(("| gua", "| ---"))]
    assert [row for row in rows if not re.search(r"`tests/[\w/]+\.py::test_\w+`", row)] == []


def advisory(name: str = "Some_Package", **affected: Any) -> dict[str, Any]:
    package = {"ecosystem": "PyPI", "name": name}
    return {"id": "OSV-1", "aliases": ["CVE-1"], "summary": "Bad", "affected": [{"package": package} | affected]}


def between(*events: dict[str, str]) -> dict[str, Any]:
    return {"ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}


@pytest.mark.parametrize(
    ("found", "applies"),
    [
        (advisory(versions=["1.10"]), True),
        (advisory(versions=["1.1"]), False),
        (advisory(**between({"introduced": "0"}, {"fixed": "1.11"})), True),
        (advisory(**between({"introduced": "0"}, {"fixed": "1.9"})), False),
        (advisory(**between({"introduced": "1.10"})), True),
        (advisory(**between({"introduced": "0"}, {"last_affected": "1.10"})), True),
        (advisory(**between({"introduced": "0"}, {"last_affected": "1.9.1"})), False),
        (advisory(**between({"introduced": "0"}, {"fixed": "1.2"}, {"introduced": "1.9"}, {"fixed": "2"})), True),
        (advisory("another", versions=["1.10"]), False),
        (advisory(versions=["1.10"]) | {"withdrawn": "2024-01-01T00:00:00Z"}, False),
    ],
)
def test_the_audit_finds_what_applies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, found: dict[str, Any], applies: bool
):
    lock = tmp_path / "requirements.lock"
    lock.write_text("some-package==1.10 ; sys_platform == 'linux' \\\n    --hash=sha256:0\n")
    (tmp_path / "advisories").mkdir()
    (tmp_path / "advisories/OSV-1.json").write_text(json.dumps(found))
    assert audit.main(str(tmp_path / "advisories"), str(lock)) == (audit.AFFECTED if applies else audit.CLEAN)
    assert ("some-package 1.10: OSV-1, CVE-1: Bad" in capsys.readouterr().out) == applies


def test_the_audit_reads_every_package_of_the_lock_files_and_says_what_it_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert len(audit.pins(text)) == text.count("==") - text.count("== '") > 20
    assert audit.main(str(tmp_path), str(ROOT / "requirements.lock")) == audit.NOT_COMPARED
    assert audit.main("", str(ROOT / "requirements.lock")) == audit.NOT_COMPARED
    assert "make audit ADVISORIES=folder" in capsys.readouterr().err
