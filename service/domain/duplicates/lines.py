"""What an arrest or a seizure says, line by line: its text, and how its amounts compare with those of another event."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

from service.domain.model.events import (
    AmmunitionLine,
    ArrestRecorded,
    CashLine,
    DrugLine,
    OtherPropertyLine,
    PhoneLine,
    SeizureLine,
    SeizureRecorded,
    VehicleLine,
    WeaponLine,
)

# Two amounts are close if the smaller is at least 19 twentieths of the larger: 95 %.
PARTS, PARTS_OF = 19, 20
# What nobody bounded from above.
UNBOUNDED = 2**63
# The amounts of a drug, the most telling first: the first one given is compared.
DRUG_AMOUNTS = ("weight_milligrams", "plants", "tablets", "wraps", "value_pence")
COUNT, ROUNDS, AMOUNT = "count", "rounds", "amount_minor"
# The field that holds the category of a line; the other kinds have none.
CATEGORY_FIELDS: dict[type, str] = {
    WeaponLine: "weapon",
    DrugLine: "drug",
    VehicleLine: "ground",
    CashLine: "currency",
    OtherPropertyLine: "property",
}

# How a line counts in its event. Measured: cash, or a drug with an amount. Beside: any other line of such an event.
# Plain: each line of an event without measured lines.
Role = Literal["measured", "beside", "plain"]
COMPARED_ROLES = frozenset(
    {("measured", "measured"), ("measured", "plain"), ("plain", "measured")}
    | {("beside", "plain"), ("plain", "beside"), ("plain", "plain")}
)


class AmountBounds(NamedTuple):
    """The least and the greatest quantity that a stated amount can stand for."""

    least: int
    greatest: int

    def is_close_to(self, other: AmountBounds) -> bool:
        """Return whether some quantity within these bounds is close to one within the others."""
        return self.least * PARTS <= other.greatest * PARTS_OF and other.least * PARTS <= self.greatest * PARTS_OF


ANY_AMOUNT = AmountBounds(0, UNBOUNDED)


class StatedAmount(NamedTuple):
    """An amount as stated: the field that holds it, and its value."""

    field: str
    value: int


class Line(NamedTuple):
    """A line as it is compared.

    The first of `amounts` decides whether two lines can be one, the others are only ranked. So is `arrested`, the count
    of an arrest: one force may send an event for three people, and another three events.
    """

    path: str
    role: Role
    qualifier: str
    amounts: tuple[StatedAmount, ...]
    arrested: int | None = None

    @property
    def main(self) -> StatedAmount | None:
        """The amount that decides; None if the line gives none."""
        return self.amounts[0] if self.amounts else None

    @property
    def bounds(self) -> AmountBounds:
        """The bounds of the main amount."""
        return ANY_AMOUNT if self.main is None else bounds_of(self.main.value, self.qualifier)


def bounds_of(value: int, qualifier: str) -> AmountBounds:
    """Return the bounds of a stated quantity; `about` allows a tenth either way."""
    match qualifier:
        case "about":
            return AmountBounds(value - value // 10, value + value // 10)
        case "more_than" | "at_least":
            return AmountBounds(value, UNBOUNDED)
        case "under" | "at_most":
            return AmountBounds(0, value)
        case _:
            return AmountBounds(value, value)


def path_of(line: SeizureLine) -> str:
    """Return the category path of a line, which begins with its kind."""
    return f"{line.kind}/{_category(line)}".removesuffix("/")


def text_of(data: ArrestRecorded | SeizureRecorded) -> str:
    """Return all that an arrest or seizure says, in one text, whatever the order of its lines.

    Two events with the same text say the same. `lines_in` reads it.
    """
    if isinstance(data, ArrestRecorded):
        return f"{data.reason}|{data.qualifier}||{data.count}"
    return ";".join(sorted(map(_line_text, data.lines)))


@lru_cache(maxsize=8_192)
def lines_in(text: str, categories: str) -> tuple[Line, ...]:
    """Return the lines of a text of `text_of`; without a text, a line without an amount for each category."""
    if not text:
        return tuple(Line(path, "plain", "exact", ()) for path in categories.split(","))
    lines = [_line(*one.split("|")) for one in text.split(";")]
    measured = [line for line in lines if line.amounts and line.path.startswith(("cash/", "drug/"))]
    if not measured:
        return tuple(lines)
    return tuple(line._replace(role="measured" if line in measured else "beside") for line in lines)


def _line(path: str, qualifier: str, stated: str, more: str) -> Line:
    """Return a line without regard to the others; `more` is the count of an arrest, or how a weapon was acquired."""
    given = (one.split("=") for one in stated.split(",") if one)
    amounts = tuple(StatedAmount(name, int(value)) for name, value in given)
    return Line(path, "plain", qualifier, amounts, int(more) if more.isdigit() else None)


def _line_text(line: SeizureLine) -> str:
    return f"{path_of(line)}|{line.qualifier}|{_stated(line)}|{line.acquired if isinstance(line, WeaponLine) else ''}"


def _stated(line: SeizureLine) -> str:
    match line:
        case DrugLine():
            given = ((name, getattr(line, name)) for name in DRUG_AMOUNTS)
            return ",".join(f"{name}={value}" for name, value in given if value is not None)
        case CashLine():
            return f"{AMOUNT}={line.amount_minor}"
        case AmmunitionLine():
            return f"{ROUNDS}={line.rounds}"
        case WeaponLine() | VehicleLine() | PhoneLine() | OtherPropertyLine():
            return f"{COUNT}={line.count}"


def _category(line: SeizureLine) -> str:
    field = CATEGORY_FIELDS.get(type(line))
    return "" if field is None else str(getattr(line, field))
