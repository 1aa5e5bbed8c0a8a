"""Every target holds for its corpus and for a few inputs made of it; `make fuzz` tries many more."""

from itertools import islice

import pytest

from tests.fuzz.limits import TooSlow, finding_in, place_of
from tests.fuzz.mutate import mutations
from tests.fuzz.targets import CORPUS, TARGETS, seeds

INPUTS = 30


def test_every_target_has_a_corpus_and_no_corpus_is_left_over():
    assert sorted(path.name for path in CORPUS.iterdir()) == sorted(TARGETS)
    assert all(seeds(name) for name in TARGETS)
    assert sum(path.stat().st_size for path in CORPUS.rglob("*")) < 256 * 1024


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_holds_for_its_corpus_and_for_what_is_made_of_it(name: str):
    bodies = seeds(name)
    for body in (*bodies, *islice(mutations(bodies, 1), INPUTS)):
        found = finding_in(TARGETS[name], body)
        assert found is None, (place_of(found), body)


def test_what_a_target_raises_is_a_finding_and_so_is_an_input_that_takes_too_long(monkeypatch: pytest.MonkeyPatch):
    def fails(_body: bytes) -> None:
        raise KeyError("a")

    def hangs(_body: bytes) -> None:
        while True:
            pass

    monkeypatch.setattr("tests.fuzz.limits.MOST_SECONDS", 0.1)
    found = finding_in(fails, b"")
    assert found is not None
    assert place_of(found).startswith("KeyError at tests/fuzz/test_targets.py:")
    assert isinstance(finding_in(hangs, b""), TooSlow)
    assert finding_in(len, b"") is None
