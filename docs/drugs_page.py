"""The reference page of drugs: classes by day, names, ambiguous words, street values and sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from docs.markdown import table
from service.domain.model.drugs import ClassPeriod, Drug, StreetValue, drug_list

LIST = "service/domain/model/reference/drugs.toml"
INFERRED = " (inferred)"


def drugs_page() -> Iterator[str]:
    """Yield the page of drugs."""
    found = drug_list()
    drugs = list(found.drugs.values())
    yield (
        f"# Drugs\n\nThe {len(drugs)} substances that the service knows, from [`{LIST}`](../../{LIST}). "
        "`GET /v1/drugs` returns the same list.\n\n"
        "The category of a drug is a path: its class, then the drug, then the form if it is known, such as "
        "`b/cannabis/resin`. A form is one of those listed here. When a fact is recorded:\n\n"
        "- The class must be the one that held on the operating day of the fact. For an activity of several days, that "
        "is its first day. On a day on which a drug was in no class, under a temporary order, or of unknown class, its "
        "first step is `unstated`.\n"
        f"- The list begins on {found.covers_from}. On earlier days a known drug is accepted under any class.\n"
        "- A substance that is not in the list is refused, with the nearest names. Send its class alone, such as `a`, "
        "or `unstated`; or the coordinator registers its path for the operation, as a category of "
        "`drug_seizures_by_substance` ([guide](../guides/coordinating.md)). A registered path is accepted as it is, "
        "even against the list, so that a change of the law can be followed before the list has it.\n"
        "- Names and ambiguous words are no codes. A name is refused with the code; an ambiguous word is refused with "
        "the drugs that it may mean.\n"
        "- A class B drug prepared for injection is class A. Send `a` alone.\n\n"
        "These rules hold for what is recorded now. The log of an earlier version is imported as it was recorded "
        "([decision 30](../decisions/0030-drugs-are-a-list.md)).\n\n"
        f"The list has the law up to {found.known_until}. A class that was not read in its source is marked inferred."
    )
    yield "## Classes\n\n" + table(
        ("drug", "label", "class", "forms", "usual units"), [_class_row(drug) for drug in drugs]
    )
    yield "## Notes\n\n" + table(("drug", "note"), [(f"`{drug.drug}`", drug.note) for drug in drugs if drug.note])
    yield "## Names\n\n" + table(("drug", "names"), [_name_row(drug) for drug in drugs])
    yield (
        "## Ambiguous words\n\nThese words are never mapped to one drug.\n\n"
        + table(("word", "may mean"), list(_ambiguous_rows(drugs)))
    )
    yield (
        "## Not drugs\n\n"
        + table(
            ("thing", "what it is", "send", "names"),
            [(f"`{one.thing}`", one.what, one.send, ", ".join(one.aliases)) for one in found.not_drugs],
        )
    )
    yield (
        "## Street values\n\nIn pounds. Prices age, and many are of one newspaper: they show what is implausible, not "
        "what a seizure is worth.\n\n"
        + table(
            ("drug", "per", "pounds", "year", "source"),
            [_value_row(drug, value) for drug in drugs for value in drug.values],
        )
    )
    yield "## Sources\n\n" + table(
        ("source", "title", "date"),
        [
            (f"`{one.source}`", f"[{one.title}]({one.url})" if one.url else one.title, one.date)
            for one in found.sources.values()
        ],
    )


def _class_row(drug: Drug) -> tuple[str, ...]:
    forms = ", ".join(f"`{one.name}`" for one in drug.forms)
    return (
        f"`{drug.drug}`",
        drug.label,
        "; ".join(_period(period) for period in drug.periods),
        "none: its class alone" if drug.class_alone else forms,
        ", ".join(drug.units),
    )


def _period(period: ClassPeriod) -> str:
    if period.drug_class == "unknown":
        return "unknown"
    since = f" from {period.since}" if period.since else ""
    mark = INFERRED if period.evidence == "inferred" else ""
    return f"{period.drug_class}{since}{mark}"


def _name_row(drug: Drug) -> tuple[str, str]:
    parts = [f"`{part.name}`: {', '.join(part.aliases)}" for part in (*drug.forms, *drug.amounts) if part.aliases]
    return f"`{drug.drug}`", "; ".join([", ".join(drug.aliases), *parts])


def _ambiguous_rows(drugs: list[Drug]) -> Iterator[tuple[str, str]]:
    words: defaultdict[str, list[str]] = defaultdict(list)
    for drug in drugs:
        for word in drug.ambiguous:
            words[word].append(f"`{drug.drug}`")
    for word in sorted(words):
        yield word, ", ".join(words[word])


def _value_row(drug: Drug, value: StreetValue) -> tuple[str, ...]:
    name = f"`{drug.drug}/{value.form}`" if value.form else f"`{drug.drug}`"
    low, high = f"{value.low_pence / 100:.2f}", f"{value.high_pence / 100:.2f}"
    pounds = low if low == high else f"{low} to {high}"
    return name, value.per, pounds, "" if value.year is None else str(value.year), f"`{value.source}`"
