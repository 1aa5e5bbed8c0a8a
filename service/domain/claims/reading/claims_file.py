"""The strict reader of claims files in the format claims/1: it lists every error with its place and guesses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.domain.claims.claim import Claim, ClaimsFile, Source
from service.domain.claims.extents import Extent
from service.domain.claims.reading.blocks import FileContext, read_block, read_breakdown
from service.domain.claims.reading.table import (
    ClaimsTable,
    a_code,
    a_count,
    a_day_or_moment,
    a_moment,
    a_text,
    codes,
    days,
    forces,
    open_table,
    pointer_step,
    shown,
)
from service.domain.model.reference_data import Measure
from service.errors import FieldError, Invalid

FORMAT = "claims/1"
MOST_FIGURES = 1_000
# Sources, and likewise breakdowns.
MOST_SOURCES = 200
# The different codes that all scopes of a file name together.
MOST_FORCES, MOST_CATEGORIES = 200, 500
FILE_KEYS = ("format", "operation", "forces", "source", "claims", "breakdown")
SOURCE_KEYS = ("url", "published", "as_of", "days", "forces", "force_count", "lists_all")


class WrongClaims(Invalid):
    """The claims file has errors: unknown keys, numbers that cannot be read exactly, or units of another measure.

    `errors` lists all of them, each with its place in the file. Nothing was compared.
    """

    code = "wrong_claims"


def read_claims(document: Any, measures: Mapping[str, Measure], *, operation: str | None = None) -> ClaimsFile:
    """Return the content of a claims file. `operation` is the operation to compare it with; None: no record.

    A measure that is not among `measures` is taken as printed; the comparison reports it as unknown.

    Raises:
        WrongClaims: the file has errors, listed with their places.
    """
    top = open_table(document, "", [], known=FILE_KEYS, required=("format", "source"))
    _refuse_too_many(top)
    file = FileContext(measures, _operation(top, operation), top.errors)
    _check_format(top)
    taking_part = top.read("forces", forces, ())
    sources = top.values.get("source")
    for name, value in sources.items() if isinstance(sources, Mapping) else ():
        _read_source(str(name), value, file)
    claims = [claim for value, place in top.tables("claims") for claim in read_block(value, place, file)]
    read = [read_breakdown(value, place, file) for value, place in top.tables("breakdown")]
    breakdowns = tuple(one for one in read if one is not None)
    claims += [line for one in breakdowns for line in one.lines]
    _check_size(top, claims)
    if file.errors:
        raise wrong_claims(file.errors)
    return ClaimsFile(
        operation=file.operation,
        forces=frozenset(taking_part),
        sources=file.sources,
        claims=tuple(claims),
        breakdowns=breakdowns,
    )


def wrong_claims(errors: list[FieldError]) -> WrongClaims:
    """Return the error for a file with these errors; its text is the first of them and the number of the others."""
    first, more = errors[0], len(errors) - 1
    text = f"{first.pointer or 'The file'}: {first.detail}"
    return WrongClaims(f"{text} And {more:,} more." if more else text, errors=errors)


def too_many_figures(found: int) -> WrongClaims:
    """Return the error for a file with so many figures, or more. Nothing more of it is read."""
    detail = f"Expected at most {MOST_FIGURES:,} figures; found {found:,} or more. Split the file."
    return wrong_claims([FieldError("/claims", detail)])


def _refuse_too_many(top: ClaimsTable) -> None:
    """Count figures, sources and breakdowns before any is read.

    Raises:
        WrongClaims: there are too many.
    """
    figures = _count(top, "claims", "figures") + _count(top, "breakdown", "lines")
    if figures > MOST_FIGURES:
        raise too_many_figures(figures)
    for key in ("source", "breakdown"):
        found = top.values.get(key)
        if isinstance(found, list | Mapping) and len(found) > MOST_SOURCES:
            detail = f"Expected at most {MOST_SOURCES} items; found {len(found):,}. Split the file."
            raise wrong_claims([FieldError(f"/{key}", detail)])


def _count(top: ClaimsTable, key: str, items: str) -> int:
    """Return the number of figures in the blocks under a key. A block without a figure counts as one."""
    blocks = top.values.get(key)
    if not isinstance(blocks, list):
        return 0
    found = [block.get(items) if isinstance(block, Mapping) else None for block in blocks]
    return sum(max(1, len(one)) if isinstance(one, list | Mapping) else 1 for one in found)


def _operation(top: ClaimsTable, expected: str | None) -> str | None:
    """Return the operation that the claims are about."""
    named: str | None = top.read("operation", a_code)
    if None not in (named, expected) and named != expected:
        top.add_error("operation", f"Expected claims about {expected}; found claims about {named}.")
    return expected or named


def _check_format(top: ClaimsTable) -> None:
    if top.has("format") and top.values["format"] != FORMAT:
        top.add_error("format", f"Expected {FORMAT!r}; found {shown(top.values['format'])}.")
    if top.has("source") and not isinstance(top.values["source"], Mapping):
        top.add_error("source", "Expected a table of sources by key.")


def _check_size(top: ClaimsTable, claims: list[Claim]) -> None:
    if not claims and not top.errors:
        top.add_error("claims", "The file has no figures.")
    _check_codes(top, "forces", [claim.scope.forces for claim in claims], MOST_FORCES)
    _check_codes(top, "categories", [claim.scope.categories for claim in claims], MOST_CATEGORIES)


def _check_codes(top: ClaimsTable, what: str, extents: list[Extent], most: int) -> None:
    """Add an error if the scopes name too many different codes. An extent that several claims share is read once."""
    found = {code for one in set(extents) for codes_of in (one.included, one.excluded) for code in codes_of}
    if len(found) > most:
        top.add_error("claims", f"Expected at most {most} different {what}; found {len(found):,}. Split the file.")


def _read_source(name: str, value: Any, file: FileContext) -> None:
    table = open_table(value, f"/source/{pointer_step(name)}", file.errors, known=SOURCE_KEYS)
    file.sources[name] = Source(
        source=name,
        place=table.place,
        url=table.read("url", a_text, ""),
        published=table.read("published", a_day_or_moment),
        moment=table.read("as_of", a_moment),
        days=table.read("days", days),
        forces=frozenset(table.read("forces", forces, ())),
        force_count=table.read("force_count", a_count),
        lists_all=frozenset(table.read("lists_all", codes, ())),
    )
