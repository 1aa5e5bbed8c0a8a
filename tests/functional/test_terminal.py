"""What somebody else wrote into a file cannot make a terminal hide or forge lines."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from service.cli.main import run
from tests.factories.claims import block, document, figure
from tests.functional.calls import on_sqlite
from tests.functional.test_submit import ARRESTS, Submit, arrest, client, sheet, submit

# Fixtures are found by their names.
FIXTURES = (client, sheet, submit)

# Clear the screen, in two ways; back to the start of the line; text from right to left.
OBEYED = ("\x1b[2J", "\x9b2J", "\r", "\u202e")


def printed(capfd: pytest.CaptureFixture[str]) -> str:
    written = capfd.readouterr()
    return written.out + written.err


def obeyed(text: str) -> list[str]:
    return [one for one in OBEYED if one in text]


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["table", "json"])
def test_a_claims_file_is_shown_as_text(tmp_path: Path, capfd: pytest.CaptureFixture[str], options: list[str]):
    name = "release" + "".join(OBEYED)
    file = tmp_path / "claims.json"
    claims = document(block(figure(180), source=name), block(figure(190), source=name), sources={name: {}})
    file.write_text(json.dumps(claims))
    run(["reconcile", str(file), "--claims-only", *options])
    text = printed(capfd)
    assert "190" in text
    assert obeyed(text) == []


def test_a_wrong_claims_file_is_shown_as_text(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    file = tmp_path / "claims.json"
    file.write_text(json.dumps(document(block(figure(1, "note" + "".join(OBEYED))), **{"wrong\x1b[2J": 1})))
    run(["reconcile", str(file), "--claims-only"])
    text = printed(capfd)
    assert "wrong" in text
    assert obeyed(text) == []


@on_sqlite
def test_the_headings_of_a_sheet_are_shown_as_text(
    submit: Submit,
    sheet: Callable[..., Path],
    capfd: pytest.CaptureFixture[str],
):
    submit(sheet([*ARRESTS, "note" + "".join(OBEYED)], [*arrest(), "x"]))
    text = printed(capfd)
    assert "note" in text
    assert obeyed(text) == []


def test_a_mapping_is_described_as_text(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    file = tmp_path / "own.csv"
    with file.open("w", encoding="utf-8", newline="") as written:
        written.write("Date,Location,Reason,Name" + "".join(OBEYED[:2]) + "\n17/01/2023 21:40,m25,knife,x\n")
    run(["map", str(file)])
    text = printed(capfd)
    assert "Name" in text
    assert obeyed(text) == []
