"""The reference data that ships with the code: police forces, the measure catalogue and currencies."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from service.domain.model.part import Part
from service.domain.model.vocabulary import UNSTATED, ForceKind, Slug, Title

# A word less like the name of a force is not taken for a misspelling of it. Longer words are not compared whole.
LEAST_LIKENESS, LONGEST_NAME = 0.75, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Force:
    """A body that can take part in an operation. `force` is its key: the data.police.uk slug where it has one."""

    force: str
    name: str
    kind: ForceKind
    aliases: tuple[str, ...] = ()


class NewForce(Part, frozen=True, kw_only=True):
    """A body to add to the known forces."""

    force: Slug
    name: Title
    kind: ForceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Something that is counted, its unit, and its categories.

    `categories` are the known paths; `open_below`: a drug may follow a known path, by the rules of `check_drugs`;
    `open`: the first step may also be any code. A measure that is not `additive` is shown by category and never summed
    over categories. A `core` measure is counted from arrests and seizures; the others are recorded as activity.
    """

    measure: str
    label: str
    unit: str
    core: bool = False
    additive: bool = True
    category: str | None = None
    categories: tuple[str, ...] = ()
    open_below: bool = False
    open: bool = False

    @property
    def has_categories(self) -> bool:
        """Whether this measure has categories at all."""
        return self.open or bool(self.categories)

    @property
    def default_category(self) -> str | None:
        """The category if none is given; None if a category is required."""
        if not self.has_categories:
            return ""
        return UNSTATED if UNSTATED in self.categories else None

    def knows(self, path: str) -> bool:
        """Return whether this category path is known or allowed."""
        if self.open or path in self.categories:
            return True
        return self.open_below and path.partition("/")[0] in self.categories

    def with_categories(self, paths: tuple[str, ...]) -> Measure:
        """Return this measure with further known category paths."""
        # Most operations count a measure in the same categories.
        further = () if paths == self.categories else tuple(path for path in paths if path not in self.categories)
        return replace(self, categories=(*self.categories, *further)) if further else self


@cache
def force_catalogue() -> Mapping[str, Force]:
    """Return the forces known to every operation, by key, in the order of the file."""
    return {
        row["force"]: Force(force=row["force"], name=row["name"], kind=row["kind"], aliases=tuple(row["aliases"]))
        for row in _table("forces.toml")["forces"]
    }


def force_named(word: str) -> str | None:
    """Return the key of the force that a word stands for: its key, its name or an alias. None: no force, or several."""
    return word if word in force_catalogue() else _force_names().get(_normalised(word))


def nearest_force(word: str) -> str | None:
    """Return the key of the force whose key, name or alias resembles a word most; None if none does."""
    names = {**_force_names(), **{force: force for force in force_catalogue()}}
    found = get_close_matches(_normalised(word)[:LONGEST_NAME], names, 1, LEAST_LIKENESS)
    return names[found[0]] if found else None


@cache
def _force_names() -> Mapping[str, str]:
    """Return the keys of the forces by name and alias, without words that stand for several forces."""
    meant: dict[str, set[str]] = {}
    for force in force_catalogue().values():
        for word in (force.force, force.name, *force.aliases):
            meant.setdefault(_normalised(word), set()).add(force.force)
    return {word: next(iter(forces)) for word, forces in meant.items() if len(forces) == 1}


def _normalised(word: str) -> str:
    return " ".join(word.casefold().replace("&", " and ").split())


@cache
def measure_catalogue() -> Mapping[str, Measure]:
    """Return the measures known to every operation, by key, in publishing order."""
    return {
        row["measure"]: Measure(**row | {"categories": tuple(row.get("categories", ()))})
        for row in _table("measures.toml")["measures"]
    }


@cache
def currencies() -> frozenset[str]:
    """Return the ISO 4217 codes of the currencies in use."""
    return frozenset(_text("currencies.txt").split())


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(_text(name))


def _text(name: str) -> str:
    return (files("service.domain.model") / "reference" / name).read_text(encoding="utf-8")
