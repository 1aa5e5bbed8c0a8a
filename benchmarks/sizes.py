"""The sizes of a run: `quick` shows that every case runs, `bench` measures, `full` measures at a million events."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The size of a run."""

    name: str
    # Turns of each side. A case that exceeds `timeout_seconds` has fewer, but at least two.
    rounds: int
    timeout_seconds: float
    # The duration of the load in each turn.
    seconds: float
    # Events in the large log, in the small log that it is compared with, and in the log that is imported.
    events: int
    small_log_events: int
    import_events: int
    # Feed listeners, the rate of posts that they receive, and for how long.
    subscribers: int
    posts_per_second: int
    feed_seconds: float


QUICK = Sizes(
    name="quick",
    rounds=1,
    timeout_seconds=2,
    seconds=0.5,
    events=2_000,
    small_log_events=1_000,
    import_events=1_000,
    subscribers=20,
    posts_per_second=20,
    feed_seconds=1,
)
BENCH = Sizes(
    name="bench",
    rounds=5,
    timeout_seconds=45,
    seconds=3,
    events=100_000,
    small_log_events=1_000,
    import_events=20_000,
    subscribers=200,
    posts_per_second=100,
    feed_seconds=5,
)
FULL = Sizes(
    name="full",
    rounds=5,
    timeout_seconds=600,
    seconds=5,
    events=1_000_000,
    small_log_events=1_000,
    import_events=100_000,
    subscribers=200,
    posts_per_second=100,
    feed_seconds=10,
)
SIZES = {sizes.name: sizes for sizes in (QUICK, BENCH, FULL)}
