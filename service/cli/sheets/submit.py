"""`oprecord submit`: send the rows of a spreadsheet, as a force keeps it, as events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from service.cli.calling.http_client import HttpClient
from service.cli.calling.service import CALLER
from service.cli.output import progress, remark
from service.cli.sheets.call import Call, allowed_by, finder, force_of
from service.cli.sheets.confirmation import confirm
from service.cli.sheets.copied_rows import compared
from service.cli.sheets.options import credential_option, operation_option, url_option
from service.cli.sheets.sending.run_lock import lock_on
from service.cli.sheets.sending.state_file import sent_rows, state_path
from service.cli.sheets.shown import show
from service.errors import Invalid
from service.exports.tables import Column, ExportTable, csv_text
from service.plurals import counted
from service.runtime.garbage_collector import collecting_rarely
from service.spreadsheets.checking.check import Checked, check_sheets
from service.spreadsheets.checking.mistakes import COLUMNS, MOST_LISTED, SheetMistake, lines, rows_of
from service.spreadsheets.mapping.mapped_file import mapped_sheets, mapping_path
from service.spreadsheets.mapping.model import QuestionsOpen
from service.spreadsheets.reading.file import read_grids
from service.spreadsheets.reading.grid import Grid
from service.spreadsheets.recorded_events import find_recorded
from service.spreadsheets.sending.gone_rows import Gone, gone_rows, keep, named
from service.spreadsheets.sending.identities import is_unread
from service.spreadsheets.sending.parts import parts_to_send, parts_without_conflicts
from service.spreadsheets.sending.recorded_elsewhere import (
    corrected_lines,
    forget_withdrawals,
    sent_from_here,
    superseded_lines,
)
from service.spreadsheets.sending.sent_rows import SentRows
from service.spreadsheets.sending.submission import (
    Planned,
    check,
    send,
)
from service.spreadsheets.sending.withdrawals import check_withdrawals, withdraw
from service.spreadsheets.sheets import LeftOut, Sheet, choose_sheets
from service.spreadsheets.templates import TEMPLATES


class RowsRefused(Invalid):
    """Rows of a spreadsheet are invalid; each error has been listed by row and column."""

    code = "rows_refused"


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@operation_option("The operation to send the rows to.")
@url_option
@credential_option
@click.option("--sheet", "chosen", multiple=True, metavar="NAME", help="Read only this sheet. Can be given repeatedly.")
@click.option("--include-hidden", is_flag=True, help="Also send hidden sheets, rows and columns.")
@click.option("--check", "check_only", is_flag=True, help="Check every row with the service and send nothing.")
@click.option("--correct", is_flag=True, help="Send rows that changed since they were sent as corrections.")
@click.option(
    "--changed-are-new",
    is_flag=True,
    help="Send new rows as new events; rows already sent that are gone stay recorded.",
)
@click.option(
    "--errors",
    "errors_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE.csv",
    help="Also write all errors to this file, as a table.",
)
@click.option("--withdraw-missing", is_flag=True, help="Withdraw rows already sent that are gone from FILE.")
@click.option(
    "--equal-are-sent",
    is_flag=True,
    help="Do not send rows that equal events recorded from elsewhere; take them for these events from now on.",
)
@click.option("--equal-are-new", is_flag=True, help="Send rows that equal events recorded from elsewhere too.")
@click.option("--yes", is_flag=True, help="Send without asking. Unusual values are refused.")
@click.option("--accept-unusual", is_flag=True, help="Send unusual values too when nobody is asked.")
def submit(
    file: Path,
    operation: str,
    url: str,
    secret: str,
    chosen: tuple[str, ...],
    *,
    errors_file: Path | None,
    include_hidden: bool,
    check_only: bool,
    correct: bool,
    changed_are_new: bool,
    withdraw_missing: bool,
    equal_are_sent: bool,
    equal_are_new: bool,
    yes: bool,
    accept_unusual: bool,
) -> None:
    """Send the rows of FILE as events. FILE is a CSV or XLSX made from a template, or has a mapping (oprecord map).

    Every visible sheet of an XLSX whose header is a template's is sent. Every row is checked first, here and by the
    service. If any row is invalid, all errors are listed (of many, the first 100) and nothing is sent. Then the
    command shows what FILE adds to your figures and which values are unusual, and asks in a terminal whether to send
    it. Sending the file again counts nothing twice: FILE.sent.json records what was sent and must stay beside FILE.
    """
    _refuse_both({"--changed-are-new": changed_are_new, "--withdraw-missing": withdraw_missing})
    _refuse_both({"--equal-are-new": equal_are_new, "--equal-are-sent": equal_are_sent})
    if errors_file is not None and errors_file.resolve() == file.resolve():
        raise click.UsageError("--errors would overwrite FILE: give another name.")
    client = HttpClient(url, {CALLER: secret})
    click.get_current_context().with_resource(lock_on(file))
    force = force_of(client, CALLER)
    # Otherwise the garbage collector takes half of the time of reading a workbook.
    with collecting_rarely():
        sheets, left_out, grids = _read(file, force, chosen, include_hidden=include_hidden)
        names = [grid.name for grid in grids]
        _name_sheets(sheets, left_out)
        state, call = sent_rows(file, operation, force), Call(client, operation, CALLER)
        with progress(f"Checking {file.name}"):
            allowed = allowed_by(client, CALLER, operation, force)
            sheets, corrected = find_recorded(sheets, finder(client, operation, CALLER))
            checked = check_sheets(sheets, allowed, datetime.now(UTC))
    checked.add(sent_from_here(sheets, checked.events, state))
    if any(checked.errors.values()):
        _refuse(_checked_by_service(checked, parts_without_conflicts(checked, names, state), call), errors_file)
    _print(corrected_lines(sheets, checked.events, corrected, state))
    parts = parts_to_send(
        names, sheets, checked.events, state, correct=correct, gone_are_decided=changed_are_new or withdraw_missing
    )
    sent_now = [one.event for _sheet, planned in parts for one in planned]
    read = [sheet.name for sheet in sheets]
    gone = [one for one in gone_rows(sent_now, state) if not is_unread(one.identity, names, read, state)]
    gone, stays = forget_withdrawals(gone, state)
    _print([*stays, *superseded_lines(parts)])
    facts = _name_gone(gone, withdraw=withdraw_missing)
    withdrawals = check_withdrawals(facts if withdraw_missing else (), state, call)
    _refuse(_checked_by_service(checked, parts, call), errors_file)
    preview, parts = compared(
        parts, withdrawals.to_send, state, call, equal_are_sent=equal_are_sent, equal_are_new=equal_are_new
    )
    show(preview, file.name, state)
    if check_only:
        gone_too = f", and {len(withdrawals.to_send):,} withdrawn" if withdrawals.to_send else ""
        remark(f"Checked {_counts(parts)}: all can be sent{gone_too}{preview.warning}. Nothing was sent.")
        return
    confirm(preview.size, preview.withdrawals, len(preview.unusual), yes=yes, accept_unusual=accept_unusual)
    # The next save also drops the rows whose events these correct or withdraw.
    state.rows |= {one.event.identity: one.sent for _, planned in parts for one in planned if one.event.corrects}
    if changed_are_new:
        keep(gone, state)
    if withdrawn := withdraw(withdrawals, call, state):
        remark(f"Withdrew {counted(withdrawn, 'event')}.")
    recorded, replayed = _sent(parts, call, state, checked)
    already = counted(replayed, "was already recorded", "were already recorded")
    remark(f"Recorded {_listed(recorded)}; {already}. Keep {state_path(file).name}.")
    _refuse(checked.mistakes(), errors_file, "the others are recorded")


def _sent(
    parts: Iterable[tuple[Sheet, Sequence[Planned]]], call: Call, state: SentRows, checked: Checked
) -> tuple[Counter[str], int]:
    """Send the events and add the errors; return how many are new, by template, and how many were replays."""
    recorded: Counter[str] = Counter()
    replayed = 0
    for sheet, planned in parts:
        with progress(f"Sending {sheet.name}".rstrip()) as report:
            new, old, wrong = send(planned, call, sheet, state, report)
        recorded[sheet.template.name] += new
        replayed += old
        checked.errors[sheet.name].extend(wrong)
    return recorded, replayed


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        remark(line)


def _refuse_both(options: Mapping[str, bool]) -> None:
    if all(options.values()):
        raise click.UsageError(f"Give either {' or '.join(options)}.")


def _read(
    file: Path, force: str, chosen: tuple[str, ...], *, include_hidden: bool
) -> tuple[Sequence[Sheet], Sequence[LeftOut], Sequence[Grid]]:
    """Return the sheets to send, those left out, and all of the file, as the mapping beside it says if there is one."""
    try:
        mapped = mapped_sheets(file, force, chosen, include_hidden=include_hidden)
    except QuestionsOpen as error:
        for question in error.questions:
            remark(f"{mapping_path(file).name}, {question}")
        raise
    if mapped is None:
        with progress(f"Reading {file.name}") as report:
            grids = read_grids(file, report)
        return *choose_sheets(file.name, grids, chosen, include_hidden=include_hidden), grids
    applied, mapped_grids = mapped
    remark(f"Read as {mapping_path(file).name} says.")
    for note in applied.notes:
        remark(note)
    return applied.sheets, applied.left_out, mapped_grids


def _name_sheets(sheets: Sequence[Sheet], left_out: Sequence[LeftOut]) -> None:
    """Print which sheets of a workbook are read, and which sheets and columns are not."""
    for sheet in sheets:
        if sheet.left_out:
            columns = ", ".join(f"{one.heading} ({one.what})" for one in sheet.left_out)
            where = f"sheet {sheet.name}: " if sheet.name else ""
            remark(f"{where}Columns left out, never read and never sent: {columns}.")
    if not sheets[0].name:
        return
    # A mapped row can be several parts, which have its number.
    rows = {sheet.name: len({int(row) for row in (*sheet.rows, *sheet.problems)}) for sheet in sheets}
    names = [f"{name} ({counted(number, 'row')})" for name, number in rows.items()]
    others = f" Left out: {', '.join(f'{one.name} ({one.why})' for one in left_out)}." if left_out else ""
    remark(f"Read {_joined(names)}.{others}")


def _checked_by_service(
    checked: Checked, parts: Iterable[tuple[Sheet, Sequence[Planned]]], call: Call
) -> list[SheetMistake]:
    for sheet, planned in parts:
        with progress(f"Checking {sheet.name}".rstrip()) as report:
            checked.errors[sheet.name].extend(check(planned, call, sheet, report))
    return checked.mistakes()


def _name_gone(gone: Sequence[Gone], *, withdraw: bool) -> list[Gone]:
    """Print which rows were sent and are gone; return those that can be withdrawn, which `withdraw` leaves out."""
    facts, returns = ([one for one in gone if one.is_return is is_return] for is_return in (False, True))
    advice = "and still counted", "Use --withdraw-missing to withdraw what should not count."
    about_returns = "and still declared", "Returns cannot be withdrawn: send another return for the day."
    for some, (state, remedy) in ((() if withdraw else facts, advice), (returns, about_returns)):
        if some:
            rows = counted(len(some), "row that was sent is", "rows that were sent are")
            remark(f"{rows} gone {state}: {named(some)}. {remedy}")
    return facts


def _refuse(mistakes: Sequence[SheetMistake], file: Path | None, otherwise: str = "nothing was sent") -> None:
    """Print the mistakes in the rows, the first ones if there are many, and write all of them to the file.

    Raises:
        RowsRefused: there are mistakes.
    """
    if file is not None:
        table = ExportTable("errors", [Column(name) for name in COLUMNS], rows_of(mistakes))
        file.write_text("".join(csv_text(table)), encoding="utf-8", newline="")
    for line in lines(mistakes):
        remark(line)
    if mistakes:
        rows = counted(len({(one.sheet.name, one.error.row) for one in mistakes}), "row")
        where = f" All errors are in {file}." if file else _advice(mistakes)
        raise RowsRefused(f"{counted(len(mistakes), 'error')} in {rows}; {otherwise}.{where}")


def _advice(mistakes: Sequence[SheetMistake]) -> str:
    return " To list all errors, use --errors FILE.csv." if len(mistakes) > MOST_LISTED else ""


def _counts(parts: Sequence[tuple[Sheet, Sequence[Planned]]]) -> str:
    counts: Counter[str] = Counter()
    for sheet, planned in parts:
        counts[sheet.template.name] += len(planned)
    return _listed(counts)


def _listed(counts: Mapping[str, int]) -> str:
    """Return counts by template in words, without zeros if there is anything else."""
    some = {name: count for name, count in counts.items() if count} or counts
    return _joined([counted(count, TEMPLATES[name].noun, name) for name, count in some.items()])


def _joined(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
