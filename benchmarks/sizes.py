"""How much is measured: just enough to see every case run, enough for a judgement, and at full size."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The size of a run."""

    name: str
    # How often each side has its turn; fewer where a case has taken `patience_seconds`, but never fewer than two.
    rounds: int
    patience_seconds: float
    # How long each side is under load in its turn.
    seconds: float
    # The events of the large log, of the small one beside it, and of the one that is imported.
    events: int
    few_events: int
    imported_events: int
    # Who listens to the feed, what is posted meanwhile, and for how long.
    subscribers: int
    posts_per_second: int
    feed_seconds: float


QUICK = Sizes(
    name="quick",
    rounds=1,
    patience_seconds=2,
    seconds=0.5,
    events=2_000,
    few_events=1_000,
    imported_events=1_000,
    subscribers=20,
    posts_per_second=20,
    feed_seconds=1,
)
BENCH = Sizes(
    name="bench",
    rounds=5,
    patience_seconds=45,
    seconds=3,
    events=100_000,
    few_events=1_000,
    imported_events=20_000,
    subscribers=200,
    posts_per_second=100,
    feed_seconds=5,
)
FULL = Sizes(
    name="full",
    rounds=5,
    patience_seconds=600,
    seconds=5,
    events=1_000_000,
    few_events=1_000,
    imported_events=100_000,
    subscribers=200,
    posts_per_second=100,
    feed_seconds=10,
)
SIZES = {sizes.name: sizes for sizes in (QUICK, BENCH, FULL)}
