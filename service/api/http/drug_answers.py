"""The drug list as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson

from service.domain.model.drugs import ClassPeriod, Drug, NamedPart, drug_list

Json = dict[str, Any]


@cache
def drug_list_json() -> bytes:
    """Return the drug list as JSON text. It changes only with a release, so it is built once for each process."""
    found = drug_list()
    return orjson.dumps(
        {
            "covers_from": found.covers_from,
            "known_until": found.known_until,
            "class_names": found.class_names,
            "drugs": [_drug_json(drug) for drug in found.drugs.values()],
            "not_drugs": found.not_drugs,
            "sources": list(found.sources.values()),
        }
    )


def _drug_json(drug: Drug) -> Json:
    return {
        "drug": drug.drug,
        "label": drug.label,
        "class_alone": drug.class_alone,
        "classes": [_period_json(period) for period in drug.periods],
        "forms": _parts_json(drug.forms),
        "amounts": _parts_json(drug.amounts),
        "aliases": drug.aliases,
        "ambiguous": drug.ambiguous,
        "units": drug.units,
        "values": drug.values,
        "evidence": drug.evidence,
        "note": drug.note,
    }


def _period_json(period: ClassPeriod) -> Json:
    return {
        "class": period.drug_class,
        "category": period.category,
        "from": period.since,
        "source": period.source,
        "evidence": period.evidence,
    }


def _parts_json(parts: Sequence[NamedPart]) -> list[Json]:
    return [{"name": part.name, "aliases": part.aliases} for part in parts]
