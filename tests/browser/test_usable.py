"""What the check of a page finds: rules of axe that are broken, in any of the colours, and sideways scrolling."""

import pytest

from tests.browser.axe import found_by_axe
from tests.browser.conftest import PersonFor
from tests.browser.looks import DARK, FORCED, LIGHT, PHONE
from tests.functional.served import Served

COLOURS = (LIGHT, DARK, FORCED)
IN_THE_DARK = "@media (prefers-color-scheme: dark) { body { background: #111; color: #eee } %s }"
IN_FORCED_COLOURS = "@media (forced-colors: active) { p { forced-color-adjust: none; color: #999 } }"


def html(style: str = "", content: str = "<p>One</p><p>Two</p>") -> str:
    style = f"body {{ background: #fff; color: #000 }} {style}"
    return f"<!doctype html><html lang=en><title>A</title><style>{style}</style><main><h1>A</h1>{content}</main>"


@pytest.mark.parametrize(
    "style",
    ["", IN_THE_DARK % "", IN_THE_DARK % "p { color: rgb(238 238 238 / 0.9) }"],
    ids=["light", "dark", "transparent"],
)
def test_a_page_without_mistakes_is_usable(person_for: PersonFor, pandilla_server: Served, style: str):
    person = person_for(pandilla_server, colours=COLOURS)
    person.page.set_content(html(style))
    person.must_find_the_page_usable()


@pytest.mark.parametrize(
    ("page", "found"),
    [
        pytest.param(html("p { color: #999 }"), "'light', 'forced_colors': 'none'.*color-contrast", id="light"),
        pytest.param(html(IN_THE_DARK % "p { color: #444 }"), "'dark'.*color-contrast", id="dark"),
        pytest.param(
            html(IN_THE_DARK % "p { color: rgb(238 238 238 / 0.2) }"), "'dark'.*color-contrast", id="transparent"
        ),
        pytest.param(html(IN_FORCED_COLOURS), "'active'.*color-contrast", id="forced-colours"),
        pytest.param(html(content="<input>"), "label", id="field-without-label"),
        pytest.param(html("p { width: 400px }"), "'light'.*<p>One</p>", id="too-wide"),
        pytest.param(html(IN_THE_DARK % "p { width: 400px }"), "'dark'.*<p>One</p>", id="too-wide-in-the-dark"),
        pytest.param(html(content="<script>throw new Error('broken')</script>"), "broken", id="broken-script"),
    ],
)
def test_a_mistake_is_found(person_for: PersonFor, pandilla_server: Served, page: str, found: str):
    person = person_for(pandilla_server, colours=COLOURS, viewport=PHONE)
    person.page.set_content(page)
    with pytest.raises(AssertionError, match=f"(?s){found}"):
        person.must_find_the_page_usable()


def test_axe_reads_a_colour_the_same_each_time(person_for: PersonFor, pandilla_server: Served):
    page = person_for(pandilla_server).page
    page.set_content(html())
    found_by_axe(page)
    parse = "text => new axe.commons.color.Color().parseString(text).toJSON()"
    transparent = {"red": 0, "green": 0, "blue": 0, "alpha": 0}
    for _ in range(2):
        assert page.evaluate(parse, "rgb(0, 48, 120)") == {"red": 0, "green": 48, "blue": 120, "alpha": 1}
        assert page.evaluate(parse, "rgba(0, 48, 120, 0.5)") == {"red": 0, "green": 48, "blue": 120, "alpha": 0.5}
        assert page.evaluate(parse, "rgba(0, 0, 0, 0)") == transparent
        with pytest.raises(Exception, match='Unable to parse color "colourful"'):
            page.evaluate(parse, "colourful")
