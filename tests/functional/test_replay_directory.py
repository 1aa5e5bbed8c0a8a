"""Replaying a directory: errors name file and line, and the results are reported."""

import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from service.cli.replay.replay_directory import Replayed, ReplayRefused, replay_directory
from service.cli.replay.results import print_results, read_results
from service.cli.replay.seed_directory import DirectoryUnreadable, read_seed_directory
from tests.factories.bodies import arrest, new_id, opening
from tests.factories.logs import SEED
from tests.factories.setup import LEAD
from tests.functional.apps import ClientFor, InProcess
from tests.functional.calls import on_sqlite


@pytest.fixture
def client(client_for: ClientFor) -> InProcess:
    return InProcess(cache(client_for))


def changed_seed(folder: Path, file: str, change: Callable[[str], str]) -> Path:
    """Return a copy of the seeds directory with one file changed."""
    copy = Path(shutil.copytree(SEED, folder / "seed"))
    (copy / file).write_text(change((copy / file).read_text()))
    return copy


def test_a_replay_counts_new_messages_and_reports_progress(client: InProcess):
    seen: list[tuple[int, int]] = []
    assert replay_directory(SEED, client, lambda done, size: seen.append((done, size))) == Replayed(361, 5)
    assert seen[-1] == (365, 365)
    assert sorted(seen) == seen
    assert replay_directory(SEED, client) == Replayed(0, 366)


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
def test_a_refused_message_is_reported_by_line(client: InProcess, tmp_path: Path, part: str, other: str, said: str):
    seed = changed_seed(tmp_path, "events.ndjson", lambda text: text.replace(part, other, 1))
    with pytest.raises(ReplayRefused, match=said):
        replay_directory(seed, client)


@on_sqlite
def test_a_fixed_line_can_be_sent_again(client: InProcess, tmp_path: Path):
    """A batch is all or nothing: no line after the refused one was recorded before it."""
    seed = changed_seed(tmp_path, "events.ndjson", lambda text: text.replace('"reason": "wanted"', '"reason": "x"', 1))
    with pytest.raises(ReplayRefused, match="line 2"):
        replay_directory(seed, client)
    assert replay_directory(SEED, client) == Replayed(360, 6)


def test_parts_and_publications_are_replayed(client: InProcess, tmp_path: Path):
    """The coordinator's calls are replayed, and the service computes the figures again."""
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
    assert [one["quantity"] for one in figures if (one["force"], one["category"]) == (None, None)] == [3]


@on_sqlite
@pytest.mark.parametrize(
    ("part", "other", "said"),
    [
        ('"starts_at"', '"begins_at"', r"operation\.json: .*\(422 wrong_fields"),
        ("metropolitan", "mars", r"operation\.json: .*\(4"),
    ],
    ids=range(2),
)
def test_a_refused_opening_is_reported(client: InProcess, tmp_path: Path, part: str, other: str, said: str):
    seed = changed_seed(tmp_path, "operation.json", lambda text: text.replace(part, other))
    with pytest.raises(ReplayRefused, match=said):
        replay_directory(seed, client)


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("events.ndjson", lambda text: "{" + text, r"events\.ndjson, line 1: expected JSON"),
        ("events.ndjson", lambda text: "[]\n" + text, r"events\.ndjson, line 1: expected a JSON object"),
        ("events.ndjson", lambda text: text.replace('"force"', '"body"', 3), r"events\.ndjson, line 1: missing force"),
        (
            "operation.json",
            lambda text: text.replace('"lead_force"', '"leader"'),
            r"operation\.json: missing lead_force",
        ),
        ("operation.json", lambda text: text[:-3], r"operation\.json: expected JSON"),
    ],
    ids=range(5),
)
def test_a_malformed_file_is_reported(tmp_path: Path, file: str, change: Callable[[str], str], said: str):
    path = changed_seed(tmp_path, file, change)
    with pytest.raises(DirectoryUnreadable, match=said):
        list(read_seed_directory(path).lines())


@pytest.mark.parametrize("file", ["operation.json", "events.ndjson"])
def test_a_missing_file_is_reported(tmp_path: Path, file: str):
    path = changed_seed(tmp_path, file, lambda text: text)
    (path / file).unlink()
    with pytest.raises(DirectoryUnreadable, match=file):
        list(read_seed_directory(path).lines())


# --- what it comes to


def test_the_published_figures_agree_and_the_returns_are_in(client: InProcess):
    replay_directory(SEED, client)
    results = read_results(SEED, client)
    assert results.all_agree
    assert results.reconciliation is not None
    assert results.reconciliation["counts"]["agrees"] == 14
    assert [one["number"] for one in results.publications] == [1]
    assert {one["status"] for one in results.returns} == {"complete", "nil"}
    assert len(results.returns) == 7 * 3


@on_sqlite
@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(('value = "179"', 'value = "180"'), "✗ differs. Printed: 180 arrests.", id="figure"),
        pytest.param(("force_count = 7", "force_count = 8"), "difference: ", id="finding"),
    ],
)
def test_a_mismatch_is_reported(
    client: InProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], said: str
):
    replay_directory(SEED, client)
    results = read_results(changed_seed(tmp_path, "claims.toml", lambda text: text.replace(*change)), client)
    assert not results.all_agree
    print_results(results)
    assert said in capsys.readouterr().out


@on_sqlite
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("format =", r"claims\.toml: .*\(422 claims_unreadable\)"),
        ('format = "claims/1"', r"claims\.toml: .*\(422 wrong_claims at /source\)"),
    ],
)
def test_refused_claims_are_reported(client: InProcess, tmp_path: Path, text: str, said: str):
    replay_directory(SEED, client)
    with pytest.raises(ReplayRefused, match=said):
        read_results(changed_seed(tmp_path, "claims.toml", lambda _text: text), client)


@on_sqlite
def test_without_published_figures_nothing_is_compared(
    client: InProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = changed_seed(tmp_path, "claims.toml", lambda text: text)
    (path / "claims.toml").unlink()
    (path / "events.ndjson").write_text("")
    replay_directory(path, client)
    results = read_results(path, client)
    assert (results.reconciliation, results.publications, results.all_agree) == (None, [], True)
    print_results(results)
    assert capsys.readouterr().out == "Returns of 7 forces for 3 days: 21 none; 0 of them late\n"
