"""Examples in the OpenAPI document; a test sends every one of them."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

OPENING: Json = {
    "id": "018d1a2b-0000-7000-8000-000000000001",
    "operation": "example-2024-01",
    "name": "Operation Example",
    "lead_force": "metropolitan",
    "starts_at": "2024-01-16T00:00:00Z",
    "ends_at": "2024-01-19T00:00:00Z",
    "returns_due_at": "2024-01-19T12:00:00Z",
    "forces": ["metropolitan", {"force": "surrey", "reports": "events"}, {"force": "btp", "reports": "tallies"}],
    "places": ["m25", "enfield"],
}
CHANGES: dict[str, Json] = {
    "force.joined": {"id": "018d1a2b-0000-7000-8000-000000000002", "force": "kent", "reports": "events"},
    "force.amended": {"id": "018d1a2b-0000-7000-8000-00000000000e", "force": "btp", "reports": "events"},
    "force.left": {"id": "018d1a2b-0000-7000-8000-00000000000d", "force": "btp"},
    "measure.registered": {
        "id": "018d1a2b-0000-7000-8000-000000000003",
        "measure": "dogs_deployed",
        "label": "dogs deployed",
        "unit": "dogs",
    },
    "operation.amended": {"id": "018d1a2b-0000-7000-8000-000000000004", "places": ["m25", "enfield", "barnet"]},
    "part.accepted": {"id": "018d1a2b-0000-7000-8000-000000000008", "part": "example-week-2024-01"},
    "part.removed": {"id": "018d1a2b-0000-7000-8000-00000000000f", "part": "example-week-2024-01"},
    "operation.closed": {"id": "018d1a2b-0000-7000-8000-000000000005"},
    "operation.reopened": {"id": "018d1a2b-0000-7000-8000-000000000006"},
    "duplicate.ruled_out": {
        "id": "018d1a2b-0000-7000-8000-000000000007",
        "events": ["018d1a2b-0000-7000-8000-000000000013", "018d1a2b-0000-7000-8000-000000000015"],
    },
    "duplicate.reopened": {
        "id": "018d1a2b-0000-7000-8000-00000000000a",
        "events": ["018d1a2b-0000-7000-8000-000000000013", "018d1a2b-0000-7000-8000-000000000015"],
    },
}
PAIRS: Json = {"pairs": [CHANGES["duplicate.ruled_out"] | {"id": "018d1a2b-0000-7000-8000-00000000000b"}]}
ARREST: Json = {
    "id": "018d1a2b-0000-7000-8000-000000000011",
    "type": "arrest.recorded",
    "force": "surrey",
    "occurred_at": "2024-01-16T21:40:00Z",
    "place": "m25",
    "data": {"reason": "knife"},
}
SEIZURE: Json = {
    "id": "018d1a2b-0000-7000-8000-000000000012",
    "type": "seizure.recorded",
    "force": "surrey",
    "occurred_at": "2024-01-16T21:45:00Z",
    "place": "m25",
    "data": {
        "lines": [
            {"kind": "weapon", "weapon": "bladed/knife", "acquired": "seized"},
            {"kind": "drug", "drug": "a/cocaine", "weight_milligrams": 12500},
            {"kind": "cash", "currency": "GBP", "amount_minor": 52000},
        ]
    },
}
# Only the day of these stops is known.
ACTIVITY: Json = {
    "id": "018d1a2b-0000-7000-8000-000000000016",
    "type": "activity.recorded",
    "force": "surrey",
    "occurred_on": "2024-01-17",
    "data": {"measure": "vehicles_stopped", "quantity": 34},
}
CORRECTION: Json = {
    "id": "018d1a2b-0000-7000-8000-000000000013",
    "type": "arrest.recorded",
    "force": "surrey",
    "occurred_at": "2024-01-16T21:40:00Z",
    "corrects": ARREST["id"],
    "correction_reason": "reclassified",
    "data": {"reason": "weapon"},
}
# Recorded by Kent after it has joined: a possible duplicate of Surrey's arrest that turns out not to be one.
SIMILAR_ARREST: Json = ARREST | {"id": "018d1a2b-0000-7000-8000-000000000015", "force": "kent"}
RETURN: Json = {
    "id": "018d1a2b-0000-7000-8000-000000000014",
    "type": "return.declared",
    "force": "surrey",
    "data": {"day": "2024-01-16", "status": "complete"},
}
BATCH: Json = {"events": [ARREST, SEIZURE, ACTIVITY, CORRECTION, RETURN]}
PUBLICATION: Json = {"id": "018d1a2b-0000-7000-8000-000000000009", "label": "provisional"}
MADE_PUBLIC: Json = {"id": "018d1a2b-0000-7000-8000-00000000000c"}
CREDENTIAL: Json = {"force": "surrey", "role": "force", "operations": [OPENING["operation"]], "expires_in_days": 14}
FORCE: Json = {"force": "eastern-region-unit", "name": "Eastern Region Unit", "kind": "unit"}
STATEMENT = """# More than 170 arrests

Operation Example was led by Metropolitan Police Service. Two police forces took part: Metropolitan Police Service and
Surrey Police.

It took place from 16 to 18 January 2024.

From 16 to 18 January 2024:

- 179 arrests
- 40 drug seizures
"""
CLAIMS: Json = {
    "format": "claims/1",
    "source": {"release": {"published": "2024-01-24", "days": ["2024-01-16", "2024-01-18"], "force_count": 3}},
    "claims": [
        {
            "source": "release",
            "figures": [
                {"measure": "arrests", "value": "170", "unit": "arrests", "says": "more than"},
                {"measure": "cash", "value": "5,700", "unit": "pounds"},
                {"measure": "drug_weight", "value": "1.5", "unit": "kilograms", "category": "a/cocaine"},
            ],
        }
    ],
    "breakdown": [
        {
            "source": "release",
            "measure": "arrests",
            "unit": "arrests",
            "by": "force",
            "lines": [{"force": "metropolitan", "value": "158"}, {"force": "surrey", "value": "21"}],
        }
    ],
}
CLAIMS_TOML = """\
format = "claims/1"

[source.release]
published = 2024-01-24

[[claims]]
source = "release"
forces = ["surrey"]
figures = [
  { measure = "arrests", value = "21", unit = "arrests" },
  { measure = "cash", value = "1.2", unit = "million pounds", says = "nearly" },
]
"""
CLAIMS_CSV = """\
source,forces,measure,value,unit,says
release,,arrests,170,arrests,more than
release,surrey;btp,weapons,12,items,
"""
