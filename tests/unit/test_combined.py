"""An operation combined with its parts: a force that reports to any reports to all; the strictest marking applies."""

from dataclasses import replace

from service.domain.counting.combined import combined
from tests.factories.operations import operation_state


def test_a_force_that_reports_to_a_part_reports() -> None:
    whole, part = operation_state(), operation_state()
    desk = part.participants["lantern-desk"]
    part = replace(part, participants={"lantern-desk": replace(desk, reports="tallies")})
    both = combined([whole, part])
    assert list(both.participants) == list(whole.participants)
    assert both.participants["lantern-desk"] == replace(desk, reports="tallies")
    assert combined([part, whole]).participants["lantern-desk"].reports == "tallies"


def test_the_whole_is_as_sensitive_as_its_most_sensitive_part() -> None:
    state = operation_state()
    sensitive, open_to_all = replace(state, marking="OFFICIAL-SENSITIVE"), replace(state, marking="OFFICIAL")
    assert combined([open_to_all, sensitive]).marking == "OFFICIAL-SENSITIVE"
    assert combined([sensitive, open_to_all]).marking == "OFFICIAL-SENSITIVE"
    assert combined([open_to_all, open_to_all]).marking == "OFFICIAL"


def test_the_whole_is_imported_if_a_part_is() -> None:
    state = operation_state()
    assert combined([replace(state, imported=False), replace(state, imported=True)]).imported
    assert not combined([replace(state, imported=False)]).imported
