"""Compare: printed figures, in a claims file or typed into a form, beside the record. Nothing is recorded."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import PurePath
from typing import NamedTuple

from flask import request

from service.access.roles import READERS
from service.domain.claims.reading.claims_file import WrongClaims
from service.domain.claims.reading.csv_rows import ClaimsUnreadable
from service.domain.counting.selection import Selection
from service.domain.model.operation import Operation
from service.errors import Invalid
from service.usecases.querying.as_of import Moment
from service.usecases.querying.read_context import Position
from service.usecases.querying.totals import totals
from service.usecases.reconciliation.reconcile import ReadClaims, Reconciliation, reconcile
from service.web.compare import sentences, typed
from service.web.compare.typed import FiguresWrong, TypedFigure
from service.web.site.blueprint import Pages, credential, database
from service.web.site.rendering import operation_page, render
from service.wire.claims_body import ENDINGS, media_of, read_claims_body

pages = Pages("compare", __name__)

# As much as the API takes.
MOST_BYTES = 256 * 1024
# The form around a file of that size.
MOST_BYTES_OF_A_FORM = 2 * MOST_BYTES + 64 * 1024
ROWS = 5
FILE, TEXT = "file", "text"
MOST_ERRORS_SHOWN = 50
NOTHING = "Select a file, paste a text, or fill in a figure"
NO_CLAIMS = (
    "This is no claims file. Type the figures instead, or send TOML, JSON, or CSV whose first line names the columns "
    "source, measure, value and unit"
)
TOO_LARGE = f"The file must have at most {MOST_BYTES // 1024} kB. Split it into several"


class SentFigures(NamedTuple):
    """What was sent: a file or pasted text with its name, or the rows of the form that are filled in."""

    body: bytes
    name: str
    rows: dict[int, TypedFigure]


@pages.route("/operations/<operation>/compare")
@pages.requires(*READERS)
def show(operation: str) -> str:
    """Show the form."""
    return _page(operation, SentFigures(b"", "", {}))


@pages.route("/operations/<operation>/compare", methods=["POST"])
@pages.requires(*READERS, most_bytes=MOST_BYTES_OF_A_FORM)
def compare(operation: str) -> str | tuple[str, int]:
    """Show what was sent beside the record, or what is wrong with it."""
    sent = _sent()
    if len(sent.body) > MOST_BYTES:
        return _wrong(operation, sent, [(TOO_LARGE, f"#{FILE if sent.name else TEXT}")])
    if not sent.body and not sent.rows:
        return _wrong(operation, sent, [(NOTHING, f"#{FILE}")])
    field = f"#{FILE}" if sent.name else f"#{TEXT}"
    try:
        found = reconcile(database(), operation=operation, credential=credential(), read=_reader(sent))
    except FiguresWrong as error:
        return _wrong(
            operation, sent, [(f"Row {one.row + 1}: {one.text}", f"#figure-{one.row}") for one in error.mistakes]
        )
    except WrongClaims as error:
        said = [(f"{_capital(sentences.place_of(one.pointer))}: {one.detail}", field) for one in error.errors]
        return _wrong(operation, sent, said[:MOST_ERRORS_SHOWN])
    except Invalid as error:
        return _wrong(operation, sent, [(error.detail, field)])
    return _page(operation, sent, found=found)


def _sent() -> SentFigures:
    file = request.files.get(FILE)
    body = file.read(MOST_BYTES + 1) if file is not None and file.filename else b""
    name = PurePath(file.filename or "").name if body and file is not None else ""
    rows = {
        row: TypedFigure(
            request.form.get(f"measure-{row}", ""),
            request.form.get(f"force-{row}", ""),
            request.form.get(f"figure-{row}", ""),
        )
        for row in range(ROWS)
        if request.form.get(f"figure-{row}", "").strip()
    }
    return SentFigures(body or request.form.get(TEXT, "").strip().encode(), name, rows)


def _reader(sent: SentFigures) -> ReadClaims:
    if not sent.body:
        return lambda measures, name: typed.read_figures(sent.rows, measures, name)
    media = ENDINGS.get(PurePath(sent.name).suffix.lower()) or media_of(sent.body)
    if media is None:
        raise ClaimsUnreadable(NO_CLAIMS)
    return lambda measures, name: read_claims_body(sent.body, media, measures, name)


def _wrong(operation: str, sent: SentFigures, errors: list[tuple[str, str]]) -> tuple[str, int]:
    return _page(operation, sent, errors=errors), HTTPStatus.UNPROCESSABLE_ENTITY


def _page(
    name: str, sent: SentFigures, *, errors: list[tuple[str, str]] | None = None, found: Reconciliation | None = None
) -> str:
    operation, position = _now(name) if found is None else (found.operation, found.position)
    title = "Compare" if found is None else "Compared with the record"
    return render(
        "compare/compare.html.jinja",
        **operation_page(operation, title=title, tab="compare.show", position=position),
        errors=errors or [],
        found=found,
        verdicts=[] if found is None else sentences.verdicts(found),
        summary="" if found is None else sentences.summary(found),
        measures=typed.measures_of(operation),
        sent=sent,
        pasted="" if sent.name else sent.body.decode(errors="replace"),
        rows=range(ROWS),
        by_field={to: [text for text, href in errors or () if href == to] for _text, to in errors or ()},
    )


def _now(operation: str) -> tuple[Operation, Position]:
    """Return the operation with the forces of all its parts, and its position now."""
    found = totals(database(), operation=operation, credential=credential(), selection=Selection(), moment=Moment())
    return found.operation, found.positions[0]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
