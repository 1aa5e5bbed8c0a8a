"""Drugs in forms: typed as people call them, sent under their class on the day."""

from __future__ import annotations

from datetime import date

from service.domain.model.drug_words import DrugFound, DrugUnclear, drug_category, fold
from service.domain.model.drugs import drug_list, known_drug
from service.domain.model.operation import Operation
from service.domain.model.vocabulary import UNSTATED
from service.web.forms.choices import registered_drugs
from service.web.site import words

CLASSES = {"a": "class A", "b": "class B", "c": "class C", "psychoactive": "psychoactive substance"}
ALONE = {fold(f"{name}, drug not known"): letter for letter, name in CLASSES.items()} | {
    fold("Drug not known"): UNSTATED
}
EXPECTED = "Drug must be on the list of drugs"


def drug_text(path: str) -> str:
    """Return a drug in words, with its class: `Cannabis resin, class B`."""
    first, *further = path.split("/")
    if not further:
        return "Drug not known" if path == UNSTATED else f"{_capital(CLASSES.get(first, first))}, drug not known"
    return f"{typed_drug(path)}{f', {CLASSES[first]}' if first in CLASSES else ''}"


def typed_drug(path: str) -> str:
    """Return a drug as it is typed into a form, without its class."""
    drug, form = known_drug(path), "/".join(path.split("/")[2:])
    if drug is None:
        first, *further = path.split("/")
        return words.category("/".join(further)) if further else drug_text(first)
    name = f"{drug.drug} {form}".replace("_", " ") if form else drug.label
    return _capital(name)


def path_on(path: str, day: date) -> str:
    """Return the path of a drug that is recorded already, under its class on another day."""
    drug, form = known_drug(path), "/".join(path.split("/")[2:])
    is_dated = drug is not None and drug.period_on(day) is not None and (not form or drug.has_form(form))
    return drug.path_on(day, form) if drug is not None and is_dated else path


def read_drug(written: str, day: date, operation: Operation) -> tuple[str, str]:
    """Return the path of a drug and an empty text, or else an empty path and what is wrong.

    A path that was recorded or registered may be typed as it is.
    """
    if not written:
        return "", "Enter the drug, as it is usually called"
    if alone := ALONE.get(fold(written)):
        return alone, ""
    registered = {fold(option.text): option.value for option in registered_drugs(operation)}
    registered |= {fold(typed_drug(path)): path for path in registered.values()}
    if path := registered.get(fold(written)):
        return path, ""
    return _listed(written, day)


def _listed(written: str, day: date) -> tuple[str, str]:
    """Return the path of a drug of the list, or what is wrong."""
    found = drug_category(written, day)
    if isinstance(found, DrugFound):
        return found.path, ""
    paths = found.candidates if isinstance(found, DrugUnclear) else found.nearest
    if isinstance(found, DrugUnclear) and day < drug_list().covers_from and len(paths) == 1:
        return paths[0], ""
    guess = f". Did you mean {' or '.join(map(drug_text, paths))}?" if paths else ""
    if isinstance(found, DrugUnclear):
        return "", f"Drug can mean more than one thing{guess or ': give its full name'}"
    return "", EXPECTED + (guess or ". If it is not, choose ‘Drug not known’ with its class")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
