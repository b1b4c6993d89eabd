"""Vietnamese names in their right order (họ, đệm, tên) for people who do not exist.

Surname weights are nation-wide counts bent towards the Mekong delta; Khmer and Hoa names are from memory.
Draws use ``random.Random`` only through ``random()``, whose sequence is the same in every Python version.
"""

from bisect import bisect
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

from nganam.demo.facts import table

T = TypeVar("T")

MALE, FEMALE = "nam", "nu"
KINH, HOA, KHMER = "01", "04", "05"
ETHNIC_SHARES: tuple[tuple[str, float], ...] = ((KINH, 0.642), (KHMER, 0.302), (HOA, 0.052), ("17", 0.004))
"""Shares of Sóc Trăng about 2019, from memory; the rest is Chăm ("17"), so that small groups occur in tests."""

_GROUP = {KHMER: "khmer", HOA: "hoa"}
_KINH_GIVEN = {KHMER: 0.45, HOA: 0.35}
"""Share of Khmer and Hoa people with a given name of the common Vietnamese stock (from memory)."""


class Draw(Generic[T]):
    """Draws from weighted values in one ``random()`` and a bisection."""

    def __init__(self, values: Sequence[T], weights: Sequence[float]) -> None:
        self.values = tuple(values)
        self.totals = tuple(accumulate(weights))
        self.total = self.totals[-1]
        self.last = len(self.values) - 1

    def __call__(self, chance: float) -> T:
        """Return the value standing at ``chance`` (0 ≤ chance < 1) of the total weight."""
        return self.values[min(bisect(self.totals, chance * self.total), self.last)]


@cache
def surnames(group: str) -> Draw[str]:
    """Return the surnames of ``kinh``, ``khmer`` or ``hoa``."""
    rows = [row for row in table("ho-ten/ho") if row["nhom"] == group]
    return Draw([row["ho"] for row in rows], [int(row["trong_so"]) for row in rows])


@cache
def given_names(group: str, sex: str) -> Draw[tuple[str, str]]:
    """Return pairs (đệm, tên) of a group and sex."""
    rows = [row for row in table("ho-ten/ten") if row["nhom"] == group and row["gioi_tinh"] == sex]
    return Draw([(row["dem"], row["ten"]) for row in rows], [int(row["trong_so"]) for row in rows])


def surname_of(ethnic: str, chance: float) -> str:
    """Return the surname standing at ``chance`` among those of an ethnic group."""
    return surnames(_GROUP.get(ethnic, "kinh"))(chance)


def full_name(random: Random, ethnic: str, sex: str, surname: str = "") -> str:
    """Return a full name in order, with a surname that is given or drawn; always the same number of draws."""
    first, second, third, fourth = random.random(), random.random(), random.random(), random.random()
    group = _GROUP.get(ethnic, "kinh")
    surname = surname or surname_of(ethnic, first)
    given_group = "kinh" if fourth < _KINH_GIVEN.get(ethnic, 1.0) else group
    middle, given = given_names(given_group, sex)(second)
    if given_group == "khmer":  # two syllables of one name; women often carry Thị before it
        return f"{surname} Thị {middle} {given}" if sex == FEMALE and third < 0.5 else f"{surname} {middle} {given}"
    if sex == FEMALE and third < 0.55:
        return f"{surname} Thị {given}" if third < 0.2 else f"{surname} Thị {middle} {given}"
    if sex == MALE and third < 0.35:
        return f"{surname} Văn {given}"
    return f"{surname} {middle} {given}"
