"""Events: what a figure is made of, what became of an event, and the same as a file."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, request

from service.access.roles import COORDINATOR, FORCE, REPORTERS
from service.domain.counting.selection import Selection
from service.domain.model.events import RecordedEvent
from service.domain.model.operation import Operation, UnknownCode
from service.errors import Invalid
from service.exports.tables import Column, ExportTable
from service.exports.tables_of_answers import CSV, events_table, table_answer
from service.spreadsheets.reading.file import XLSX
from service.usecases.overview.events import EventList, PageStart, event_lines, list_events
from service.usecases.overview.versions import Versions, read_versions
from service.usecases.querying.as_of import Moment
from service.usecases.querying.read_operations import read_operation
from service.web.events import sentences
from service.web.facts import listing
from service.web.facts.answers import answers, changes
from service.web.site import event_words, words
from service.web.site.blueprint import PageNotFound, Pages, credential, database, person
from service.web.site.rendering import address, operation_page, part_of, render

pages = Pages("events", __name__)

ONE_DAY = timedelta(days=1)
FILTERS = ("measure", "force", "day", "category", "event")
MEDIA = {"csv": CSV, "xlsx": XLSX}


@pages.route("/operations/<operation>/events")
@pages.requires(*REPORTERS)
def show(operation: str) -> str:
    """List the events of a figure, or all, newest first."""
    cursor = PageStart(before=_whole("before"), after=_whole("after"))
    found = _found(operation, cursor)
    filters = {name: said for name in FILTERS if (said := request.args.get(name, ""))}
    return render(
        "events/events.html.jinja",
        **operation_page(
            found.operation,
            title=sentences.title_of(_selection(), found.operation),
            tab="events.show",
            position=found.position,
        ),
        found=found,
        selection=_selection(),
        filters=filters,
        without=lambda name: _address(operation, {one: said for one, said in filters.items() if one != name}),
        newer=_address(operation, filters | {"after": str(found.newer)}) if found.newer else None,
        older=_address(operation, filters | {"before": str(found.older)}) if found.older else None,
        files=[(ending.upper(), f"/operations/{operation}/events.{ending}?{urlencode(filters)}") for ending in MEDIA],
        choices_of_filters=_choices_of_filters(found),
        parts=found.operation.parts if found.is_coordinator else (),
        part_address=lambda part: _address(part, filters),
        is_past="event" in filters,
        is_coordinator=part_of(found.operation, credential()) == COORDINATOR,
        sentences=sentences,
        event_words=event_words,
        listing=listing,
        now=person().now,
    )


@pages.route("/operations/<operation>/events.<any(csv,xlsx):ending>")
@pages.requires(*REPORTERS)
def download(operation: str, ending: str) -> Response:
    """Send the events of the list as a file; its name and its first column carry the marking."""
    marking = read_operation(database(), operation=operation, credential=credential())[1].marking
    _found(operation, PageStart())
    lines = event_lines(
        database(), operation=operation, credential=credential(), selection=_selection(), moment=_moment()
    )
    table = events_table(lines)
    marked = ExportTable(table.name, [Column("marking"), *table.columns], ([marking, *row] for row in table.rows))
    return table_answer(MEDIA[ending], f"{marking}-{operation}-events", [marked])


@pages.route("/operations/<operation>/events/<uuid:event_id>")
@pages.requires(*REPORTERS)
def event(operation: str, event_id: UUID) -> str:
    """Show an event with its versions, its receipt and its place in the log."""
    found = read_versions(database(), operation=operation, credential=credential(), event_id=event_id)
    return render(
        "events/event.html.jinja",
        **operation_page(
            found.operation,
            title=sentences.name_of(found.versions[0].recorded),
            tab="events.show",
            above=[("Events", address("events.show", operation=operation))],
            position=found.position,
        ),
        found=found,
        banner=_banner(found),
        sentences=sentences,
        answers=answers,
        changes=changes,
        force=_force_name(found.operation, found.asked.recorded),
        now=found.moment,
        again=_again(found),
        my_day=address("day.show", operation=operation) if part_of(found.operation, credential()) == FORCE else None,
    )


def _banner(found: Versions) -> sentences.Banner | None:
    return sentences.banner(request.args.get("recorded", ""), found)


def _again(found: Versions) -> tuple[str, str | None]:
    """Return the words and the address for recording another event of the same kind."""
    kinds = {"arrest.recorded": "arrest", "seizure.recorded": "seizure", "activity.recorded": "tally"}
    kind = kinds.get(found.versions[0].recorded.event.type, "")
    target = address("record.form", operation=found.operation.operation, kind=kind) if kind else None
    return f"Record another {kind}", target


def _found(operation: str, cursor: PageStart) -> EventList:
    try:
        return list_events(
            database(),
            operation=operation,
            credential=credential(),
            selection=_selection(),
            moment=_moment(),
            cursor=cursor,
        )
    except (UnknownCode, Invalid) as error:
        raise PageNotFound("There is no such figure.") from error


def _selection() -> Selection:
    day = request.args.get("day", "")
    try:
        day_from = date.fromisoformat(day) if day else None
        day_before = None if day_from is None else day_from + ONE_DAY
    except (ValueError, OverflowError) as error:
        raise PageNotFound("There is no such day.") from error
    return Selection(
        measures=_all("measure"),
        forces=_all("force"),
        categories=_all("category"),
        day_from=day_from,
        day_before=day_before,
    )


def _choices_of_filters(found: EventList) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return the name, the label and the options of each list to choose a filter from."""
    operation = found.operation
    measures = [(one.measure, one.label[:1].upper() + one.label[1:]) for one in operation.measures.values()]
    days = [(str(day), words.day_and_weekday(day)) for day in operation.days_begun_by(person().now)]
    forces = [(one.force, one.name) for one in operation.participants.values()]
    offered = [("measure", "Figure", measures), ("day", "Day", days)]
    return [*offered, ("force", "Force", forces)] if found.is_coordinator else offered


def _all(name: str) -> tuple[str, ...]:
    said = request.args.get(name, "")
    return (said,) if said else ()


def _moment() -> Moment:
    return Moment(as_of_seq=_whole("event"))


def _whole(name: str) -> int | None:
    said = request.args.get(name, "")
    if not said:
        return None
    if not said.isascii() or not said.isdecimal() or not 0 < int(said[:17]) < 2**53:
        raise PageNotFound("There is no such event.")
    return int(said[:17])


def _address(operation: str, values: dict[str, str]) -> str | None:
    return address("events.show", operation=operation, **values)


def _force_name(operation: Operation, recorded: RecordedEvent) -> str:
    return event_words.force_of(recorded, operation)
