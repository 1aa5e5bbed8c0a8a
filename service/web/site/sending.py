"""Sending a form: the event has the id that the form holds, so that it is recorded once however often it is sent."""

from __future__ import annotations

from uuid import UUID

from flask import request

from service.domain.deciding.draft import Submission
from service.domain.model.events import Event
from service.domain.model.operation import Operation
from service.web.site.blueprint import PageNotFound, person

ID = "id"


def form_id() -> UUID:
    """Return the id that the form of this request holds.

    Raises:
        PageNotFound: no page has sent this form.
    """
    try:
        return UUID(request.form.get(ID, ""))
    except ValueError as error:
        raise PageNotFound("There is no such form.") from error


def submission_of(event: Event, operation: Operation) -> Submission:
    """Return an event as it is sent; the senders of an imported operation state when they recorded it."""
    return Submission(event, person().now if operation.imported else None)
