"""Citizens who cannot exist: seeded, streaming, the same bytes for the same seed whatever the number asked for.

Why nobody can be meant (tests hold each point for every generated record):

- ``so_dinh_danh``: the fourth digit says "born 2000-2099" and the next two say 2060-2099. Such a number can be given to
  nobody for decades. It therefore disagrees with ``ngay_sinh``, which is a plausible date of its own;
- ``dien_thoai``: 095 is assigned to no carrier; ``ma_bhxh``: begins with 00, which is no province;
- house numbers and hamlets are numbers, no street is named; every record carries ``du_lieu_gia`` = 1.

They come household by household: who lives together follows each other, with one address.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import count
from random import Random
from typing import NamedTuple

from nganam.demo.facts import new_communes, population_2009
from nganam.demo.households import household
from nganam.demo.names import FEMALE, MALE, Draw, full_name

SEED = 2026
CAPACITY = 40_000_000
FIRST_YEAR, YEARS = 60, 40
_STRIDE = 15_485_863  # prime and without the factors of CAPACITY (2 and 5): index → number is one-to-one
_ORIGINS = Draw(("094", "092", "093", "095", "096", "084"), (90, 4, 2, 2, 1, 1))
SEX_LABELS = {MALE: "Nam", FEMALE: "Nữ"}


class Citizen(NamedTuple):
    """One generated citizen; dates are ISO text where written to files, ``date`` here."""

    so_dinh_danh: str
    ho_ten: str
    gioi_tinh: str
    ngay_sinh: date
    dan_toc: str
    ma_xa: str
    dia_chi: str
    dien_thoai: str
    ma_bhxh: str
    ma_ho: str
    quan_he: str
    du_lieu_gia: int


@cache
def commune_draw() -> Draw[str]:
    """Return the 43 communes weighted by their 2009 population."""
    people = population_2009()
    return Draw(tuple(people), tuple(people.values()))


def address(random: Random, commune: str) -> str:
    """Return a made-up address: a house number, a numbered ấp or khóm, the real commune."""
    name = new_communes()[commune]
    hamlet = "Khóm" if name.startswith("Phường") else "Ấp"
    house, number = 1 + int(random.random() * 480), 1 + int(random.random() * 12)
    return f"Số {house}, {hamlet} {number}, {name}, TP Cần Thơ"


def _identifier(index: int, offset: int, origin: str, sex: str) -> str:
    number = (index * _STRIDE + offset) % CAPACITY
    year, serial = divmod(number, 1_000_000)
    return f"{origin}{'3' if sex == FEMALE else '2'}{FIRST_YEAR + year:02d}{serial:06d}"


def citizens(n: int = 20_000, seed: int = SEED) -> Iterator[Citizen]:
    """Yield ``n`` citizens; the first k are the same whatever ``n`` is. Identifiers are unique up to ``CAPACITY``."""
    if n > CAPACITY:
        raise ValueError(f"At most {CAPACITY} citizens have identifiers of their own.")
    random = Random(f"citizens:{seed}")
    offset, index = int(random.random() * CAPACITY), 0
    for number in count(1):
        for one in _household(random, f"H{number:08d}", index, offset):
            if index == n:
                return
            index += 1
            yield one


def _household(random: Random, code: str, index: int, offset: int) -> Iterator[Citizen]:
    """Yield a household's members as citizens number ``index`` and following."""
    draw = random.random
    commune = commune_draw()(draw())
    home = address(random, commune)
    for place, one in enumerate(household(random), index):
        yield Citizen(
            so_dinh_danh=_identifier(place, offset, _ORIGINS(draw()), one.sex),
            ho_ten=full_name(random, one.ethnic, one.sex, one.surname),
            gioi_tinh=SEX_LABELS[one.sex],
            ngay_sinh=one.born_on,
            dan_toc=one.ethnic,
            ma_xa=commune,
            dia_chi=home,
            dien_thoai=f"095{int(draw() * 10_000_000):07d}",
            ma_bhxh=f"00{(place * _STRIDE + offset) % CAPACITY:08d}",
            ma_ho=code,
            quan_he=one.relation,
            du_lieu_gia=1,
        )


def can_belong_to_somebody(identifier: str) -> bool:
    """Say whether a personal identifier could be a living person's: born not after 2029 by its own digits."""
    century = {"0": 1900, "1": 1900, "2": 2000, "3": 2000}.get(identifier[3])
    return century is not None and century + int(identifier[4:6]) < 2030
