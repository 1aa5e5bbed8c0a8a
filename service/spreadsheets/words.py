"""The words that people write into spreadsheets: the codes and template columns they stand for, and personal headings.

The lists are in `reference/words.toml`. A word that can stand for several codes is never resolved here.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

from service.domain.model.reference_data import force_catalogue, measure_catalogue

Kind = Literal[
    "reason",
    "weapon",
    "ground",
    "acquired",
    "status",
    "kind",
    "property",
    "measure",
    "qualifier",
    "unit",
    "place",
    "force",
]
Action = Literal["refuse", "leave_out"]

NEAREST = 3
# Below this likeness a word is no longer a plausible misspelling of another. In a short word one letter is more.
LEAST_LIKENESS, LEAST_LIKENESS_SHORT = 0.72, 0.6
# A heading that resembles a personal one this much counts as it.
PERSONAL_LIKENESS = 0.88
# Shorter headings resemble each other by chance: place and plate.
FEWEST_LETTERS = 6
SEPARATORS = re.compile(r"[\s.,:;()\[\]/\\_*?-]+")
APOSTROPHES = re.compile(r"['’`]")
PLACE_PREFIX = re.compile(r"^(?:london borough of|royal borough of|city of|lb|rb) ")
PLACE_SUFFIX = re.compile(r" (?:borough|bocu|bcu|command|area|division|railway|rail|underground|tube|station|stn)$")
# Words that leave the meaning of a heading as it is: `name 2`, `no of the suspect`.
FILLERS = re.compile(r"\d+|of|the|a|no|number|ref|reference|id|full")
# A heading of several words is about persons if one of these is among them: `phone of suspect`.
PERSONAL_WORDS = frozenset(
    ("surname", "forename", "dob", "vrm", "vrn", "nominal", "suspect", "detainee", "arrestee", "offender", "defendant")
)


@dataclass(frozen=True, slots=True)
class KnownWord:
    """A word that stands for one code, or a heading that stands for one column."""

    code: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A word that must be asked about. `candidates` are the codes or columns it may stand for; there may be none."""

    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word in no list. `nearest` are at most three codes or columns whose words resemble it, the most alike first."""

    nearest: tuple[str, ...]


Meaning = KnownWord | Ambiguous | Unknown


@dataclass(frozen=True, slots=True)
class Personal:
    """What a heading shows to be in its column: `what` completes "this column holds ...".

    With the action `leave_out` a file can be used without the column; with `refuse` the sheet is about persons.
    `is_ambiguous` is whether the heading may also stand for something harmless.
    """

    what: str
    action: Action
    is_ambiguous: bool = False


def normalised(word: str) -> str:
    """Return a word as it is compared: in small letters, `&` as `and`, without punctuation and a final s."""
    plain = normalised_heading(word)
    return plain[:-1] if len(plain) > 2 and plain.endswith("s") and not plain.endswith("ss") else plain  # noqa: PLR2004


def normalised_heading(heading: str) -> str:
    """Return a heading as it is compared: like a word, but with its final s."""
    return SEPARATORS.sub(" ", APOSTROPHES.sub("", heading.casefold()).replace("&", " and ")).strip()


def meaning_of(kind: Kind, word: str, allowed: Collection[str] | None = None, *, nearest: bool = True) -> Meaning:
    """Return what a word stands for. Without `nearest`, an unknown word is not compared with the others, which is slow.

    `allowed` are the codes that the operation knows; without them, those of the lists are. A code that is not allowed
    is shortened to the longest of its paths that is: `drugs/supply` to `drugs`.
    """
    return _meaning(kind, word, None if allowed is None else frozenset(allowed), nearest)


def column_meant(heading: str, template: str | None = None) -> Meaning:
    """Return the column of a template that a heading stands for, or of all templates if none is given.

    `force` and `ignored` are columns of no template: the force that reports, and what is of no use to the record.
    """
    key = normalised_heading(heading)
    listed = _headings(template)
    if not key:
        return Ambiguous(())
    certain, asked = listed.words.get(key, ()), listed.ask.get(key)
    if asked is None and len(certain) == 1:
        return KnownWord(certain[0])
    if asked is not None or certain:
        return Ambiguous(tuple(dict.fromkeys((*certain, *(asked or ())))))
    return Unknown(_nearest(key, listed))


def personal_heading(heading: str) -> Personal | None:
    """Return what personal data a column with this heading holds; None if it holds none.

    A heading that resembles a listed one, or says whose number or name it is, counts as the listed one. The name of a
    template column is never personal.
    """
    key = normalised_heading(heading)
    personal = _personal_headings()
    if key in personal:
        return personal[key]
    if not key or key in _column_names():
        return None
    words = [word for word in key.split() if not FILLERS.fullmatch(word)]
    for word in words:
        if word in personal and (len(words) == 1 or word in PERSONAL_WORDS):
            return personal[word]
    alike = get_close_matches(key, personal, 1, PERSONAL_LIKENESS) if len(key) >= FEWEST_LETTERS else []
    return personal[alike[0]] if alike else None


@dataclass(frozen=True, slots=True)
class _Listed:
    """The words of a kind: their codes by normalised word, and those to ask about."""

    words: Mapping[str, tuple[str, ...]]
    ask: Mapping[str, tuple[str, ...]]


@lru_cache(4_096)
def _meaning(kind: Kind, word: str, allowed: frozenset[str] | None, nearest: bool) -> Meaning:  # noqa: FBT001 - cached
    listed = _listed(kind, allowed)
    if word.strip() in (allowed if allowed is not None else _codes(kind)):
        return KnownWord(word.strip())
    for key in _forms(kind, word):
        if key in listed.ask:
            return Ambiguous(listed.ask[key])
        codes = listed.words.get(key, ())
        if codes:
            return KnownWord(codes[0]) if len(codes) == 1 else Ambiguous(codes)
    key = normalised(word)
    return Unknown(_nearest(key, listed) if nearest else ()) if key else Ambiguous(())


def _forms(kind: Kind, word: str) -> Iterator[str]:
    """Yield the normalised forms of a word under which it may be listed."""
    key = normalised(word)
    yield key
    if kind == "place":
        yield from _place_forms(key)
        yield key.replace(" ", "")


def _place_forms(key: str) -> Iterator[str]:
    """Yield the name of a place without words for what it is: `north area bcu` as `north area`, then as `north`."""
    for superfluous in (PLACE_PREFIX, PLACE_SUFFIX, PLACE_SUFFIX):
        key = superfluous.sub("", key)
        yield key


@lru_cache(256)
def _listed(kind: Kind, allowed: frozenset[str] | None) -> _Listed:
    found = defaultdict[str, dict[str, None]](dict)
    for code, word in _words(kind, allowed):
        usable = code if allowed is None else _shortened(code, allowed)
        if usable:
            found[normalised(word)][usable] = None
            if kind == "place":
                for form in _place_forms(normalised(word)):
                    found[form][usable] = None
    asked = _reference()[kind].get("ask", {})
    return _Listed(
        {word: _finest(codes) for word, codes in found.items() if word},
        {normalised(word): _allowed(codes, allowed) for word, codes in asked.items()},
    )


def _words(kind: Kind, allowed: Collection[str] | None) -> Iterator[tuple[str, str]]:
    """Yield each code of a kind with each of its words, itself among them."""
    for code in sorted(_codes(kind) if allowed is None else allowed):
        yield code, code
    for code, words in _reference()[kind]["words"].items():
        yield from ((code, word) for word in words)
    if kind == "force":
        for force in force_catalogue().values():
            yield from ((force.force, word) for word in (force.name, *force.aliases))
    if kind == "measure":
        yield from ((measure.measure, measure.label) for measure in measure_catalogue().values())


@cache
def _codes(kind: Kind) -> frozenset[str]:
    own = {"force": force_catalogue(), "measure": measure_catalogue()}.get(kind, ())
    return frozenset([*_reference()[kind]["words"], *own])


def _shortened(code: str, allowed: Collection[str]) -> str:
    """Return the longest path of a code that is allowed; empty if none is."""
    while code and code not in allowed:
        code = code.rpartition("/")[0]
    return code


def _allowed(codes: Iterable[str], allowed: Collection[str] | None) -> tuple[str, ...]:
    usable = codes if allowed is None else (_shortened(code, allowed) for code in codes)
    return tuple(dict.fromkeys(code for code in usable if code))


def _finest(codes: Iterable[str]) -> tuple[str, ...]:
    """Return codes without those that another one is below: a pistol is a firearm, and listed under both."""
    every = tuple(codes)
    return tuple(code for code in every if not any(other.startswith(f"{code}/") for other in every))


def _nearest(key: str, listed: _Listed) -> tuple[str, ...]:
    """Return up to three codes: those with a listed word within the key first, the longest word first."""
    within = sorted((word for word in listed.words if f" {word} " in f" {key} "), key=len, reverse=True)
    cutoff = LEAST_LIKENESS if len(key) >= FEWEST_LETTERS else LEAST_LIKENESS_SHORT
    alike = get_close_matches(key, listed.words, 4 * NEAREST, cutoff)
    alike.sort(key=lambda word: SequenceMatcher(None, word, key).ratio(), reverse=True)
    found = dict.fromkeys(code for word in (*within, *alike) for code in listed.words[word])
    return tuple(found)[:NEAREST]


@cache
def _headings(template: str | None) -> _Listed:
    words, ask = defaultdict[str, dict[str, None]](dict), defaultdict[str, dict[str, None]](dict)
    for column in _reference()["columns"]:
        if template is None or not column["templates"] or template in column["templates"]:
            for heading in (column["column"], *column["headings"]):
                words[normalised_heading(heading)][column["column"]] = None
            for heading in column.get("ask", ()):
                ask[normalised_heading(heading)][column["column"]] = None
    return _Listed(*({key: tuple(codes) for key, codes in found.items()} for found in (words, ask)))


@cache
def _column_names() -> frozenset[str]:
    return frozenset(normalised_heading(column["column"]) for column in _reference()["columns"])


@cache
def _personal_headings() -> Mapping[str, Personal]:
    found: dict[str, Personal] = {}
    for row in _reference()["personal"]:
        asked = set(row.get("ask", ()))
        for heading in row["headings"]:
            found.setdefault(
                normalised_heading(heading), Personal(row["what"], row["action"], is_ambiguous=heading in asked)
            )
    return found


@cache
def _reference() -> Mapping[str, Any]:
    path = files("service.spreadsheets") / "reference" / "words.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
