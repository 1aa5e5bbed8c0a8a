"""The app's database, for the views."""

from __future__ import annotations

from flask import current_app

from service.db import Database

EXTENSION = "oprecord_database"


def database() -> Database:
    """Return the database of the app that answers this request."""
    found: Database = current_app.extensions[EXTENSION]
    return found
