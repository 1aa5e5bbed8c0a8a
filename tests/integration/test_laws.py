"""The invariants of the record, tested by random histories on both databases against an independent model.

Live totals equal those of the model, those of a rebuild, and the sum of all entries. The totals as of seq n equal those
of a log cut at n, whatever the totals snapshot interval. A correction only adds rows. The sum over the forces equals
the overall total. A corrected qualifier leaves no trace. A return is reopened by later events of each of their days.
What was recorded, publications included, can be exported, and imported elsewhere with the same root and figures.
"""

import copy
import itertools
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from service.domain.counting.selection import Selection
from service.domain.deciding.draft import Submission
from service.domain.model.events import Event
from service.projections.returns import declarations
from service.projections.sums import sums
from service.storage.db import Database, open_database
from service.usecases.maintenance.rebuild import rebuild
from service.usecases.maintenance.transfer import export_operation, import_operation
from service.usecases.maintenance.verify import verify_operation
from service.usecases.querying.as_of import Moment
from service.usecases.querying.totals import totals
from service.usecases.recording.publish import publish_figures
from service.wire.checked import load_event
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import Key, OpenedOperation, opened_operation
from tests.factories.setup import LEAD, FiguresPublishedFactory, OperationClosedFactory, OperationReopenedFactory

Row = dict[str, Any]

SETUP = 6
# Four London days over the night on which the clocks go forward, so that the last two begin at 23:00 UTC.
STARTS_AT = datetime(2023, 3, 25, tzinfo=UTC)
CLOCKS_GO_FORWARD = datetime(2023, 3, 26, 1, tzinfo=UTC)
HALF_HOURS = 190
HALF_AN_HOUR = timedelta(minutes=30)
FACTS = ("arrest.recorded", "seizure.recorded", "activity.recorded")
AMOUNTS = {
    "weight_milligrams": "drug_weight",
    "plants": "drug_plants",
    "tablets": "drug_tablets",
    "wraps": "drug_wraps",
    "value_pence": "drug_value",
}


# The model: it counts the JSON rows that were sent, without any code of the service.


class Model:
    """A log in plain Python. Each request for figures counts all rows again."""

    def __init__(self) -> None:
        self.log: list[Row] = []
        self.closed = False

    def send(self, row: Row) -> str:
        """Return the outcome of a row: recorded, replayed, or an error code."""
        known = {one["id"]: one for one in self.log}
        if row["id"] in known:
            return "replayed" if known[row["id"]] == row else "content_differs"
        refused = self._refused(row, known)
        if refused is None:
            self.log.append(row)
        return refused or "recorded"

    def send_atomically(self, rows: list[Row]) -> list[str]:
        """Return the outcomes of the rows of an atomic request."""
        trial = copy.copy(self)
        trial.log = [*self.log]
        outcomes = [trial.send(row) for row in rows]
        if set(outcomes) <= {"recorded", "replayed"}:
            self.log = trial.log
            return outcomes
        return ["not_recorded" if one in ("recorded", "replayed") else one for one in outcomes]

    def _refused(self, row: Row, known: dict[str, Row]) -> str | None:
        if "corrects" not in row:
            return "operation_closed" if self.closed and row["type"] in FACTS else None
        if row["corrects"] not in known:
            return "unknown_event"
        if known[row["corrects"]]["type"] not in FACTS:
            return "not_correctable"
        later = next((one for one in self.log if one.get("corrects") == row["corrects"]), None)
        if later is not None:
            return "already_withdrawn" if later["type"] == "event.withdrawn" else "already_corrected"
        return None

    def figures(self, size: int) -> dict[Key, int]:
        """Return the figures of the log cut at this size."""
        log = self.log[:size]
        replaced = {row.get("corrects") for row in log}
        found: Counter[Key] = Counter()
        for row in log:
            if row["type"] in FACTS and row["id"] not in replaced:
                for measure, category, quantity, qualifier in counted(row["type"], row["data"]):
                    found[Key(row["force"], day_of(row), measure, category, qualifier)] += quantity
        return dict(found)

    def returns(self, size: int) -> dict[tuple[str, str], str]:
        """Return the status of the newest return by force and day, of the log cut at this size."""
        found: dict[tuple[str, str], str] = {}
        known = {row["id"]: row for row in self.log}
        for row in self.log[:size]:
            if row["type"] == "return.declared":
                found[row["force"], row["data"]["day"]] = row["data"]["status"]
            facts = [one for one in (row, known.get(row.get("corrects", ""))) if one and one["type"] in FACTS]
            for (force, day), status in found.items():
                if status != "partial" and any(force == one["force"] and is_on(day, one) for one in facts):
                    found[force, day] = "reopened"
        return found


def counted(kind: str, data: Row) -> Iterator[tuple[str, str, int, str]]:
    """Yield (measure, category, quantity, qualifier) for everything that a row counts."""
    if kind == "arrest.recorded":
        yield "arrests", data["reason"], data.get("count", 1), data.get("qualifier", "exact")
    elif kind == "activity.recorded":
        unstated = "unstated" if data["measure"] in ("arrests", "people_safeguarded") else ""
        yield data["measure"], data.get("category", unstated), data["quantity"], data.get("qualifier", "exact")
    else:
        for line in data["lines"]:
            yield from counted_of_line(line, line.get("qualifier", "exact"))
        drugs = [line["drug"] for line in data["lines"] if line["kind"] == "drug"]
        if drugs:
            yield "drug_seizures", "", 1, "exact"
        for drug_class in {drug[0] for drug in drugs}:
            yield "drug_seizures_by_class", drug_class, 1, "exact"
        for substance in {drug if drug.count("/") < 2 else drug.rpartition("/")[0] for drug in drugs}:
            yield "drug_seizures_by_substance", substance, 1, "exact"
        for form in {drug for drug in drugs if drug.count("/") == 2}:
            yield "drug_seizures_by_substance", form, 1, "exact"


def counted_of_line(line: Row, qualifier: str) -> Iterator[tuple[str, str, int, str]]:
    match line["kind"]:
        case "weapon":
            yield "weapons", line["weapon"], line["count"], qualifier
            yield "weapons_by_acquisition", line.get("acquired", "unstated"), line["count"], qualifier
        case "cash" if line["currency"] == "GBP":
            yield "cash", "", line["amount_minor"], qualifier
        case "cash":
            yield "foreign_cash", line["currency"], line["amount_minor"], qualifier
        case "phone":
            yield "phones", "", line["count"], qualifier
        case "drug":
            for amount in AMOUNTS.keys() & line.keys():
                yield AMOUNTS[amount], line["drug"], line[amount], qualifier


def day_of(row: Row) -> str:
    """Return the London date of a row; if its activity lasted beyond midnight, the first and last with a slash."""
    if "occurred_on" in row:
        return str(row["occurred_on"])
    first = last = datetime.fromisoformat(row["occurred_at"])
    if "occurred_before" in row["data"]:
        last = datetime.fromisoformat(row["data"]["occurred_before"]) - timedelta(seconds=1)
    days = {str((moment + timedelta(hours=moment >= CLOCKS_GO_FORWARD)).date()) for moment in (first, last)}
    return "/".join(sorted(days))


def is_on(day: str, row: Row) -> bool:
    first, _slash, last = day_of(row).partition("/")
    return first <= day <= (last or first)


def of_one_day(figures: dict[Key, int]) -> dict[Key, int]:
    """Return the figures as they are shown: those of more than one day are added up, without a day."""
    found: Counter[Key] = Counter()
    for key, quantity in figures.items():
        found[key._replace(day="") if "/" in key.day else key] += quantity
    return dict(found)


# Rows that forces send, as JSON


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries({}, optional=fields)


def joined(*parts: st.SearchStrategy[Row]) -> st.SearchStrategy[Row]:
    return st.tuples(*parts).map(lambda rows: {name: value for row in rows for name, value in row.items()})


def tallied(*parts: st.SearchStrategy[Row]) -> st.SearchStrategy[Row]:
    """Return a strategy for tallies; a zero has no qualifier."""
    return joined(*parts).filter(lambda row: row["quantity"] > 0 or "qualifier" not in row)


def moment(half_hours: int) -> str:
    return (STARTS_AT + half_hours * HALF_AN_HOUR).isoformat().replace("+00:00", "Z")


COUNTS = st.integers(1, 9)
QUALIFIED = optional(qualifier=st.sampled_from(["more_than", "at_least", "under", "at_most", "about"]))
LINES = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("weapon"), "weapon": st.sampled_from(["bladed/knife", "firearm"]), "count": COUNTS},
        optional={"acquired": st.sampled_from(["seized", "surrendered_or_found"])},
    ),
    st.fixed_dictionaries(
        {"kind": st.just("drug"), "drug": st.sampled_from(["a", "a/cocaine", "b/cannabis", "b/cannabis/resin"])},
        optional=dict.fromkeys(AMOUNTS, COUNTS),
    ),
    st.fixed_dictionaries(
        {"kind": st.just("cash"), "currency": st.sampled_from(["GBP", "EUR"]), "amount_minor": COUNTS}
    ),
    st.fixed_dictionaries({"kind": st.just("phone"), "count": COUNTS}),
)
EVENT_FORCES = st.sampled_from(["surrey", "kent"])
ARRESTS = st.fixed_dictionaries(
    {
        "type": st.just("arrest.recorded"),
        "force": EVENT_FORCES,
        "data": joined(
            st.fixed_dictionaries({"reason": st.sampled_from(["knife", "drugs"])}, optional={"count": COUNTS}),
            QUALIFIED,
        ),
    }
)
SEIZURES = st.fixed_dictionaries(
    {
        "type": st.just("seizure.recorded"),
        "force": EVENT_FORCES,
        "data": st.fixed_dictionaries({"lines": st.lists(joined(LINES, QUALIFIED), min_size=1, max_size=4)}),
    }
)
ACTIVITIES = st.fixed_dictionaries(
    {
        "type": st.just("activity.recorded"),
        "force": EVENT_FORCES,
        "data": tallied(
            st.fixed_dictionaries({"measure": st.just("vehicles_stopped"), "quantity": st.integers(0, 9)}), QUALIFIED
        ),
    }
)
TALLIES = st.fixed_dictionaries(
    {
        "type": st.just("activity.recorded"),
        "force": st.just("essex"),
        "data": tallied(
            st.fixed_dictionaries(
                {
                    "measure": st.sampled_from(["arrests", "people_safeguarded", "cash"]),
                    "quantity": st.integers(0, 9),
                }
            ),
            QUALIFIED,
        ),
    }
)
DAYS = st.dates(datetime(2023, 3, 25).date(), datetime(2023, 3, 28).date()).map(str)  # noqa: DTZ001
RETURNS = st.fixed_dictionaries(
    {
        "type": st.just("return.declared"),
        "force": st.sampled_from(["surrey", "kent", "essex"]),
        "data": st.fixed_dictionaries(
            {
                "day": DAYS,
                "status": st.sampled_from(["partial", "complete", "nil"]),
            }
        ),
    }
)


@st.composite
def in_time(draw: st.DrawFn, facts: st.SearchStrategy[Row]) -> Row:
    """Draw a fact with a moment or a day of the operation; an activity with a moment may cover a period."""
    row, start = draw(facts), draw(st.integers(0, HALF_HOURS - 1))
    if draw(st.booleans()):
        return row | {"occurred_on": draw(DAYS)}
    if row["type"] == "activity.recorded" and draw(st.booleans()):
        row = row | {"data": row["data"] | {"occurred_before": moment(draw(st.integers(start + 1, HALF_HOURS)))}}
    return row | {"occurred_at": moment(start)}


NEW_FACTS = in_time(st.one_of(ARRESTS, SEIZURES, ACTIVITIES, TALLIES))
OF_TYPE = {
    "arrest.recorded": ARRESTS,
    "seizure.recorded": SEIZURES,
    "activity.recorded": st.one_of(ACTIVITIES, TALLIES),
}
KINDS = st.sampled_from(
    ["a new fact", "a correction", "a correction", "a withdrawal", "a return", "a replay", "changed content"]
)


def correction_of(target: Row, fact: Row) -> Row:
    """Return the fact as a correction of the target; it keeps the force and the measure of the target."""
    kept = {"measure": target["data"]["measure"]} if "measure" in target.get("data", {}) else {}
    corrects = {"force": target["force"], "corrects": target["id"], "correction_reason": "mistake"}
    return fact | corrects | {"data": fact["data"] | kept}


def withdrawal_of(target: Row) -> Row:
    return {
        "type": "event.withdrawn",
        "force": target["force"],
        "corrects": target["id"],
        "correction_reason": "duplicate",
    }


# Random histories


def with_other_content(row: Row) -> Row:
    """Return a row with the same id that is valid and differs."""
    match row["type"]:
        case "return.declared":
            status = "complete" if row["data"]["status"] == "partial" else "partial"
            return row | {"data": row["data"] | {"status": status}}
        case "event.withdrawn":
            return row | {"correction_reason": "mistake" if row["correction_reason"] == "other" else "other"}
    return row | {"place": "m25"}


class Histories(RuleBasedStateMachine):
    """Random histories of one operation, sent to both the service and the model."""

    operation_numbers = itertools.count(1)

    def __init__(self, database: Database, elsewhere: Database) -> None:
        super().__init__()
        self.elsewhere = elsewhere
        self.operation = opened_operation(
            database,
            f"history-{next(self.operation_numbers)}",
            snapshot_every=3,
            starts_at=STARTS_AT,
            ends_at=STARTS_AT + HALF_HOURS * HALF_AN_HOUR,
        )
        self.model = Model()
        self.ids = (f"00000000-0000-7000-8000-{number:012}" for number in itertools.count(1))
        self.entries: list[Row] = []
        self.size_when_rebuilt = 0

    @initialize(facts=st.lists(NEW_FACTS, min_size=3, max_size=6))
    def begin(self, facts: list[Row]) -> None:
        self.send_to_both([fact | {"id": next(self.ids)} for fact in facts])

    @rule(kinds=st.lists(KINDS, min_size=1, max_size=8), atomic=st.booleans(), data=st.data())
    def send(self, kinds: list[str], *, atomic: bool, data: st.DataObject) -> None:
        """Send rows in one request; each may refer to rows before it."""
        rows: list[Row] = []
        for kind in kinds:
            earlier = [row for row in [*self.model.log, *rows] if "force" in row]
            rows.append(self.drawn(kind, data, data.draw(st.sampled_from(earlier))))
        self.send_to_both(rows, atomic=atomic)

    @precondition(lambda self: not self.model.closed)
    @rule()
    def close(self) -> None:
        self.change(OperationClosedFactory(), closed=True)

    @precondition(lambda self: self.model.closed)
    @rule()
    def reopen(self) -> None:
        self.change(OperationReopenedFactory(), closed=False)

    @rule(sent_twice=st.booleans())
    def publish(self, *, sent_twice: bool) -> None:
        event = FiguresPublishedFactory(id=UUID(next(self.ids)))
        for is_new in [True, False][: 1 + sent_twice]:
            outcome, _publication = publish_figures(
                self.operation.database,
                operation=self.operation.name,
                sender=CredentialFactory(force=LEAD),
                submission=Submission(event),
            )
            assert outcome.is_new == is_new
        self.model.log.append({"id": str(event.id), "type": event.type})

    @precondition(lambda self: len(self.model.log) > self.size_when_rebuilt)
    @rule(snapshot_every=st.none() | st.integers(1, 9))
    def rebuild(self, snapshot_every: int | None) -> None:
        before, carried = self.operation.entries(), self.operation.carried()
        rebuild(self.operation.database, self.operation.name, snapshot_every=snapshot_every)
        assert self.operation.entries() == before
        assert snapshot_every is not None or self.operation.carried() == carried
        self.size_when_rebuilt = len(self.model.log)

    @rule(data=st.data())
    def look_back(self, data: st.DataObject) -> None:
        size = data.draw(st.integers(0, len(self.model.log)))
        assert self.operation.figures_as_of(SETUP + size) == self.model.figures(size)
        assert self.sums_as_of(SETUP + size) == of_one_day(self.model.figures(size))
        assert self.returns_as_of(SETUP + size) == self.model.returns(size)

    @invariant()
    def live_totals_equal_those_of_the_model(self) -> None:
        assert self.operation.figures() == self.model.figures(len(self.model.log))

    @invariant()
    def returns_equal_those_of_the_model(self) -> None:
        size = len(self.model.log)
        assert self.returns_as_of(SETUP + size) == self.model.returns(size)

    @invariant()
    def history_only_grows(self) -> None:
        entries = self.operation.entries()
        assert entries[: len(self.entries)] == self.entries
        self.entries = entries

    def teardown(self) -> None:
        size = SETUP + len(self.model.log)
        assert self.operation.figures_as_of(size) == self.operation.figures()
        assert self.operation.difference() is None
        self.assert_forces_add_up(Moment())
        self.assert_forces_add_up(Moment(as_of_seq=size // 2))
        self.assert_it_can_be_exported_and_imported()

    # Steps of the rules

    def drawn(self, kind: str, data: st.DataObject, earlier: Row) -> Row:
        """Draw a row of this kind; all kinds but new facts and returns refer to the earlier row."""
        match kind:
            case "a replay":
                return earlier
            case "changed content":
                return with_other_content(earlier)
            case "a correction":
                row = correction_of(earlier, data.draw(in_time(OF_TYPE.get(earlier["type"], ARRESTS))))
            case "a withdrawal":
                row = withdrawal_of(earlier)
            case _:
                row = data.draw(RETURNS if kind == "a return" else NEW_FACTS)
        return row | {"id": next(self.ids)}

    def send_to_both(self, rows: list[Row], *, atomic: bool = False) -> None:
        """Send rows to the model and to the service; assert that the outcomes are the same."""
        expected = self.model.send_atomically(rows) if atomic else [self.model.send(row) for row in rows]
        sender = CredentialFactory(force=rows[0]["force"] if len(rows) == 1 else LEAD)
        outcomes = self.operation.submit(*map(load_event, rows), sender=sender, atomic=atomic)
        codes = [one.error.code if one.error else "recorded" if one.is_new else "replayed" for one in outcomes]
        assert codes == expected

    def change(self, event: Event, *, closed: bool) -> None:
        self.operation.change(event)
        # The model does not count it, but it takes a seq.
        self.model.log.append({"id": str(event.id), "type": event.type})
        self.model.closed = closed

    def sums_as_of(self, seq: int) -> dict[Key, int]:
        with self.operation.database.reading() as connection:
            selection = Selection(by=("force", "day", "category"))
            found = sums(connection, [(self.operation.head(), seq)], selection, by_category=())
        return {Key(*(getattr(one, name) for name in Key._fields)): one.quantity for one in found}

    def returns_as_of(self, seq: int) -> dict[tuple[str, str], str]:
        with self.operation.database.reading() as connection:
            found = declarations(connection, self.operation.head(), up_to=seq)
        return {(force, str(day)): returns.declared[0].status for (force, day), returns in found.items()}

    def assert_it_can_be_exported_and_imported(self) -> None:
        name, figures = self.operation.name, self.operation.figures()
        root = verify_operation(self.operation.database, name).root
        lines = (f"{text}\n".encode() for text in export_operation(self.operation.database, name).texts)
        import_operation(self.elsewhere, lines, expected_root=root)
        assert OpenedOperation(self.elsewhere, name).figures() == figures

    def assert_forces_add_up(self, as_of: Moment) -> None:
        by_force, overall = (
            totals(
                self.operation.database,
                operation=self.operation.name,
                credential=CredentialFactory(force=LEAD),
                selection=Selection(by=by),
                moment=as_of,
            ).figures
            for by in (("force",), ())
        )
        added: Counter[tuple[str, str | None]] = Counter()
        for figure in by_force:
            added[figure.measure, figure.category] += figure.quantity
        assert dict(added) == {(figure.measure, figure.category): figure.quantity for figure in overall}


# Shrinking a history that breaks an invariant takes longer than the usual timeout.
@pytest.mark.timeout(900)
def test_random_histories_keep_the_invariants(database: Database, sqlite_template: Path, tmp_path: Path) -> None:
    elsewhere = open_database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'elsewhere.db')}")
    short = settings(stateful_step_count=15, report_multiple_bugs=False)
    run_state_machine_as_test(lambda: Histories(database, elsewhere), settings=short)
    elsewhere.engine.dispose()
