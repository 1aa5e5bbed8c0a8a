"""An operation combined with its parts: a force that reports to any reports to all; the strictest marking applies.

A measure that they do not count alike is left out, and named with its units.
"""

from dataclasses import replace

import pytest

from service.domain.counting.combined import combined
from service.domain.model.operation import MeasureLeftOut
from tests.factories.operations import operation_state
from tests.factories.setup import MeasureRegisteredFactory


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


DOGS = {"measure": "dogs_deployed", "label": "dogs deployed", "unit": "dogs"}


@pytest.mark.parametrize(
    ("theirs", "units"),
    [({"unit": "teams"}, ("dogs", "teams")), ({"additive": False, "categories": ("large",)}, ("dogs",))],
)
def test_a_measure_that_is_not_counted_alike_is_left_out(theirs: dict[str, object], units: tuple[str, ...]) -> None:
    whole, part = (operation_state(MeasureRegisteredFactory(**DOGS | own)) for own in ({}, theirs))
    left_out = (MeasureLeftOut(measure="dogs_deployed", label="dogs deployed", units=units),)
    for both in (combined([whole, part]), combined([part, whole, whole])):
        assert {one.measure for one in both.left_out} == {"dogs_deployed"}
        assert both.measures.keys() == operation_state().measures.keys()
    assert combined([whole, part]).left_out == left_out
    assert combined([whole, whole, operation_state()]).left_out == ()
    assert "dogs_deployed" in combined([operation_state(), whole]).measures
