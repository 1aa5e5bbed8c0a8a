"""The media type of an answer, as the Accept header of its request prefers it (RFC 9110, 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flask import request

from service.errors import Invalid

ANY = "*"


class NotAcceptable(Invalid):
    """The Accept header allows none of the media types that this call answers in; `offered` lists them."""

    code = "not_acceptable"


class _Preference(NamedTuple):
    """How much a media type is wanted: by its q-value, then by how exactly it was named."""

    quality: float
    exactness: int


def preferred(offered: Sequence[str]) -> str:
    """Return the media type that the Accept header prefers; without the header, or between equals, the first one.

    Parameters such as `charset` are ignored. The most exact range decides for a media type, so `text/csv;q=0, */*`
    excludes CSV; of media types with the same q-value, one that is named goes before one that only `*/*` allows.

    Raises:
        NotAcceptable: the header allows none of them.
    """
    accepted = [(_without_parameters(value), quality) for value, quality in request.accept_mimetypes]
    if not accepted:
        return offered[0]
    wanted = {media: _preference(media, accepted) for media in offered}
    best = max(offered, key=lambda media: wanted[media])
    if not wanted[best].quality:
        raise NotAcceptable(
            f"Expected an Accept header that allows {_one_of(offered)}; found "
            f"{request.headers.get('Accept', '')[:200]!r}. Send one of these, or no Accept header for {offered[0]}.",
            offered=list(offered),
        )
    return best


def _preference(media: str, accepted: Sequence[tuple[str, float]]) -> _Preference:
    """Return the preference for a media type, by the most exact of the ranges that match it."""
    found = [(_exactness(media, value), quality) for value, quality in accepted]
    exactness, quality = max(((one, quality) for one, quality in found if one), default=(0, 0.0))
    return _Preference(quality, exactness)


def _exactness(media: str, wanted: str) -> int:
    """Return 3 if the media types are equal, 2 for a range such as `text/*`, 1 for any, 0 if they do not match."""
    if wanted == media:
        return 3
    if wanted == f"{media.partition('/')[0]}/{ANY}":
        return 2
    return 1 if wanted == f"{ANY}/{ANY}" else 0


def _without_parameters(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def _one_of(offered: Sequence[str]) -> str:
    return offered[0] if len(offered) == 1 else f"{', '.join(offered[:-1])} or {offered[-1]}"
