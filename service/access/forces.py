"""The known forces: the catalogue that ships with the code, and the forces that an administrator has added."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from service.domain.model.names import refuse_misleading, refuse_name_of_another
from service.domain.model.personal_data import refuse_personal
from service.domain.model.reference_data import Force, force_catalogue
from service.errors import Conflict
from service.storage.db import CodeText, insert_into, metadata

registered_forces = sa.Table(
    "registered_forces",
    metadata,
    sa.Column("force", CodeText, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", CodeText, nullable=False),
)


class ForceExists(Conflict):
    """A force with this key already exists, with another name or kind."""

    code = "force_exists"


def known_forces(connection: sa.Connection) -> Mapping[str, Force]:
    """Return every force by key: those of the catalogue first, then the added ones ordered by key."""
    rows = connection.execute(sa.select(registered_forces).order_by(registered_forces.c.force)).mappings()
    return {**force_catalogue(), **{row["force"]: Force(**row) for row in rows}}


def register_force(connection: sa.Connection, force: Force) -> bool:
    """Add a force that the catalogue lacks; return whether it is new. Adding it again changes nothing.

    Raises:
        ForceExists: a force with this key has another name or kind.
        LooksPersonal: the key or name looks like personal data.
        NameMisleading: the name could pass for another force's, or for a link.
    """
    refuse_personal(force.force, "/force")
    refuse_personal(force.name, "/name")
    refuse_misleading(force.name, "/name")
    refuse_name_of_another(force.force, force.name, force_catalogue(), "/name", imported=True)
    is_new = force.force not in force_catalogue() and _insert(connection, force)
    known = known_forces(connection)[force.force]
    if (known.name, known.kind) != (force.name, force.kind):
        raise ForceExists(f"The force {force.force} already exists: {known.name}, {known.kind}.", pointer="/force")
    return is_new


def _insert(connection: sa.Connection, force: Force) -> bool:
    """Insert a force unless its key exists or is being added concurrently; return whether it is new."""
    row = {"force": force.force, "name": force.name, "kind": force.kind}
    statement = (
        insert_into(connection, registered_forces)
        .values(row)
        .on_conflict_do_nothing()
        .returning(registered_forces.c.force)
    )
    return connection.scalar(statement) is not None
