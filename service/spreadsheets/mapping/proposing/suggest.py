"""What a heading or a word of a force's own file seems to mean. What is not certain is left open."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from service.domain.model.drug_words import DrugFound, DrugUnclear, drug_category
from service.domain.model.drugs import drug_list
from service.domain.model.reference_data import currencies, force_catalogue, measure_catalogue
from service.domain.model.vocabulary import QUALIFIERS, shape_of
from service.domain.model.vocabulary import Code as PlaceCode
from service.spreadsheets.mapping.model import CASH, FORCE, ITEM, OPEN, UNIT, VALUE, WEIGHT
from service.spreadsheets.mapping.units import COUNTED_IN, GRAMS_IN, UNIT_OF_WORD
from service.spreadsheets.templates import CATEGORY_OF
from service.spreadsheets.words import Ambiguous, KnownWord, Unknown, column_meant, meaning_of

KINDS = ("weapon", "ammunition", "drug", "vehicle", "cash", "phone", "other")
ACQUIRED = ("seized", "surrendered_or_found", "unstated")
STATUSES = ("partial", "complete", "nil")
MEASURE_OF = {
    "weapon": "weapons",
    "vehicle": "vehicles",
    "other": "other_property",
    "drug": "drug_seizures_by_substance",
}
WORDS_OF = {"weapon": "weapon", "vehicle": "ground", "other": "property"}
MOST_NAMED = 20
IN_BRACKETS = re.compile(r"\s*[(\[](?P<unit>[^)\]]+)[)\]]\s*")
LAST_WORD = re.compile(r"^(?P<label>.*\S)\s+(?:in\s+)?(?P<unit>[a-z£€$']+)$|^(?P<whole>[a-z£€$']+)$", re.IGNORECASE)
NOT_SLUG = re.compile(r"[^a-z0-9]+")
CURRENCY_WORDS = {"euro": "EUR", "euros": "EUR", "€": "EUR", "pounds": "GBP", "sterling": "GBP", "£": "GBP"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A code for a word, `?` if it is open, and the codes that it may stand for."""

    code: str
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SideColumn:
    """What one of several columns side by side stands for: what it becomes, and the fields that it sets."""

    to: str
    sets: Mapping[str, str] = field(default_factory=dict)


def split_unit(heading: str) -> tuple[str, str]:
    """Return a heading without the unit of weight or money that it states, and the unit; empty if it states none."""
    found = IN_BRACKETS.search(heading)
    if found:
        unit = unit_named(found["unit"])
        return (IN_BRACKETS.sub(" ", heading).strip(), unit) if unit else (heading, "")
    words = LAST_WORD.match(heading.strip())
    unit = unit_named(words["unit"] or words["whole"]) if words else ""
    return (words["label"] or heading, unit) if words and unit else (heading, "")


def unit_named(word: str) -> str:
    """Return the unit of weight or money that a word names without doubt; empty if it does not. `$` names none."""
    plain = word.casefold().strip(" .")
    if plain in UNIT_OF_WORD:
        return UNIT_OF_WORD[plain]
    return word.strip() if word.strip() in currencies() else ""


def unit_of(target: str, heading: str) -> str:
    """Return the unit that a heading states for a column of weights or money; `?` if it states none that fits."""
    unit = split_unit(heading)[1]
    if target == WEIGHT:
        return unit if unit in GRAMS_IN else OPEN
    is_sterling = unit in ("pounds", "pence", "thousand pounds", "GBP")
    if is_sterling:
        return "pounds" if unit == "GBP" else unit
    return unit if target == CASH and unit in currencies() else OPEN


def side_of(heading: str, template: str, day: date | None) -> SideColumn | None:
    """Return what a column of numbers stands for whose heading is a word for a code; None if it is none."""
    label, unit = split_unit(heading)
    if template == "arrests":
        reason = meaning_of("reason", label, codes_of("reason"))
        return SideColumn("count", {"reason": reason.code}) if isinstance(reason, KnownWord) else None
    if template == "activities":
        measure = meaning_of("measure", label)
        return SideColumn("quantity", {"measure": measure.code}) if isinstance(measure, KnownWord) else None
    return _seized(label, unit, day) if template == "seizures" else None


def suggestion(target: str, word: str, *, kind: str = "", measure: str = "", day: date | None = None) -> Suggestion:
    """Return the code that a word of a column seems to stand for.

    `kind` is the kind of the seizure's line, `measure` that of the activity, `day` the day that decides a drug's class.
    """
    special: dict[str, Callable[[], Suggestion]] = {
        "category": lambda: _category(word, kind, measure, day),
        ITEM: lambda: _item(word, day),
        "place": lambda: _place(word),
        "currency": lambda: _currency(word),
        "assisting": lambda: _from(meaning_of("force", word)),
        FORCE: lambda: _from(meaning_of("force", word)),
        "measures": lambda: Suggestion(OPEN),
        UNIT: lambda: _unit(word),
    }
    if target in special:
        return special[target]()
    return _from(meaning_of(target, word, codes_of(target) or None))  # type: ignore[arg-type]


@cache
def codes_of(target: str) -> tuple[str, ...]:
    """Return the codes that a column can hold, as far as they are known without the operation."""
    if target == "reason":
        return measure_catalogue()["arrests"].categories
    if target in (FORCE, "assisting"):
        return tuple(force_catalogue())
    return {
        "kind": KINDS,
        ITEM: KINDS,
        "acquired": ACQUIRED,
        "status": STATUSES,
        "measure": tuple(measure_catalogue()),
        "qualifier": QUALIFIERS,
    }.get(target, ())


def about_codes(target: str, kind: str = "") -> str:
    """Return which codes a column can hold, as a sentence."""
    if target == "category":
        return _about_categories(kind)
    about = {
        "place": "the places of the operation, which your coordinator lists; an unknown one is refused",
        ITEM: f'a kind and a category, such as "weapon bladed/knife", or a kind alone. Kinds: {", ".join(KINDS)}',
        FORCE: 'the slugs of the forces, such as "surrey" or "greater-manchester"',
        "assisting": 'the slugs of the forces, such as "surrey" or "greater-manchester"',
        "currency": "ISO 4217, such as EUR",
        UNIT: ", ".join((*GRAMS_IN, *COUNTED_IN)),
    }.get(target, _listed(codes_of(target)))
    return f"Codes: {about}." if about else ""


def _about_categories(kind: str) -> str:
    if kind in ("weapon", "vehicle"):
        return f"Codes: {_listed(_categories(kind))}."
    drugs = 'class/drug, such as "a/cocaine", or the class alone: a, b, c, psychoactive, unstated'
    others = "" if kind else "; " + "; ".join(f"{one}: {_listed(_categories(one))}" for one in ("weapon", "vehicle"))
    return f"Codes: drugs: {drugs}{others}."


def _unit(word: str) -> Suggestion:
    unit, counted = unit_named(word), column_meant(word, "seizures")
    if unit in GRAMS_IN:
        return Suggestion(unit)
    return Suggestion(counted.code if isinstance(counted, KnownWord) and counted.code in COUNTED_IN else OPEN)


def _currency(word: str) -> Suggestion:
    code = CURRENCY_WORDS.get(word.casefold(), word.strip().upper())
    return Suggestion(code if code in currencies() else OPEN)


def _seized(label: str, unit: str, day: date | None) -> SideColumn | None:
    drug = drug_category(label, day or drug_list().known_until)
    if isinstance(drug, DrugFound) and drug.path != "unstated":
        to = WEIGHT if unit in GRAMS_IN else drug.amount or (VALUE if unit in ("pounds", "pence") else OPEN)
        return SideColumn(to, {"kind": "drug", "category": drug.path})
    kind = meaning_of("kind", label)
    weapon = meaning_of("weapon", label, _categories("weapon"))
    if isinstance(weapon, KnownWord) and weapon.code not in ("other", "unstated"):
        return SideColumn("count", {"kind": "weapon", "category": weapon.code})
    if isinstance(kind, KnownWord) and kind.code in ("phone", "ammunition", "cash"):
        return SideColumn(CASH if kind.code == "cash" else "count", {"kind": kind.code})
    if isinstance(kind, KnownWord) and kind.code in ("vehicle", "weapon"):
        return SideColumn("count", {"kind": kind.code, "category": "unstated"})
    return None


def _categories(kind: str) -> tuple[str, ...]:
    return measure_catalogue()[MEASURE_OF[kind]].categories if kind in MEASURE_OF else ()


def _category(word: str, kind: str, measure: str, day: date | None) -> Suggestion:
    if measure in measure_catalogue():
        return _of_measure(word, measure, day)
    kinds = [kind] if kind in CATEGORY_OF else list(CATEGORY_OF)
    found = [_of_kind(word, one, day) for one in kinds]
    codes = {one.code for one in found if one.code != OPEN}
    candidates = tuple(dict.fromkeys(code for one in found for code in one.candidates))
    return Suggestion(codes.pop()) if len(codes) == 1 else Suggestion(OPEN, (*sorted(codes), *candidates))


def _of_measure(word: str, measure: str, day: date | None) -> Suggestion:
    category = measure_catalogue()[measure].category
    if category == "drug":
        return _of_kind(word, "drug", day)
    paths = measure_catalogue()[measure].categories
    kind = {"reason": "reason", "weapon": "weapon", "ground": "ground", "acquisition": "acquired"}.get(category or "")
    if kind is None:
        return Suggestion(word if word in paths else OPEN)
    return _from(meaning_of(kind, word, paths))  # type: ignore[arg-type]


def _of_kind(word: str, kind: str, day: date | None) -> Suggestion:
    if kind != "drug":
        allowed = _categories(kind) if kind != "other" else None
        return _from(meaning_of(WORDS_OF[kind], word, allowed or None))  # type: ignore[arg-type]
    match drug_category(word, day or drug_list().known_until):
        case DrugFound(path):
            return Suggestion(path)
        case DrugUnclear(candidates):
            return Suggestion(OPEN, candidates)
        case unknown:
            return Suggestion(OPEN, unknown.nearest)


def _item(word: str, day: date | None) -> Suggestion:
    """Return a kind and a category for a word that says both: `weapon bladed/knife`."""
    kind = meaning_of("kind", word)
    if isinstance(kind, KnownWord) and kind.code in ("cash", "phone", "ammunition"):
        return Suggestion(kind.code)
    found = {
        f"{one} {code.code}": None
        for one in ("drug", "weapon", "other")
        if (code := _of_kind(word, one, day)).code != OPEN
    }
    certain = [one for one in found if not one.endswith((" unstated", " other"))]
    if len(certain) == 1:
        return Suggestion(certain[0])
    return Suggestion(OPEN, tuple(certain or found))


def _place(word: str) -> Suggestion:
    known = meaning_of("place", word)
    if isinstance(known, KnownWord):
        return Suggestion(known.code)
    if isinstance(known, Ambiguous):
        return Suggestion(OPEN, known.candidates)
    slug = NOT_SLUG.sub("-", word.casefold().replace("&", "and").replace("'", "").replace("’", "")).strip("-")
    is_code = re.fullmatch(shape_of(PlaceCode).expression, slug) is not None
    return Suggestion(slug if is_code and not slug[0].isdigit() else OPEN)


def _from(meaning: KnownWord | Ambiguous | Unknown) -> Suggestion:
    match meaning:
        case KnownWord(code):
            return Suggestion(code)
        case Ambiguous(candidates):
            return Suggestion(OPEN, candidates)
    return Suggestion(OPEN, meaning.nearest)


def _listed(codes: Iterable[str]) -> str:
    every = list(codes)
    return ", ".join(every[:MOST_NAMED]) + (", ... (docs/reference/measures.md)" if len(every) > MOST_NAMED else "")
