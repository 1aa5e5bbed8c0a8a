"""The media types of a statement: the formats that people read, and JSON."""

from __future__ import annotations

import json

from service.api.http.bodies import JSON
from service.api.statement.as_json import statement_json
from service.exports.statement.formats import TEMPLATE_OF, laid_out
from service.usecases.querying.statement import StatementAnswer

# The first is the default.
MEDIA = (*TEMPLATE_OF, JSON)


def in_media(found: StatementAnswer, media: str, *, public: bool = False) -> str:
    """Return the statement in one of MEDIA; `public`: as anybody may read it, without marking and position."""
    return json.dumps(statement_json(found, public=public)) if media == JSON else laid_out(found, media, public=public)
