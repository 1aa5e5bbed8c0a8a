"""The pictures in the README and the guides: each shows a page that there is, in the size that it has now.

`make pictures` makes them again. The pixels are not compared: fonts differ between machines.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from service.storage.db import open_database
from tests.browser import teasel
from tests.browser.conftest import PersonFor, serving_pages
from tests.browser.pictures import FOLDER, PICTURES, Picture
from tests.browser.png import size_and_title, with_palette
from tests.factories.credentials import issued_secret
from tests.functional.served import Served

VARIABLE = "PICTURES"
NOW = "2024-05-17T21:45:00+01:00"
# The server's clock cannot be set, so the moment of an upload is written over.
SAY_ONE_MOMENT = """() => {
  for (const one of document.querySelectorAll('main .lead'))
    one.textContent = one.textContent.replace(/today at [\\w:]+/, 'today at 9:41pm')
}"""


@pytest.fixture(scope="module")
def teasel_server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a server with Operation Teasel, in which the pictures change no figure."""
    url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('pictures') / 'oprecord.db')}"
    database = open_database(url)
    secrets = {force: issued_secret(database, force) for force in teasel.FORCES}
    database.engine.dispose()
    with serving_pages(url) as served:
        opening = teasel.opened()
        assert served.request("POST", "/v1/operations", secrets[opening["lead_force"]], opening).status == 201
        for event in teasel.recorded():
            answer = served.request("POST", f"/v1{teasel.TEASEL}/events", secrets[event["force"]], event)
            assert answer.status == 201, answer.read()
        yield served


def shown(page: Page, picture: Picture) -> bytes:
    """Return the picture of a page, as it is after what the person does there."""
    if picture.act:
        picture.act(page)
        page.evaluate("document.activeElement.blur()")
    if (said := page.locator("#freshness-said")).count():
        expect(said).to_have_text(re.compile("^(Up to date|As it was)"))
    page.evaluate(SAY_ONE_MOMENT)
    page.evaluate("scrollTo(0, 0)")
    box = page.locator(picture.top).bounding_box()
    assert box is not None
    clip = {"x": 0, "y": round(box["y"]), "width": picture.width, "height": picture.height}
    return page.screenshot(animations="disabled", caret="hide", scale="css", full_page=True, clip=clip)


@pytest.mark.parametrize("picture", PICTURES, ids=[picture.name for picture in PICTURES])
def test_a_picture_shows_a_page_as_it_is(
    person_for: PersonFor, pandilla_server: Served, teasel_server: Served, picture: Picture
):
    server = pandilla_server if "pandilla" in picture.address else teasel_server
    look = {"viewport": {"width": picture.width, "height": picture.height}, "reduced_motion": "reduce"}
    person = person_for(server, picture.force, **look, locale="en-GB", timezone_id="Europe/London")
    person.page.clock.set_fixed_time(NOW)
    png = shown(person.open(picture.address), picture)
    heading = person.page.get_by_role("heading", level=1).inner_text()
    if os.environ.get(VARIABLE):
        picture.file.write_bytes(with_palette(png, heading))
    assert size_and_title(picture.file.read_bytes()) == (*size_and_title(png)[:2], heading), "run `make pictures`"


def test_every_picture_is_made_by_the_tests():
    assert sorted(picture.file for picture in PICTURES) == sorted(FOLDER.iterdir())
