"""Households of people who cannot exist: who lives together, how they are related, of which age and surname.

Kinds and their shares are shaped like the 2019 census of the Mekong delta (3.4 people a household, one head in four a
woman), from memory. Children take their father's surname and ethnic group, as is usual; women keep their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random

from nganam.demo.names import ETHNIC_SHARES, FEMALE, MALE, Draw, surname_of

REFERENCE_ON = date(2026, 1, 1)
"""Ages are counted at this day, never at today: output must not depend on when it is made."""

HEAD, WIFE, HUSBAND, CHILD, FATHER, MOTHER = "Chủ hộ", "Vợ", "Chồng", "Con", "Cha", "Mẹ"
SINGLE, COUPLE, FAMILY, THREE, LONE = "single", "couple", "family", "three generations", "lone parent"
_KINDS = Draw((SINGLE, COUPLE, FAMILY, THREE, LONE), (11, 14, 50, 18, 7))
_HEAD_AGES = {
    SINGLE: Draw(((20, 32), (45, 60), (60, 88)), (32, 18, 50)),
    COUPLE: Draw(((22, 32), (50, 62), (62, 82)), (24, 36, 40)),
    FAMILY: Draw(((24, 34), (34, 46), (46, 58)), (34, 42, 24)),
    THREE: Draw(((26, 36), (36, 46), (46, 56)), (38, 40, 22)),
    LONE: Draw(((24, 36), (36, 48), (48, 60)), (30, 40, 30)),
}
_CHILDREN = Draw((1, 2, 3), (34, 50, 16))
_OLDEST = 97.0
_LEFT_HOME = 27
"""Children of this age and older have a household of their own."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member: relation to the head, sex, birth, ethnic group, surname."""

    relation: str
    sex: str
    age: float
    ethnic: str
    surname: str

    @property
    def born_on(self) -> date:
        """Return the day of birth: the age is in years, as of ``REFERENCE_ON``."""
        return REFERENCE_ON - timedelta(days=1 + int(self.age * 365.25))


@cache
def _ethnic_draw() -> Draw[str]:
    codes, shares = zip(*ETHNIC_SHARES, strict=True)
    return Draw(codes, shares)


def household(random: Random) -> tuple[Member, ...]:
    """Draw one household, its head first."""
    draw = random.random
    kind, ethnic = _KINDS(draw()), _ethnic_draw()(draw())
    low, high = _HEAD_AGES[kind](draw())
    sex = FEMALE if draw() < (0.7 if kind == LONE else 0.55 if kind == SINGLE else 0.14) else MALE
    head = Member(HEAD, sex, low + draw() * (high - low), ethnic, surname_of(ethnic, draw()))
    spouse = _spouse(random, head) if kind in {COUPLE, FAMILY, THREE} else None
    elders = _elders(random, head) if kind == THREE else ()
    children = _children(random, head, spouse) if kind in {FAMILY, THREE, LONE} else ()
    return (head, *((spouse,) if spouse else ()), *children, *elders)


def _spouse(random: Random, head: Member) -> Member:
    draw = random.random
    ethnic = head.ethnic if draw() < 0.93 else _ethnic_draw()(draw())
    apart, chance = 3 + (draw() - 0.5) * 8, draw()
    wife = head.sex == MALE
    age = max(19.0, head.age - apart if wife else head.age + apart)
    return Member(WIFE if wife else HUSBAND, FEMALE if wife else MALE, age, ethnic, surname_of(ethnic, chance))


def _children(random: Random, head: Member, spouse: Member | None) -> Iterator[Member]:
    """Yield children from the eldest: the mother was at least 18, two to five years lie between them."""
    draw = random.random
    father = head if head.sex == MALE or spouse is None else spouse
    mother = head if head.sex == FEMALE or spouse is None else spouse
    age = mother.age - 18 - 13 * draw()
    for _place in range(_CHILDREN(draw())):
        sex = FEMALE if draw() < 0.475 else MALE
        if 0 < age < _LEFT_HOME:
            yield Member(CHILD, sex, age, father.ethnic, father.surname)
        age -= 2 + 3 * draw()


def _elders(random: Random, head: Member) -> Iterator[Member]:
    draw = random.random
    both, apart, chance = draw() < 0.45, 19 + 14 * draw(), draw()
    mother = min(head.age + apart, _OLDEST)
    yield Member(MOTHER, FEMALE, mother, head.ethnic, surname_of(head.ethnic, chance))
    if both:
        yield Member(FATHER, MALE, min(mother + 1 + 4 * draw(), _OLDEST), head.ethnic, head.surname)
