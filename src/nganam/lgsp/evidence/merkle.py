"""The Merkle tree of RFC 6962: hashes, roots and proofs over whatever gives the hashes of complete subtrees."""

import hashlib
from collections.abc import Callable, Iterator, Sequence

HASH = 32
EMPTY = hashlib.sha256(b"").digest()
_sha256 = hashlib.sha256
Node = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree ``index`` of ``level``: over 2**level leaves from ``index << level`` on."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry."""
    return _sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees."""
    return _sha256(b"\1" + left + right).digest()


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over 2**n subtrees of one size."""
    level = list(hashes)
    while len(level) > 1:
        level = [_sha256(b"\1" + level[at] + level[at + 1]).digest() for at in range(0, len(level), 2)]
    return level[0]


def split(size: int) -> int:
    """Return the largest power of two below ``size`` (at least 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def peaks(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Give (level, index) of the complete subtrees that leaves ``start`` to ``end`` consist of, the largest first.

    ``start`` is a multiple of the largest subtree's size, as in every range that proofs of RFC 6962 speak of.
    """
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def range_root(node: Node, start: int, end: int) -> bytes:
    """Return the hash over leaves ``start`` to ``end``."""
    found = [node(level, index) for level, index in peaks(start, end)]
    if not found:
        return EMPTY
    root = found.pop()
    while found:
        root = node_hash(found.pop(), root)
    return root


def inclusion_proof(node: Node, index: int, size: int) -> list[bytes]:
    """Return the audit path of leaf ``index`` in the tree of ``size`` leaves (RFC 6962 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    return _path(node, index, 0, size)


def _path(node: Node, index: int, start: int, end: int) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + split(end - start)
    if index < middle:
        return [*_path(node, index, start, middle), range_root(node, middle, end)]
    return [*_path(node, index, middle, end), range_root(node, start, middle)]


def consistency_proof(node: Node, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of ``old`` leaves is the beginning of that of ``new`` (RFC 6962 2.1.2)."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} is no beginning of one of {new}")
    return [] if old in {0, new} else _subproof(node, old, 0, new, whole=True)


def _subproof(node: Node, old: int, start: int, end: int, *, whole: bool) -> list[bytes]:
    if old == end:
        return [] if whole else [range_root(node, start, end)]
    middle = start + split(end - start)
    if old <= middle:
        return [*_subproof(node, old, start, middle, whole=whole), range_root(node, middle, end)]
    return [*_subproof(node, old, middle, end, whole=False), range_root(node, start, middle)]


def root_of_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root the proof leads to; raise ``ValueError`` for a proof of a wrong length (RFC 9162 2.1.3.2)."""
    at, last, root = index, size - 1, leaf
    if not 0 <= index < size:
        raise ValueError("the leaf is not in the tree")
    for one in proof:
        if not last:
            raise ValueError("the proof is too long")
        if at & 1 or at == last:
            root = node_hash(one, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, one)
        at, last = at >> 1, last >> 1
    if last:
        raise ValueError("the proof is too short")
    return root
