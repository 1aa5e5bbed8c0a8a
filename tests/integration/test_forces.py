"""Forces that an administrator registers are known in addition to those of the catalogue."""

import pytest

from service.access.forces import ForceExists, known_forces, register_force
from service.domain.model.personal_data import LooksPersonal
from service.domain.model.reference_data import Force, force_catalogue
from service.storage.db import Database

DOVER = Force(force="port-of-dover", name="Port of Dover Police", kind="special")


def test_without_registrations_the_known_forces_are_the_catalogue(database: Database) -> None:
    with database.reading() as connection:
        assert known_forces(connection) == force_catalogue()


def test_a_registered_force_comes_after_those_of_the_catalogue(database: Database) -> None:
    with database.writing() as connection:
        assert register_force(connection, DOVER)
    with database.reading() as connection:
        assert list(known_forces(connection).items()) == [*force_catalogue().items(), (DOVER.force, DOVER)]


def test_registering_the_same_force_again_changes_nothing(database: Database) -> None:
    surrey = Force(force="surrey", name="Surrey Police", kind="territorial")
    with database.writing() as connection:
        assert register_force(connection, DOVER)
        assert not register_force(connection, DOVER)
        assert not register_force(connection, surrey)


@pytest.mark.parametrize(
    "other",
    [
        Force(force="port-of-dover", name="Dover Harbour Police", kind="special"),
        Force(force="port-of-dover", name="Port of Dover Police", kind="agency"),
        Force(force="surrey", name="Surrey Constabulary", kind="territorial"),
    ],
    ids=["name", "kind", "of-the-catalogue"],
)
def test_a_key_cannot_be_registered_with_another_name_or_kind(database: Database, other: Force) -> None:
    with database.writing() as connection:
        register_force(connection, DOVER)
    with pytest.raises(ForceExists) as caught, database.writing() as connection:
        register_force(connection, other)
    assert caught.value.errors[0].pointer == "/force"


@pytest.mark.parametrize("field", ["force", "name"])
def test_a_force_that_looks_like_personal_data_is_refused(database: Database, field: str) -> None:
    fields = {"force": "port-of-dover", "name": "Port of Dover Police", "kind": "special", field: "ab12cde"}
    with pytest.raises(LooksPersonal) as caught, database.writing() as connection:
        register_force(connection, Force(**fields))
    assert caught.value.errors[0].pointer == f"/{field}"
