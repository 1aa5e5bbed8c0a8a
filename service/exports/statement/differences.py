"""What has changed since a publication, as plain text or Markdown, and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.domain.model.events import PublishedFigure, RecordedEvent
from service.domain.model.instants import format_instant
from service.domain.model.operation import Operation
from service.exports.statement.changes import ChangedFigure, changed_figures, force_name, sentence, shown
from service.exports.statement.formats import MARKDOWN, PLAIN, environment
from service.exports.statement.words import london
from service.exports.tables import Cell, Column, ExportTable
from service.usecases.querying.difference import PublicationDifference

TEMPLATE_OF = {PLAIN: "difference.txt.jinja", MARKDOWN: "difference.md.jinja"}
ALL_FORCES = "All forces"
TEXTS = ("operation", "marking", "label", "published_at", "measure", "unit", "force", "category")
WHOLE = ("publication", "as_of_seq", "seq")
OF_EACH = ("quantity", "pounds", "qualifier", "display")


@dataclass(frozen=True, slots=True, kw_only=True)
class WordedDifference:
    """The words of a difference, in order; `more` is empty unless later events follow on another page."""

    title: str
    about: str
    sentence: str
    figures: Sequence[ChangedFigure]
    events: Sequence[str]
    more: str
    marking: str


def difference_text(found: PublicationDifference, media: str) -> str:
    """Return what has changed as PLAIN or MARKDOWN: a sentence, each figure, and the events that changed them."""
    return environment().get_template(TEMPLATE_OF[media]).render(words=_worded(found)).rstrip() + "\n"


def difference_table(found: PublicationDifference) -> ExportTable:
    """Return each figure that has changed, as published and as it is now; every row has the marking."""
    publication, state = found.publication, found.publication.operation
    published = publication.published
    same = [state.operation, state.marking, published.number, published.label, format_instant(publication.recorded_at)]
    rows = (
        [
            *(*same, published.as_of_seq, found.seq),
            *(one.figure.measure, one.figure.unit, one.figure.force, one.figure.category),
            *(*_cells(one.published), *_cells(one.now)),
        ]
        for one in found.changes
    )
    names = ("operation", "marking", "publication", "label", "published_at", "as_of_seq", "seq", *TEXTS[4:])
    kinds = {"quantity": "whole", "pounds": "pounds"}
    columns = [Column(name, "whole" if name in WHOLE else "text") for name in names]
    columns += [Column(f"{side}_{name}", kinds.get(name, "text")) for side in ("published", "now") for name in OF_EACH]  # type: ignore[arg-type]
    return ExportTable("changes", columns, rows)


def _worded(found: PublicationDifference) -> WordedDifference:
    publication, state = found.publication, found.publication.operation
    published = publication.published
    return WordedDifference(
        title=f"{state.name}: changes since publication {published.number}",
        about=f"Publication {published.number}, of {london(publication.recorded_at)}, has {published.label} figures as "
        f"of event {published.as_of_seq}. They are compared with the record as of event {found.seq}.",
        sentence=sentence(found.changes, state),
        figures=[
            one._replace(what=one.what[:1].upper() + one.what[1:], force=one.force or ALL_FORCES)
            for one in changed_figures(found.changes, state)
        ],
        events=[_event(one, state) for one in found.events],
        more="" if found.next_after is None else f"Later events follow: ask for them with after={found.next_after}.",
        marking=f"Marking: {state.marking}",
    )


def _event(recorded: RecordedEvent, operation: Operation) -> str:
    event = recorded.event
    kind = event.data.wire_type.replace(".", " ")
    corrects = "" if event.corrects is None else f", which corrects an earlier event ({event.correction_reason})"
    name = force_name(event.force, operation)
    return f"Event {recorded.seq}, of {london(recorded.recorded_at)}, by {name}: {kind}{corrects}"


def _cells(figure: PublishedFigure | None) -> list[Cell]:
    if figure is None:
        return [None] * len(OF_EACH)
    pounds = figure.quantity if figure.unit == "pence" else None
    return [figure.quantity, pounds, figure.qualifier, shown(figure)]
