"""Which group of records goes on as which entity: codes stay, a merge keeps the older one, a split makes a new one."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

PAD = 7


@dataclass(frozen=True, slots=True)
class Plan:
    """Entities by group, groups that need a new one, entities that are another now, and those nothing is left of."""

    kept: dict[str, int] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)
    merged: dict[int, int] = field(default_factory=dict)
    ended: list[int] = field(default_factory=list)


def plan(before: Mapping[str, int], now: Mapping[str, str], numbers: Mapping[int, int]) -> Plan:
    """Plan codes. ``before``: entity of each record; ``now``: group of each record; ``numbers``: age of live entities.

    The heir of an entity is the group with most of its records (of equals, the one with the first record).
    """
    shares: dict[int, Counter[str]] = {}
    for record, entity in sorted(before.items()):
        if record in now:
            shares.setdefault(entity, Counter())[now[record]] += 1
    heirs = {entity: min(found, key=lambda group: (-found[group], group)) for entity, found in shares.items()}
    made = Plan(ended=sorted(set(numbers) - set(heirs)))
    for entity in sorted(heirs, key=lambda one: numbers[one]):
        first = made.kept.setdefault(heirs[entity], entity)
        if first != entity:
            made.merged[entity] = first
    made.new.extend(sorted(set(now.values()) - set(made.kept)))
    return made


def written(prefix: str, number: int) -> str:
    """Return the code of an entity: prefix, number, and a digit that tells a mistyped one (Luhn)."""
    digits = f"{number:0{PAD}d}"
    total = sum(_doubled(int(one)) if place % 2 == 0 else int(one) for place, one in enumerate(reversed(digits)))
    return f"{prefix}-{digits}-{-total % 10}"


def _doubled(digit: int) -> int:
    return digit * 2 if digit * 2 < 10 else digit * 2 - 9  # noqa: PLR2004 - the sum of two digits
