"""What is made many at a time is what its class makes: the same, as frozen, and as particular about its fields."""

import copy
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.events import DATA_CLASSES, LINE_CLASSES, ArrestRecorded, Event, RecordedBy
from service.eventlog.frozen import maker_of, uuid_of

CLASSES = (Event, RecordedBy, *DATA_CLASSES.values(), *LINE_CLASSES.values())


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_an_object_is_what_its_class_makes(cls: Any):
    values = {item.name: item.name for item in fields(cls)}
    made = maker_of(cls)(values)
    assert type(made) is cls
    assert made == cls(**values)
    assert hash(made) == hash(cls(**values))
    for name in values:
        with pytest.raises(FrozenInstanceError):
            setattr(made, name, "other")


def test_what_is_left_out_is_as_the_class_has_it():
    assert maker_of(ArrestRecorded)({"reason": "knife"}) == ArrestRecorded(reason="knife")


@pytest.mark.parametrize("values", [{}, {"reason": "knife", "weather": "fair"}], ids=["missing", "unknown"])
def test_fields_have_to_be_those_of_the_class(values: dict[str, str]):
    with pytest.raises(TypeError):
        maker_of(ArrestRecorded)(values)


@given(st.uuids(allow_nil=True), st.sampled_from([str.lower, str.upper]))
def test_an_id_is_what_its_class_makes(wanted: UUID, spelled: Callable[[str], str]):
    made = uuid_of(spelled(str(wanted)))
    assert (made, hash(made), str(made), repr(made)) == (wanted, hash(wanted), str(wanted), repr(wanted))
    assert (made.is_safe, type(made)) == (wanted.is_safe, UUID)
    assert copy.copy(made) == wanted
    with pytest.raises(TypeError):
        made.int = 1
