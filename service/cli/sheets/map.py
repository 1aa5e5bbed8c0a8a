"""`oprecord map`: propose how a force's own file becomes rows of the templates, and ask what the file does not say."""

from __future__ import annotations

from pathlib import Path

import click

from service.cli.output import remark, say
from service.errors import Conflict
from service.plurals import counted
from service.spreadsheets.mapping.mapped_file import mapping_path, proposed, read_mapping
from service.spreadsheets.mapping.model import LEAVE_OUT, OPEN, ColumnMapping, FileMapping, SheetMapping
from service.spreadsheets.mapping.writing import open_questions


class MappingExists(Conflict):
    """The file has a mapping already, which may have been edited."""

    code = "mapping_exists"


@click.command(name="map")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--again", is_flag=True, help="Update the mapping from FILE. Your answers are kept.")
def map_file(file: Path, *, again: bool) -> None:
    """Propose a mapping for FILE, a spreadsheet that was not made from a template.

    It is written to FILE.map.toml. Answer the questions in it with a text editor; then `oprecord submit FILE` uses it.
    Nothing is sent, and nothing in FILE is changed.
    """
    path = mapping_path(file)
    found = read_mapping(file)
    if found is not None and not again:
        raise MappingExists(
            f"{path.name} exists already and was left as it is. Edit it, or use --again to update it from {file.name}: "
            "your answers are kept, your comments are not."
        )
    mapping, text = proposed(file, found[0] if found else None)
    if found is not None:
        old = path.with_name(f"{path.name}.old")
        path.replace(old)
        remark(f"The mapping as it was is now {old.name}.")
    path.write_text(text, encoding="utf-8")
    _describe(mapping)
    questions = open_questions(text)
    if not questions:
        say(f"Wrote {path.name}: nothing is open. Read it, then run: oprecord submit {file.name} --check ...")
        return
    open_now = counted(len(questions), "question is", "questions are")
    say(f'\nWrote {path.name}: {open_now} open. Replace each "?" in it by your answer:')
    for one in questions:
        say(f"  {one}")


def _describe(mapping: FileMapping) -> None:
    """Print what was recognised, sheet by sheet."""
    if not mapping.sheets:
        say("Every sheet has the header of a template, which needs no mapping.")
    for sheet in mapping.sheets:
        name = f"Sheet {sheet.sheet}" if sheet.sheet else "The file"
        if sheet.template in (LEAVE_OUT, OPEN):
            say(f"{name}: {'not recognised' if sheet.template == OPEN else 'left out'}.")
            continue
        rows = ", ".join(map(str, sheet.header_rows))
        say(f"{name} becomes {sheet.template}; its headings are in row {rows}.")
        for one in sheet.columns:
            if one.to not in (LEAVE_OUT, OPEN):
                say(f"  {one.heading} -> {_becomes(one)}")
        left_out = [one for one in sheet.columns if one.to == LEAVE_OUT]
        if left_out:
            say(f"  Left out, never sent: {', '.join(one.heading or one.column for one in left_out)}")
        _describe_rows(sheet)


def _describe_rows(sheet: SheetMapping) -> None:
    for heading, words in sheet.sum_rows.items():
        say(f"  Rows with {' or '.join(words)} under {heading} are sums: checked, then left out.")
    for name, value in sheet.constants.items():
        if value != OPEN:
            say(f"  Every row: {name} = {value}")


def _becomes(one: ColumnMapping) -> str:
    parts = [one.to]
    parts += [value for value in (one.unit, one.order) if value not in ("", OPEN)]
    parts += [f"{name} {value}" for name, value in one.sets.items() if value != OPEN]
    if one.of:
        parts.append(f"of {' + '.join(one.of)}")
    if one.words:
        parts.append(counted(len(one.words), "word"))
    return ", ".join(parts)
