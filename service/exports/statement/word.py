"""A statement as a Word document, with the marking on every page. It needs the extra `operation-record[word]`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING

from service.domain.statement.sentences import Statement, for_the_public
from service.exports.categories import category_in_sentence
from service.exports.statement.words import Worded, shown, worded
from service.usecases.querying.statement import StatementAnswer

if TYPE_CHECKING:
    from docx.document import Document

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FONT, LANGUAGE = "Arial", "en-GB"
HEADINGS, DARK_BLUE = ("Heading 1", "Heading 2"), "12436D"


def is_word_offered() -> bool:
    """Return whether the extra is installed."""
    return find_spec("docx") is not None


def word_document(answer: StatementAnswer, *, public: bool = False) -> bytes:
    """Return a statement as a Word document of A4 pages; `public`: without marking, position and root."""
    document, words = _empty(answer), worded(answer, public=public)
    if not public:
        _mark(document, answer.statement.operation.marking)
    _write_words(document, words)
    _write_figures(document, for_the_public(answer.statement) if public else answer.statement)
    if words.notes:
        document.add_heading("Notes", 2)
        _write_list(document, words.notes)
    if not public:
        document.add_heading("How to check this", 2)
        _write_paragraphs(document, _proofs(answer, words))
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _empty(answer: StatementAnswer) -> Document:
    """Return a document without text: A4, in British English, and dated by the record, not by its making."""
    from docx import Document as new_document  # noqa: N813, PLC0415 - the extra may not be installed
    from docx.oxml.ns import qn  # noqa: PLC0415
    from docx.shared import Mm, Pt, RGBColor  # noqa: PLC0415

    document = new_document()
    for section in document.sections:
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(25)
    for name in ("Normal", *HEADINGS):
        font = document.styles[name].font
        font.name = FONT
        # A heading takes its letters from the theme, unless each kind of letter is named.
        for kind in ("ascii", "hAnsi", "eastAsia", "cs"):
            font.element.rPr.rFonts.set(qn(f"w:{kind}"), FONT)
            font.element.rPr.rFonts.attrib.pop(qn(f"w:{kind}Theme" if kind != "cs" else "w:cstheme"), None)
    document.styles["Normal"].font.size = Pt(11)
    for name in HEADINGS:
        document.styles[name].font.color.rgb = RGBColor.from_string(DARK_BLUE)
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), LANGUAGE)
    about, moment = document.core_properties, answer.positions[0].recorded_at.astimezone(UTC)
    about.title, about.language = answer.statement.operation.name, LANGUAGE
    about.author = about.last_modified_by = about.comments = ""
    about.created = about.modified = moment.replace(tzinfo=None)
    return document


def _mark(document: Document, marking: str) -> None:
    """Write the marking at the top and at the bottom of every page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415 - the extra may not be installed

    document.core_properties.keywords = marking
    for section in document.sections:
        for place in (section.header, section.footer):
            place.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
            place.paragraphs[0].add_run(marking).bold = True


def _write_words(document: Document, words: Worded) -> None:
    document.add_heading(words.headline, 1)
    _write_paragraphs(document, (words.who, " ".join(filter(None, (words.when, words.method)))))
    if words.bullets:
        document.add_paragraph(words.date_line)
        _write_list(document, words.bullets)
    if words.table is not None and words.table.rows:
        column = words.table.column
        document.add_heading(words.table.title, 2)
        _write_table(document, ("Force", column[:1].upper() + column[1:]), words.table.rows)
    remark = "" if words.table is None else words.table.remark
    _write_paragraphs(document, (remark, words.owing, words.publication, words.changed))
    if words.provisional:
        document.add_paragraph().add_run(words.provisional).bold = True


def _write_figures(document: Document, statement: Statement) -> None:
    """Write every figure over all forces as a table: what it counts, and the number as stated."""
    rows = []
    for line in statement.lines:
        label = line.measure.label[:1].upper() + line.measure.label[1:]
        if line.category and line.measure.category != "currency":
            label += f": {category_in_sentence(line.category)}"
        rows.append((label, shown(line.stated, line.category) + (" so far" if line.stated.so_far else "")))
    if rows:
        document.add_heading("Figures of all forces", 2)
        _write_table(document, ("Figure", "Number"), rows)


def _proofs(answer: StatementAnswer, words: Worded) -> Sequence[str]:
    """Return the marking and the position in words, and what a publication can be checked by."""
    publication = answer.publication
    if publication is None:
        return (*words.footer, "This is not a publication: figures that are not published may change.")
    return (*words.footer, f"SHA-256 of the published figures: {publication.published.figures_hash}")


def _write_paragraphs(document: Document, texts: Sequence[str]) -> None:
    for text in filter(None, texts):
        document.add_paragraph(text)


def _write_list(document: Document, texts: Sequence[str]) -> None:
    for text in texts:
        document.add_paragraph(text, style="List Bullet")


def _write_table(document: Document, columns: tuple[str, str], rows: Sequence[tuple[str, str]]) -> None:
    """Write a table of two columns, whose header row is repeated on each page that it continues on."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415 - the extra may not be installed
    from docx.oxml import OxmlElement  # noqa: PLC0415

    table = document.add_table(rows=1 + len(rows), cols=2, style="Table Grid")
    for number, (row, texts) in enumerate(zip(table.rows, (columns, *rows), strict=True)):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.paragraphs[0].add_run(text).bold = number == 0
        row.cells[1].paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
        properties = row._tr.get_or_add_trPr()  # noqa: SLF001 - python-docx has no words for these
        properties.append(OxmlElement("w:cantSplit"))
        if number == 0:
            properties.append(OxmlElement("w:tblHeader"))
    document.add_paragraph()
