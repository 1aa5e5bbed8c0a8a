"""Reading a claims file, format claims/1, strictly: every mistake is listed with its place, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.domain.claims.claim import Claim, ClaimsFile, Source
from service.domain.claims.read_blocks import Reading, read_block, read_breakdown
from service.domain.claims.table import (
    Table,
    a_code,
    a_count,
    a_day_or_moment,
    a_moment,
    a_text,
    codes,
    days,
    open_table,
    pointer_step,
    shown,
)
from service.domain.reference_data import Measure
from service.errors import FieldError, Invalid

FORMAT = "claims/1"
MOST_FIGURES = 1_000
FILE_KEYS = ("format", "operation", "forces", "source", "claims", "breakdown")
SOURCE_KEYS = ("url", "published", "as_of", "days", "forces", "force_count", "lists_all")


class WrongClaims(Invalid):
    """The claims file has mistakes: unknown keys, numbers that cannot be read exactly, units that do not fit.

    `errors` lists all of them, each with its place in the file; nothing was compared.
    """

    code = "wrong_claims"


def read_claims(document: Any, measures: Mapping[str, Measure], *, operation: str | None = None) -> ClaimsFile:
    """Return what a claims file says. `operation` is the log that it is to be compared with; None: with none.

    A measure that is not among `measures` is taken as it
    is printed, and said to be unknown by what compares.

    Raises:
        WrongClaims: listing every mistake with its place.
    """
    top = open_table(document, "", [], known=FILE_KEYS, required=("format", "source"))
    reading = Reading(measures, _operation(top, operation), top.mistakes)
    _check_format(top)
    forces = top.read("forces", codes, ())
    sources = top.values.get("source")
    for name, value in sources.items() if isinstance(sources, Mapping) else ():
        _read_source(str(name), value, reading)
    claims = [claim for value, place in top.tables("claims") for claim in read_block(value, place, reading)]
    read = [read_breakdown(value, place, reading) for value, place in top.tables("breakdown")]
    breakdowns = tuple(one for one in read if one is not None)
    claims += [line for one in breakdowns for line in one.lines]
    _check_size(top, claims)
    if reading.mistakes:
        raise wrong_claims(reading.mistakes)
    return ClaimsFile(
        operation=reading.operation,
        forces=frozenset(forces),
        sources=reading.sources,
        claims=tuple(claims),
        breakdowns=breakdowns,
    )


def wrong_claims(mistakes: list[FieldError]) -> WrongClaims:
    """Return the refusal of a file with these mistakes; its text is the first of them, and how many more there are."""
    first, more = mistakes[0], len(mistakes) - 1
    text = f"{first.pointer or 'The file'}: {first.detail}"
    return WrongClaims(f"{text} And {more:,} more." if more else text, errors=mistakes)


def _operation(top: Table, wanted: str | None) -> str | None:
    """Return the operation that the claims are about."""
    named: str | None = top.read("operation", a_code)
    if None not in (named, wanted) and named != wanted:
        top.wrong("operation", f"The claims are about {named}; they are to be compared with {wanted}.")
    return wanted or named


def _check_format(top: Table) -> None:
    if top.has("format") and top.values["format"] != FORMAT:
        top.wrong("format", f"Wanted {FORMAT!r}; found {shown(top.values['format'])}.")
    if top.has("source") and not isinstance(top.values["source"], Mapping):
        top.wrong("source", "Wanted a table of sources by key.")


def _check_size(top: Table, claims: list[Claim]) -> None:
    if len(claims) > MOST_FIGURES:
        top.wrong("claims", f"Wanted at most {MOST_FIGURES:,} figures; found {len(claims):,}.")
    if not claims and not top.mistakes:
        top.wrong("claims", "There is no figure in the file.")


def _read_source(name: str, value: Any, reading: Reading) -> None:
    table = open_table(value, f"/source/{pointer_step(name)}", reading.mistakes, known=SOURCE_KEYS)
    reading.sources[name] = Source(
        source=name,
        place=table.place,
        url=table.read("url", a_text, ""),
        published=table.read("published", a_day_or_moment),
        moment=table.read("as_of", a_moment),
        days=table.read("days", days),
        forces=frozenset(table.read("forces", codes, ())),
        force_count=table.read("force_count", a_count),
        lists_all=frozenset(table.read("lists_all", codes, ())),
    )
