"""How much is measured: in seconds for a check that all cases run, in minutes for a judgement, and at full size."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The size of a run. `rounds` is how often each side has its turn."""

    name: str
    rounds: int
    # How long each side is under load in its turn.
    seconds: float
    warm_up_seconds: float


QUICK = Sizes(name="quick", rounds=2, seconds=0.5, warm_up_seconds=0.2)
BENCH = Sizes(name="bench", rounds=5, seconds=3.0, warm_up_seconds=1.0)
FULL = Sizes(name="full", rounds=5, seconds=5.0, warm_up_seconds=2.0)
SIZES = {sizes.name: sizes for sizes in (QUICK, BENCH, FULL)}
