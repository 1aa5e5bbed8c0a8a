"""The formats of a statement: Markdown, plain text and an HTML fragment. Each escapes the sentences itself."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, StrictUndefined, select_autoescape

from service.exports.statement import markdown
from service.exports.statement.words import TEMPLATES, worded
from service.usecases.querying.statement import StatementAnswer

MARKDOWN, PLAIN, HTML = "text/markdown", "text/plain", "text/html"
TEMPLATE_OF = {MARKDOWN: "statement.md.jinja", PLAIN: "statement.txt.jinja", HTML: "statement.html.jinja"}


def laid_out(found: StatementAnswer, media: str, *, public: bool = False) -> str:
    """Return the statement as MARKDOWN, PLAIN or HTML; `public`: without its footer."""
    text = environment().get_template(TEMPLATE_OF[media]).render(words=worded(found, public=public))
    return f"{text.rstrip()}\n"


@cache
def environment() -> Environment:
    """Return the environment of the layouts: HTML is escaped by itself, Markdown by filters."""
    environment = Environment(
        loader=TEMPLATES,
        undefined=StrictUndefined,
        autoescape=select_autoescape(("html.jinja",)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"paragraph": markdown.paragraph, "heading": markdown.heading, "cell": markdown.cell}
    return environment
