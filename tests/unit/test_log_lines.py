"""A line of the log: JSON or text, with the facts of the request, and without the data of an exception."""

import json
import logging
import sys

from service.runtime.log_lines import FactsRecord, JsonLine, ReadableLine
from service.runtime.request_facts import begin_facts, current_facts

ERROR = "(psycopg.errors.Undefined) no such column\n[SQL: SELECT secret]\n[parameters: ('hidden',)]"


def fail() -> None:
    raise ValueError(ERROR)


def record_of_an_exception() -> logging.LogRecord:
    try:
        fail()
    except ValueError:
        return logging.LogRecord("service.app", logging.ERROR, "", 0, "failed: %s", ("why",), sys.exc_info())


def test_a_line_has_the_facts_of_the_request_of_its_thread():
    begin_facts()["request_id"] = "one"
    current_facts()["route"] = "/v1/operations"
    line = json.loads(JsonLine().format(record_of_an_exception()))
    assert (line["level"], line["event"], line["logger"]) == ("error", "failed: why", "service.app")
    assert (line["request_id"], line["route"]) == ("one", "/v1/operations")
    begin_facts()
    assert "request_id" not in json.loads(JsonLine().format(record_of_an_exception()))


def test_an_exception_is_shown_without_its_data():
    begin_facts()
    line = JsonLine().format(record_of_an_exception())
    raised = json.loads(line)["exception"]
    assert raised["error"] == "ValueError: (psycopg.errors.Undefined) no such column"
    assert raised["frames"][-1].endswith(" fail")
    text = ReadableLine().format(record_of_an_exception())
    assert text.splitlines()[0].endswith("error   failed: why logger=service.app")
    assert "hidden" not in line + text


def test_a_line_about_a_request_reads_from_left_to_right():
    facts = {"method": "GET", "route": "/x", "status": 200, "milliseconds": 1.5, "force": "surrey"}
    record = FactsRecord("service", logging.INFO, "request", facts)
    assert ReadableLine().format(record)[13:] == "info    GET /x 200 1.5 force=surrey"
