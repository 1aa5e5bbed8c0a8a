"""The list of forces: it is read by everybody, and an administrator adds bodies that the catalogue does not have."""

from __future__ import annotations

from service.access.forces import known_forces, register_force
from service.domain.model.reference_data import Force
from service.storage.db import Database


def list_forces(database: Database) -> list[Force]:
    """Return all forces: those of the catalogue first, then the added ones by key."""
    with database.reading() as connection:
        return list(known_forces(connection).values())


def add_force(database: Database, force: Force) -> bool:
    """Add a body that the catalogue does not have; return whether it is new. Adding the same again changes nothing.

    Raises:
        ForceExists: the key is taken by a body with another name or kind.
        LooksPersonal: the key or name looks like personal data.
    """
    with database.writing() as connection:
        return register_force(connection, force)
