"""What speaks against publishing: returns that are not in, pairs that are not decided, and values that are unusual."""

from __future__ import annotations

from typing import NamedTuple

from service.spreadsheets.unusual import Unusual, unusual
from service.usecases.overview.publishing import MOST_FACTS, MOST_PAIRS, PublicationPreview
from service.web.site import words
from service.web.site.event_words import force_of, in_words
from service.web.site.rendering import address

# A coordinator looks at each; a record with more of them has another problem.
MOST_UNUSUAL = 10


class Caution(NamedTuple):
    """A warning before publishing: a sentence, details, and where to do something about it, if there is such a page."""

    text: str
    details: tuple[str, ...] = ()
    href: str | None = None
    link: str = ""


def warnings_of(preview: PublicationPreview) -> list[Caution]:
    """Return the warnings about a publication before it is made, the most serious first."""
    return [*_owing(preview), *_pairs(preview), *_unusual(preview)]


def _owing(preview: PublicationPreview) -> list[Caution]:
    owing = preview.answer.statement.owing
    if not owing:
        return []
    number = sum(len(one.days) for one in owing)
    details = tuple(
        f"{one.participant.name}: {words.days_listed(one.days)}" + ("" if one.of_all_figures else ", some figures only")
        for one in owing
    )
    text = f"{words.counted(number, 'return')} {'is' if number == 1 else 'are'} not in"
    href = address("returns.show", operation=preview.operation.operation)
    return [Caution(text, details, href, "Chase returns")]


def _pairs(preview: PublicationPreview) -> list[Caution]:
    if not preview.pairs:
        return []
    number = f"{preview.pairs} or more" if preview.pairs == MOST_PAIRS else str(preview.pairs)
    text = f"{number} possible {'duplicate is' if preview.pairs == 1 else 'duplicates are'} not decided"
    href = address("duplicates.show", operation=preview.operation.operation)
    return [Caution(text, ("Two forces may have recorded the same arrest or seizure.",), href, "Decide pairs")]


def _unusual(preview: PublicationPreview) -> list[Caution]:
    if preview.facts is None:
        return [Caution(f"Unusual values were not looked for: there are more than {MOST_FACTS:,} events")]
    found = unusual(preview.events, preview.operation.measures, preview.operation.days)
    if not found:
        return []
    text = f"{words.counted(len(found), 'value')} {'is' if len(found) == 1 else 'are'} unusual"
    details = [_value(one, preview) for one in found[:MOST_UNUSUAL]]
    if len(found) > MOST_UNUSUAL:
        details.append(f"and {len(found) - MOST_UNUSUAL} more")
    return [Caution(text, tuple(details))]


def _value(one: Unusual, preview: PublicationPreview) -> str:
    assert preview.facts is not None, "the value is of one of them"
    recorded = preview.facts[one.index]
    said = f"{force_of(recorded, preview.operation)}: {in_words(recorded, preview.operation)}"
    return f"Event {recorded.seq}, {said}. {one.value}: {one.why}"
