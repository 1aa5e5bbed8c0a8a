"""Texts in Markdown: rendered, each is the text again; in plain prose nothing is escaped."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from service.exports.statement.markdown import cell, heading, paragraph

RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# Signs that are markup somewhere, and what makes them so.
SIGNS = st.text(st.sampled_from("\\`*_[]()<>#~|&;:!-+=.0123 axX/?\"'"), max_size=24)
ANY = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), max_size=24)


def shown(markdown: str, tag: str) -> str:
    """Return the text of the one element of this kind, which must hold nothing but text."""
    html = RENDERER.render(markdown)
    (content,) = re.findall(rf"<{tag}(?: [^>]*)?>(.*?)</{tag}>", html, re.DOTALL)
    assert "<" not in content, html
    return unescape(content)


def collapsed(text: str) -> str:
    return " ".join(text.split())


@given(SIGNS | ANY)
def test_a_paragraph_is_shown_as_it_is(text: str):
    text = collapsed(text)
    if text:
        assert shown(paragraph(text), "p") == text


@given(SIGNS | ANY)
def test_an_item_of_a_list_is_shown_as_it_is(text: str):
    text = collapsed(text)
    if text:
        assert shown(f"- {paragraph(text)}\n", "li") == text


@given(SIGNS | ANY)
def test_a_heading_is_shown_as_it_is(text: str):
    assert shown(f"# {heading(text)}\n", "h1") == collapsed(text)


@given(SIGNS | ANY)
def test_a_cell_is_shown_as_it_is(text: str):
    assert shown(f"| Force |\n| :--- |\n| {cell(text)} |\n", "td") == collapsed(text)


@given(SIGNS | ANY)
def test_a_text_within_bold_is_shown_as_it_is(text: str):
    assert shown(f"**Provisional: {paragraph(text)}.**\n", "strong") == f"Provisional: {collapsed(text)}."


@pytest.mark.parametrize(
    "text",
    [
        "40.7 kg of drugs weighed",
        "3.5 g of drugs weighed",
        "£5,700.05 cash seized (more than 1,200)",
        "Since 17 January 2023, so far:",
        "Police 24/7: patrol time (hours) - 3 + 4 = 7!",
        "snake_case and part_of_it",
        "5 < 6 > 4 & 3 | 2",
        "about ~9 #12 at [some place]",
        "5 * 3",
        "#1 of 3",
        "-5",
        "1.5",
        r"a\b",
        "AT&T; and AT&T",
    ],
)
def test_plain_prose_is_not_escaped(text: str):
    assert paragraph(text) == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("40. 7 kg", r"40\. 7 kg"),
        ("1)", r"1\)"),
        ("- 5", r"\- 5"),
        ("---", r"\---"),
        ("# 5", r"\# 5"),
        ("> 5", r"\> 5"),
        ("*knife*", r"\*knife\*"),
        ("_knife_", r"\_knife\_"),
        ("a [link](x)", r"a \[link](x)"),
        ("<b>", r"\<b>"),
        ("&amp;", r"\&amp;"),
        ("a `b` c", r"a \`b\` c"),
        ("~~a~~", r"\~\~a\~\~"),
        ("\\*", r"\\\*"),
    ],
)
def test_what_would_be_markup_is_escaped(text: str, escaped: str):
    assert paragraph(text) == escaped


def test_a_bar_is_escaped_in_a_cell_only():
    assert (cell("a | b"), paragraph("a | b"), heading("a | b")) == (r"a \| b", "a | b", "a | b")
    assert (heading("C #"), heading("C# is"), heading("40. 7")) == (r"C \#", "C# is", "40. 7")
