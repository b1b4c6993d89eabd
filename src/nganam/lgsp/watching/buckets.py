"""Durations as counts in buckets that grow by an eighth of a doubling: small to keep, exact enough for p50, p95, p99.

A bucket's upper edge stands for all in it, so that what is told is never less than the truth, and at most 9.1 % more
(and half a millisecond, since the log has whole milliseconds).
"""

import math
from collections.abc import Iterable, Mapping

STEPS = 8
"""Buckets to a doubling: 2^(1/8) = 1.0905."""
Counts = dict[int, int]


def bucket_of(milliseconds: int) -> int:
    """Return the number of the bucket: 0 for less than a millisecond, then 1 + floor(8 · log2(ms))."""
    if milliseconds < 1:
        return 0
    return 1 + math.floor(STEPS * math.log2(milliseconds) + 1e-9)


def edge(bucket: int) -> int:
    """Return the largest whole milliseconds of a bucket; 0 for the first."""
    if bucket < 1:
        return 0
    upper: float = 2 ** (bucket / STEPS)
    return max(1, math.ceil(upper - 1e-9) - 1)


def add(into: Counts, more: Mapping[str, int] | Mapping[int, int]) -> Counts:
    """Add counts to others, in place; keys may be text, as JSON keeps them."""
    for bucket, count in more.items():
        into[int(bucket)] = into.get(int(bucket), 0) + count
    return into


def quantile(counts: Mapping[int, int], share: float) -> int | None:
    """Return the milliseconds that ``share`` of the calls did not exceed; ``None`` without calls."""
    total = sum(counts.values())
    if not total:
        return None
    place, passed = max(1, math.ceil(round(share * total, 6))), 0
    for bucket in sorted(counts):
        passed += counts[bucket]
        if passed >= place:
            return edge(bucket)
    raise AssertionError("the counts add up to their total")


def least(milliseconds: int) -> int:
    """Return the fewest whole milliseconds that are told as these are: what a judgement may hold against nobody."""
    return edge(bucket_of(milliseconds) - 1) + 1 if milliseconds else 0


def merged(every: Iterable[Mapping[str, int]]) -> Counts:
    """Return the sum of many."""
    found: Counts = {}
    for one in every:
        add(found, one)
    return found
