"""Read a spreadsheet: a CSV file, or all sheets of an XLSX workbook. The content decides which of them a file is."""

from __future__ import annotations

import zlib
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from service.spreadsheets.reading.csv_files import csv_grid
from service.spreadsheets.reading.grid import Grid, NotASpreadsheet, Report, too_many_rows

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = b"PK\x03\x04"
# The container of old Office files, and of new ones that are encrypted.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
MARKUP = (b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta")
SAVE_AS_XLSX = "Open it in Excel or LibreOffice and save it as XLSX."
OPEN_DOCUMENT = "application/vnd.oasis.opendocument.spreadsheet"
# No file with the most rows that are read is nearly as large.
MOST_BYTES = 100_000_000


def _unreported(_done: int, _size: int) -> None:
    """Report nothing."""


def read_grids(path: Path, report: Report = _unreported) -> list[Grid]:
    """Return the sheets of a file in its order; a CSV file is one sheet. `report` is called while the file is read.

    Raises:
        NotASpreadsheet: the file is neither CSV nor XLSX, has the name of another kind of file, or is damaged.
        TooManyRows: it has more rows than are read; this is found before they are.
    """
    body = read_kind(path)
    suffix = path.suffix.lower()
    is_workbook = body.startswith(ZIP)
    if suffix not in (".csv", ".xlsx"):
        raise NotASpreadsheet(
            f"{path.name}: expected a file name that ends in .csv or .xlsx. "
            f"It holds {'a workbook' if is_workbook else 'text'}: save it as {'XLSX' if is_workbook else 'CSV'}."
        )
    if is_workbook and suffix == ".csv":
        raise NotASpreadsheet(
            f"{path.name} is not CSV but an XLSX workbook: rename it to {path.with_suffix('.xlsx').name}."
        )
    if not is_workbook and suffix == ".xlsx":
        raise NotASpreadsheet(
            f"{path.name} is empty: copy it again."
            if not body
            else f"{path.name} is not an XLSX workbook but text. If it is CSV, rename it to "
            f"{path.with_suffix('.csv').name}; otherwise copy it again."
        )
    if not is_workbook:
        return [csv_grid(path.name, body, report)]
    # Importing openpyxl takes longer than many a command and 5 MB, so only a workbook causes it, not the service.
    from service.spreadsheets.reading.workbooks import workbook_grids  # noqa: PLC0415

    return workbook_grids(path.name, body, report)


def read_kind(path: Path) -> bytes:
    """Return the content of a file that is text or an XLSX workbook, whatever its name.

    Raises:
        NotASpreadsheet: it is another kind of file.
        TooManyRows: it is too large.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise too_many_rows(path.name, f"a file of {size:,} bytes")
    body = path.read_bytes()
    found = _other_kind(body)
    if found:
        raise NotASpreadsheet(f"{path.name} is {found}")
    return body


def _other_kind(body: bytes) -> str:
    """Return what a file is if it is neither text nor an XLSX workbook, and what to do; empty if it is one of them."""
    if body.startswith(OLE):
        if ENCRYPTED in body:
            return "protected by a password. Remove the password in Excel (File, Info, Protect Workbook) and save it."
        return f"an old Excel file (.xls). {SAVE_AS_XLSX}"
    if body.startswith(b"%PDF"):
        return "a PDF, not a spreadsheet. Send the spreadsheet that it was made from."
    if body.removeprefix(b"\xef\xbb\xbf").lstrip()[:9].lower().startswith(MARKUP):
        return f"a web page or XML, not a spreadsheet. {SAVE_AS_XLSX}"
    return _other_archive(body) if body.startswith(ZIP) else ""


def _other_archive(body: bytes) -> str:
    try:
        with ZipFile(BytesIO(body)) as archive:
            names = archive.namelist()
            kind = archive.read("mimetype")[:100].decode("ascii", "replace") if "mimetype" in names else ""
    except (BadZipFile, NotImplementedError, OSError, RuntimeError, ValueError, zlib.error) as error:
        return f"a damaged or incomplete XLSX workbook ({error}). Copy it again, or open it and save it again."
    if kind.startswith(OPEN_DOCUMENT):
        return f"an OpenDocument spreadsheet (.ods). {SAVE_AS_XLSX}"
    if any(name.endswith("workbook.bin") for name in names):
        return f"a binary Excel workbook (.xlsb). {SAVE_AS_XLSX}"
    if not any(name.endswith("workbook.xml") for name in names):
        return "a ZIP archive, not an XLSX workbook. Unpack it and send the spreadsheet in it."
    return ""
