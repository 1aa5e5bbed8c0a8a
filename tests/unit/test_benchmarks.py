"""The benchmarks: their arithmetic, table and cases, and a load that ends at any unexpected answer. No clock here."""

import http.server
import itertools
import threading
from collections.abc import Iterator

import pytest

from benchmarks import baseline, pages
from benchmarks.cases.feed import LISTENERS_PER_CREDENTIAL, PLACES_PER_LISTENER
from benchmarks.listeners import EVENT
from benchmarks.load import UnexpectedAnswer, drive, request
from benchmarks.measure import Bar, Comparison, interleave, memory, paired, percentile
from benchmarks.registry import CASES
from benchmarks.reports import ALL_KEYS, FORCES, opening, report, text
from benchmarks.sizes import QUICK, SIZES, Sizes
from benchmarks.table import as_json, header, number, table
from service.api.events.feed import _frame
from service.usecases.querying.feed import Item
from service.wire.checked import load_opening, load_submission


def comparison(*pairs: tuple[float, float | None], bar: Bar | None = None, goal: Bar | None = None) -> Comparison:
    return Comparison(case="batches", compared_with="baseline", unit="/s", pairs=pairs, bar=bar, goal=goal)


def test_the_ratio_is_the_median_of_the_ratios_of_pairs() -> None:
    one = comparison((100, 100), (300, 600), (90, 30))
    # The ratios are 1, 0.5 and 3; those of the medians would be 1, and of the means 0.67.
    assert one.ratio == 1.0
    assert comparison((100, 50), (300, 600), (80, 100)).ratio == 0.8
    assert (one.ours, one.theirs) == (100, 100)


def test_a_figure_that_is_compared_with_nothing_is_only_shown() -> None:
    one = comparison((3.0, None), (5.0, None), bar=Bar(1.0))
    assert (one.ours, one.theirs, one.ratio, one.verdict) == (4.0, None, None, "shown")
    assert comparison((3.0, 2.0)).verdict == "shown"


@pytest.mark.parametrize(
    ("ratio", "bar", "goal", "verdict"),
    [
        (1.0, Bar(1.0), None, "pass"),
        (0.99, Bar(1.0), None, "FAIL"),
        (1.5, Bar(1.5, is_upper=True), None, "pass"),
        (1.51, Bar(1.5, is_upper=True), None, "FAIL"),
        # The bar can pass before the goal is reached, and a comparison with only a goal cannot fail.
        (1.2, Bar(0.8), Bar(1.5), "pass"),
        (1.9, None, Bar(2.0), "short"),
        (2.0, None, Bar(2.0), "goal"),
        (2.0, None, Bar(3.0, is_upper=True), "goal"),
    ],
)
def test_the_verdict(ratio: float, bar: Bar | None, goal: Bar | None, verdict: str) -> None:
    assert comparison((ratio, 1.0), bar=bar, goal=goal).verdict == verdict


def test_memory_is_compared_with_200_megabytes() -> None:
    assert memory("import", [200_000_000, 90_000_000]).verdict == "pass"
    # One process in one round is enough.
    assert memory("import", [90_000_000, 201_000_000, 90_000_000]).verdict == "FAIL"


def test_the_table_has_a_line_for_each_comparison() -> None:
    lines = table(
        [
            comparison((1_234.5, 617.25), bar=Bar(0.8), goal=Bar(1.5)),
            Comparison(
                case="feed",
                compared_with="1 s, p99",
                unit="ms",
                pairs=[(1_500.0, 1_000.0)],
                bar=Bar(1.0, is_upper=True),
            ),
            Comparison(case="start", compared_with="first answer", unit="s", pairs=[(0.8766, None), (0.8766, None)]),
        ]
    )
    assert lines == [
        "case     compared with  unit   ours  theirs  ratio  rounds  bar",
        "batches  baseline       /s    1,234     617   2.00       1  >= 0.8 (goal 1.5)  pass",
        "feed     1 s, p99       ms    1,500   1,000   1.50       1  <= 1               FAIL",
        "start    first answer   s     0.877       -      -       2  -                  shown",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (0, "0"),
        (0.0123, "0.0123"),
        (1.2345, "1.23"),
        (12.345, "12.3"),
        (123.45, "123"),
        (123_456, "123,456"),
    ],
)
def test_a_number_keeps_three_digits(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_the_facts_of_the_run_are_printed_above_the_table() -> None:
    assert header({"revision": "abc", "run": "quick"}) == ["revision  abc", "run       quick"]


def test_the_json_keeps_the_figures_of_every_round() -> None:
    kept = as_json({"revision": "abc"}, [comparison((2.0, 1.0), (4.0, 1.0), bar=Bar(1.0))])
    assert kept["run"] == {"revision": "abc"}
    (one,) = kept["comparisons"]
    assert (one["ours"], one["theirs"], one["ratio"], one["bar"]) == (3.0, 1.0, 3.0, ">= 1")
    assert (one["verdict"], one["rounds"]) == ("pass", [[2.0, 1.0], [4.0, 1.0]])


def test_sides_take_turns() -> None:
    turns = itertools.count()
    found = interleave(SIZES["bench"], ours=lambda: next(turns), baseline=lambda: next(turns))
    assert found == {"ours": [0, 2, 4, 6, 8], "baseline": [1, 3, 5, 7, 9]}
    assert paired(found["ours"], found["baseline"])[:2] == [(0, 1), (2, 3)]


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([5, 1, 4, 2, 3], 50) == 3
    assert percentile(range(1, 101), 99) == 99
    assert percentile([7], 99) == 7


def test_every_case_is_registered() -> None:
    assert list(CASES) == [
        *("single-one-operation", "single-eight-operations", "single-sqlite", "batches", "ndjson"),
        *("export", "import", "verify", "rebuild"),
        *("totals-by-size", "totals-as-of", "totals-from-entries", "feed", "start"),
    ]


def test_the_small_log_has_every_key_of_the_large_one() -> None:
    keys = [(one["force"], one["occurred_at"][:10], str(one["data"])) for one in map(report, range(2 * ALL_KEYS))]
    assert len(set(keys)) == ALL_KEYS < QUICK.small_log_events
    assert set(keys[:ALL_KEYS]) == set(keys[ALL_KEYS:])


def test_service_and_baseline_accept_every_event() -> None:
    load_opening(opening("measured"), FORCES[0])
    events = [report(number) for number in range(ALL_KEYS)]
    assert len({load_submission(event).event.id for event in events}) == ALL_KEYS
    assert len(baseline.EventSchema(many=True).load(events)) == ALL_KEYS


def test_a_listener_reads_the_seq_in_the_id_of_an_event() -> None:
    feed = "".join(_frame(Item(seq, "surrey", '{"type":"arrest.recorded"}', "5e" * 32)) for seq in (7, 8))
    assert EVENT.findall(f"retry: 2000\n\n{feed}".encode()) == [b"7", b"8"]


@pytest.mark.parametrize("sizes", SIZES.values(), ids=lambda sizes: sizes.name)
def test_each_listener_has_a_place_in_the_feed(sizes: Sizes) -> None:
    places = PLACES_PER_LISTENER * sizes.subscribers
    assert sizes.subscribers % LISTENERS_PER_CREDENTIAL == 0
    # A force has half of the places, a credential a quarter.
    assert sizes.subscribers <= places // 2
    assert places // 4 >= LISTENERS_PER_CREDENTIAL


class Refusing(http.server.BaseHTTPRequestHandler):
    """Creates what is of Surrey, and refuses the others."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201 if b"surrey" in body else 409)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


def test_the_load_counts_what_was_answered_and_measures_each(port: int) -> None:
    streams = [[request("POST", "/", text("surrey", number)) for number in range(count)] for count in (3, 0, 2)]
    load = drive(port, streams, status=201)
    assert load.answered == [3, 0, 2]
    assert len(load.latencies) == len(load.bodies) == 5
    assert load.rate == 5 / load.seconds


def test_the_load_ends_at_an_unexpected_answer(port: int) -> None:
    streams = [[request("POST", "/", text(force, 0)) for force in ("surrey", "kent", "surrey")]]
    with pytest.raises(UnexpectedAnswer, match=r"Expected 201; found b'HTTP/1\.1 409"):
        drive(port, streams, status=201)


def test_the_pages_are_timed_in_turns_and_the_first_turn_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    seconds = iter([100.0, 200.0, 1.0, 20.0, 3.0, 40.0, 2.0, 30.0])

    def seconds_for(_person: object, address: str) -> float:
        asked.append(address)
        return next(seconds)

    monkeypatch.setattr(pages, "seconds_for", seconds_for)
    assert pages.medians(None, {"short": "/a", "long": "/b"}, rounds=3) == {"short": 2.0, "long": 30.0}
    assert asked == ["/a", "/b"] * 4
