"""The Merkle tree, checked against the recursive definition of RFC 9162."""

from hashlib import sha256

import pytest

from service.eventlog.tree import Tree, leaf_hash, node_hash, peak_seqs, split_hashes

SIZES = range(1, 71)
TEXTS = [f"event {number}" for number in SIZES]


def tree_head(entries: list[bytes]) -> bytes:
    """Return MTH(D[n]) as RFC 9162 section 2.1.1 defines it."""
    if len(entries) <= 1:
        return sha256(b"\x00" + entries[0] if entries else b"").digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\x01" + tree_head(entries[:split]) + tree_head(entries[split:])).digest()


def grown(size: int) -> tuple[Tree, dict[int, list[bytes]]]:
    """Return a tree of this size, and the hashes stored with each leaf while it grew."""
    tree, stored = Tree(), {}
    for seq, text in enumerate(TEXTS[:size], start=1):
        leaf = leaf_hash(text)
        stored[seq] = [leaf, *tree.add(leaf)]
    return tree, stored


def expected_root(size: int) -> bytes:
    return tree_head([text.encode() for text in TEXTS[:size]])


def test_the_root_of_an_empty_tree_is_the_hash_of_nothing() -> None:
    assert Tree().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_leaves_and_nodes_have_different_hash_prefixes() -> None:
    assert leaf_hash("") == sha256(b"\x00").digest()
    assert node_hash(b"l" * 32, b"r" * 32) == sha256(b"\x01" + b"l" * 32 + b"r" * 32).digest()


@pytest.mark.parametrize("size", SIZES)
def test_a_grown_tree_has_the_root_of_the_definition(size: int) -> None:
    assert grown(size)[0].root() == expected_root(size)


def test_every_past_root_can_be_computed_from_the_stored_hashes() -> None:
    _tree, stored = grown(len(TEXTS))
    assert [Tree.at(size, stored).root() for size in SIZES] == [expected_root(size) for size in SIZES]


def test_a_past_root_needs_only_the_rows_of_its_peaks() -> None:
    _tree, stored = grown(len(TEXTS))
    for size in SIZES:
        rows = {seq: stored[seq] for seq in peak_seqs(size)}
        assert len(rows) == size.bit_count()
        assert Tree.at(size, rows).root() == expected_root(size)


def test_a_tree_restored_from_its_stored_hashes_grows_like_the_original() -> None:
    _tree, stored = grown(len(TEXTS))
    for size in SIZES[:-1]:
        taken_up = Tree.at(size, stored)
        assert taken_up.add(leaf_hash(TEXTS[size])) == stored[size + 1][1:]
        assert taken_up.root() == expected_root(size + 1)


def test_a_leaf_completes_one_subtree_per_factor_of_2_in_its_seq() -> None:
    _tree, stored = grown(len(TEXTS))
    assert {seq: len(hashes) - 1 for seq, hashes in stored.items()} == {
        seq: (seq & -seq).bit_length() - 1 for seq in SIZES
    }


@pytest.mark.parametrize(
    ("size", "expected"), [(0, []), (1, [1]), (6, [4, 6]), (7, [4, 6, 7]), (64, [64]), (70, [64, 68, 70])]
)
def test_peak_seqs(size: int, expected: list[int]) -> None:
    assert peak_seqs(size) == expected


def test_joined_hashes_are_split_into_the_originals() -> None:
    hashes = [leaf_hash(text) for text in TEXTS[:3]]
    assert split_hashes(b"".join(hashes)) == hashes
    assert split_hashes(b"") == []
