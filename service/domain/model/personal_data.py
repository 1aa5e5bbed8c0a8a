"""The check that refuses codes that look like personal data, so that the log can be append-only and lawful.

Source: Data Protection Act 2018 s.37 (data minimisation); design decision "no personal data".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from service.errors import Invalid

# Each pattern is matched against a whole code, or a part of one, in capitals and without separators.
SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "a registration mark",
        re.compile(r"[A-Z]{2}\d{2}[A-Z]{3}|[A-Z]\d{1,3}[A-Z]{3}|[A-Z]{3}\d{1,3}[A-Z]|[A-Z]{3}\d{4}", re.ASCII),
    ),
    ("a postcode", re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}", re.ASCII)),
    ("a phone number", re.compile(r"(?:0044|44|0)\d{9,10}|7\d{9}", re.ASCII)),
    ("an arrest/summons number", re.compile(r"\d{2}[A-Z\d]{4}\d{2}\d{1,11}[A-Z]", re.ASCII)),
)
SEPARATORS, PIECES = re.compile(r"[\s_/+().-]+"), re.compile(r"[^\s_/+().-]+")
# The most pieces in which personal data is written: a phone number in pairs of digits.
MOST_PIECES = 7

# Short words in names of operations, places and units that could also be the letters of a registration mark.
WORDS = (
    "NB|SB|EB|WB|CW|ACW|"  # directions and carriageways
    "BAY|DAY|EVE|HUB|JCT|NTE|OPS|RVP|SVC|TAC|"
    "ARV|BCU|BTP|CID|CSU|DSU|GMP|LPT|MET|MIT|MPS|MSP|NCA|NPT|OCG|RPU|SNT|TSG|TVP|VRU|WMP|"
    "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|MON|TUE|WED|THU|FRI|SAT|SUN|"
    "BFS|BHX|BRS|EDI|EMA|GLA|LBA|LCY|LGW|LHR|LPL|LTN|MAN|NCL|STN|"  # airports, by IATA
    "BHM|EUS|KGX|LDS|LST|PAD|STP|VIC|WAT|"  # stations, by National Rail
    "CDA|CJA|MDA|PCA|POA|PSA|RTA|SOA"  # Acts, after a section: s23-mda
)
# Source: Royal Mail, postcode areas of two letters. AA19 is no place, so AA19-OPS stays a registration mark.
AREAS = (
    "AB|AL|BA|BB|BD|BH|BL|BN|BR|BS|BT|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|EC|EH|EN|EX|FK|FY|GL|GU|"
    "HA|HD|HG|HP|HR|HS|HU|HX|IG|IP|IV|KA|KT|KW|KY|LA|LD|LE|LL|LN|LS|LU|ME|MK|ML|NE|NG|NN|NP|NR|NW|OL|OX|PA|PE|PH|PL|PO|"
    "PR|RG|RH|RM|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|UB|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE"
)
_APART, _YEAR = r"[\s_/+().-]+", r"(?:19|20)\d{2}"
_PERHAPS = rf"(?:{_APART})?"
_PLACE = rf"(?:[A-Z]\d{{1,4}}M?|(?:{AREAS})\d{{1,2}})"
_DATES = (
    rf"{_YEAR}{_APART}\d{{2}}{_APART}\d{{2}}",
    rf"{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])",
    rf"\d{{1,2}}{_APART}(?:\d{{1,2}}|[A-Z]{{3}}){_APART}{_YEAR}",
)
# How names are written, with their separators. A name of one of these forms is no personal data, whatever its shape is.
NAMES = re.compile(
    "|".join(
        (
            # A road, postcode district, junction, terminal or section, then a word: m25-cw, nw10-hub, t5-lhr, m4-1st.
            rf"{_PLACE}{_APART}(?:{WORDS}|1ST|2ND|3RD|[4-9]TH)",
            # A numbered unit or place and its part: tsg-4b, bay-12-a. The letter of a mark is not written apart.
            rf"(?:{WORDS}){_APART}\d{{1,2}}[A-Z]|[A-Z]{{3}}{_APART}\d{{1,2}}{_APART}[A-Z]",
            # A year: ops-2026. Three letters and four digits are a mark of Northern Ireland, which has an I or a Z.
            rf"[A-Z]{{3}}{_APART}{_YEAR}|[A-HJ-Y]{{3}}{_YEAR}|(?:{WORDS}){_YEAR}",
            # A date, then a number of at most four digits or two of two, and a letter: 2024-11-25-1-a, 06-12-2024-07.
            rf"(?:{'|'.join(_DATES)}){_APART}\d{{1,4}}(?:{_APART}\d{{1,2}})?{_PERHAPS}[A-Z]?",
        )
    ),
    re.ASCII,
)
# The parts of a code that are checked too, so that a label before personal data does not hide it: vrm-ab12cde. Shorter
# ones are words and numbers of a name, such as the road in `sceptre-a12-red`.
PARTS = re.compile(
    "|".join(
        (
            r"[A-Z\d]{6,7}|[A-Z\d]{10,}",
            rf"[A-Z]{{1,2}}\d[A-Z\d]?{_APART}\d[A-Z]{{2}}",
            rf"(?:0\d{{2,}}|44|7\d{{3}})(?:{_APART}\d+)+",
            rf"\d{{2}}{_PERHAPS}[A-Z\d]{{4}}{_PERHAPS}\d{{2}}{_PERHAPS}\d+{_PERHAPS}[A-Z]",
        )
    ),
    re.ASCII,
)
LAST_PART = re.compile(rf"[A-Z]{{2}}{_PERHAPS}\d{{2}}{_PERHAPS}[A-Z]{{3}}", re.ASCII)


class LooksPersonal(Invalid):
    """A code looks like personal data. The message names the kind of data and never repeats the code."""

    code = "looks_personal"


def personal_shape(code: str) -> str | None:
    """Return the kind of personal data that a code, a step of a path or a part of it looks like; None if none does."""
    code = code.upper()
    checked = chain((code,), code.split("/"), _parts(code))
    return next((shape for one in checked if (shape := _shape(one))), None)


def refuse_personal(code: str, pointer: str) -> None:
    """Refuse a code, or a path, that looks like personal data or has a part that does.

    Raises:
        LooksPersonal: it looks like a registration mark, postcode, phone number or arrest/summons number.
    """
    try:
        _check_shape(code)
    except ValueError as found:
        raise LooksPersonal(
            f"Expected a code from a list; found something that looks like {found}, which must not be recorded.",
            pointer=pointer,
        ) from None


@lru_cache(10_000)
def _check_shape(code: str) -> None:
    """Check a code. Codes repeat, and the cache keeps only codes that pass.

    Raises:
        ValueError: the kind of personal data that it looks like.
    """
    if shape := personal_shape(code):
        raise ValueError(shape)


def _parts(code: str) -> Iterator[str]:
    """Yield the parts of a code that could be personal data with a label before it or more after it."""
    pieces = list(PIECES.finditer(code))
    for length in range(1, min(len(pieces), MOST_PIECES) + 1):
        for first, last in zip(pieces, pieces[length - 1 :], strict=False):
            part = code[first.start() : last.end()]
            if PARTS.fullmatch(part) or (last is pieces[-1] and LAST_PART.fullmatch(part)):
                yield part


def _shape(part: str) -> str | None:
    """Return the kind of personal data that this looks like as a whole; None if it does not, or is a name."""
    bare = SEPARATORS.sub("", part)
    found = next((name for name, shape in SHAPES if shape.fullmatch(bare)), None)
    return None if found is None or NAMES.fullmatch(part) else found
