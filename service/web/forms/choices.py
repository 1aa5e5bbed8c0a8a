"""The choices of a form: the operation's own lists, in words."""

from __future__ import annotations

from functools import cache

from service.domain.model.drugs import drug_list
from service.domain.model.operation import Operation
from service.domain.model.reference_data import currencies
from service.domain.model.vocabulary import HOME_CURRENCY, UNSTATED
from service.web.forms.questions import Option, Setting
from service.web.site import words

NOT_STATED = Option("", "Not stated")
CHOOSE = Option("", "Choose")
QUALIFIERS = (
    Option("exact", "exact"),
    Option("about", "about that many"),
    Option("at_least", "at least that many"),
    Option("more_than", "more than that"),
    Option("at_most", "at most that many"),
    Option("under", "nearly that many"),
)
ACQUIRED = (
    Option("unstated", "Not stated"),
    Option("seized", "Seized"),
    Option("surrendered_or_found", "Surrendered or found"),
)


def categories(operation: Operation, measure: str) -> tuple[Option, ...]:
    """Return the categories of a measure; those that say less come last."""
    found = operation.measures[measure].categories
    ordered = sorted(found, key=lambda path: (path == UNSTATED, path == "other", found.index(path.partition("/")[0])))
    return (CHOOSE, *(Option(path, words.category(path)) for path in ordered))


def places(operation: Operation) -> tuple[Option, ...]:
    """Return the places of the operation."""
    return (NOT_STATED, *(Option(place, words.place(place)) for place in operation.places))


def reporting_forces(operation: Operation) -> tuple[Option, ...]:
    """Return the forces that report to the operation, in publishing order."""
    return (CHOOSE, *(Option(one.force, one.name) for one in operation.reporting))


def assisting_forces(setting: Setting) -> tuple[Option, ...]:
    """Return the forces of the operation without the one that records, and those that a corrected event names."""
    names = {one.force: one.name for one in setting.operation.participants.values() if one.force != setting.force}
    named = () if setting.corrected is None else setting.corrected.event.assisting
    names |= {one: setting.forces[one].name for one in named if one not in names and one in setting.forces}
    return tuple(Option(force, name) for force, name in names.items())


def other_forces(setting: Setting) -> tuple[Option, ...]:
    """Return the known forces that take no part in the operation."""
    taking_part = setting.operation.participants
    return tuple(Option(one.name, "") for one in setting.forces.values() if one.force not in taking_part)


def registered_drugs(operation: Operation) -> tuple[Option, ...]:
    """Return the drugs that the coordinator has added to the list."""
    known = operation.measures["drug_seizures_by_substance"].categories
    return tuple(Option(path, words.category(path)) for path in known if "/" in path)


@cache
def drug_names() -> tuple[Option, ...]:
    """Return the names of the drugs of the list, as suggestions."""
    names = dict.fromkeys(
        name
        for drug in drug_list().drugs.values()
        for name in (drug.label, *(f"{drug.drug} {form.name}".replace("_", " ") for form in drug.forms))
    )
    classes = (f"{name}, drug not known" for name in ("Class A", "Class B", "Class C", "Psychoactive substance"))
    return tuple(Option(name[:1].upper() + name[1:], "") for name in (*names, *classes, "Drug not known"))


@cache
def currency_options() -> tuple[Option, ...]:
    """Return the currencies, pounds first."""
    others = sorted(currencies() - {HOME_CURRENCY})
    return (Option(HOME_CURRENCY, "Pounds"), *(Option(one, one) for one in others))
