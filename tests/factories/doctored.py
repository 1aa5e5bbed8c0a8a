"""Misprinted figures: a digit changed, two digits swapped, a threshold doubled, an invalid number."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from tests.factories.releases import Printed

Json = dict[str, Any]
LIMITS = ("more than", "at least", "up to", "nearly")
WITH_ANY_DECIMALS = ("thousand pounds", "million pounds", "grams", "kilograms", "tonnes")
THREE = 3


def changed_digits(text: str) -> Iterator[str]:
    """Yield the number with each of its digits in turn one higher (9 becomes 0); never with a leading zero."""
    for place in (place for place, sign in enumerate(text) if sign.isdigit()):
        digit = str((int(text[place]) + 1) % 10)
        if place or digit != "0":
            yield text[:place] + digit + text[place + 1 :]


def swapped_digits(text: str) -> Iterator[str]:
    """Yield the number with each pair of different adjacent digits in turn swapped; never with a leading zero."""
    places = [place for place, sign in enumerate(text) if sign.isdigit()]
    for one, other in pairwise(places):
        if text[one] != text[other] and not (one == 0 and text[other] == "0"):
            signs = list(text)
            signs[one], signs[other] = signs[other], signs[one]
            yield "".join(signs)


def doubled(text: str) -> str:
    """Return twice the number, with as many decimals."""
    places = len(text.partition(".")[2])
    twice = str(2 * int(re.sub(r"\D", "", text)))
    return f"{twice[:-places]}.{twice[-places:]}" if places else twice


def misprints(one: Printed) -> Iterator[Json]:
    """Yield the claim of a figure with each of several invalid values and with units that its measure does not have."""
    text = one.value
    whole = text.partition(".")[0].replace(",", "")
    wrong: list[object] = [
        f"{text}k",
        f"nearly {text}",
        f"£{text}",
        f"-{text}",
        f" {text}",
        f"{text},000,0",
        f"0{text}",
    ]
    wrong += [f"{whole}.", f".{whole}", f"{whole},0", f"{whole[:-1] or '1'},{whole[-1]}", f"{whole}e3", "some", ""]
    wrong += [
        float(whole),
        True,
        ["1"],
        int("9" * 30),
        text.translate({ord(digit): ord(digit) + 1584 for digit in "0123456789"}),
    ]
    if len(whole) > THREE:
        wrong += [f"{whole[:-3]} {whole[-3:]}", f"{whole[:-3]},{whole[-3:]}0", f"{whole[:-3]}.{whole[-3:]}.0"]
    if len(whole) > THREE and one.unit not in WITH_ANY_DECIMALS:
        wrong += [f"{whole[:-3]}.{whole[-3:]}"]
    yield from (one.claim | {"value": value} for value in wrong)
    yield one.claim | {"unit": "furlongs"}
    yield one.claim | {"unit": "arrests" if one.unit in WITH_ANY_DECIMALS else "kilograms"}


def as_toml(document: Json) -> str:
    """Return a claims file as TOML, one key per line."""
    return "".join(f"{key} = {_inline(value)}\n" for key, value in document.items())


def as_csv(document: Json) -> str:
    """Return a claims file as CSV: a row for each figure, with the details of its source."""
    rows = [
        {
            name: _cell(value)
            for name, value in (_about(document["source"][block["source"]]) | _scope(block) | one).items()
        }
        for block in document["claims"]
        for one in block["figures"]
    ]
    names = sorted({name for row in rows for name in row})
    lines = [names, *([row.get(name, "") for name in names] for row in rows)]
    return "".join(",".join(f'"{cell}"' for cell in line) + "\r\n" for line in lines)


def _about(source: Json) -> Json:
    return {name: value for name, value in source.items() if name != "days"}


def _scope(block: Json) -> Json:
    return {name: value for name, value in block.items() if name != "figures"}


def _cell(value: object) -> str:
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_inline(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
