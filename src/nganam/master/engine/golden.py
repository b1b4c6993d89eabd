"""The record of an entity: for each attribute the value of the most trusted table that has one; who says otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from nganam.master.engine.attributes import agree
from nganam.master.engine.records import Record


@dataclass(frozen=True, slots=True)
class Said:
    """A value as a table says it."""

    table: str
    value: str


@dataclass(frozen=True, slots=True)
class Golden:
    """One attribute of an entity: the value taken, the table it is of, and the values of others that say otherwise."""

    attribute: str
    value: str
    table: str
    others: tuple[Said, ...]


def golden(
    records: Sequence[Record], kind: str, attributes: Sequence[str], order: Mapping[str, Sequence[str]]
) -> list[Golden]:
    """Return what an entity is; attributes nobody says are left out. ``order`` is the tables by trust, by attribute.

    Of several records of one table the first by key is taken: as any other rule, but the same each time.
    """
    found = []
    for attribute in attributes:
        places = {table: place for place, table in enumerate(order[attribute])}
        said = sorted(
            ((places[one.table], one.key, Said(one.table, value)) for one in records
             if (value := (one.values.get(attribute) or "").strip()) and one.table in places),
            key=lambda one: one[:2],
        )  # fmt: skip
        if said:
            found.append(_settled(attribute, kind, [one for _, _, one in said]))
    return found


def _settled(attribute: str, kind: str, said: Sequence[Said]) -> Golden:
    taken = said[0]
    others = [one for one in said[1:] if not agree(attribute, kind, taken.value, one.value)]
    return Golden(attribute, taken.value, taken.table, tuple(dict.fromkeys(others)))


def conflicts(records: Sequence[Record], kind: str, attributes: Sequence[str]) -> int:
    """Return in how many attributes the records of an entity say different things."""
    return sum(_differ(one, kind, [record.values.get(one) or "" for record in records]) for one in attributes)


def _differ(attribute: str, kind: str, values: Sequence[str]) -> bool:
    told = sorted({one.strip() for one in values} - {""})
    return any(not agree(attribute, kind, one, other) for one, other in combinations(told, 2))
