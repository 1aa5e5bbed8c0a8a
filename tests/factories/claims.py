"""Claims files to compare: written as short rows, read like any other file."""

from typing import Any

from service.domain.claims.claim import ClaimsFile
from service.domain.claims.reading.claims_file import read_claims
from service.domain.claims.rules.between import compare_claims
from service.domain.claims.rules.findings import Finding
from service.domain.claims.rules.groups import OperationFacts
from service.domain.model.reference_data import measure_catalogue

Json = dict[str, Any]


def figure(value: object, says: str = "exact", measure: str = "arrests", unit: str = "arrests", **keys: object) -> Json:
    """Return one figure; arrests by default."""
    return {"measure": measure, "value": value, "unit": unit, "says": says, **keys}


def block(*figures: Json, source: str = "release", **scope: object) -> Json:
    """Return a block of figures of one source and scope."""
    return {"source": source, **scope, "figures": list(figures)}


def breakdown(lines: Json | list[Json], by: str = "force", **keys: object) -> Json:
    """Return a breakdown of arrests, from the release."""
    return {"source": "release", "measure": "arrests", "unit": "arrests", "by": by, "lines": lines, **keys}


def document(*blocks: Json, sources: Json | None = None, breakdowns: tuple[Json, ...] = (), **top: object) -> Json:
    """Return a whole file; its sources, the release and the bbc, have no details by default."""
    return {
        "format": "claims/1",
        "source": {"release": {}, "bbc": {}} | (sources or {}),
        "claims": list(blocks),
        "breakdown": list(breakdowns),
        **top,
    }


def read(*blocks: Json, **keys: Any) -> ClaimsFile:
    """Return a file as it is read."""
    return read_claims(document(*blocks, **keys), measure_catalogue())


def found(*blocks: Json, facts: OperationFacts | None = None, **keys: Any) -> list[Finding]:
    """Return the findings from comparing the claims of a file with each other.

    Single letters stand for forces: the notes that they are no known forces are left out.
    """
    findings = compare_claims(read(*blocks, **keys), facts or OperationFacts()).listed
    return [one for one in findings if one.rule != "unknown_force" or one.detail[1] != " "]


def rules(findings: list[Finding]) -> list[str]:
    """Return the names of the broken rules, sorted."""
    return sorted(finding.rule for finding in findings)
