"""The Merkle tree over a log, as in RFC 9162, which makes a receipt a proof.

Seq n completes one subtree for each factor 2 of n. Each event row stores the hashes of those subtrees, lowest first. So
the root at any past size needs at most log2(n) rows, and an append needs only the peaks of the tree before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

LEAF, NODE = b"\x00", b"\x01"
HASH_BYTES = 32


def leaf_hash(text: str) -> bytes:
    """Return the hash of a leaf: SHA-256 over 0x00 and the canonical text in UTF-8. Source: RFC 9162 section 2.1.1."""
    return sha256(LEAF + text.encode()).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256 over 0x01 and both children. Source: RFC 9162 section 2.1.1."""
    return sha256(NODE + left + right).digest()


def peak_seqs(size: int) -> list[int]:
    """Return the seqs at which the perfect subtrees of a tree of this size end, largest subtree first: 6 gives 4, 6."""
    seqs, end = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            end += 1 << level
            seqs.append(end)
    return seqs


@dataclass(slots=True)
class Tree:
    """A tree that grows at its right edge. `peaks` are the roots of its perfect subtrees, largest first."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    @classmethod
    def at(cls, size: int, stored: Mapping[int, Sequence[bytes]]) -> Tree:
        """Return the tree of this size; `stored` gives, by seq, the leaf and subtree hashes of the `peak_seqs` rows."""
        levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
        return cls(size, [stored[seq][level] for seq, level in zip(peak_seqs(size), levels, strict=True)])

    def add(self, leaf: bytes) -> list[bytes]:
        """Append one leaf and return the hashes of the subtrees that it completes, lowest first, without the leaf."""
        self.size += 1
        completed = []
        node, size = leaf, self.size
        while size % 2 == 0:
            node = node_hash(self.peaks.pop(), node)
            completed.append(node)
            size //= 2
        self.peaks.append(node)
        return completed

    def root(self) -> bytes:
        """Return the root of the tree; for an empty tree, SHA-256 of the empty string."""
        return root_of(self.peaks)


def root_of(peaks: Sequence[bytes]) -> bytes:
    """Return the root of the tree whose perfect subtrees have these roots; without any, SHA-256 of the empty string."""
    if not peaks:
        return sha256().digest()
    *larger, root = peaks
    for peak in reversed(larger):
        root = node_hash(peak, root)
    return root


def split_hashes(joined: bytes) -> list[bytes]:
    """Split a concatenation of 32-byte hashes."""
    return [joined[start : start + HASH_BYTES] for start in range(0, len(joined), HASH_BYTES)]
