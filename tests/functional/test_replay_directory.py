"""Replaying a directory: what is wrong is named by file and line, and published figures are compared as bounds."""

import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from service.cli.http_client import Answer
from service.cli.published import bounds_of, compare_published
from service.cli.replay_directory import Replayed, ReplayRefused, replay_directory
from service.cli.seed_directory import DirectoryUnreadable, read_seed_directory
from tests.factories.bodies import arrest, new_id, opening
from tests.factories.logs import SEED
from tests.factories.setup import LEAD
from tests.functional.apps import ClientFor, InProcess
from tests.functional.calls import on_sqlite


@pytest.fixture
def client(client_for: ClientFor) -> InProcess:
    return InProcess(cache(client_for))


def changed_seed(folder: Path, file: str, change: Callable[[str], str]) -> Path:
    """Return a copy of the seeds directory in which one file is another."""
    copy = Path(shutil.copytree(SEED, folder / "seed"))
    (copy / file).write_text(change((copy / file).read_text()))
    return copy


def test_a_replay_counts_what_is_new_and_tells_how_far_it_is(client: InProcess):
    seen: list[tuple[int, int]] = []
    assert replay_directory(SEED, client, lambda done, size: seen.append((done, size))) == Replayed(360, 5)
    assert seen[-1] == (364, 364)
    assert sorted(seen) == seen
    assert replay_directory(SEED, client) == Replayed(0, 365)
    assert all(one.agrees for one in compare_published(SEED, client))


@on_sqlite
@pytest.mark.parametrize(
    ("part", "other", "said"),
    [
        (
            '"reason": "wanted"',
            '"reason": "boredom"',
            r"events\.ndjson, line 2: .*\(422 unknown_code at /data/reason\)",
        ),
        ('"type": "arrest.recorded"', '"type": "arrest"', r"events\.ndjson, line 2: .*\(422 wrong_fields at /type\)"),
        ('"type": "operation.closed"', '"type": "operation.opened"', r"line 364: .*\(422 wrong_fields at /type\)"),
    ],
    ids=range(3),
)
def test_what_the_service_refuses_is_named(client: InProcess, tmp_path: Path, part: str, other: str, said: str):
    seed = changed_seed(tmp_path, "events.ndjson", lambda text: text.replace(part, other, 1))
    with pytest.raises(ReplayRefused, match=said):
        replay_directory(seed, client)


@on_sqlite
def test_a_line_that_is_mended_can_be_sent_again(client: InProcess, tmp_path: Path):
    """A batch is all or nothing: nothing that stands behind the wrong line has overtaken it."""
    seed = changed_seed(tmp_path, "events.ndjson", lambda text: text.replace('"reason": "wanted"', '"reason": "x"', 1))
    with pytest.raises(ReplayRefused, match="line 2"):
        replay_directory(seed, client)
    assert replay_directory(SEED, client) == Replayed(359, 6)


def test_parts_and_publications_are_replayed(client: InProcess, tmp_path: Path):
    """What the coordinator called, with the figures as the service then computes them."""
    whole, part = opening(operation="whole"), opening(operation="part", part_of=["whole"])
    accepted = {"id": new_id(), "type": "part.accepted", "force": LEAD, "data": {"part": "part"}}
    published = {"id": new_id(), "type": "figures.published", "force": LEAD, "data": {"label": "provisional"}}
    (tmp_path / "operation.json").write_text(json.dumps(whole))
    (tmp_path / "events.ndjson").write_text("")
    assert replay_directory(tmp_path, client) == Replayed(1, 0)
    assert client.post("/v1/operations", part, LEAD).status == 201
    client.client_for("surrey").record("part", arrest(count=3))
    (tmp_path / "events.ndjson").write_text(f"{json.dumps(accepted)}\n{json.dumps(published)}\n")
    assert replay_directory(tmp_path, client) == Replayed(2, 1)
    assert replay_directory(tmp_path, client) == Replayed(0, 3)
    (publication,) = client.get("/v1/operations/whole/publications", LEAD).body["publications"]
    assert (publication["label"], [one["operation"] for one in publication["parts"]]) == ("provisional", ["part"])
    figures = client.get("/v1/operations/whole/publications/1", LEAD).body["figures"]
    assert [one["quantity"] for one in figures if one["force"] is None] == [3]


@on_sqlite
@pytest.mark.parametrize(
    ("part", "other", "said"),
    [
        ('"starts_at"', '"begins_at"', r"operation\.json: .*\(422 wrong_fields"),
        ("metropolitan", "mars", r"operation\.json: .*\(4"),
    ],
    ids=range(2),
)
def test_an_opening_that_is_refused_is_named(client: InProcess, tmp_path: Path, part: str, other: str, said: str):
    seed = changed_seed(tmp_path, "operation.json", lambda text: text.replace(part, other))
    with pytest.raises(ReplayRefused, match=said):
        replay_directory(seed, client)


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("events.ndjson", lambda text: "{" + text, r"events\.ndjson, line 1: wanted JSON"),
        ("events.ndjson", lambda text: "[]\n" + text, r"events\.ndjson, line 1: wanted a JSON object"),
        ("events.ndjson", lambda text: text.replace('"force"', '"body"', 3), r"events\.ndjson, line 1: wanted force"),
        (
            "operation.json",
            lambda text: text.replace('"lead_force"', '"leader"'),
            r"operation\.json: wanted lead_force",
        ),
        ("operation.json", lambda text: text[:-3], r"operation\.json: wanted JSON"),
        ("published.toml", lambda text: text + "[[", r"published\.toml: "),
        ("published.toml", lambda text: text.replace("measure =", "measures ="), r"published\.toml: wanted measure"),
    ],
    ids=range(7),
)
def test_a_file_that_is_broken_is_named(tmp_path: Path, file: str, change: Callable[[str], str], said: str):
    path = changed_seed(tmp_path, file, change)
    with pytest.raises(DirectoryUnreadable, match=said):  # noqa: PT012 - whichever file it is, reading it says so
        seed = read_seed_directory(path)
        list(seed.lines())
        seed.figures()


@pytest.mark.parametrize("file", ["operation.json", "events.ndjson"])
def test_a_file_that_is_missing_is_named(tmp_path: Path, file: str):
    path = changed_seed(tmp_path, file, lambda text: text)
    (path / file).unlink()
    with pytest.raises(DirectoryUnreadable, match=file):
        list(read_seed_directory(path).lines())


def test_nothing_published_is_nothing_to_compare(tmp_path: Path):
    path = changed_seed(tmp_path, "published.toml", lambda text: text)
    (path / "published.toml").unlink()
    assert read_seed_directory(path).figures() == []


# --- comparing


class Totals:
    """A client that knows one figure."""

    def __init__(self, quantity: int, qualifier: str, unit: str = "arrests") -> None:
        shown = {"quantity": quantity, "qualifier": qualifier, "unit": unit, "display": f"{quantity:,}"}
        self.answer = Answer(200, {"figures": [shown]})

    def get(self, _path: str, _force: str) -> Answer:
        return self.answer

    def post(self, _path: str, _body: object, _force: str) -> Answer:
        raise AssertionError("a comparison changes nothing")


def agrees(folder: Path, published: str, client: Totals) -> bool:
    """Return whether a published figure (`more_than 170`) agrees with what the record says."""
    qualifier, quantity = published.split()
    figure = f'measure = "arrests"\nunit = "arrests"\nquantity = {quantity}\nqualifier = "{qualifier}"\n'
    path = changed_seed(folder, "published.toml", lambda _text: f'[[figures]]\n{figure}published = "{published}"\n')
    (one,) = compare_published(path, client)
    return one.agrees


@pytest.mark.parametrize(
    ("published", "recorded", "wanted"),
    [
        ("exact 179", (179, "exact"), True),
        ("exact 179", (178, "exact"), False),
        ("exact 179", (179, "more_than"), False),
        ("exact 179", (179, "about"), False),
        ("more_than 170", (171, "exact"), True),
        ("more_than 170", (170, "exact"), False),
        ("more_than 170", (170, "more_than"), True),
        ("more_than 170", (169, "more_than"), False),
        ("more_than 170", (171, "at_least"), True),
        ("more_than 170", (170, "at_least"), False),
        ("more_than 170", (200, "about"), True),
        ("more_than 170", (180, "about"), False),
        ("at_least 170", (170, "exact"), True),
        ("at_least 170", (169, "more_than"), True),
        ("under 170", (169, "exact"), True),
        ("under 170", (170, "exact"), False),
        ("under 170", (170, "under"), True),
        ("at_most 170", (170, "at_most"), True),
        ("at_most 170", (171, "under"), True),
        ("about 100", (91, "exact"), True),
        ("about 100", (89, "exact"), False),
        ("about 100", (100, "about"), True),
        ("about 100", (100, "more_than"), False),
    ],
    ids=str,
)
def test_a_published_figure_agrees_if_the_record_lies_within_it(
    tmp_path: Path, published: str, recorded: tuple[int, str], *, wanted: bool
):
    assert agrees(tmp_path, published, Totals(*recorded)) is wanted


def test_another_unit_does_not_agree(tmp_path: Path):
    assert not agrees(tmp_path, "exact 179", Totals(179, "exact", unit="people"))


def test_bounds_are_exact_for_numbers_of_any_size():
    assert bounds_of(10**15, "about") == (9 * 10**14, 11 * 10**14)


def test_a_figure_that_the_record_does_not_have_does_not_agree(tmp_path: Path):
    client = Totals(1, "exact")
    client.answer = Answer(200, {"figures": []})
    assert not agrees(tmp_path, "exact 1", client)


@pytest.mark.parametrize("qualifier", ["roughly", "more than"])
def test_a_qualifier_that_is_none_is_refused(tmp_path: Path, qualifier: str):
    path = changed_seed(tmp_path, "published.toml", lambda text: text.replace('"more_than"', json.dumps(qualifier), 1))
    with pytest.raises(DirectoryUnreadable, match="more than 170 arrests"):
        compare_published(path, Totals(179, "exact"))
