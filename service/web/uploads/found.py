"""What the page of an upload shows, as it is stored with the upload: plain JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from service.domain.model.days import LONDON
from service.spreadsheets.sending.gone_rows import Gone
from service.spreadsheets.sending.preview import label
from service.spreadsheets.sheets import Sheet, place_of
from service.web.site import words
from service.web.uploads.cells import rows_to_fix, wrong_cells
from service.web.uploads.look import CheckedUpload

Json = dict[str, Any]
MOST_SHOWN = 100
MOST_ROWS = 50


def found_of(look: CheckedUpload) -> Json:
    """Return what a check found: mistakes, or what would be sent; figures now and then; what to look at again."""
    wrong = list(wrong_cells(look.grids, look.mistakes))
    new = {row.planned.event.identity for row in look.preview.new}
    changed = look.changed()
    seen = [one for _sheet, planned in look.parts for one in planned]
    corrections = {one.event.identity for _sheet, one in changed}
    return {
        "read": [_read(sheet) for sheet in look.sheets],
        "left_out": [*_left_out(look), *look.remarks],
        "wrong": [{"place": one.place, "message": one.alone, "row": one.row, "sheet": one.sheet} for one in wrong][
            :MOST_SHOWN
        ],
        "wrong_count": len(wrong),
        "to_fix": list(rows_to_fix(look.grids, look.sheets, wrong, MOST_ROWS)),
        "others": sum(len(one.event.rows) for one in seen),
        "lines": [
            [_first_large(label(line)), _day(line.day), line.shown(line.now), line.signed, line.shown(line.then)]
            for line in look.preview.lines
        ],
        "seq": look.preview.seq,
        "new": sum(len(one.event.rows) for one in seen if one.event.identity in new - corrections),
        "size": look.preview.size,
        "unchanged": sum(len(one.event.rows) for one in seen if one.event.identity not in new),
        "changed": _shown(place_of(sheet.name, one.event.rows[0]) for sheet, one in changed),
        "changed_count": len(changed),
        "copies": _shown(
            f"{place_of(row.sheet.name, row.planned.event.rows[0])} says the same as event {recorded.seq}, recorded on "
            f"{words.full_moment(recorded.recorded_at.astimezone(LONDON))}"
            for row, recorded in look.preview.copies
        ),
        "copies_count": len(look.preview.copies),
        "unusual": _shown(look.preview.unusual),
        "unusual_count": len(look.preview.unusual),
        **_gone(look.gone),
        "token": look.token(),
    }


def _first_large(text: str) -> str:
    return text[:1].upper() + text[1:]


def _day(found: str) -> str:
    """Return a day in words; `all days` and `several days` stay as they are."""
    return words.long_day(date.fromisoformat(found)) if found[:1].isdigit() else found


def _gone(gone: Sequence[Gone]) -> Json:
    facts = [one for one in gone if not one.is_return]
    return {
        "gone": _shown(map(str, facts)),
        "gone_count": len(facts),
        "gone_returns": _shown(str(one) for one in gone if one.is_return),
    }


def _read(sheet: Sheet) -> str:
    rows = words.counted(len({int(row) for row in (*sheet.rows, *sheet.problems)}), "row")
    return f"sheet ‘{sheet.name}’ ({rows})" if sheet.name else rows


def _left_out(look: CheckedUpload) -> list[str]:
    columns = [
        f"{f'{sheet.name}, ' if sheet.name else ''}column ‘{one.heading}’: {one.what}"
        for sheet in look.sheets
        for one in sheet.left_out
    ]
    return [*columns, *(f"sheet ‘{one.name}’: {one.why}" for one in look.left_out)]


def _shown(lines: Iterable[str]) -> list[str]:
    found = list(lines)
    more = [f"and {len(found) - MOST_SHOWN:,} more"] if len(found) > MOST_SHOWN else []
    return [*found[:MOST_SHOWN], *more]
