"""From pairs to entities: officers' decisions first, then exact pairs, then likely ones, strongest first.

A pair never joins what was decided to be two things, nor two groups whose identifiers differ: it goes to review, so
that a record without an identifier makes no bridge between two people.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from nganam.master.engine.matching import Pair

Key = tuple[str, str]
BY_DECISION, EXACT, LIKELY, REVIEW, APART, AGAINST = "decision", "exact", "likely", "review", "apart", "against"
ORDER: Final = {BY_DECISION: 0, EXACT: 1, LIKELY: 2}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability a pair is joined, and from which it is shown to an officer."""

    join: float
    review: float


@dataclass(frozen=True, slots=True)
class Joined:
    """The outcome: the group of every record (named by its first record), and what became of each pair."""

    group: dict[str, str]
    verdicts: dict[Key, str] = field(default_factory=dict)


class Groups:
    """Records in groups that only grow, with what must stay apart."""

    def __init__(self, records: Iterable[str], identifiers: Mapping[str, str | None], apart: Iterable[Key]) -> None:
        self.parent = {one: one for one in records}
        self.numbers = {one: {number} if (number := identifiers.get(one)) else set() for one in self.parent}
        self.foes: dict[str, set[str]] = {one: set() for one in self.parent}
        for left, right in apart:
            if left in self.parent and right in self.parent:
                self.foes[left].add(right)
                self.foes[right].add(left)

    def of(self, record: str) -> str:
        """Return the group a record is in, named by its first record."""
        while self.parent[record] != record:
            self.parent[record] = self.parent[self.parent[record]]
            record = self.parent[record]
        return record

    def are_apart(self, left: str, right: str) -> bool:
        """Say whether somebody decided that something of one group is not something of the other."""
        one, two = self.of(left), self.of(right)
        return any(self.of(foe) == two for foe in self.foes[one])

    def numbers_differ(self, left: str, right: str) -> bool:
        """Say whether both groups have identifiers and none in common."""
        one, two = self.numbers[self.of(left)], self.numbers[self.of(right)]
        return bool(one and two) and one.isdisjoint(two)

    def join(self, left: str, right: str) -> None:
        """Make one group of two."""
        first, last = sorted((self.of(left), self.of(right)))
        if first != last:
            self.parent[last] = first
            self.numbers[first] |= self.numbers.pop(last)
            self.foes[first] |= self.foes.pop(last)


def join(
    records: Sequence[str], identifiers: Mapping[str, str | None], pairs: Sequence[Pair], decided: Mapping[Key, bool],
    thresholds: Thresholds,
) -> Joined:  # fmt: skip
    """Group records by decisions (True: one thing, False: two) and by pairs."""
    groups = Groups(records, identifiers, [key for key, one in decided.items() if not one])
    for (left, right), same in sorted(decided.items()):
        if same and left in groups.parent and right in groups.parent:
            groups.join(left, right)
    verdicts = {(one.left, one.right): _first_verdict(one, decided, thresholds) for one in pairs}
    strongest = sorted(pairs, key=lambda one: (ORDER.get(verdicts[one.left, one.right], 9), -one.weight, one.left))
    for one in strongest:
        key = (one.left, one.right)
        if verdicts[key] in {EXACT, LIKELY}:
            verdicts[key] = _joined(groups, one, verdicts[key])
    return Joined({one: groups.of(one) for one in records}, _settled(groups, verdicts))


def _first_verdict(pair: Pair, decided: Mapping[Key, bool], thresholds: Thresholds) -> str:
    decision = decided.get((pair.left, pair.right))
    if decision is not None:
        return BY_DECISION if decision else AGAINST
    if pair.is_exact:
        return EXACT
    if pair.level("identifier") == "same":
        return REVIEW  # one of the two numbers is wrong, or the other values are
    if pair.probability >= thresholds.join:
        return LIKELY
    return REVIEW if pair.probability >= thresholds.review else APART


def _joined(groups: Groups, pair: Pair, verdict: str) -> str:
    if groups.of(pair.left) == groups.of(pair.right):
        return verdict
    if groups.are_apart(pair.left, pair.right):
        return APART
    if verdict == LIKELY and groups.numbers_differ(pair.left, pair.right):
        return REVIEW
    groups.join(pair.left, pair.right)
    return verdict


def _settled(groups: Groups, verdicts: Mapping[Key, str]) -> dict[Key, str]:
    """Ask nobody about a pair that other pairs have joined, or that a decision keeps apart."""
    found = {}
    for (left, right), verdict in verdicts.items():
        settled = verdict
        if verdict == REVIEW and groups.of(left) == groups.of(right):
            settled = LIKELY
        elif verdict == REVIEW and groups.are_apart(left, right):
            settled = APART
        found[left, right] = settled
    return found
