"""Facts about the request that this thread answers, for its line in the log: ids, codes and counts, never content."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

Facts = dict[str, Any]

_facts: ContextVar[Facts | None] = ContextVar("request_facts", default=None)


def begin_facts() -> Facts:
    """Begin the facts of a new request of this thread, and return them."""
    facts: Facts = {}
    _facts.set(facts)
    return facts


def current_facts() -> Facts:
    """Return the facts of this thread's request. Outside a request, what is noted in them is lost."""
    facts = _facts.get()
    return {} if facts is None else facts
