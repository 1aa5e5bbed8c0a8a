"""A command starts without the libraries that it needs only at times: they take longer to import than it runs."""

import subprocess
import sys

from service.cli.main import COMMANDS

# Those whose answers are made by the API's own code need Flask.
ANSWERING = {"totals", "statement", "reconcile"}
# Migrating, PostgreSQL, tables and progress bars, the application and its server.
LATE = ("alembic", "mako", "psycopg", "rich", "flask", "gunicorn", "openpyxl", "docx")


def test_commands_import_late_what_they_need_only_at_times() -> None:
    modules = [f"service.cli.{module}" for name, module in COMMANDS.items() if name not in ANSWERING]
    loaded = f"[name for name in {LATE} if name in sys.modules]"
    code = f"import sys\nfor name in {modules}: __import__(name)\nprint({loaded})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
