"""Claims files within the limits of the format that are as slow as possible to compare, for any number of figures."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from tests.factories.claims import Json, block, document, figure

FIRST_DAY = date(2023, 1, 1)
FORCES = [f"f{number}" for number in range(200)]
CATEGORIES = [f"c{number}" for number in range(500)]


def one_scope(size: int) -> Json:
    """Return figures of one scope, each of which contradicts all others."""
    return document(block(*(figure(number) for number in range(size))))


def thresholds(size: int) -> Json:
    """Return thresholds of one scope, each far from half of the others."""
    numbers = (number % 2 * 10**9 + number + 1 for number in range(size))
    return document(block(*(figure(number, "more than") for number in numbers)))


def nested_forces(size: int) -> Json:
    """Return figures of longer and longer lists of forces, each above the next."""
    return document(
        *(block(figure(size - number), forces=FORCES[: 1 + number % 200], days=_days(number)) for number in range(size))
    )


def nested_days(size: int) -> Json:
    """Return figures of longer and longer spans of days, each above the next."""
    return document(*(block(figure(size - number), days=_span(number)) for number in range(size)))


def random_lists(size: int) -> Json:
    """Return figures of random lists of forces, categories and days."""
    draw = random.Random(size)  # noqa: S311 - not for secrets
    return document(
        *(
            block(
                figure(draw.randint(1, 99), category=draw.sample(CATEGORIES[:40], 4)),
                forces=draw.sample(FORCES, 8),
                days=_span(draw.randint(0, 30)),
            )
            for _ in range(size)
        )
    )


def cells(size: int) -> Json:
    """Return figures of one force and one day each, no two of which can be told apart from all others."""
    draw, side = random.Random(size), max(1, int(size**0.5))  # noqa: S311 - not for secrets
    named = [(force, day) for force in range(side) for day in range(side)][: size - 1]
    found = [block(figure(draw.randint(1, 99)), forces=[FORCES[one]], days=_days(day)) for one, day in named]
    rows = [block(figure(1), forces=FORCES[: one + 1]) for one in range(size - len(found) - 1)]
    return document(*found, *rows, block(figure(1)))


def without(size: int) -> Json:
    """Return figures with many categories, without many of the categories beneath them."""
    draw = random.Random(size)  # noqa: S311 - not for secrets
    tops, holes = CATEGORIES[:10], [f"{one}/x{number}" for one in CATEGORIES[:10] for number in range(20)]
    return document(
        *(
            block(figure(draw.randint(1, 99), category=draw.sample(tops, 5), without_category=draw.sample(holes, 8)))
            for _ in range(size)
        )
    )


def lists(size: int) -> Json:
    """Return complete breakdowns of one line each, and figures that all of them lack."""
    many = size // 5
    found = [
        {
            "source": "release",
            "measure": "arrests",
            "unit": "arrests",
            "by": "force",
            "complete": True,
            "days": _days(number % 7),
            "lines": [{"force": FORCES[number % 190], "value": number}],
        }
        for number in range(min(many, 200))
    ]
    others = [
        block(figure(number, category=f"c{number % 400}"), forces=["f199"], days=_days(number % 7))
        for number in range(size - len(found))
    ]
    return document(*others, breakdowns=tuple(found))


def all_categories(size: int) -> Json:
    """Return a source that lists all categories for each of many scopes."""
    blocks = [
        block(
            figure(1 + number, category=f"c{number % 5}"),
            forces=FORCES[number // 5 % 190 :][:3],
            days=_days(number // 50),
        )
        for number in range(size)
    ]
    return document(*blocks, sources={"release": {"lists_all": ["arrests"]}})


def second_views(size: int) -> Json:
    """Return figures of a measure and of many categories of a second view of it."""
    half = size // 2
    wholes = [
        block(
            figure(number, measure="drug_seizures", unit="seizures"), forces=[FORCES[number % 199]], days=_days(number)
        )
        for number in range(half)
    ]
    seen = [
        block(
            figure(999, measure="drug_seizures_by_substance", unit="seizures", category=f"a/{CATEGORIES[number % 499]}")
        )
        for number in range(size - half)
    ]
    return document(*wholes, *seen)


def sources(size: int) -> Json:
    """Return many sources that name different forces and days."""
    many = min(198, size)
    named = {
        f"s{number}": {"forces": FORCES[: 1 + number], "force_count": number + 2, "days": _span(number)}
        for number in range(many)
    }
    blocks = [block(figure(number), source=f"s{number % many}", days=_days(number)) for number in range(size)]
    return document(*blocks, sources=named)


def shared_lists(size: int) -> Json:
    """Return figures of one block that names many forces, each with an own category."""
    figures = (figure(number, category=f"c{number % 500}") for number in range(size))
    return document(block(*figures, without_forces=FORCES[:199]), forces=FORCES)


def _days(number: int) -> list[str]:
    day = str(FIRST_DAY + timedelta(number))
    return [day, day]


def _span(number: int) -> list[str]:
    return [str(FIRST_DAY - timedelta(number)), str(FIRST_DAY + timedelta(number))]


WORST: Mapping[str, Callable[[int], Json]] = {
    made.__name__: made
    for made in (
        one_scope,
        thresholds,
        nested_forces,
        nested_days,
        random_lists,
        cells,
        without,
        lists,
        all_categories,
        second_views,
        sources,
        shared_lists,
    )
}
