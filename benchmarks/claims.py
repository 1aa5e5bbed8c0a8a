"""The time to read and compare the slowest legal claims files of three sizes: `python -m benchmarks.claims`."""

from __future__ import annotations

import json
from time import process_time

from service.domain.claims.rules.between import compare_claims
from service.domain.model.reference_data import measure_catalogue
from service.wire.claims_body import JSON, read_claims_body
from tests.factories.overlapping_claims import WORST

SIZES = (250, 500, 1_000)


def seconds_for(name: str, size: int) -> float:
    """Return the processor time in seconds to read and compare one file."""
    body = json.dumps(WORST[name](size)).encode()
    started = process_time()
    compare_claims(read_claims_body(body, JSON, measure_catalogue()))
    return process_time() - started


def main() -> None:
    """Print the seconds by size, and how many times longer the largest takes than a quarter of it."""
    print("file", *(f"{size:,} figures" for size in SIZES), "growth", sep="\t")  # noqa: T201 - the result
    for name in WORST:
        seconds = [seconds_for(name, size) for size in SIZES]
        growth = f"{seconds[-1] / seconds[0]:.1f}"
        print(name, *(f"{one:.3f} s" for one in seconds), growth, sep="\t")  # noqa: T201 - the result


if __name__ == "__main__":
    main()
