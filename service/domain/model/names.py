"""The checks of names that are shown: a name must not pass for another, or for a link.

They apply to what is sent, not to logs that are imported: an older version accepted more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from service.domain.model.reference_data import Force
from service.errors import Invalid

# An address, with or without its scheme: https://example, www.example, example.com. "St. Ives" does not match.
ADDRESS = re.compile(r"://|\bwww\.|[\w-]+\.[^\W\d_]{2,}", re.IGNORECASE)


class NameMisleading(Invalid):
    """A name contains an address, or letters of two scripts, which can look alike, or is that of another force."""

    code = "name_misleading"


def refuse_misleading(name: str, pointer: str) -> None:
    """Refuse a name that contains an address, or letters of several scripts.

    Raises:
        NameMisleading.
    """
    found = ADDRESS.search(name)
    if found is not None:
        raise NameMisleading(
            f"Expected a name without an address; found {found[0]!r} in {name!r}. Write a space after a full stop.",
            pointer=pointer,
        )
    scripts = sorted({_script(letter) for letter in name if letter.isalpha()})
    if len(scripts) > 1:
        raise NameMisleading(
            f"Expected the letters of one script; found {' and '.join(scripts)} in {name!r}: letters of different "
            "scripts can look alike.",
            pointer=pointer,
        )


def refuse_name_of_another(force: str, name: str, forces: Mapping[str, Force], pointer: str, *, imported: bool) -> None:
    """Refuse a name of a force that is the name of another known one; a known force keeps its name.

    In an imported operation a known force may have the name that it had then.

    Raises:
        NameMisleading.
    """
    own = forces.get(force)
    if own is not None and not imported and name != own.name:
        raise NameMisleading(f"Expected {own.name!r}, the name of {force}, or none; found {name!r}.", pointer=pointer)
    other = next((one for one in forces.values() if _folded(one.name) == _folded(name) and one.force != force), None)
    if other is not None:
        raise NameMisleading(
            f"Expected a name of its own; found {name!r}, which is that of {other.force}. Use {other.force}.",
            pointer=pointer,
        )


def _script(letter: str) -> str:
    """Return the script of a letter, such as Latin, by its Unicode name."""
    return unicodedata.name(letter, "unknown").split()[0].capitalize()


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
