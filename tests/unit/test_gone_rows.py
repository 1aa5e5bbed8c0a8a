"""Rows that were sent and are gone: which they are, how they are named, and references that were rewritten."""

import pytest

from service.spreadsheets.events import SheetEvent
from service.spreadsheets.sending.gone_rows import Gone, ReferencesRewritten, gone_rows, keep, named, refuse_rewritten
from service.spreadsheets.sending.sent_rows import SentRow, SentRows

ID = "018d1a2b-0000-7000-8000-00000000a00"


def event(identity: str, row: int = 2) -> SheetEvent:
    return SheetEvent((row,), {}, identity, "content", "content")


def sent(*identities: str, **fields: object) -> SentRows:
    rows = {one: SentRow(f"{ID}{number}", "content", **fields) for number, one in enumerate(identities)}
    return SentRows("live", "surrey", rows)


def test_a_row_that_was_sent_and_is_no_longer_there_is_gone():
    state = sent("reference:1", "reference:2", "content:a:1")
    assert [one.identity for one in gone_rows([event("reference:2")], state)] == ["reference:1", "content:a:1"]


@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_row_whose_withdrawal_was_begun_is_not_named_again(*, withdrawn: bool):
    assert gone_rows([], sent("reference:1", withdrawal=f"{ID}9", withdrawn=withdrawn)) == []


def test_rows_that_are_kept_are_still_gone():
    state = sent("reference:1")
    keep(gone_rows([], state), state)
    assert [one.sent.kept for one in gone_rows([], state)] == [True]


def test_gone_rows_are_named_by_reference_and_event():
    found = gone_rows([], sent("reference:AB/1", "content:a:1", "return:2024-01-23:", "return:2024-01-24:arrests,cash"))
    assert named(found) == (
        f"reference AB/1 (event {ID}0); a row without a reference (event {ID}1); return for 2024-01-23 (event {ID}2); "
        f"return for 2024-01-24:arrests,cash (event {ID}3)"
    )


def test_at_most_twenty_rows_are_named():
    found = gone_rows([], sent(*(f"reference:{number}" for number in range(1_500))))
    assert named(found).endswith("; and 1,480 more")
    assert named(found).count("event") == 20


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("0017", "17"),
        ("00AB", "AB"),
        ("45E1", "4.50E+02"),
        ("45E1", "450"),
        ("123456789012", "1.23457E+11"),
        ("12345678901234567", "12345678901234568"),
        ("0017", "17.0"),
        ("1.50", "1.5"),
    ],
)
def test_a_reference_made_a_number_by_a_spreadsheet_program_is_refused(then: str, now: str):
    gone = [Gone(f"reference:{then}", SentRow(ID, "content"))]
    with pytest.raises(ReferencesRewritten, match="References have changed") as caught:
        refuse_rewritten([event("reference:new"), event(f"reference:{now}", 7)], gone)
    assert f"row 7 has {now!r} and was sent as {then!r}" in str(caught.value)


@pytest.mark.parametrize(
    ("then", "now"),
    [("17", "18"), ("0017", "170"), ("45E1", "451"), ("AB1", "AB01"), ("123456789012", "1.23458E+11"), ("A", "B")],
)
def test_another_reference_is_another_reference(then: str, now: str):
    refuse_rewritten([event(f"reference:{now}")], [Gone(f"reference:{then}", SentRow(ID, "content"))])


def test_rows_without_a_reference_are_not_compared():
    refuse_rewritten([event("content:17:1")], [Gone("content:017:1", SentRow(ID, "content"))])


def test_at_most_twenty_rewritten_references_are_named():
    new = [event(f"reference:{number}", number) for number in range(2, 40)]
    with pytest.raises(ReferencesRewritten, match=r"; and more\. Nothing was sent") as caught:
        refuse_rewritten(new, gone_rows(new, sent(*(f"reference:{number:04}" for number in range(2, 40)))))
    assert str(caught.value).count("was sent as") == 20
