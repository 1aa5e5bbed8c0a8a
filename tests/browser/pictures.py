"""The pictures in the README and the guides: which page, who looks at it, and what they did there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, expect

from tests.browser.teasel import PAIR, TEASEL
from tests.factories.setup import LEAD
from tests.functional.test_submit import ARRESTS
from tests.functional.test_uploads_page import workbook

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
PANDILLA = "/operations/pandilla-2023-01"
SECONDS_TO_CHECK = 30_000
# It has headings of its own, a title above them, and words instead of codes.
OWN_FILE = """Arrests of the night shift
Ref;Date;Time;Road;Offence;Number;Comments
K1;14/05/2024;21:40;M25;Knife;1;
K2;14/05/2024;22:05;Dover;PWITS;2;two cars
"""


@dataclass(frozen=True)
class Picture:
    """A page as somebody sees it after `act`: `height` pixels of it, from the element `top` on."""

    name: str
    address: str
    force: str = LEAD
    width: int = 1_000
    height: int = 720
    act: Callable[[Page], None] | None = None
    top: str = "main"

    @property
    def file(self) -> Path:
        """Return where the picture is kept."""
        return FOLDER / f"{self.name}.png"


def close_the_choice_of_a_moment(page: Page) -> None:
    """Close what is open on a page at an earlier moment, so that the figures are higher up."""
    page.get_by_text("Show an earlier moment").click()


def open_an_operation(page: Page) -> None:
    """Fill in the form that opens an operation."""
    page.get_by_label("Name", exact=True).fill("Operation Teasel")
    page.get_by_label("First day").fill("2024-05-14")
    page.get_by_label("Last day").fill("2024-05-16")
    for number, force in enumerate(("Metropolitan Police Service", "Surrey Police", "Kent Police"), start=1):
        page.get_by_label(f"Force of row {number}", exact=True).select_option(force)
    page.get_by_label("Places").fill("M25\nDover")
    page.get_by_label("Hours after the end").fill("12")


def give_access(page: Page) -> None:
    """Fill in the form that gives Kent access."""
    page.get_by_label("Force", exact=True).first.select_option("Kent Police")
    page.get_by_role("radio", name="Force", exact=True).check()


def record_an_arrest(page: Page) -> None:
    """Fill in the form of an arrest."""
    for part, value in (("day", "14"), ("month", "5"), ("year", "2024")):
        page.locator(f"[name=date-{part}]").fill(value)
    page.get_by_label("Time").fill("9:40pm")
    page.get_by_label("Place").select_option(label="M25")
    page.locator("#reason").select_option(label="Knife")


def upload(page: Page, name: str, body: bytes) -> None:
    """Upload a file, and wait until it is checked."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(body)
        page.get_by_label("Spreadsheet").set_input_files(file)
        page.get_by_role("button", name="Check").click()
        page.wait_for_url("**/uploads/*-*")
    expect(page.locator("progress")).to_have_count(0, timeout=SECONDS_TO_CHECK)


def upload_with_mistakes(page: Page) -> None:
    """Upload a workbook with two cells that cannot be read."""
    rows = [row("K-0104", "21:40", "m52", "knife", 1), row("K-0105", "22:05", "dover", "PWITS", 2)]
    upload(page, "kent.xlsx", workbook(ARRESTS, *rows, row("K-0106", "22:30", "dover", "wanted", 1)))


def upload_that_is_right(page: Page) -> None:
    """Upload a workbook that can be sent."""
    rows = [row("K-0104", "21:40", "m25", "knife", 1), row("K-0105", "22:05", "dover", "drugs", 2)]
    upload(page, "kent.xlsx", workbook(ARRESTS, *rows))


def row(reference: str, time: str, place: str, reason: str, count: int) -> list[object]:
    """Return a row of the template for arrests."""
    return [reference, f"14/05/2024 {time}", place, reason, count, "", "", ""]


def upload_a_file_of_its_own(page: Page) -> None:
    """Upload a file that was not made from a template."""
    upload(page, "shift.csv", OWN_FILE.encode())


PICTURES = (
    Picture(
        "overview",
        f"{PANDILLA}?as_of=2023-01-19T15:00",
        act=close_the_choice_of_a_moment,
        width=1_180,
        height=900,
        top="body",
    ),
    # Not the days: the browser for tests shows them as in America.
    Picture(
        "open-an-operation", "/operations/new", act=open_an_operation, top="h2:has-text('Who takes part')", height=1_000
    ),
    Picture("set-up", f"{TEASEL}/setup"),
    Picture("access", "/access/new", act=give_access, height=960),
    Picture("returns", f"{TEASEL}/returns", height=940),
    Picture("possible-duplicate", f"{TEASEL}/duplicates/{PAIR}", height=1_420),
    Picture("publish", f"{TEASEL}/publications/new", height=900),
    Picture("publication", f"{PANDILLA}/publications/1"),
    Picture("my-day", f"{TEASEL}/day?day=2024-05-14", force="kent", height=900),
    Picture("record-an-arrest", f"{TEASEL}/record/arrest", force="kent", act=record_an_arrest, height=840),
    Picture("upload-mistakes", f"{TEASEL}/uploads", force="kent", act=upload_with_mistakes, height=1_100),
    Picture("upload-ready", f"{TEASEL}/uploads", force="kent", act=upload_that_is_right, height=760),
    Picture("mapping", f"{TEASEL}/uploads", force="kent", act=upload_a_file_of_its_own, height=760),
    Picture("events", f"{PANDILLA}/events?measure=arrests&force=surrey"),
    Picture("then-and-now", f"{PANDILLA}/then-and-now?as_of=2023-01-18T18:00&to_event=368", height=900),
)
