"""What an uploaded file holds: its events, its mistakes, and what sending it would change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from service.access.credentials import Credential
from service.access.uploads import Upload
from service.errors import Invalid
from service.spreadsheets.checking.check import Checked, check_sheets
from service.spreadsheets.checking.mistakes import SheetMistake
from service.spreadsheets.mapping.mapped_file import mapped_sheets, mapping_path, proposed, read_as_declared
from service.spreadsheets.mapping.model import OPEN, FileMapping
from service.spreadsheets.mapping.reading import parse_mapping
from service.spreadsheets.mapping.table import find_header, written
from service.spreadsheets.mapping.writing import open_questions
from service.spreadsheets.reading.apart import require_affordable
from service.spreadsheets.reading.cells import is_blank
from service.spreadsheets.reading.file import read_grids
from service.spreadsheets.reading.grid import Grid, NotASpreadsheet
from service.spreadsheets.recorded_events import find_recorded
from service.spreadsheets.sending.gone_rows import Gone, gone_rows
from service.spreadsheets.sending.identities import is_unread
from service.spreadsheets.sending.parts import parts_to_send, parts_without_conflicts
from service.spreadsheets.sending.preview import Preview, preview_of
from service.spreadsheets.sending.recorded_elsewhere import (
    corrected_lines,
    forget_withdrawals,
    sent_from_here,
    superseded_lines,
)
from service.spreadsheets.sending.sent_rows import SentRow, SentRows
from service.spreadsheets.sending.submission import Planned, check
from service.spreadsheets.sheets import LeftOut, Sheet, choose_sheets
from service.spreadsheets.templates import NoSuchTemplate
from service.storage.db import Database
from service.usecases.access import uploads
from service.web.uploads.own_service import OwnService, own_service

Report = Callable[[int, int], None]
Parts = list[tuple[Sheet, list[Planned]]]


@dataclass(slots=True)
class CheckedUpload:
    """What was found in a file. With mistakes nothing can be sent; `parts` are then the rows without one.

    `before` are the rows as they had been sent; `state` as they will have been. `remarks` are for the person.
    """

    grids: Sequence[Grid]
    sheets: Sequence[Sheet]
    left_out: Sequence[LeftOut]
    mistakes: Sequence[SheetMistake]
    parts: Parts
    preview: Preview
    state: SentRows
    before: Mapping[str, SentRow]
    gone: Sequence[Gone] = ()
    remarks: Sequence[str] = ()

    def changed(self) -> list[tuple[Sheet, Planned]]:
        """Return the rows that changed since they were sent."""
        return [
            (sheet, one)
            for sheet, planned in self.parts
            for one in planned
            if (sent := self.before.get(one.event.identity)) is not None and sent.content != one.event.content
        ]

    def token(self) -> str:
        """Return what the person who confirms has seen, as a digest: which rows are sent, and as what."""
        new = {row.planned.event.identity: row.planned.event.content for row in self.preview.new}
        copies = [[row.planned.event.identity, recorded.seq] for row, recorded in self.preview.copies]
        gone = [one.identity for one in self.gone]
        seen = json.dumps([sorted(new.items()), copies, gone, self.preview.unusual])
        return hashlib.sha256(seen.encode()).hexdigest()


class Read(NamedTuple):
    """An upload as read: all of its sheets, those to send, those left out, and what a mapping left out of them."""

    grids: Sequence[Grid]
    sheets: Sequence[Sheet]
    left_out: Sequence[LeftOut]
    notes: Sequence[str] = ()


class NoTemplate(Exception):
    """The file is no template and has no mapping yet. `header` is the digest of its headings."""

    def __init__(self, header: str, text: str) -> None:
        """Create it with the text of the mapping that is proposed."""
        super().__init__(header)
        self.header, self.text = header, text


def look_at(database: Database, upload: Upload, credential: Credential, report: Report) -> CheckedUpload:
    """Read and check an upload.

    Raises:
        NoTemplate: its mapping has to be confirmed first.
        RecordError: the file as a whole cannot be read or sent.
    """
    service, allowed = own_service(database, credential, upload.operation_id)
    read = read_upload(database, upload, report)
    sheets, names = read.sheets, [grid.name for grid in read.grids]
    state = stored_rows(database, upload)
    before = dict(state.rows)
    sheets, corrected = find_recorded(sheets, service.find)
    checked = check_sheets(sheets, allowed, datetime.now(UTC))
    checked.add(sent_from_here(sheets, checked.events, state))
    if any(checked.errors.values()):
        parts = parts_without_conflicts(checked, names, state)
        _check(checked, parts, service, report)
        return _with_mistakes(read, checked, parts, state, service)
    remarks = [*read.notes, *corrected_lines(sheets, checked.events, corrected, state)]
    parts = parts_to_send(names, sheets, checked.events, state, correct=True, gone_are_decided=True)
    events = [one.event for _sheet, planned in parts for one in planned]
    wanted = [sheet.name for sheet in sheets]
    gone = [one for one in gone_rows(events, state) if not is_unread(one.identity, names, wanted, state)]
    gone, stays = forget_withdrawals(gone, state)
    remarks += [*stays, *superseded_lines(parts)]
    _check(checked, parts, service, report)
    if any(checked.errors.values()):
        return _with_mistakes(read, checked, parts, state, service)
    return CheckedUpload(
        grids=read.grids,
        sheets=sheets,
        left_out=read.left_out,
        mistakes=(),
        parts=parts,
        preview=preview_of(parts, (), state, service),
        state=state,
        before=before,
        gone=[one for one in gone if not one.sent.kept],
        remarks=remarks,
    )


def read_upload(database: Database, upload: Upload, report: Report) -> Read:
    """Read an upload, with the mapping that was confirmed for its headings if it is no template.

    Raises:
        NoTemplate, RecordError: as `look_at`.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / upload.file_name
        path.write_bytes(uploads.upload_body(database, upload))
        require_affordable(path, report)
        try:
            grids = read_grids(path, report)
            sheets, left_out = choose_sheets(path.name, grids)
        except (NoSuchTemplate, NotASpreadsheet) as error:
            mapping, text = _proposed(path, error)
            header = header_of(path, mapping)
            confirmed = uploads.confirmed_mapping(database, upload, header)
            if confirmed is not None:
                # Words that the earlier files did not have are new questions.
                _mapping, text = proposed(path, parse_mapping(path.name, confirmed))
            if confirmed is None or open_questions(text):
                raise NoTemplate(header, text) from None
            mapping_path(path).write_text(text, encoding="utf-8")
            found = mapped_sheets(path, upload.force)
            assert found is not None
            applied, mapped_grids = found
            return Read(mapped_grids, applied.sheets, applied.left_out, applied.notes)
    return Read(grids, sheets, left_out)


def proposal_again(database: Database, upload: Upload, text: str) -> tuple[FileMapping, str]:
    """Return the mapping proposed for an upload with the answers of an earlier text, and its text.

    Raises:
        NotAMapping: an answer is not one that its question allows.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / upload.file_name
        path.write_bytes(uploads.upload_body(database, upload))
        return proposed(path, parse_mapping(upload.file_name, text))


def header_of(path: Path, mapping: FileMapping) -> str:
    """Return a digest of the headings of all sheets of a file, by which its mapping is found again."""
    grids = read_as_declared(path, mapping.form)
    headings = [
        [grid.name, [[written(cell) for cell in grid.rows[row] if not is_blank(cell)] for row in find_header(grid)]]
        for grid in grids
    ]
    return hashlib.sha256(json.dumps(headings).encode()).hexdigest()


def stored_rows(database: Database, upload: Upload) -> SentRows:
    """Return the rows that were sent from files of this name; saving them stores them."""
    rows, sheet = uploads.sent_file(database, upload)

    def store(state: SentRows) -> None:
        kept = {name: {key: value for key, value in asdict(row).items() if value} for name, row in state.rows.items()}
        uploads.store_sent_file(database, upload, kept, state.sheet)

    return SentRows(
        upload.operation_id, upload.force, {name: SentRow(**row) for name, row in rows.items()}, sheet, store
    )


def _proposed(path: Path, error: Invalid) -> tuple[FileMapping, str]:
    """Return the mapping that is proposed for a file that is no template; raise the error if no table is in it."""
    if isinstance(error, NotASpreadsheet) and path.suffix.lower() != ".csv":
        raise error
    try:
        mapping, text = proposed(path)
    except NotASpreadsheet:
        raise error from None
    if not any(one.columns or one.template == OPEN for one in mapping.sheets):
        raise error
    return mapping, text


def _check(checked: Checked, parts: Parts, service: OwnService, report: Report) -> None:
    for sheet, planned in parts:
        checked.errors[sheet.name].extend(check(planned, service, sheet, report))


def _with_mistakes(read: Read, checked: Checked, parts: Parts, state: SentRows, service: OwnService) -> CheckedUpload:
    """Return the look at a file with mistakes: what its other rows would change."""
    wrong = {(name, int(one.row)) for name, errors in checked.errors.items() for one in errors}
    valid = [
        (sheet, [one for one in planned if not any((sheet.name, int(row)) in wrong for row in one.event.rows)])
        for sheet, planned in parts
    ]
    return CheckedUpload(
        grids=read.grids,
        sheets=checked.sheets,
        left_out=read.left_out,
        mistakes=checked.mistakes(),
        parts=valid,
        preview=preview_of(valid, (), state, service),
        state=state,
        before=dict(state.rows),
        remarks=read.notes,
    )
