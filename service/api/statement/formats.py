"""The media types of a statement: the formats that people read, JSON, and Word if its extra is installed."""

from __future__ import annotations

import json

from service.api.http.bodies import JSON
from service.api.statement.as_json import statement_json
from service.exports.statement.formats import TEMPLATE_OF, laid_out
from service.exports.statement.word import WORD, is_word_offered
from service.usecases.querying.statement import StatementAnswer


def offered() -> tuple[str, ...]:
    """Return the media types that there are; the first is the default."""
    return (*TEMPLATE_OF, JSON, *((WORD,) if is_word_offered() else ()))


def in_media(found: StatementAnswer, media: str, *, public: bool = False) -> str:
    """Return the statement in a media type that is text; `public`: without marking and position."""
    return json.dumps(statement_json(found, public=public)) if media == JSON else laid_out(found, media, public=public)
