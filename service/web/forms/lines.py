"""The lines of a seizure: for each kind of property its questions, and how they are read and filled in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from service.domain.model.events import (
    AmmunitionLine,
    CashLine,
    DrugLine,
    OtherPropertyLine,
    PhoneLine,
    SeizureLine,
    SeizureRecorded,
    VehicleLine,
    WeaponLine,
)
from service.domain.model.vocabulary import HOME_CURRENCY
from service.web.forms import amounts, choices, drugs
from service.web.forms.arrest import NUMBER_EXPECTED, qualifier
from service.web.forms.questions import Json, Option, Question, Setting, Typed
from service.web.site import words
from service.web.site.typed import Mistake

NOT_CODE = frozenset(" /-")
DRUG_AMOUNTS = (
    ("weight_milligrams", "weight", "Weight", amounts.milligrams, amounts.as_grams),
    ("value_pence", "value", "Street value", amounts.pence, amounts.as_pounds),
    ("tablets", "tablets", "Tablets", amounts.whole, amounts.as_number),
    ("plants", "plants", "Plants", amounts.whole, amounts.as_number),
    ("wraps", "wraps", "Wraps", amounts.whole, amounts.as_number),
)
AMOUNT_EXPECTED = {
    "weight": "Weight must be in grams, like 12.5, or in kilograms, like 1.2kg",
    "value": "Street value must be in pounds, like 520 or 520.50",
}


@dataclass(frozen=True, slots=True)
class FormLine:
    """One line of a form: its key, such as `line-1`, and its kind."""

    key: str
    kind: str

    def name(self, field: str) -> str:
        """Return the name of one of its fields."""
        return f"{self.key}-{field}"


@dataclass(frozen=True, slots=True)
class LineKind:
    """A kind of property: what it is called, what is asked about it, and how that is read and filled in."""

    kind: str
    noun: str
    questions: Callable[[Setting, FormLine], tuple[Question, ...]]
    read: Callable[[Setting, FormLine, Typed, date | None], tuple[Json, list[Mistake]]]
    typed: Callable[[SeizureLine], dict[str, str]]


def counted_questions(
    label: str, field: str, measure: str, *further: Callable[[FormLine], Question]
) -> Callable[[Setting, FormLine], tuple[Question, ...]]:
    """Return the questions for a category and a number."""

    def questions(setting: Setting, line: FormLine) -> tuple[Question, ...]:
        options = choices.categories(setting.operation, measure)
        category = Question(name=line.name(field), label=label, kind="choice", options=options)
        return (category, number(line), *(one(line) for one in further), qualifier(line.name("qualifier")))

    return questions


def counted_read(
    label: str, field: str, measure: str
) -> Callable[[Setting, FormLine, Typed, date | None], tuple[Json, list[Mistake]]]:
    """Return how a category and a number are read."""

    def read(setting: Setting, line: FormLine, typed: Typed, _day: date | None) -> tuple[Json, list[Mistake]]:
        path = typed.get(line.name(field))
        known = {option.value for option in choices.categories(setting.operation, measure)[1:]}
        mistakes = [] if path in known else [Mistake(line.name(field), f"Choose the {label}")]
        count, in_count = read_number(line, typed)
        return {field: path, "count": count}, [*mistakes, *in_count]

    return read


def number(line: FormLine, field: str = "count", label: str = "How many") -> Question:
    """Return the question for a number of things."""
    return Question(name=line.name(field), label=label, kind="number", width=4)


def read_number(
    line: FormLine, typed: Typed, field: str = "count", label: str = "How many"
) -> tuple[int, list[Mistake]]:
    """Return a number of things."""
    found = amounts.whole(typed.get(line.name(field)))
    return found or 0, [] if found else [Mistake(line.name(field), f"{label} {NUMBER_EXPECTED}")]


def acquired(line: FormLine) -> Question:
    """Return the question how weapons were acquired."""
    return Question(name=line.name("acquired"), label="How they came in", kind="choice", options=choices.ACQUIRED)


def _read_weapon(setting: Setting, line: FormLine, typed: Typed, day: date | None) -> tuple[Json, list[Mistake]]:
    found, mistakes = counted_read("kind of weapon", "weapon", "weapons")(setting, line, typed, day)
    return found | {"acquired": typed.get(line.name("acquired")) or "unstated"}, mistakes


def _typed_weapon(line: SeizureLine) -> dict[str, str]:
    assert isinstance(line, WeaponLine)
    return {"weapon": line.weapon, "count": str(line.count), "acquired": line.acquired}


def _drug_questions(setting: Setting, line: FormLine) -> tuple[Question, ...]:
    registered = tuple(
        Option(drugs.typed_drug(path), "") for path, _text in choices.registered_drugs(setting.operation)
    )
    return (
        Question(
            name=line.name("drug"),
            label="Drug",
            kind="suggest",
            hint="As it is usually called, like cocaine or cannabis resin. Its class follows from the date",
            options=(*registered, *choices.drug_names()),
            width=30,
        ),
        Question(name=line.name("weight"), label="Weight", kind="text", suffix="g", width=5, hint="If it was weighed"),
        Question(
            name=line.name("value"), label="Street value", kind="text", prefix="£", width=5, hint="If it is known"
        ),
        *(
            Question(name=line.name(name), label=label, kind="number", width=4, seldom=True)
            for _field, name, label, _read, _typed in DRUG_AMOUNTS[2:]
        ),
        qualifier(line.name("qualifier")),
    )


def _read_drug(setting: Setting, line: FormLine, typed: Typed, day: date | None) -> tuple[Json, list[Mistake]]:
    written = typed.get(line.name("drug"))
    on_day = day or setting.operation.days.first_day
    before, problem = _recorded_before(setting, written), ""
    path = drugs.path_on(before, on_day) if before else ""
    if not path:
        path, problem = drugs.read_drug(written, on_day, setting.operation)
    mistakes = [] if path else [Mistake(line.name("drug"), problem)]
    found: Json = {"drug": path}
    for field, name, label, read, _typed in DRUG_AMOUNTS:
        if not (said := typed.get(line.name(name))):
            continue
        amount = read(said)
        if amount is None:
            mistakes.append(Mistake(line.name(name), AMOUNT_EXPECTED.get(name, f"{label} {NUMBER_EXPECTED}")))
        found[field] = amount
    return found, mistakes


def _recorded_before(setting: Setting, written: str) -> str:
    """Return the path of the event that is corrected, if the drug was left as it is."""
    data = None if setting.corrected is None else setting.corrected.event.data
    lines = data.lines if isinstance(data, SeizureRecorded) else ()
    paths = [line.drug for line in lines if isinstance(line, DrugLine)]
    return next((path for path in paths if drugs.typed_drug(path) == written), "")


def _typed_drug(line: SeizureLine) -> dict[str, str]:
    assert isinstance(line, DrugLine)
    known = {name: typed(getattr(line, field)) for field, name, _label, _read, typed in DRUG_AMOUNTS}
    return {"drug": drugs.typed_drug(line.drug), **known}


def _typed_vehicle(line: SeizureLine) -> dict[str, str]:
    assert isinstance(line, VehicleLine)
    return {"ground": line.ground, "count": str(line.count)}


def _cash_questions(_setting: Setting, line: FormLine) -> tuple[Question, ...]:
    return (
        Question(name=line.name("amount"), label="Amount", width=10, hint="For example, 520 or 520.50"),
        Question(name=line.name("currency"), label="Currency", kind="choice", options=choices.currency_options()),
        qualifier(line.name("qualifier")),
    )


def _read_cash(_setting: Setting, line: FormLine, typed: Typed, _day: date | None) -> tuple[Json, list[Mistake]]:
    currency = typed.get(line.name("currency")) or HOME_CURRENCY
    amount = amounts.minor(typed.get(line.name("amount")), currency)
    mistakes = [] if amount else [Mistake(line.name("amount"), "Amount must be a number, like 520 or 520.50")]
    return {"currency": currency, "amount_minor": amount}, mistakes


def _typed_cash(line: SeizureLine) -> dict[str, str]:
    assert isinstance(line, CashLine)
    return {"amount": amounts.as_major(line.amount_minor, line.currency), "currency": line.currency}


def _count_questions(label: str, field: str) -> Callable[[Setting, FormLine], tuple[Question, ...]]:
    return lambda _setting, line: (number(line, field, label), qualifier(line.name("qualifier")))


def _read_count(
    label: str, field: str
) -> Callable[[Setting, FormLine, Typed, date | None], tuple[Json, list[Mistake]]]:
    def read(_setting: Setting, line: FormLine, typed: Typed, _day: date | None) -> tuple[Json, list[Mistake]]:
        count, mistakes = read_number(line, typed, field, label)
        return {field: count}, mistakes

    return read


def _typed_phones(line: SeizureLine) -> dict[str, str]:
    assert isinstance(line, PhoneLine)
    return {"count": str(line.count)}


def _typed_rounds(line: SeizureLine) -> dict[str, str]:
    assert isinstance(line, AmmunitionLine)
    return {"rounds": str(line.rounds)}


def _other_questions(setting: Setting, line: FormLine) -> tuple[Question, ...]:
    known = setting.operation.measures["other_property"].categories
    return (
        Question(
            name=line.name("property"),
            label="What it is",
            kind="suggest",
            hint="The kind of thing, like cigarettes or watches. Never a name or a number",
            options=tuple(Option(words.category(path), "") for path in known),
            width=20,
        ),
        number(line),
        qualifier(line.name("qualifier")),
    )


def _read_other(_setting: Setting, line: FormLine, typed: Typed, _day: date | None) -> tuple[Json, list[Mistake]]:
    written = typed.get(line.name("property")).casefold()
    code = "".join("_" if sign in NOT_CODE else sign for sign in " ".join(written.replace(":", "/").split()))
    is_code = bool(code) and all(sign.isascii() and (sign.isalnum() or sign == "_") for sign in code)
    mistakes = [] if is_code else [Mistake(line.name("property"), "What it is must be a word, like cigarettes")]
    count, in_count = read_number(line, typed)
    return {"property": code, "count": count}, [*mistakes, *in_count]


def _typed_other(line: SeizureLine) -> dict[str, str]:
    assert isinstance(line, OtherPropertyLine)
    return {"property": line.property.replace("_", " "), "count": str(line.count)}


KINDS = (
    LineKind("drug", "Drugs", _drug_questions, _read_drug, _typed_drug),
    LineKind("cash", "Cash", _cash_questions, _read_cash, _typed_cash),
    LineKind(
        "weapon",
        "Weapons",
        counted_questions("Kind of weapon", "weapon", "weapons", acquired),
        _read_weapon,
        _typed_weapon,
    ),
    LineKind(
        "vehicle",
        "Vehicles",
        counted_questions("Ground for the seizure", "ground", "vehicles"),
        counted_read("ground for the seizure", "ground", "vehicles"),
        _typed_vehicle,
    ),
    LineKind("phone", "Phones", _count_questions("How many", "count"), _read_count("How many", "count"), _typed_phones),
    LineKind(
        "ammunition",
        "Ammunition",
        _count_questions("Rounds", "rounds"),
        _read_count("Rounds", "rounds"),
        _typed_rounds,
    ),
    LineKind("other", "Other property", _other_questions, _read_other, _typed_other),
)
BY_KIND = {one.kind: one for one in KINDS}
