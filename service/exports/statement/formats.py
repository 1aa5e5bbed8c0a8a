"""The formats of a statement: Markdown, plain text and an HTML fragment. Each escapes the sentences itself."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, StrictUndefined, select_autoescape

from service.exports.statement.words import TEMPLATES, worded
from service.usecases.querying.statement import StatementAnswer

MARKDOWN, PLAIN, HTML = "text/markdown", "text/plain", "text/html"
TEMPLATE_OF = {MARKDOWN: "statement.md.jinja", PLAIN: "statement.txt.jinja", HTML: "statement.html.jinja"}
MARKS_OF_MARKDOWN = re.compile(r"([\\`*_\[\]<>|#~])")
NUMBER_OF_A_LIST = re.compile(r"^(\d+)([.)])")


def laid_out(found: StatementAnswer, media: str) -> str:
    """Return the statement as MARKDOWN, PLAIN or HTML."""
    return _environment().get_template(TEMPLATE_OF[media]).render(words=worded(found))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=TEMPLATES,
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html.jinja",)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["md"] = _markdown
    return environment


def _markdown(text: str) -> str:
    """Return a text with all Markdown marks escaped."""
    return NUMBER_OF_A_LIST.sub(r"\1\\\2", MARKS_OF_MARKDOWN.sub(r"\\\1", text))
