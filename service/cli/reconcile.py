"""`oprecord reconcile`: compare printed figures with the record and with each other, for those who run the service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from service.api.reconciliation.as_json import findings_json, reconciliation_json
from service.cli.exit_codes import DONE, REFUSED, WRONG
from service.cli.output import as_json, print_json, remark, say
from service.cli.reconciliation_table import print_findings, print_reconciliation
from service.cli.settings import Settings, pass_settings
from service.domain.claims.reading.claims_file import WrongClaims
from service.domain.claims.rules.between import compare_claims
from service.domain.model.reference_data import measure_catalogue
from service.plurals import counted
from service.usecases.maintenance.credentials import credential_of_lead
from service.usecases.reconciliation.reconcile import reconcile as reconcile_with_record
from service.wire.claims_body import ENDINGS, read_claims_body


@click.command(short_help="Compare printed figures with the record and with each other.")
@click.argument("arguments", nargs=-1, required=True, metavar="[OPERATION] FILE")
@click.option("--claims-only", is_flag=True, help="Compare the figures only with each other; needs no database.")
@as_json
@pass_settings
def reconcile(settings: Settings, arguments: tuple[str, ...], *, claims_only: bool, as_json: bool) -> int:
    """Compare the printed figures in FILE with the totals of an OPERATION, and with each other.

    FILE is in the format claims/1: .toml, .json or .csv. OPERATION is optional with --claims-only. Nothing is
    recorded. Exits with 0 only if every figure agrees with the record and the figures do not contradict each other.
    """
    *names, file_name = arguments
    if len(names) > 1 or not (names or claims_only):
        raise click.UsageError("Give an OPERATION and a FILE, or only a FILE with --claims-only.")
    file = Path(file_name)
    if file.suffix not in ENDINGS:
        raise click.UsageError(f"{file}: expected a file name that ends in {' or '.join(ENDINGS)}.")
    operation = names[0] if names else None
    try:
        if operation is None or claims_only:
            answer = _compare_with_each_other(file, operation)
        else:
            answer = _compare_with_record(settings, file, operation)
    except WrongClaims as error:
        for wrong in error.errors:
            remark(f"{file}: {wrong.pointer or 'the file'}: {wrong.detail}")
        return REFUSED
    print_json(answer) if as_json else _print(answer)
    return DONE if answer["all_agree"] else WRONG


def _compare_with_each_other(file: Path, operation: str | None) -> dict[str, Any]:
    claims = read_claims_body(file.read_bytes(), ENDINGS[file.suffix], measure_catalogue(), operation)
    findings = compare_claims(claims)
    return {"all_agree": not findings.any_wrong, "claim_count": len(claims.claims)} | findings_json(findings)


def _compare_with_record(settings: Settings, file: Path, operation: str) -> dict[str, Any]:
    body, media = file.read_bytes(), ENDINGS[file.suffix]
    with settings.database() as database:
        found = reconcile_with_record(
            database,
            operation=operation,
            credential=credential_of_lead(database, operation),
            read=lambda measures, name: read_claims_body(body, media, measures, name),
        )
    return reconciliation_json(found)


def _print(answer: dict[str, Any]) -> None:
    if "claims" in answer:
        print_reconciliation(answer)
        return
    say(f"{counted(answer['claim_count'], 'figure')} compared with each other")
    print_findings(answer)
