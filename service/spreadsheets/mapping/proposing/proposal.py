"""Propose a mapping for the sheets of a file. What the file does not say is an open question, never an assumption."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.spreadsheets.mapping.apply import header_is_template
from service.spreadsheets.mapping.dates import month_named, period_of
from service.spreadsheets.mapping.model import (
    AMOUNTS,
    DATE,
    DATE_AND_TIME,
    EACH_ROW,
    ITEM,
    LEAVE_OUT,
    MAPPED,
    OPEN,
    PERIOD,
    REFUSE,
    TIME,
    WEIGHT,
    ColumnMapping,
    FileForm,
    FileMapping,
    SheetMapping,
)
from service.spreadsheets.mapping.proposing.columns import proposed_columns
from service.spreadsheets.mapping.proposing.look import Look, all_are, is_numeric, last_part, split_heading
from service.spreadsheets.mapping.proposing.suggest import about_codes, side_of
from service.spreadsheets.mapping.sums import is_total_word
from service.spreadsheets.mapping.table import Table, find_header, table_of, written
from service.spreadsheets.reading.cells import is_blank
from service.spreadsheets.reading.grid import Grid
from service.spreadsheets.words import Ambiguous, KnownWord, Meaning, column_meant, meaning_of, personal_heading

FEWEST_ROWS, FEWEST_CELLS, FEWEST_MONTHS, CLEAR_LEAD = 2, 2, 3, 2
NAMES = {
    "arrests": ("arrest", "custody", "detain", "charge"),
    "seizures": ("seiz", "drug", "weapon", "vehicle", "cash", "firearm", "property"),
    "activities": ("activit", "stop", "search", "warrant", "tally", "tallies"),
    "returns": ("return", "status"),
}
SIGNS = {
    "arrests": ("reason",),
    "seizures": ("kind", "weight_grams", "plants", "tablets", "wraps", "value_pounds", "cash_pounds", "acquired"),
    "activities": ("measure",),
    "returns": ("status", "measures"),
}
NO_KEY = (
    'does each row count as one {what}? Write "each row", or the headings whose cells together say which rows are one '
    '{what}, such as ["Arrest no"]. They are compared on this machine and never sent.'
)


def propose(name: str, grids: Sequence[Grid], form: FileForm, before: FileMapping | None = None) -> FileMapping:
    """Return a mapping for a file with its open questions; answers of an earlier mapping are kept.

    `name` is the name of the file, which may say what it holds. Sheets with the header of a template need no mapping.
    """
    earlier = {one.sheet: one for one in before.sheets} if before else {}
    own = [grid for grid in grids if grid.rows and not header_is_template(grid)]
    by_force = [grid.name for grid in own if isinstance(meaning_of("force", grid.name), KnownWord)]
    return FileMapping(
        form=form,
        sheets=tuple(
            _of_force(grid)
            if len(by_force) > 1 and grid.name in by_force and grid.name not in earlier
            else _sheet(name, grid, form, earlier.get(grid.name))
            for grid in own
        ),
    )


def _sheet(name: str, grid: Grid, form: FileForm, before: SheetMapping | None) -> SheetMapping:
    if before is not None and before.template == LEAVE_OUT:
        return before
    if grid.is_hidden and before is None:
        return SheetMapping(sheet=grid.name, template=LEAVE_OUT, remarks={"template": "The sheet is hidden."})
    header = before.header_rows if before is not None and before.header_rows else find_header(grid)
    table = table_of(grid, header) if header else Table((), {})
    if not header or not _has_data(table):
        return _without_table(grid)
    template, why = _template(name, grid, table)
    if before is not None and before.template != OPEN:
        template, why = before.template, ""
    title = next(
        (written(cell) for row in grid.rows if row < min(header) for cell in grid.rows[row] if not is_blank(cell)), ""
    )
    remarks = {
        "template": why,
        "header_rows": f'The row of the headings; above it stands: "{title}".' if title else "The row of the headings.",
    }
    if len(header) > 1:
        remarks["header_rows"] = "The rows of the headings: groups above, joined with the headings below by ' / '."
    if template == OPEN:
        return SheetMapping(sheet=grid.name, template=OPEN, header_rows=header, remarks=remarks)
    # A mapping without columns only answers what the sheet is, not yet what its rows are.
    answered = before if before is not None and before.columns else None
    return _Proposal(grid, table, form, template, answered).sheet(header, remarks)


def _of_force(grid: Grid) -> SheetMapping:
    about = (
        f"{named(grid)} seems to be that of a force, as others are. Rows of other forces are never sent as yours: "
        f'write "leave out" if it is not your force. Otherwise write one of {", ".join(MAPPED)}, and run oprecord '
        "map again with --again for its columns."
    )
    return SheetMapping(sheet=grid.name, template=OPEN, header_rows=find_header(grid), remarks={"template": about})


def _without_table(grid: Grid) -> SheetMapping:
    wide = sum(sum(not is_blank(cell) for cell in cells) >= FEWEST_CELLS for cells in grid.rows.values())
    if wide < FEWEST_ROWS:
        return SheetMapping(
            sheet=grid.name, template=LEAVE_OUT, remarks={"template": "No table was found in this sheet."}
        )
    about = (
        f'{named(grid)}: no row of headings was recognised. Write "leave out", or what its rows are '
        f"({', '.join(MAPPED)}) and header_rows = [...], then run oprecord map again with --again."
    )
    return SheetMapping(sheet=grid.name, template=OPEN, remarks={"template": about})


def named(grid: Grid) -> str:
    """Return a sheet as it is named in a sentence; a CSV file has none."""
    return f"Sheet {grid.name}" if grid.name else "The file"


def _has_data(table: Table) -> bool:
    return sum(bool(heading) for heading in table.headings) > 0 and bool(table.rows)


def _template(name: str, grid: Grid, table: Table) -> tuple[str, str]:
    """Return the template that a table seems to be for, `?` if that is not clear, and why."""
    scores = dict.fromkeys(MAPPED, 0)
    months = 0
    for index, heading in enumerate(table.headings):
        part = last_part(heading)
        months += bool(month_named(part)) or all_are([part], period_of)
        for template in MAPPED:
            meant, bare = column_meant(part, template), column_meant(split_heading(part), template)
            meant = meant if isinstance(meant, KnownWord | Ambiguous) else bare
            scores[template] += 2 * any(sign in _candidates(meant) for sign in SIGNS[template])
            if is_numeric(table.cells(index).values()) and side_of(part, template, None):
                scores[template] += 1
    for template, words in NAMES.items():
        said = (name, grid.name, *table.headings)
        scores[template] += 2 * any(word in text.casefold() for text in said for word in words[:1])
        scores[template] += any(word in text.casefold() for text in said[:2] for word in words[1:])
    if months >= FEWEST_MONTHS:
        return "activities", "Months side by side are tallies of a period, which only activities can be."
    first, second = sorted(scores, key=lambda one: -scores[one])[:2]
    if scores[first] - scores[second] >= CLEAR_LEAD:
        return first, "What each row becomes: arrests, seizures, activities or returns."
    about = (
        f'{named(grid)}: what are its rows? Write one of {", ".join(MAPPED)}, or "leave out". '
        "Then run oprecord map again with --again for its columns."
    )
    return OPEN, about


def _candidates(meant: Meaning) -> tuple[str, ...]:
    match meant:
        case KnownWord(code):
            return (code,)
        case Ambiguous(candidates):
            return candidates
        case _:
            return ()


class _Proposal:
    def __init__(self, grid: Grid, table: Table, form: FileForm, template: str, before: SheetMapping | None) -> None:
        self.grid, self.form, self.template, self.before = grid, form, template, before
        self.sum_rows, skipped = self._find_sum_rows(table)
        self.below = [row for row in self._below(table) if row not in skipped]
        data = {row: cells for row, cells in table.rows.items() if row not in {*skipped, *self.below}}
        self.table = Table(table.headings, data)
        self.remarks: dict[str, str] = {}

    def sheet(self, header: tuple[int, ...], remarks: Mapping[str, str]) -> SheetMapping:
        look = Look(self.table, self.form, self.template, self.grid.merged, self._earlier())
        columns = proposed_columns(look)
        constants = self._constants(columns)
        group_by = self._group_by(columns)
        self.remarks |= remarks
        if self.below and not self.before:
            self.remarks["text_below"] = f"Rows with a single text below the table: {', '.join(map(str, self.below))}."
        before = self.before
        return SheetMapping(
            sheet=self.grid.name,
            template=self.template,
            header_rows=header,
            zone=self._zone(columns, look),
            group_by=group_by,
            primary=before.primary if before else REFUSE,
            sum_rows={**self.sum_rows, **(before.sum_rows if before else {})},
            not_sum_rows=before.not_sum_rows if before else (),
            text_below=before.text_below if before else LEAVE_OUT if self.below else REFUSE,
            constants=constants,
            columns=tuple(columns),
            remarks=self.remarks,
        )

    def _earlier(self) -> Sequence[ColumnMapping]:
        return self.before.columns if self.before else ()

    def _find_sum_rows(self, table: Table) -> tuple[dict[str, tuple[str, ...]], set[int]]:
        found: dict[str, dict[str, None]] = {}
        rows: set[int] = set()
        for index, heading in enumerate(table.headings):
            if not heading or personal_heading(last_part(heading)) is not None:
                continue
            for row, cell in table.cells(index).items():
                if isinstance(cell, str) and is_total_word(cell):
                    found.setdefault(heading, {})[written(cell)] = None
                    rows.add(row)
        return {heading: tuple(words) for heading, words in found.items()}, rows

    def _below(self, table: Table) -> list[int]:
        found = []
        for row in reversed(list(table.rows)):
            filled = [cell for cell in table.rows[row] if not is_blank(cell)]
            if len(filled) != 1 or not isinstance(filled[0], str) or sum(map(bool, table.headings)) == 1:
                break
            found.append(row)
        return sorted(found) if len(found) < len(table.rows) else []

    def _zone(self, columns: Sequence[ColumnMapping], look: Look) -> str:
        timed = [one for one in columns if one.to in (TIME, DATE_AND_TIME, "end")]
        if self.before and self.before.zone not in ("", OPEN):
            return self.before.zone
        if not any(look.lacks_zone(one) for one in timed):
            return ""
        stated = next((one.heading for one in timed if "utc" in one.heading.casefold()), "")
        if stated:
            self.remarks["zone"] = f'The heading "{stated}" says so.'
            return "UTC"
        headings = ", ".join(f'"{one.heading}"' for one in timed)
        self.remarks["zone"] = (
            f'{headings}: in which time zone are the times? Write "Europe/London" for the time on a clock in the '
            'United Kingdom, in summer as in winter, "UTC", or an offset such as "+01:00".'
        )
        return OPEN

    def _constants(self, columns: Sequence[ColumnMapping]) -> dict[str, str]:
        targets = {one.to for one in columns} | {name for one in columns for name in one.sets}
        if OPEN in targets:
            # The answer may be the column that is missing. If it is not, applying the mapping says what is.
            return dict(self.before.constants) if self.before else {}
        found: dict[str, str] = {}
        if not targets & {DATE, DATE_AND_TIME, PERIOD}:
            what = DATE if self.template != "activities" else PERIOD
            example = '"2023-01-17"' if what == DATE else '"2023-01-17", "2023-01" or "2023"'
            found[what] = OPEN
            self.remarks[what] = f"No column says when. Write the day of all rows, as in {example}."
        needed = {"arrests": "reason", "activities": "measure", "returns": "status"}.get(self.template, "")
        if needed and needed not in targets:
            found[needed] = OPEN
            self.remarks[needed] = f"No column says the {needed}. Write the one of all rows. {about_codes(needed)}"
        if self.template == "seizures" and not targets & {"kind", ITEM}:
            found["kind"] = self._kind(columns)
            self.remarks["kind"] = f"What was seized in every row. {about_codes('kind')}"
        if self.template == "activities" and "quantity" not in targets:
            self.remarks["constants"] = (
                'No column says how many. Set one to = "quantity", or write quantity = "1" here.'
            )
            found["quantity"] = OPEN
        before = {key: value for key, value in (self.before.constants if self.before else {}).items() if value != OPEN}
        return {**{key: value for key, value in found.items() if key not in targets}, **before}

    def _kind(self, columns: Sequence[ColumnMapping]) -> str:
        headings = " ".join(one.heading.casefold() for one in columns if one.to == "category")
        if any(one.to in (WEIGHT, "plants", "tablets", "wraps") for one in columns) or "drug" in headings:
            return "drug"
        return "weapon" if "weapon" in headings else OPEN

    def _group_by(self, columns: Sequence[ColumnMapping]) -> str | tuple[str, ...]:
        if self.before and self.before.group_by != OPEN:
            return self.before.group_by
        if self.template not in ("arrests", "seizures"):
            return EACH_ROW
        key = next((one for one in columns if one.to == "reference"), None)
        return self._by_count(columns) if key is None else self._by_key(key)

    def _by_key(self, key: ColumnMapping) -> str | tuple[str, ...]:
        words = [written(cell) for cell in self.table.cells(self._index(key)).values()]
        if len(set(words)) == len(words):
            return EACH_ROW
        if self.template == "seizures":
            self.remarks["group_by"] = f'Rows with the same "{key.heading}" are one seizure.'
            return (key.heading,)
        self.remarks["group_by"] = f'"{key.heading}" repeats: {NO_KEY.format(what="arrest")}'
        return OPEN

    def _by_count(self, columns: Sequence[ColumnMapping]) -> str:
        what = "arrest" if self.template == "arrests" else "seizure"
        sides = [one for one in columns if one.sets and one.to in AMOUNTS]
        has_count = self.template == "arrests" and any(one.to == "count" for one in columns)
        if sides or has_count:
            self.remarks["group_by"] = f"Each row has its own counts, so each row is {what}s of its own."
            return EACH_ROW
        self.remarks["group_by"] = "D" + NO_KEY.format(what=what)[1:]
        return OPEN

    def _index(self, column: ColumnMapping) -> int:
        return self.table.index_of(column.heading, column.column)[0]
