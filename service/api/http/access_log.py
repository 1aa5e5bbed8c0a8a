"""The access log: one line for each request, of the API and of the pages, when its answer ends.

A line names the route, never the address: addresses contain ids and the tokens of links.
"""

from __future__ import annotations

import logging
import re
from time import perf_counter

from flask import Flask, Response, g, request

from service.runtime.log_lines import FactsRecord
from service.runtime.request_facts import Facts, begin_facts, current_facts

# Anything else in its place in an address is no operation, and could be a secret or forge a line.
OPERATION = re.compile(r"[a-z0-9_-]{1,64}", re.ASCII)
HEALTH_CHECKS = ("/healthz", "/readyz")

logger = logging.getLogger(__name__)


def register_access_log(app: Flask) -> None:
    """Log each request of the app. Register this first, so that the line is written after everything else."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.began = perf_counter()
    rule, view_args = request.url_rule, request.view_args
    facts = begin_facts()
    facts["method"], facts["route"] = request.method, None if rule is None else rule.rule
    if view_args and OPERATION.fullmatch(view_args.get("operation", "")):
        facts["operation"] = view_args["operation"]


def _end(response: Response) -> Response:
    facts = current_facts()
    facts["status"] = response.status_code
    level = logging.DEBUG if facts["route"] in HEALTH_CHECKS else logging.INFO
    if logger.isEnabledFor(level):
        began: float = g.began
        if response.is_streamed:
            response.call_on_close(lambda: _log(level, facts, began))
        else:
            _log(level, facts, began)
    return response


def _log(level: int, facts: Facts, began: float) -> None:
    facts["milliseconds"] = round((perf_counter() - began) * 1_000, 1)
    logger.handle(FactsRecord(logger.name, level, "request", facts))
