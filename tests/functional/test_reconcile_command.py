"""`oprecord reconcile`: with and without a record, in three file formats, with its exit codes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from service.cli.exit_codes import DONE, REFUSED, USAGE, WRONG
from service.cli.main import run
from service.storage.db import Database
from tests.factories.claims import block, breakdown, document, figure
from tests.factories.logs import SEED, recorded_seed
from tests.functional.calls import on_sqlite

PANDILLA = "pandilla-2023-01"
Oprecord = Callable[..., tuple[int, str, str]]


@pytest.fixture
def oprecord(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Oprecord:
    """Return a function that runs the command, by default without a database: exit code, stdout and stderr."""

    def oprecord(*arguments: object, url: str = f"sqlite:///{tmp_path}/nowhere.db") -> tuple[int, str, str]:
        code = run(["--database-url", url, "reconcile", *map(str, arguments)])
        written = capfd.readouterr()
        return code, written.out, written.err

    return oprecord


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a claims file in JSON."""

    def written(*blocks: object, **keys: object) -> Path:
        path = tmp_path / "claims.json"
        path.write_text(json.dumps(document(*blocks, **keys)))  # type: ignore[arg-type]
        return path

    return written


def test_the_seed_agrees_with_what_was_published(database: Database, database_url: str, oprecord: Oprecord) -> None:
    recorded_seed(database)
    code, out, err = oprecord(PANDILLA, SEED / "claims.toml", url=database_url)
    assert (code, err) == (DONE, "")
    assert "14 of 14 printed figures agree" in out
    assert "more than 1,200 officers" in out


@on_sqlite
def test_a_difference_is_reported_and_exits_with_1(
    database: Database, database_url: str, oprecord: Oprecord, written: Callable[..., Path]
) -> None:
    recorded_seed(database)
    file = written(block(figure(180)), breakdowns=(breakdown({"metropolitan": 100, "surrey": 81}),))
    code, out, _err = oprecord(PANDILLA, file, url=database_url)
    assert code == WRONG
    assert "/claims/0/figures/0: ✗ differs. Printed: 180 arrests. The record has 179. That is 1 less." in out
    assert "contradiction: arrests, the whole: 180 arrests (release): its parts add up to at least 181" in out
    code, out, _err = oprecord(PANDILLA, file, "--json", url=database_url)
    assert (code, json.loads(out)["counts"]["differs"]) == (WRONG, 2)


@pytest.mark.parametrize("arguments", [(), (PANDILLA,)])
def test_comparing_only_claims_needs_no_database(arguments: tuple[str, ...], oprecord: Oprecord) -> None:
    code, out, err = oprecord(*arguments, SEED / "claims.toml", "--claims-only")
    assert (code, out, err) == (DONE, "14 figures compared with each other\n", "")


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        pytest.param((block(figure(179), figure(178)),), WRONG, id="contradiction"),
        pytest.param((block(figure(10, "more than"), figure(90, "more than")),), WRONG, id="suspect"),
        pytest.param((block(figure(4, measure="dogs_seized", unit="dogs")),), DONE, id="note"),
        pytest.param((block(figure(170, "more than"), figure(179)),), DONE, id="nothing"),
    ],
)
def test_comparing_only_claims_exits_with_0_only_if_nothing_is_wrong(
    claims: tuple[object, ...], code: int, oprecord: Oprecord, written: Callable[..., Path]
) -> None:
    assert oprecord(written(*claims), "--claims-only")[0] == code


def test_csv_is_read_by_its_ending(tmp_path: Path, oprecord: Oprecord) -> None:
    file = tmp_path / "claims.csv"
    file.write_text("source,measure,value,unit\nrelease,arrests,179,arrests\nbbc,arrests,178,arrests\n")
    code, out, _err = oprecord(file, "--claims-only", "--json")
    (finding,) = json.loads(out)["findings"]
    assert (code, finding["places"]) == (WRONG, ["/lines/2", "/lines/3"])


def test_every_error_is_one_line(oprecord: Oprecord, written: Callable[..., Path]) -> None:
    file = written(block(figure("92,0000"), figure("12k"), figure(1.5)))
    code, out, err = oprecord(file, "--claims-only")
    assert (code, out) == (REFUSED, "")
    assert [line.split(": ")[1] for line in err.splitlines()] == [f"/claims/0/figures/{at}/value" for at in range(3)]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("claims.toml", "format =", REFUSED),
        ("claims.json", "{", REFUSED),
        ("claims.csv", '"', REFUSED),
        ("claims.xlsx", "", USAGE),
    ],
)
def test_an_unreadable_file_is_reported_in_one_line(
    name: str, text: str, code: int, tmp_path: Path, oprecord: Oprecord
) -> None:
    (tmp_path / name).write_text(text)
    found, out, err = oprecord(tmp_path / name, "--claims-only")
    assert (found, out, len(err.splitlines())) == (code, "", 1)


def test_a_missing_file_is_reported_in_one_line(tmp_path: Path, oprecord: Oprecord) -> None:
    file = tmp_path / "claims.toml"
    assert oprecord(file, "--claims-only") == (REFUSED, "", f"oprecord: {file}: No such file or directory.\n")


@pytest.mark.parametrize("arguments", [(), ("claims.toml",), ("a", "b", "claims.toml")])
def test_without_claims_only_an_operation_and_a_file_are_required(
    arguments: tuple[str, ...], oprecord: Oprecord
) -> None:
    assert oprecord(*arguments)[0] == USAGE
