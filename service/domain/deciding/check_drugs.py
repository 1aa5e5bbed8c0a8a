"""The rules for the drugs of a fact: known substances, under the class of the fact's day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import NoReturn

from service.domain.counting.rules import day_of
from service.domain.model.days import ONE_DAY
from service.domain.model.drug_words import (
    Ambiguity,
    ClassName,
    DrugUnknown,
    Meaning,
    ambiguous_drug,
    meaning_of,
    not_a_drug,
    unknown_drug,
)
from service.domain.model.drugs import ClassPeriod, Drug, NotADrug, drug_list, known_drug
from service.domain.model.events import ActivityRecorded, DrugLine, Event, SeizureRecorded
from service.domain.model.operation import Operation
from service.domain.model.personal_data import refuse_personal
from service.domain.model.reference_data import Measure, measure_catalogue
from service.domain.model.vocabulary import UNSTATED
from service.errors import Invalid

DRUG = "drug"
BY_SUBSTANCE = "drug_seizures_by_substance"
# How a class other than a, b and c is described.
STATUS = {
    "psychoactive": "a psychoactive substance (2016 Act)",
    "none": "in no class",
    "temporary": "under a temporary class drug order, which is no class",
}


class UnknownDrug(Invalid):
    """A substance, or a form of one, is neither in the drug list nor registered for the operation."""

    code = "unknown_drug"


class AmbiguousDrug(Invalid):
    """A word may mean more than one substance; the candidates are named, and none is chosen."""

    code = "ambiguous_drug"


class WrongDrugClass(Invalid):
    """A known drug is under a class that did not hold on the day of the fact; `expected` is the right path."""

    code = "wrong_drug_class"


def check_drugs(event: Event, operation: Operation) -> None:
    """Check every drug that a seizure or activity names, by the class of its operating day.

    A path that the operation's coordinator registered, and any code below it, is accepted as it is. A class alone is
    always accepted. On days before the data begin, a known drug is accepted under any class.

    Raises:
        UnknownDrug, AmbiguousDrug, WrongDrugClass: for the first such drug; its `errors` name all of them.
        LooksPersonal: an unknown substance looks like personal data.
    """
    problems = []
    for pointer, path in _drugs_of(event, operation):
        try:
            check_drug(path, _class_day(event, operation), operation.measures, pointer)
        except (UnknownDrug, AmbiguousDrug, WrongDrugClass) as problem:
            problems.append(problem)
    if problems:
        first = problems[0]
        first.errors = [error for problem in problems for error in problem.errors]
        raise first


def _class_day(event: Event, operation: Operation) -> date:
    """Return the day whose classes apply: the fact's operating day; for an activity of several days, the first."""
    day = day_of(event, operation.days)
    if day is None:
        assert event.occurred_at is not None, "an activity of several days has a beginning"
        day = operation.days.day_of(event.occurred_at)
    assert day is not None, "check_report refuses a fact outside the operation's days"
    return day


def _drugs_of(event: Event, operation: Operation) -> Iterator[tuple[str, str]]:
    match event.data:
        case SeizureRecorded(lines=lines):
            for index, line in enumerate(lines):
                if isinstance(line, DrugLine):
                    yield f"/data/lines/{index}/drug", line.drug
        case ActivityRecorded(measure=measure, category=str(category)):
            if operation.measures[measure].category == DRUG:
                yield "/data/category", category


def check_drug(path: str, day: date, measures: Mapping[str, Measure], pointer: str) -> None:
    """Check one drug by its class on an operating day. `measures` are the operation's, `pointer` names the field.

    Raises:
        UnknownDrug, AmbiguousDrug, WrongDrugClass, LooksPersonal.
    """
    category, _, below = path.partition("/")
    is_class = category in measures[BY_SUBSTANCE].categories
    if is_class and not below:
        return
    drug = known_drug(path)
    if (drug is not None and _is_listed(path, drug, day)) or _is_registered(path, measures):
        return
    if drug is not None:
        _refuse_known(path, drug, day, pointer)
    refuse_personal(path, pointer)
    word = below.partition("/")[0] or category
    # Words of no meaning under no class are refused with the list of classes, like any unknown category.
    if is_class or meaning_of(word) is not None:
        _refuse_unknown(path, category if is_class else "", word, day, pointer)


def _is_listed(path: str, drug: Drug, day: date) -> bool:
    """Return whether a path is the one of a known drug on a day, with or without one of its forms."""
    category, _drug, *further = path.split("/")
    period = drug.period_on(day)
    is_form = not further or (len(further) == 1 and drug.has_form(further[0]))
    return is_form and not drug.class_alone and (period is None or period.category == category)


def _is_registered(path: str, measures: Mapping[str, Measure]) -> bool:
    """Return whether the coordinator registered this path, or one above it, for any measure that is counted by drug."""
    steps = path.split("/")
    above = {"/".join(steps[:length]) for length in range(2, len(steps) + 1)}
    return any(not above.isdisjoint(measures[name].categories) for name in _drug_measures())


@cache
def _drug_measures() -> tuple[str, ...]:
    return tuple(one.measure for one in measure_catalogue().values() if one.category == DRUG)


def _refuse_known(path: str, drug: Drug, day: date, pointer: str) -> NoReturn:
    """Refuse a known drug for its class, or else for its form.

    Raises:
        WrongDrugClass, UnknownDrug, LooksPersonal.
    """
    category, _drug, *further = path.split("/")
    form = "/".join(further)
    period = drug.period_on(day)
    expected = drug.path_on(day, form if drug.has_form(form) else "")
    detail = ""
    if drug.class_alone:
        detail = f"{drug.label} is sent as its class alone. Send {expected}."
    elif period is not None and period.category != category:
        remedy = f"Send {expected}{_or_another_day(drug, category)}.{_exceptions(path, period, day)}"
        detail = f"{_status(drug, period, day)}. {remedy}"
    if detail:
        raise WrongDrugClass(f"Expected {expected}; found {path}: {detail}", pointer=pointer, expected=expected)
    refuse_personal(path, pointer)
    raise UnknownDrug(_form_unknown(path, drug, form, day), pointer=pointer)


def _status(drug: Drug, period: ClassPeriod, day: date) -> str:
    """Return the class of a drug on a day and since when, as a clause."""
    if period.drug_class == "unknown":
        return f"the class of {drug.label} before {period.before} is not known here"
    held = STATUS.get(period.drug_class, f"class {period.drug_class.upper()}")
    since = f"since {period.since}" if period.since else f"since before {drug_list().covers_from}"
    until = f", until {period.before - ONE_DAY}" if period.before else ""
    return f"{drug.label} was {held} on {day} ({since}{until})"


def _or_another_day(drug: Drug, category: str) -> str:
    """Return that the date may be wrong, if the drug had the class that was found on another day."""
    return ", or correct the date" if any(one.category == category for one in drug.periods) else ""


def _exceptions(path: str, period: ClassPeriod, day: date) -> str:
    """Return when another class can be right after all."""
    known_until = drug_list().known_until
    found = ""
    if path.startswith("a/") and period.drug_class == "b":
        found += " A class B drug prepared for injection is class A: send a alone."
    if day > known_until:
        found += f" If the law has changed after {known_until}, ask the coordinator to register {path}."
    elif period.evidence == "inferred":
        found += f" This was inferred, not read in a source: if {path} is right, ask the coordinator to register it."
    return found


def _refuse_unknown(path: str, category: str, word: str, day: date, pointer: str) -> NoReturn:
    """Refuse a word that is the code of no drug. `category` is empty if the path begins with no class.

    Raises:
        AmbiguousDrug, UnknownDrug.
    """
    match meaning_of(word):
        case Ambiguity() as found:
            unclear = ambiguous_drug(word, found, day)
            raise AmbiguousDrug(unclear.sentence, pointer=pointer, candidates=list(unclear.candidates))
        case Meaning(drug, form, amount):
            expected = drug.path_on(day, form)
            number = f", with the number in {amount}" if amount else ""
            detail = f"Expected the code of a drug; found {path!r}: {word!r} is {drug.label}. Send {expected}{number}."
            raise UnknownDrug(detail + _otherwise(path, category), pointer=pointer, nearest=[expected])
        case NotADrug() as thing if isinstance(no_drug := not_a_drug(word, thing), DrugUnknown):
            raise UnknownDrug(no_drug.sentence, pointer=pointer, nearest=[])
        case None:
            unknown = unknown_drug(word, day)
            detail = unknown.sentence + _otherwise(path, category, none_is_near=not unknown.nearest)
            raise UnknownDrug(detail, pointer=pointer, nearest=list(unknown.nearest))
        case ClassName(named) if named != UNSTATED:
            category = named
    alone = category or UNSTATED
    raise UnknownDrug(f"Expected a drug; {word!r} names none. Send {alone} alone.", pointer=pointer, nearest=[alone])


def _otherwise(path: str, category: str, *, none_is_near: bool = False) -> str:
    """Return what to do about a substance that is not listed; without a class, it cannot be registered."""
    if not category:
        return ""
    remedy = f"end the class alone ({category}), or ask the coordinator to register {path} as a category of"
    return f" {'S' if none_is_near else 'If it is another substance, s'}{remedy} {BY_SUBSTANCE}."


def _form_unknown(path: str, drug: Drug, form: str, day: date) -> str:
    listed = f"a form of {drug.drug} ({', '.join(one.name for one in drug.forms)})" if drug.forms else "no further step"
    alone = drug.path_on(day)
    for amount in drug.amounts:
        if form == amount.name:
            return f"Expected {listed}; found {form!r}. Send {alone} with the number in {form}."
    match meaning_of(form):
        case Meaning(other, other_form) if other_form or other is not drug:
            meant = f" Did you mean {other.path_on(day, other_form)}?"
        case _:
            meant = ""
    return (
        f"Expected {listed}; found {form!r}.{meant} Otherwise send {alone}, or ask the coordinator to register {path} "
        f"as a category of {BY_SUBSTANCE}."
    )
