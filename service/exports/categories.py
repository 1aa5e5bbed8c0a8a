"""Words for categories: `Public order`, `Motoring: no insurance (section 165A)`."""

from __future__ import annotations

from service.domain.model.vocabulary import UNSTATED

# What a category that cannot be guessed from its code means.
CATEGORIES = {
    "motoring": "Motoring offence",
    "motoring/s165a_no_insurance": "Motoring: no insurance (section 165A)",
    "motoring/s165a_no_licence": "Motoring: no licence (section 165A)",
    "motoring/s59": "Motoring: anti-social use (section 59)",
    "poca_asset": "Asset under the Proceeds of Crime Act",
    "stun_or_spray": "Stun gun or spray",
    "stolen_recovered": "Stolen, recovered",
    UNSTATED: "Not stated",
}


def category(path: str) -> str:
    """Return a category in words, the general before the particular: `Public order`, `Bladed: machete`."""
    if path in CATEGORIES or path.isupper():
        return CATEGORIES.get(path, path)
    said = ", ".join(path.split("/")).replace(", ", ": ", 1).replace("_", " ")
    return said[:1].upper() + said[1:]


def category_in_sentence(path: str) -> str:
    """Return a category within a sentence: `public order`, `motoring: no insurance (section 165A)`."""
    said = category(path)
    return said if path.isupper() else said[:1].lower() + said[1:]
