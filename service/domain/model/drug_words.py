"""What a word for a drug means: one category path, several candidates, or nothing that is known."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from functools import cache, lru_cache
from typing import NamedTuple

from service.domain.model.drugs import CATEGORIES, Drug, NotADrug, drug_list
from service.domain.model.vocabulary import UNSTATED

APOSTROPHES = re.compile("['’`]")
SEPARATORS = re.compile(r"[^a-z0-9]+")
LONGEST_WORD = 128
NEAREST = 3
# Words are compared in full only if they share most pairs of letters, so that an unknown word costs little.
COMPARED = 12
SIMILAR = 0.7


@dataclass(frozen=True, slots=True)
class DrugFound:
    """Words with one meaning. `amount` is the field that the number beside them belongs to, such as plants, if any."""

    path: str
    amount: str = ""


@dataclass(frozen=True, slots=True)
class DrugUnclear:
    """Words that a person must decide on: the paths that they may mean on the day, and what to do, as a sentence."""

    candidates: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class DrugUnknown:
    """Words that mean no known drug: the nearest paths on the day, if any, and what to do, as a sentence.

    `thing` is what they mean instead, if that is known.
    """

    nearest: tuple[str, ...]
    sentence: str
    thing: NotADrug | None = None


class Meaning(NamedTuple):
    """A known drug, with the form or the amount that the words also state."""

    drug: Drug
    form: str = ""
    amount: str = ""


class Ambiguity(NamedTuple):
    """The drugs that a word may mean, and the thing that is no drug that it may also mean."""

    drugs: tuple[Drug, ...]
    thing: NotADrug | None


class ClassName(NamedTuple):
    """Words for a class alone, or for `unstated`."""

    category: str


Known = Meaning | Ambiguity | ClassName | NotADrug


def drug_category(words: str, day: date) -> DrugFound | DrugUnclear | DrugUnknown:
    """Return the category path that words from a spreadsheet mean on a London day.

    Case, spaces, punctuation and a final s do not count. A class may stand before or after the name. Ambiguous words
    and words that contradict the class on the day are never mapped.
    """
    known, stated = _split(fold(words))
    match known:
        case Meaning():
            return _on_day(words, known, stated, day)
        case Ambiguity():
            return ambiguous_drug(words, known, day)
        case ClassName(category):
            return DrugFound(category)
        case NotADrug():
            return not_a_drug(words, known)
        case None:
            return unknown_drug(words, day)


def _on_day(words: str, known: Meaning, stated: str, day: date) -> DrugFound | DrugUnclear:
    """Return the path of a known drug on a day. A class is `stated` if the words have one, and must then agree."""
    drug, path = known.drug, known.drug.path_on(day, known.form)
    if drug.period_on(day) is None:
        why = f"the class of {drug.label} before {drug_list().covers_from} is not known here. Check it: was it {path}?"
        return DrugUnclear((path,), f"Expected a class for {words!r}: {why}")
    if stated not in ("", path.partition("/")[0]):
        why = f"{drug.label} was {path} on {day}. Correct the class, the name or the date."
        return DrugUnclear((path,), f"Expected a name and class that agree; found {words!r}: {why}")
    return DrugFound(path, known.amount)


def meaning_of(words: str) -> Known | None:
    """Return what words mean by themselves, without a class beside them; None if they are unknown."""
    folded = fold(words)
    exact = _names().get(folded)
    return exact if exact is not None else _names_without_s().get(folded.removesuffix("s"))


def fold(words: str) -> str:
    """Return words in small letters, with one space for each run of spaces and punctuation, without apostrophes."""
    return SEPARATORS.sub(" ", APOSTROPHES.sub("", words[:LONGEST_WORD]).casefold()).strip()


def ambiguous_drug(words: str, found: Ambiguity, day: date) -> DrugUnclear:
    """Return the candidates of an ambiguous word on a day, in the order of the reference data."""
    letter = fold(words)
    paths = [drug.path_on(day) for drug in found.drugs]
    candidates = (*paths, letter) if letter in CATEGORIES else tuple(paths)
    classes = " or ".join(sorted({path.partition("/")[0] for path in candidates}))
    thing = f", or {found.thing.thing} ({found.thing.what}): {found.thing.send}" if found.thing else ""
    others = "" if len(candidates) > 1 or found.thing else " or something else"
    return DrugUnclear(
        candidates,
        f"Expected one drug; {words!r} is ambiguous: it may mean {' or '.join(candidates)}{others}{thing}. "
        f"Send the one that is meant, or the class alone ({classes}) or {UNSTATED} if that is not known.",
    )


def not_a_drug(words: str, thing: NotADrug) -> DrugFound | DrugUnknown:
    """Return what to do with words for something else: `unstated` for an unknown substance, else not a drug at all."""
    if thing.send.startswith(UNSTATED):
        return DrugFound(UNSTATED)
    return DrugUnknown((), f"Expected a drug; {words!r} is {thing.what}. Send it as {thing.send}.", thing)


def unknown_drug(words: str, day: date) -> DrugUnknown:
    """Return the nearest paths to words that are unknown."""
    nearest = nearest_drugs(words, day)
    meant = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
    return DrugUnknown(nearest, f"Expected a drug of the drug list (GET /v1/drugs); found {words!r}.{meant}")


def nearest_drugs(words: str, day: date) -> tuple[str, ...]:
    """Return the paths on a day of the known drugs whose names are most like these words: up to 3, best first."""
    found = dict.fromkeys(meaning.drug.path_on(day, meaning.form) for meaning in _nearest(fold(words)))
    return tuple(found)[:NEAREST]


def _split(folded: str) -> tuple[Known | None, str]:
    """Return the meaning of folded words and the class that stands beside them, if they state one."""
    known = meaning_of(folded)
    if known is not None:
        return known, ""
    for name, category in _class_names().items():
        for rest in (folded.removeprefix(f"{name} "), folded.removesuffix(f" {name}")):
            if rest != folded and (known := meaning_of(rest)) is not None:
                return known, category
    return None, ""


@cache
def _class_names() -> Mapping[str, str]:
    """Return the names of classes, with the class of each: those that may stand beside a drug."""
    return {
        fold(name): category
        for category, names in drug_list().class_names.items()
        if category != UNSTATED
        for name in (*names, category)
    }


@cache
def _names() -> Mapping[str, Known]:
    names: dict[str, Known] = {}
    for meaning, name in _drug_names():
        names.setdefault(fold(name), meaning)
    things = {fold(name): thing for thing in drug_list().not_drugs for name in thing.aliases}
    ambiguous: defaultdict[str, list[Drug]] = defaultdict(list)
    for drug in drug_list().drugs.values():
        for word in drug.ambiguous:
            ambiguous[fold(word)].append(drug)
    classes = {name: ClassName(category) for name, category in _class_names().items() if name not in ambiguous}
    unstated = {fold(name): ClassName(UNSTATED) for name in (UNSTATED, *drug_list().class_names[UNSTATED])}
    found = {word: Ambiguity(tuple(drugs), things.get(word)) for word, drugs in ambiguous.items()}
    return {**things, **names, **classes, **unstated, **found}


def _drug_names() -> Iterator[tuple[Meaning, str]]:
    """Yield each drug's names: its key, label and aliases first, then those with a form or an amount."""
    drugs = drug_list().drugs.values()
    for drug in drugs:
        yield from ((Meaning(drug), name) for name in (drug.drug, drug.label, *drug.aliases))
    for drug in drugs:
        for form in drug.forms:
            yield from ((Meaning(drug, form=form.name), name) for name in form.aliases)
            for order in (f"{drug.drug} {form.name}", f"{form.name} {drug.drug}"):
                yield Meaning(drug, form=form.name), order
        for amount in drug.amounts:
            yield from ((Meaning(drug, amount=amount.name), name) for name in amount.aliases)


@cache
def _names_without_s() -> Mapping[str, Known]:
    """Return the names without a final s; a name that would then be ambiguous or mean two things is left out."""
    names: dict[str, Known | None] = {}
    for name, known in _names().items():
        short = name.removesuffix("s")
        names[short] = known if names.setdefault(short, known) == known else None
    return {name: known for name, known in names.items() if known is not None and len(name) > 1}


@lru_cache(1_000)
def _nearest(folded: str) -> tuple[Meaning, ...]:
    shared = Counter(name for pair in _pairs(folded) for name in _names_by_pair().get(pair, ()))
    likely = sorted(shared, key=lambda name: -shared[name] / (len(name) + len(folded)))[:COMPARED]
    scored = sorted(((SequenceMatcher(None, folded, name).ratio(), name) for name in likely), reverse=True)
    found = [_names()[name] for score, name in scored if score >= SIMILAR]
    return tuple(known for known in found if isinstance(known, Meaning))


@cache
def _names_by_pair() -> Mapping[str, tuple[str, ...]]:
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name, known in _names().items():
        if isinstance(known, Meaning):
            for pair in _pairs(name):
                names[pair].append(name)
    return {pair: tuple(found) for pair, found in names.items()}


def _pairs(folded: str) -> Iterable[str]:
    """Return the different pairs of neighbouring letters of a word, with its ends marked."""
    marked = f"^{folded}$"
    return {marked[index : index + 2] for index in range(len(marked) - 1)}
