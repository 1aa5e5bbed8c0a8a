"""Texts, hashes, answers and refusals equal those of earlier versions; see `tests/golden/write.py`."""

import json
from itertools import zip_longest
from pathlib import Path
from typing import Any

from flask import Flask

from service.domain.model.events import DATA_CLASSES, LINE_CLASSES
from service.wire.codec import recorded_from_canonical, recorded_from_text, text_of
from tests.functional.calls import Caller, on_sqlite
from tests.golden import write
from tests.golden.cases import event_rows

ROWS = event_rows()


def lines_of(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_every_event_keeps_its_text_its_hash_and_its_place_in_the_tree() -> None:
    written = lines_of(write.EVENTS)
    assert list(write.event_lines(ROWS)) == written
    for recorded, line in zip(write.recorded_events(ROWS), written, strict=True):
        in_order = json.loads(line["as_json"])
        text = json.dumps(in_order, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert text_of(recorded) == text
        assert recorded_from_text(text) == recorded_from_canonical(text) == recorded
        assert line["content"] == [name for name in in_order if name in line["content"]]


def test_every_type_of_event_and_kind_of_line_is_covered() -> None:
    assert {row["type"] for row in ROWS} == set(DATA_CLASSES)
    lines = [line for row in ROWS for line in row.get("data", {}).get("lines", ())]
    assert {line["kind"] for line in lines} == set(LINE_CLASSES)


@on_sqlite
def test_every_body_gets_the_same_answer(lead: Caller) -> None:
    answered = [json.loads(json.dumps(line)) for line in write.refusals(lead)]
    different = [pair for pair in zip_longest(answered, lines_of(write.REFUSALS)) if pair[0] != pair[1]]
    assert different == []


@on_sqlite
def test_the_openapi_document_is_the_same(app: Flask) -> None:
    assert write.document_hash(app) == write.DOCUMENT.read_text(encoding="utf-8").strip()
