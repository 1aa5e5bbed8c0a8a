"""The exit codes of all commands: what each means."""

from __future__ import annotations

DONE, WRONG, USAGE, REFUSED, UNAVAILABLE = range(5)
MEANINGS = {
    DONE: "success",
    WRONG: "the record is wrong, or figures disagree",
    USAGE: "the command line or a setting is invalid",
    REFUSED: "the request was refused, or its input is invalid",
    UNAVAILABLE: "the database or the service is unavailable",
}
