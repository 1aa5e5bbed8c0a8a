"""A reconciliation for people to read: the service's JSON answer as a table, with each mismatch in words."""

from __future__ import annotations

from typing import Any

from service.cli.output import print_table, say

Json = dict[str, Any]
MARKS = {"agrees": "✓ agrees", "open": "? open", "differs": "✗ differs", "cannot_be_compared": "- cannot be compared"}
SCOPE = ("operation", "forces", "without_forces", "category", "without_category", "days", "as_of")


def print_reconciliation(answer: Json) -> None:
    """Print each printed figure beside the record's, then each one that does not agree, with its place in the file."""
    print_table(_title(answer), ("figure", "printed", "record", "result"), [_row(claim) for claim in answer["claims"]])
    for claim in answer["claims"]:
        if claim["status"] != "agrees":
            say(f"{claim['place']}: {MARKS[claim['status']]}. {claim['detail']}")
    print_findings(answer)


def print_findings(answer: Json) -> None:
    """Print the contradictions and remarks found among the printed figures, and how many are not listed."""
    for finding in answer["findings"]:
        more = [f"{finding['more_places']:,} more"] if "more_places" in finding else []
        say(f"{finding['kind']}: {finding['detail']} [{', '.join([*finding['places'], *more])}]")
    if answer["findings_not_listed"]:
        say(f"{answer['findings_not_listed']:,} further findings are not listed: mend these first.")


def _title(answer: Json) -> str:
    counts, seq = answer["counts"], answer["as_of"]["seq"]
    return f"{answer['operation']} as of seq {seq}: {counts['agrees']} of {sum(counts.values())} printed figures agree"


def _row(claim: Json) -> tuple[str, ...]:
    scope = [_scope_words(name, claim[name]) for name in SCOPE if name in claim]
    recorded = claim["recorded"]["display"] if "recorded" in claim else "-"
    return "; ".join([claim["measure"], *scope]), claim["printed"], recorded, MARKS[claim["status"]]


def _scope_words(name: str, value: str | list[str]) -> str:
    words = value if isinstance(value, str) else ", ".join(value)
    return f"without {words}" if name.startswith("without") else words
