"""A publication as files, with its marking: the statement as HTML, text, Markdown and Word, the figures as tables."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response
from markupsafe import escape

from service.exports.publications import figures_table
from service.exports.statement.formats import HTML, MARKDOWN, PLAIN, laid_out
from service.exports.statement.word import WORD, is_word_offered, word_document
from service.exports.tables import Column, ExportTable, csv_text
from service.exports.tables_of_answers import CSV
from service.exports.workbooks import workbook
from service.spreadsheets.reading.file import XLSX
from service.usecases.querying.publications import Publication
from service.usecases.querying.statement import StatementAnswer
from service.web.site.blueprint import PageNotFound

DOCUMENT = """<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
</head>
<body>
<p><strong>{marking}</strong></p>
{article}
<p><strong>{marking}</strong></p>
</body>
</html>
"""
# Each ending with its name for people. Word is there only with its extra.
KINDS = {
    "docx": "Word document",
    "html": "Web page (HTML)",
    "txt": "Plain text",
    "md": "Markdown",
    "csv": "Figures (CSV)",
    "xlsx": "Figures (XLSX)",
}


def kinds() -> dict[str, str]:
    """Return the endings of the files that there are, each with its name for people."""
    return {ending: name for ending, name in KINDS.items() if ending != "docx" or is_word_offered()}


def preview_of(answer: StatementAnswer) -> Response:
    """Return the statement of a preview as a Word document; its name has the event and the marking.

    Raises:
        PageNotFound: the extra is not installed.
    """
    if not is_word_offered():
        raise PageNotFound("There is no such file.")
    operation, seq = answer.statement.operation, answer.positions[0].seq
    response = _word(answer)
    name = f"{operation.operation}-preview-event-{seq}-{operation.marking.lower()}.docx"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def file_of(answer: StatementAnswer, ending: str) -> Response:
    """Return a publication as the file with this ending; its name has the marking.

    Raises:
        PageNotFound: there is no such file.
    """
    if ending not in kinds():
        raise PageNotFound("There is no such file.")
    publication = published(answer)
    marking = answer.statement.operation.marking
    name = f"{publication.operation.operation}-publication-{publication.published.number}-{marking.lower()}.{ending}"
    response = MAKERS[ending](answer)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def published(answer: StatementAnswer) -> Publication:
    """Return the publication whose statement this is."""
    assert answer.publication is not None, "the statement of a publication"
    return answer.publication


def _html(answer: StatementAnswer) -> Response:
    body = DOCUMENT.format(
        title=f"{escape(answer.statement.operation.name)}: publication {published(answer).published.number}",
        marking=escape(answer.statement.operation.marking),
        article=laid_out(answer, HTML),
    )
    return Response(body, content_type=f"{HTML}; charset=utf-8")


def _text(media: str) -> Callable[[StatementAnswer], Response]:
    def make(answer: StatementAnswer) -> Response:
        marking = answer.statement.operation.marking
        return Response(f"{marking}\n\n{laid_out(answer, media)}", content_type=f"{media}; charset=utf-8")

    return make


def _word(answer: StatementAnswer) -> Response:
    return Response(word_document(answer), content_type=WORD)


def _csv(answer: StatementAnswer) -> Response:
    table = figures_table(published(answer), answer.statement.operation.marking)
    return Response(csv_text(table), content_type=f"{CSV}; charset=utf-8; header=present")


def _xlsx(answer: StatementAnswer) -> Response:
    publication, marking = published(answer), answer.statement.operation.marking
    found = publication.published
    about = [
        ("marking", marking),
        ("operation", publication.operation.operation),
        ("publication", str(found.number)),
        ("label", found.label),
        ("as_of_seq", str(found.as_of_seq)),
        ("root", found.root or ""),
        ("figures_hash", found.figures_hash or ""),
    ]
    tables = [
        figures_table(publication, marking),
        ExportTable("about", [Column("what"), Column("is")], about),
    ]
    return Response(workbook(tables), content_type=XLSX)


MAKERS: dict[str, Callable[[StatementAnswer], Response]] = {
    "docx": _word,
    "html": _html,
    "txt": _text(PLAIN),
    "md": _text(MARKDOWN),
    "csv": _csv,
    "xlsx": _xlsx,
}
