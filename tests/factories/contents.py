"""What a sender sent, as JSON: an event without what the service adds to it."""

from datetime import UTC, datetime
from typing import Any

from service.domain.model.events import Event, RecordedBy, RecordedEvent
from service.wire.codec import as_json

ADDED = ("operation", "seq", "recorded_at", "recorded_by")
ANY_MOMENT, ANYBODY = datetime(2023, 1, 18, tzinfo=UTC), RecordedBy(force="surrey", role="force")


def content(event: Event) -> dict[str, Any]:
    """Return the JSON of an event, without nulls, empty lists, empty objects and default values."""
    row = as_json(RecordedEvent(event, "lantern", 1, ANY_MOMENT, ANYBODY))
    return {name: value for name, value in row.items() if name not in ADDED}
