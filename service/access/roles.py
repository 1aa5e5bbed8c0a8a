"""The four roles. What each may do is written beside every route in `service.api`."""

from __future__ import annotations

FORCE = "force"
COORDINATOR = "coordinator"
OBSERVER = "observer"
ADMINISTRATOR = "administrator"

ROLES = (FORCE, COORDINATOR, OBSERVER, ADMINISTRATOR)
# Roles that send events, and those that may see totals.
REPORTERS = (FORCE, COORDINATOR)
READERS = (FORCE, COORDINATOR, OBSERVER)
