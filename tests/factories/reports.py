"""Factories for the events that forces send. The operation of `tests.factories.operations` accepts each of them."""

from datetime import UTC, date, datetime
from uuid import uuid4

import factory

from service.domain.model.events import (
    ActivityRecorded,
    ArrestRecorded,
    Event,
    EventWithdrawn,
    ReturnDeclared,
    SeizureRecorded,
    WeaponLine,
)

TUESDAY = date(2023, 1, 17)
TUESDAY_EVENING = datetime(2023, 1, 17, 21, 40, tzinfo=UTC)


class EventFactory(factory.Factory):
    """The fields of every event. A correction names the version it corrects, and a reason."""

    class Meta:
        model = Event
        abstract = True

    id = factory.LazyFunction(uuid4)
    force = "surrey"
    corrects = None
    correction_reason = factory.LazyAttribute(lambda event: "mistake" if event.corrects else None)


class FactFactory(EventFactory):
    """A fact of the evening of the operation's second day; with `day_only`, of that day at an unknown time."""

    class Meta:
        abstract = True

    class Params:
        day_only = factory.Trait(occurred_at=None, occurred_on=TUESDAY)

    occurred_at = TUESDAY_EVENING
    occurred_on = None


class ArrestRecordedFactory(FactFactory):
    """One arrest for carrying a knife."""

    class Params:
        reason = "knife"
        count = 1
        qualifier = "exact"

    data = factory.LazyAttribute(
        lambda event: ArrestRecorded(reason=event.reason, count=event.count, qualifier=event.qualifier)
    )


class SeizureRecordedFactory(FactFactory):
    """One seizure of one knife by default."""

    class Params:
        lines = (WeaponLine(weapon="bladed/knife", acquired="seized"),)

    data = factory.LazyAttribute(lambda event: SeizureRecorded(lines=tuple(event.lines)))


class ActivityRecordedFactory(FactFactory):
    """Twelve vehicles stopped."""

    class Params:
        measure = "vehicles_stopped"
        quantity = 12
        category = None
        qualifier = "exact"
        occurred_before = None

    data = factory.LazyAttribute(
        lambda event: ActivityRecorded(
            measure=event.measure,
            quantity=event.quantity,
            category=event.category,
            qualifier=event.qualifier,
            occurred_before=event.occurred_before,
        )
    )


class ReturnDeclaredFactory(EventFactory):
    """A complete return for the operation's second day, for every measure."""

    class Params:
        day = TUESDAY
        status = "complete"
        measures = ()

    data = factory.LazyAttribute(
        lambda event: ReturnDeclared(day=event.day, status=event.status, measures=tuple(event.measures))
    )


class EventWithdrawnFactory(EventFactory):
    """The withdrawal of the event that `corrects` names."""

    data = factory.LazyFunction(EventWithdrawn)
