"""Factories for the events that the coordinator sends: to open, change, close and reopen an operation."""

from datetime import UTC, datetime

import factory

from service.domain.model.events import (
    DuplicateReopened,
    DuplicateRuledOut,
    FiguresPublished,
    ForceAmended,
    ForceJoined,
    ForceLeft,
    MeasureRegistered,
    OperationAmended,
    OperationClosed,
    OperationOpened,
    OperationReopened,
    PublicationMadePublic,
)
from tests.factories.reports import EventFactory

LEAD = "metropolitan"
# A week of London days in winter, when London time is UTC.
STARTS_AT = datetime(2023, 1, 16, tzinfo=UTC)
ENDS_AT = datetime(2023, 1, 23, tzinfo=UTC)


class SetupFactory(EventFactory):
    """An event that only the coordinator sends."""

    class Meta:
        abstract = True

    force = LEAD


class OperationOpenedFactory(SetupFactory):
    """A week in January 2023; with `days`, those windows instead."""

    class Params:
        name = "Lantern"
        lead_force = LEAD
        days = ()
        starts_at = factory.LazyAttribute(lambda event: None if event.days else STARTS_AT)
        ends_at = factory.LazyAttribute(lambda event: None if event.days else ENDS_AT)
        returns_due_at = None
        returns_due_hours = None
        forces = ()
        places = ("m25", "a406")
        part_of = ()
        imported = False

    data = factory.LazyAttribute(
        lambda event: OperationOpened(
            name=event.name,
            lead_force=event.lead_force,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            days=tuple(event.days),
            returns_due_at=event.returns_due_at,
            returns_due_hours=event.returns_due_hours,
            forces=tuple(event.forces),
            places=tuple(event.places),
            part_of=tuple(event.part_of),
            imported=event.imported,
        )
    )


class OperationAmendedFactory(SetupFactory):
    """An amendment of only the given fields."""

    class Params:
        starts_at = None
        ends_at = None
        days = ()
        returns_due_at = None
        returns_due_hours = None
        places = ()
        marking = None

    data = factory.LazyAttribute(
        lambda event: OperationAmended(
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            days=tuple(event.days),
            returns_due_at=event.returns_due_at,
            returns_due_hours=event.returns_due_hours,
            places=tuple(event.places),
            marking=event.marking,
        )
    )


class ForceJoinedFactory(SetupFactory):
    """Sussex joins and reports events."""

    class Params:
        joining = "sussex"
        name = None
        kind = None
        reports = "events"

    data = factory.LazyAttribute(
        lambda event: ForceJoined(force=event.joining, name=event.name, kind=event.kind, reports=event.reports)
    )


class ForceLeftFactory(SetupFactory):
    """Kent leaves."""

    class Params:
        leaving = "kent"

    data = factory.LazyAttribute(lambda event: ForceLeft(force=event.leaving))


class ForceAmendedFactory(SetupFactory):
    """What Kent reports is corrected."""

    class Params:
        amending = "kent"
        name = None
        reports = "tallies"

    data = factory.LazyAttribute(
        lambda event: ForceAmended(force=event.amending, name=event.name, reports=event.reports)
    )


class MeasureRegisteredFactory(SetupFactory):
    """A new measure without categories."""

    class Params:
        measure = "dogs_seized"
        label = "dogs seized"
        unit = "dogs"
        additive = True
        categories = ()
        open = False

    data = factory.LazyAttribute(
        lambda event: MeasureRegistered(
            measure=event.measure,
            label=event.label,
            unit=event.unit,
            additive=event.additive,
            categories=tuple(event.categories),
            open=event.open,
        )
    )


class OperationClosedFactory(SetupFactory):
    """The operation stops accepting new facts."""

    data = factory.LazyFunction(OperationClosed)


class OperationReopenedFactory(SetupFactory):
    """The operation accepts new facts again."""

    data = factory.LazyFunction(OperationReopened)


class FiguresPublishedFactory(SetupFactory):
    """A request to publish the current figures; the service fills in the rest."""

    class Params:
        label = "provisional"

    data = factory.LazyAttribute(lambda event: FiguresPublished(label=event.label))


class DuplicateRuledOutFactory(SetupFactory):
    """A finding that two events of two forces, or of two operations, are not the same."""

    class Params:
        events = ()
        operations = ()

    data = factory.LazyAttribute(
        lambda event: DuplicateRuledOut(events=tuple(event.events), operations=tuple(event.operations))
    )


class DuplicateReopenedFactory(SetupFactory):
    """The pair of these events is a possible duplicate again."""

    class Params:
        events = ()
        operations = ()

    data = factory.LazyAttribute(
        lambda event: DuplicateReopened(events=tuple(event.events), operations=tuple(event.operations))
    )


class PublicationMadePublicFactory(SetupFactory):
    """A request to make a publication public; the service fills in which."""

    data = factory.LazyFunction(PublicationMadePublic)
