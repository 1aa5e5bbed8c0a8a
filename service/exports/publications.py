"""The figures of a publication as tables: all that were published, or those that its statement states."""

from __future__ import annotations

from service.domain.counting.figures import display
from service.domain.model.instants import format_instant
from service.exports.tables import Cell, Column, ExportTable
from service.usecases.querying.publications import Publication
from service.usecases.querying.statement import StatementAnswer

NAMED = ("publication", "label", "published_at", "as_of_seq")
FIGURE = ("measure", "unit", "category", "quantity", "pounds", "qualifier", "display")
KINDS = {"publication": "whole", "as_of_seq": "whole", "quantity": "whole", "pounds": "pounds"}


def figures_table(publication: Publication, marking: str) -> ExportTable:
    """Return every figure, over all forces and of each; every row has the marking."""
    same = [publication.operation.operation, marking, *_named(publication)]
    rows = (
        [
            *same,
            one.force,
            *(one.measure, one.unit, one.category, one.quantity, one.quantity if one.unit == "pence" else None),
            *(one.qualifier, display(one.quantity, one.unit, one.qualifier, one.category, most=one.most)),
        ]
        for one in publication.published.figures
    )
    return ExportTable("figures", _columns("operation", "marking", *NAMED, "force", *FIGURE), rows)


def stated_table(answer: StatementAnswer, publication: Publication) -> ExportTable:
    """Return the figures over all forces as the statement states them: "at least" while a return was outstanding."""
    same = [publication.operation.operation, *_named(publication)]
    rows = (
        [
            *same,
            *(line.measure.measure, line.stated.unit, line.category, line.stated.quantity),
            *(line.stated.quantity if line.stated.unit == "pence" else None, line.stated.qualifier),
            display(
                line.stated.quantity, line.stated.unit, line.stated.qualifier, line.category, most=line.stated.most
            ),
            "yes" if line.stated.so_far else "no",
        ]
        for line in answer.statement.lines
    )
    return ExportTable("figures", _columns("operation", *NAMED, *FIGURE, "so_far"), rows)


def _columns(*names: str) -> list[Column]:
    return [Column(name, KINDS.get(name, "text")) for name in names]  # type: ignore[arg-type]


def _named(publication: Publication) -> list[Cell]:
    found = publication.published
    return [found.number, found.label, format_instant(publication.recorded_at), found.as_of_seq]
