"""The forces that an administrator adds stand beside those of the catalogue."""

import pytest

from service.access.forces import ForceExists, known_forces, register_force
from service.db import Database
from service.domain.personal_data import LooksPersonal
from service.domain.reference_data import Force, force_catalogue

DOVER = Force(force="port-of-dover", name="Port of Dover Police", kind="special")


def test_without_additions_the_catalogue_is_all_there_is(database: Database) -> None:
    with database.snapshot() as connection:
        assert known_forces(connection) == force_catalogue()


def test_an_added_force_is_known_after_those_of_the_catalogue(database: Database) -> None:
    with database.writing() as connection:
        assert register_force(connection, DOVER)
    with database.snapshot() as connection:
        assert list(known_forces(connection).items()) == [*force_catalogue().items(), (DOVER.force, DOVER)]


def test_adding_the_same_again_changes_nothing(database: Database) -> None:
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
def test_a_key_belongs_to_one_body(database: Database, other: Force) -> None:
    with database.writing() as connection:
        register_force(connection, DOVER)
    with pytest.raises(ForceExists) as caught, database.writing() as connection:
        register_force(connection, other)
    assert caught.value.errors[0].pointer == "/force"


@pytest.mark.parametrize("field", ["force", "name"])
def test_what_looks_personal_is_not_added(database: Database, field: str) -> None:
    fields = {"force": "port-of-dover", "name": "Port of Dover Police", "kind": "special", field: "ab12cde"}
    with pytest.raises(LooksPersonal) as caught, database.writing() as connection:
        register_force(connection, Force(**fields))
    assert caught.value.errors[0].pointer == f"/{field}"
