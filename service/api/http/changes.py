"""The coordinator's calls. `oprecord replay` reads them too, and does without the rest of the API."""

from __future__ import annotations

# The addresses of the coordinator's calls, and the type of event that each records.
CHANGES = {
    "forces": "force.joined",
    "forces/left": "force.left",
    "forces/amendments": "force.amended",
    "measures": "measure.registered",
    "amendments": "operation.amended",
    "parts": "part.accepted",
    "parts/removed": "part.removed",
    "close": "operation.closed",
    "reopen": "operation.reopened",
    "publications": "figures.published",
    "publications/{number}/public": "publication.made_public",
    "possible-duplicates/ruled-out": "duplicate.ruled_out",
    "possible-duplicates/reopened": "duplicate.reopened",
}
