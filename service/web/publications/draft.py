"""The form for publishing: as of which event, under which label and embargo. Its id is made with the form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from service.domain.model.events import FiguresPublished
from service.domain.model.vocabulary import PublicationLabel, number_in
from service.web.site.blueprint import PageNotFound
from service.web.site.typed import FormReader, wire

LABELS: dict[str, PublicationLabel] = {"provisional": "provisional", "final": "final"}
CHOOSE_LABEL = "Choose whether the figures are provisional or final"
IN_THE_FUTURE = "Embargo must end in the future. Leave date and time empty for no embargo"


@dataclass(frozen=True, slots=True)
class PublicationDraft:
    """A publication that is being prepared: the event that it is as of, the id that its own event will have."""

    seq: int
    id: UUID

    @property
    def fields(self) -> dict[str, str]:
        """Its fields, for an address or a form."""
        return {"event": str(self.seq), "draft": str(self.id)}


def new_draft(seq: int) -> PublicationDraft:
    """Return a draft with a new id."""
    return PublicationDraft(seq, uuid4())


def draft_of(typed: FormReader) -> PublicationDraft | None:
    """Return the draft that the fields name; None if they name none."""
    event, draft = typed.get("event"), typed.get("draft")
    if not event or not draft:
        return None
    seq = number_in(event)
    if seq is None:
        raise PageNotFound("There is no such event.")
    try:
        return PublicationDraft(seq, UUID(draft))
    except ValueError as error:
        raise PageNotFound("There is no such form.") from error


def read_label(typed: FormReader) -> PublicationLabel | None:
    """Return the chosen label; None adds a mistake."""
    return LABELS.get(typed.choice("label", LABELS, CHOOSE_LABEL))


def read_embargo(typed: FormReader, now: datetime) -> datetime | None:
    """Return the moment at which the embargo ends; None: there is none, or a mistake was added."""
    embargo = typed.moment("embargo", "Embargo")
    if embargo is not None and embargo <= now:
        typed.wrong("embargo-day", IN_THE_FUTURE)
    return embargo


def request_of(draft: PublicationDraft, label: str, embargo: datetime | None, *, is_whole: bool) -> dict[str, Any]:
    """Return the request to publish. An operation with parts, a whole, is published as of now: it has no single seq."""
    row = {"id": str(draft.id), "label": label, "as_of_seq": None if is_whole else draft.seq}
    return {**row, "embargo_until": wire(embargo)}


WIRE_TYPE = FiguresPublished.wire_type
