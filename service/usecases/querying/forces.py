"""The list of forces, which everybody can read. An administrator adds bodies that the catalogue lacks."""

from __future__ import annotations

from service.access.forces import known_forces, register_force
from service.domain.model.reference_data import Force
from service.storage.db import Database


def list_forces(database: Database) -> list[Force]:
    """Return all forces: the catalogue's first, then the added ones by key."""
    with database.reading() as connection:
        return list(known_forces(connection).values())


def add_force(database: Database, force: Force) -> bool:
    """Add a body that the catalogue lacks; return whether it is new. Idempotent.

    Raises:
        ForceExists: the key is taken by a body with another name or kind.
        LooksPersonal: the key or name looks like personal data.
    """
    with database.writing() as connection:
        return register_force(connection, force)
