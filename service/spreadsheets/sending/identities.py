"""The identities of rows in the state file of a workbook: which sheet a row belongs to, also after sheets changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from service.spreadsheets.events import SheetEvent
from service.spreadsheets.sending.sent_rows import PREFIX, SentRows
from service.spreadsheets.sending.submission import RowsChanged


def prefixes(sheets: Sequence[str], events: Mapping[str, Sequence[SheetEvent]], state: SentRows) -> dict[str, str]:
    """Return the prefix of the identities of each sheet in `events`, and note in the state which one has none.

    `sheets` are the names of all sheets of the file; the only one of a CSV file has no name.
    """
    first = _without_prefix(sheets, events, state)
    state.sheet = first or None
    return {name: "" if name == first else _prefix(name) for name in events}


def refuse_renamed(sheets: Sequence[str], found: Mapping[str, str], state: SentRows) -> None:
    """Refuse new sheets while a sheet that was sent is gone: it may have been renamed, and would count twice.

    Raises:
        RowsChanged: a sheet that was sent is gone, and one that was not is to be sent.
    """
    first = _escaped(state.sheet or sheets[0])
    sent = {match["name"] if match else first for match in map(PREFIX.match, state.rows)}
    gone = sent - {_escaped(name) for name in sheets}
    new = [name for name, prefix in found.items() if prefix and not _has_rows(state, prefix)]
    if gone and new:
        raise RowsChanged(
            f"Sheet {', '.join(sorted(gone))}, which was sent, is gone, and sheet {', '.join(new)} is new. A renamed "
            "sheet would count twice: give it its former name. If every row of the new sheet is a new event, use "
            "--changed-are-new; the rows that were sent stay recorded."
        )


def is_unread(identity: str, sheets: Sequence[str], read: Collection[str], state: SentRows) -> bool:
    """Return whether a row is on a sheet of the file that this run does not read, so that nothing is known of it."""
    found = PREFIX.match(identity)
    sheet = found["name"] if found else _escaped(state.sheet or sheets[0])
    return sheet in {_escaped(name) for name in sheets if name not in read}


def recognise_counts(events: Sequence[SheetEvent], state: SentRows, prefix: str) -> None:
    """Let rows that were sent without a count be recognised now that they state a count of 1.

    Earlier versions took a blank count for 1. The event is the same, so its row keeps its id.
    """
    earlier = defaultdict[str, list[str]](list)
    for identity, row in state.rows.items():
        if identity.startswith(f"{prefix}content:"):
            earlier[row.content].append(identity)
    for one in events:
        sent = state.rows.get(one.identity)
        if one.content_without_count == one.content:
            continue
        if one.has_lasting_identity:
            if sent is not None and sent.content == one.content_without_count:
                state.rows[one.identity] = replace(sent, content=one.content)
        elif sent is None and earlier[one.content_without_count]:
            former = state.rows.pop(earlier[one.content_without_count].pop())
            state.rows[one.identity] = replace(former, content=one.content)


def _without_prefix(sheets: Sequence[str], events: Mapping[str, Sequence[SheetEvent]], state: SentRows) -> str:
    """Return the sheet whose identities have no prefix.

    Earlier versions sent the first sheet only and did not note its name. A sheet that is gone may have been renamed.
    In both cases it is the sheet whose rows were sent, wherever it is now; otherwise the first.
    """
    if state.sheet is not None and state.sheet in sheets:
        return state.sheet
    unsent = [name for name in events if not _has_rows(state, _prefix(name))]
    known = {name: sum(_was_sent(one, state) for one in events[name]) for name in unsent}
    if any(known.values()):
        return max(unsent, key=lambda name: known[name])
    return sheets[0] if state.sheet is None or sheets[0] in unsent else state.sheet


def _was_sent(event: SheetEvent, state: SentRows) -> bool:
    sent = state.rows.get(event.identity) or state.rows.get(f"content:{event.content_without_count}:1")
    return sent is not None and sent.content in (event.content, event.content_without_count)


def _prefix(name: str) -> str:
    return f"sheet:{_escaped(name)}:" if name else ""


def _escaped(name: str) -> str:
    return name.replace(":", "%3A")


def _has_rows(state: SentRows, prefix: str) -> bool:
    return bool(prefix) and any(identity.startswith(prefix) for identity in state.rows)
