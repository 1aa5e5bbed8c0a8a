"""Words of the pages: dates and times as people write them, and events in one line."""

from datetime import UTC, date, datetime

import pytest

from service.domain.model.events import (
    CashLine,
    DrugLine,
    RecordedBy,
    RecordedEvent,
    SeizureRecorded,
    VehicleLine,
    WeaponLine,
)
from service.web.overview.moments import MomentUnclear, requested_moment
from service.web.site import event_words, words
from tests.factories.operations import operation_state
from tests.factories.reports import (
    ActivityRecordedFactory,
    ArrestRecordedFactory,
    EventWithdrawnFactory,
    ReturnDeclaredFactory,
    SeizureRecordedFactory,
)
from tests.factories.setup import ForceJoinedFactory, OperationClosedFactory

NOW = datetime(2023, 1, 18, 21, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (NOW, "today at 9:41pm"),
        (datetime(2023, 1, 18, tzinfo=UTC), "today at midnight"),
        (datetime(2023, 1, 17, 9, 0, tzinfo=UTC), "yesterday at 9am"),
        (datetime(2023, 1, 16, 12, 0, tzinfo=UTC), "16 January 2023, midday"),
        (datetime(2023, 6, 30, 20, 40, tzinfo=UTC), "30 June 2023, 9:40pm"),
    ],
)
def test_a_moment_is_said_beside_the_present_one_in_uk_time(moment: datetime, said: str):
    assert words.moment(moment, NOW) == said


def test_a_deadline_at_midnight_is_said_as_the_last_minute_of_the_day():
    assert words.deadline(datetime(2023, 1, 21, tzinfo=UTC)) == "Friday 20 January 2023, 11:59pm"
    assert words.deadline(datetime(2023, 1, 20, 12, tzinfo=UTC)) == "Friday 20 January 2023, midday"


@pytest.mark.parametrize(
    ("first", "last", "long", "short"),
    [
        (
            date(2023, 1, 17),
            date(2023, 1, 19),
            "Tuesday 17 to Thursday 19 January 2023",
            "17 to 19 January 2023",
        ),
        (date(2023, 1, 17), date(2023, 1, 17), "Tuesday 17 January 2023", "17 January 2023"),
        (
            date(2023, 1, 31),
            date(2023, 2, 1),
            "Tuesday 31 January to Wednesday 1 February 2023",
            "31 January to 1 February 2023",
        ),
        (
            date(2022, 12, 31),
            date(2023, 1, 1),
            "Saturday 31 December 2022 to Sunday 1 January 2023",
            "31 December 2022 to 1 January 2023",
        ),
        (date(2023, 1, 17), None, "From Tuesday 17 January 2023", "from 17 January 2023"),
    ],
)
def test_the_days_of_an_operation_are_said_without_repeating_the_month(
    first: date, last: date | None, long: str, short: str
):
    assert words.period(first, last) == long
    assert words.dates(first, last) == short


def test_names_are_listed_as_in_a_sentence():
    assert words.listed([]) == ""
    assert words.listed(["Kent"]) == "Kent"
    assert words.listed(["Kent", "Surrey", "Sussex"]) == "Kent, Surrey and Sussex"


SEIZURE = SeizureRecorded(
    lines=(
        WeaponLine(weapon="bladed/knife"),
        WeaponLine(weapon="blunt", count=2),
        DrugLine(drug="a/cocaine"),
        DrugLine(drug="b/cannabis"),
        VehicleLine(ground="stolen_recovered"),
        CashLine(currency="GBP", amount_minor=31_050),
    )
)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (ArrestRecordedFactory(reason="public_order"), "1 arrest, public order"),
        (ArrestRecordedFactory(reason="motoring"), "1 arrest, motoring offence"),
        (ArrestRecordedFactory(reason="unstated", count=12, qualifier="more_than"), "more than 12 arrests"),
        (SeizureRecordedFactory(data=SEIZURE), "seizure of 3 weapons, 1 vehicle, drugs and £310.50"),
        (ReturnDeclaredFactory(status="nil"), ", nil"),
        (ReturnDeclaredFactory(status="partial"), ", partial"),
        (ReturnDeclaredFactory(measures=("arrests",)), ", complete for arrests"),
        (EventWithdrawnFactory(), "withdrew an event"),
        (OperationClosedFactory(), "closed the operation"),
        (ForceJoinedFactory(force="kent"), "added"),
        (ActivityRecordedFactory(), ","),
    ],
    ids=lambda one: getattr(one, "type", one),
)
def test_an_event_is_said_in_one_line(event: object, said: str):
    recorded = RecordedEvent(event, "lantern", 7, NOW, RecordedBy(force="surrey", role="force"))
    assert said in event_words.in_words(recorded, operation_state())


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, (None, None)),
        ({"as_of": " ", "event": ""}, (None, None)),
        ({"event": "12"}, (None, 12)),
        ({"as_of": "2023-01-18T18:00"}, (datetime(2023, 1, 18, 18, tzinfo=UTC), None)),
        ({"as_of": "2023-06-18T18:00"}, (datetime(2023, 6, 18, 17, tzinfo=UTC), None)),
        ({"as_of": "2023-06-18T18:00:00Z"}, (datetime(2023, 6, 18, 18, tzinfo=UTC), None)),
        ({"as_of": "2024-05-14T18:00+02:00"}, (datetime(2024, 5, 14, 16, tzinfo=UTC), None)),
        ({"as_of": "2024-10-27T01:30+01:00"}, (datetime(2024, 10, 27, 0, 30, tzinfo=UTC), None)),
        *(
            ({"as_of": one}, (datetime(2023, 1, 18, 18, tzinfo=UTC), None))
            for one in ("18 January 2023, 6pm", "18 jan 2023 6 pm", "18 January 2023 at 18:00", "18/01/2023,18.00")
        ),
        ({"as_of": "2023-01-18T18:00:30"}, (datetime(2023, 1, 18, 18, 0, 30, tzinfo=UTC), None)),
        ({"as_of": "18 June 2023, midday"}, (datetime(2023, 6, 18, 11, tzinfo=UTC), None)),
    ],
)
def test_a_moment_is_read_in_uk_time_unless_it_states_a_zone(query: dict[str, str], found: tuple[object, object]):
    moment = requested_moment(query)
    assert (moment.as_of, moment.as_of_seq) == found


@pytest.mark.parametrize(
    "query",
    [
        *({"as_of": one} for one in ("yesterday", "18:00", "0001-01-01T00:00", "9999-12-31T23:59", "é")),
        *({"as_of": one} for one in ("18 January 2023", "2023-01-18", "18 January 2023, 9", "2024-05-14T18:00 02:00")),
        *({"event": one} for one in ("0", "-1", "1.5", "²", "9" * 19, "x")),
    ],
    ids=str,
)
def test_what_is_no_moment_is_refused(query: dict[str, str]):
    with pytest.raises(MomentUnclear):
        requested_moment(query)


@pytest.mark.parametrize("typed", ["2024-03-31T01:30", "31 March 2024, 1:30am", "2024-10-27T01:30"])
def test_a_time_that_never_is_or_is_twice_in_london_is_refused(typed: str):
    with pytest.raises(MomentUnclear, match="a time that happens once"):
        requested_moment({"as_of": typed})


@pytest.mark.parametrize(
    ("path", "alone", "within"),
    [
        ("public_order", "Public order", "public order"),
        ("bladed/machete", "Bladed: machete", "bladed: machete"),
        (
            "motoring/s165a_no_insurance",
            "Motoring: no insurance (section 165A)",
            "motoring: no insurance (section 165A)",
        ),
        ("poca_asset", "Asset under the Proceeds of Crime Act", "asset under the Proceeds of Crime Act"),
        ("unstated", "Not stated", "not stated"),
        ("EUR", "EUR", "EUR"),
    ],
)
def test_a_category_is_said_alone_and_within_a_sentence(path: str, alone: str, within: str):
    assert words.category(path) == alone
    assert words.category_in_sentence(path) == within
