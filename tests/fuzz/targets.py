"""What is fuzzed: each target reads one input as the service would read it from a stranger.

A target returns if the input is accepted, or refused with an error that is documented. Anything else is a finding.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from json import dumps
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl

from service.api.http.answers import measure_json
from service.domain.model.reference_data import measure_catalogue
from service.errors import Invalid
from service.spreadsheets.checking.allowed import Allowed, allowed_in
from service.spreadsheets.checking.check import check_sheets
from service.spreadsheets.reading.csv_files import csv_grid
from service.spreadsheets.reading.grid import Grid
from service.spreadsheets.reading.workbooks import workbook_grids
from service.spreadsheets.sheets import choose_sheets
from service.usecases.maintenance.log_lines import LineRefused, header_in, read_lines
from service.wire.checked import load_change, load_event, load_opening
from service.wire.claims_body import CSV, JSON, TOML, read_claims_body
from service.wire.codec import recorded_from_canonical, recorded_from_text, text_of
from service.wire.strict_json import parse

Target = Callable[[bytes], object]
NOW = datetime(2024, 1, 24, 12, tzinfo=UTC)
CHANGES = ("force.joined", "measure.registered", "operation.amended", "figures.published")
SHEET = "xl/worksheets/sheet1.xml"
# The longest event that a call takes. Larger inputs try nothing new, and slow the search down.
MOST_BYTES = 64 * 1024


def strict_json(body: bytes) -> None:
    """Read a body as each call that takes an event or a change reads it; what is accepted can be written again."""
    with suppress(Invalid):
        value = parse(body)
        dumps(value, ensure_ascii=False).encode()
        for read in (load_event, _opening, *_changes()):
            with suppress(Invalid):
                read(value)


def _opening(value: Any) -> object:
    return load_opening(value, "metropolitan")


@cache
def _changes() -> tuple[Callable[[Any], object], ...]:
    return tuple(lambda value, name=name: load_change(name, value, "metropolitan") for name in CHANGES)


def claims_toml(body: bytes) -> None:
    """Read a claims file in TOML."""
    _claims(body, TOML)


def claims_json(body: bytes) -> None:
    """Read a claims file in JSON."""
    _claims(body, JSON)


def claims_csv(body: bytes) -> None:
    """Read a claims file in CSV."""
    _claims(body, CSV)


def _claims(body: bytes, media: str) -> None:
    with suppress(Invalid):
        read_claims_body(body, media, measure_catalogue())


def sheet_csv(body: bytes) -> None:
    """Read and check a CSV file as an upload is."""
    with suppress(Invalid):
        _check("a.csv", [csv_grid("a.csv", body)])


def workbook_bytes(body: bytes) -> None:
    """Read and check the bytes of an XLSX workbook as an upload is."""
    with suppress(Invalid):
        _check("a.xlsx", workbook_grids("a.xlsx", body))


def workbook_sheet(body: bytes) -> None:
    """Read and check a sound workbook whose first sheet is the input, as XML. Few changes of a ZIP get so far."""
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, content in _parts().items():
            archive.writestr(name, body if name == SHEET else content)
    workbook_bytes(packed.getvalue())


@cache
def _parts() -> Mapping[str, bytes]:
    book = openpyxl.Workbook()
    packed = BytesIO()
    book.save(packed)
    with ZipFile(packed) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _check(name: str, grids: list[Grid]) -> None:
    sheets, _left_out = choose_sheets(name, grids, include_hidden=True)
    check_sheets(sheets, _allowed(), NOW).mistakes()


@cache
def _allowed() -> Allowed:
    forces = [{"force": force, "reports": "events"} for force in ("surrey", "kent")]
    operation: dict[str, Any] = {
        "operation": "sheet-2024",
        "forces": forces,
        "days": [],
        "starts_at": "2024-01-23T00:00:00Z",
        "ends_at": "2024-01-25T00:00:00Z",
        "places": ["m25", "a3"],
        "measures": [measure_json(measure) for measure in measure_catalogue().values()],
    }
    return allowed_in(operation, "surrey")


def canonical_text(body: bytes) -> None:
    """Read a stored text. What is read is written in one way, and that is read as the same event."""
    try:
        recorded = recorded_from_text(body.decode())
    except (LookupError, TypeError, ValueError):
        return
    text = text_of(recorded)
    if recorded_from_canonical(text) != recorded:
        raise AssertionError(f"another event was read from {text}")


def import_lines(body: bytes) -> None:
    """Read the lines of a log that is imported. A line that is accepted is the canonical text of its event."""
    lines = BytesIO(body).readlines()
    with suppress(LineRefused):
        rest = lines[1:] if lines and header_in(lines[0]) else lines
        for line, read in zip(rest, read_lines(rest), strict=True):
            if text_of(read.recorded).encode() != line.removesuffix(b"\n"):
                raise AssertionError(f"another text was accepted: {line!r}")


TARGETS: Mapping[str, Target] = {
    target.__name__: target
    for target in (
        strict_json,
        claims_toml,
        claims_json,
        claims_csv,
        sheet_csv,
        workbook_bytes,
        workbook_sheet,
        canonical_text,
        import_lines,
    )
}
CORPUS = Path(__file__).parent / "corpus"


def seeds(target: str) -> list[bytes]:
    """Return the inputs that a search begins with, in the order of their names."""
    return [path.read_bytes() for path in sorted((CORPUS / target).iterdir())]
