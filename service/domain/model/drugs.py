"""The drugs of the reference data: their classes by day, forms, names, usual units and street values.

Source: `reference/drugs.toml`, which names a source for each class and each value.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from service.domain.model.vocabulary import UNSTATED

DrugClass = Literal["a", "b", "c", "psychoactive", "none", "temporary", "unknown"]
Evidence = Literal["seen", "partly seen", "inferred"]

# Classes that are categories of the drug measures. On a day of any other class the category is `unstated`.
CATEGORIES: tuple[DrugClass, ...] = ("a", "b", "c", "psychoactive")
GRAM = "gram"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPeriod:
    """The days [since, before) on which a drug has one class. `since` None: from before the data begin.

    The class `none` is no class, `temporary` a temporary class drug order, `unknown` that the data do not say.
    """

    drug_class: DrugClass
    since: date | None
    before: date | None
    source: str
    evidence: Evidence

    @property
    def category(self) -> str:
        """The first step of a path on these days: the class, or `unstated`."""
        return self.drug_class if self.drug_class in CATEGORIES else UNSTATED


@dataclass(frozen=True, slots=True)
class NamedPart:
    """A form, or an amount such as plants, with the names that state the drug together with it."""

    name: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetValue:
    """A street value in pence, both ends included, per gram, tablet or another unit; of any form if `form` is empty."""

    per: str
    form: str
    low_pence: int
    high_pence: int
    year: int | None
    source: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """A drug. `periods` follow one another without a gap; `units` begin with the usual one.

    `aliases` mean this drug only; `ambiguous` words may mean something else too. With `class_alone`, the drug is no
    step of a path, and its class is sent alone.
    """

    drug: str
    label: str
    class_alone: bool
    periods: tuple[ClassPeriod, ...]
    forms: tuple[NamedPart, ...]
    amounts: tuple[NamedPart, ...]
    aliases: tuple[str, ...]
    ambiguous: tuple[str, ...]
    units: tuple[str, ...]
    values: tuple[StreetValue, ...]
    evidence: Mapping[str, str]
    note: str

    def period_on(self, day: date) -> ClassPeriod | None:
        """Return the class on a London day; None before the days that the data cover, when any class is accepted."""
        if day < drug_list().covers_from:
            return None
        return next(one for one in self.periods if one.before is None or day < one.before)

    def path_on(self, day: date, form: str = "") -> str:
        """Return the category path on a day. Before the days that the data cover, it is that of the earliest class."""
        category = (self.period_on(day) or self.periods[0]).category
        return category if self.class_alone else "/".join(step for step in (category, self.drug, form) if step)

    def has_form(self, form: str) -> bool:
        """Return whether this form may follow the drug in a path."""
        return any(one.name == form for one in self.forms)


@dataclass(frozen=True, slots=True)
class NotADrug:
    """Something that stands among drugs in spreadsheets: what it is, and what to send instead."""

    thing: str
    what: str
    send: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DrugSource:
    """A source of classes or values. Of a source that was not seen, nothing was read."""

    source: str
    title: str
    date: str
    url: str
    seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugList:
    """The reference data: drugs by key, and what else spreadsheets call them.

    Nothing is known of days before `covers_from`; changes of the law after `known_until` are not included.
    """

    covers_from: date
    known_until: date
    class_names: Mapping[str, tuple[str, ...]]
    drugs: Mapping[str, Drug]
    not_drugs: tuple[NotADrug, ...]
    sources: Mapping[str, DrugSource]


@dataclass(frozen=True, slots=True)
class GramPrice:
    """The range of a gram's street price in pence, both ends included, and the years it is from."""

    low_pence: int
    high_pence: int
    years: tuple[int, ...]
    evidence: Evidence


@cache
def drug_list() -> DrugList:
    """Return the drugs that every operation knows, in the order of the file."""
    text = (files("service.domain.model") / "reference" / "drugs.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return DrugList(
        covers_from=table["covers_from"],
        known_until=table["known_until"],
        class_names={name: tuple(words) for name, words in table["class_names"].items()},
        drugs={row["drug"]: _drug(row, table["covers_from"]) for row in table["drugs"]},
        not_drugs=tuple(NotADrug(**row | {"aliases": tuple(row["aliases"])}) for row in table["not_drugs"]),
        sources={name: DrugSource(name, **row) for name, row in table["sources"].items()},
    )


def known_drug(path: str) -> Drug | None:
    """Return the drug that a category path names; None if it names no known drug, or a class alone."""
    return drug_list().drugs.get(path.split("/")[1]) if "/" in path else None


def gram_price(path: str, day: date) -> GramPrice | None:
    """Return the street price of a gram of a drug, from the years nearest to the day's; None if none is known.

    A path with a form takes the values of that form or of no form; a path without one takes them all.
    """
    drug = known_drug(path)
    form = "/".join(path.split("/")[2:])
    values = [
        (abs(one.year - day.year), one.year, one)
        for one in (drug.values if drug else ())
        if one.per == GRAM and one.year is not None and (not form or one.form in ("", form))
    ]
    if not values:
        return None
    least = min(distance for distance, _year, _one in values)
    nearest = [(year, one) for distance, year, one in values if distance == least]
    return GramPrice(
        min(one.low_pence for _year, one in nearest),
        max(one.high_pence for _year, one in nearest),
        tuple(sorted({year for year, _one in nearest})),
        "seen" if all(one.evidence == "seen" for _year, one in nearest) else "inferred",
    )


def _drug(row: Mapping[str, Any], covers_from: date) -> Drug:
    return Drug(
        drug=row["drug"],
        label=row["label"],
        class_alone=row.get("class_alone", False),
        periods=_periods(row["classes"], covers_from),
        forms=_parts(row.get("forms", ()), "form"),
        amounts=_parts(row.get("amounts", ()), "amount"),
        aliases=tuple(row["aliases"]),
        ambiguous=tuple(row.get("ambiguous", ())),
        units=tuple(row["units"]),
        values=tuple(map(_value, row.get("values", ()))),
        evidence=row["evidence"],
        note=row.get("note", ""),
    )


def _periods(rows: Sequence[Mapping[str, Any]], covers_from: date) -> tuple[ClassPeriod, ...]:
    starts = [row.get("from") for row in rows]
    first = starts[0]
    periods = [
        ClassPeriod(drug_class=row["class"], since=since, before=before, source=row["source"], evidence=row["evidence"])
        for row, since, before in zip(rows, starts, [*starts[1:], None], strict=True)
    ]
    if first is None or first <= covers_from:
        return tuple(periods)
    unknown = ClassPeriod(drug_class="unknown", since=None, before=first, source="", evidence="inferred")
    return (unknown, *periods)


def _parts(rows: Iterable[Mapping[str, Any]], name: str) -> tuple[NamedPart, ...]:
    return tuple(NamedPart(row[name], tuple(row["aliases"])) for row in rows)


def _value(row: Mapping[str, Any]) -> StreetValue:
    return StreetValue(
        per=row["per"],
        form=row.get("form", ""),
        low_pence=round(row["low"] * 100),
        high_pence=round(row["high"] * 100),
        year=row.get("year"),
        source=row["source"],
        evidence=row["evidence"],
    )
