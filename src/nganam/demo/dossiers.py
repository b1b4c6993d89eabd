"""One-stop dossiers of people who cannot exist: about four for each person, with the faults such a register has.

Fields and numbers are made up. Every 83rd line or so is faulty in one of six ways, counted in ``FAULTS``: an old
identity number of nine digits, a day that is none, a commune that never was, a channel under another name, a fee in
words, a dossier's number used twice.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from nganam.demo.households import REFERENCE_ON
from nganam.demo.names import Draw
from nganam.demo.people import SEED, Citizen, citizens

FAULTS = ("pattern", "date", "commune", "allowed", "integer", "duplicate")
"""Why the faulty lines are refused, by the warehouse's word for it, in the order of ``_FAULTY``."""
_EVERY = 499  # lines; prime, so that faults do not fall on the same kind of person
_FAULTY = {place * 83 + 41: fault for place, fault in enumerate(FAULTS)}
_OF_AGE = 16
_FIRST, _DAYS = date(2024, 1, 1), 731
_NUMBERS = Draw((0, 1, 2, 3, 4, 5, 6, 8, 10, 14), (5, 7, 9, 11, 13, 13, 12, 13, 10, 7))
_FIELDS = Draw(
    (
        ("Chứng thực", 2, 0, 10_000), ("Hộ tịch", 3, 0, 8_000), ("Cư trú", 7, 0, 15_000), ("Đất đai", 20, 12, 100_000),
        ("Bảo trợ xã hội", 15, 8, 0), ("Đăng ký hộ kinh doanh", 3, 1, 100_000), ("Người có công", 20, 10, 0),
        ("Giáo dục", 10, 4, 0), ("Xây dựng", 15, 7, 75_000), ("Lao động, việc làm", 10, 3, 0),
    ),
    (30, 18, 14, 13, 8, 4, 3, 4, 3, 3),
)  # fmt: skip
"""Field, promised days, usual overrun when late, fee in đồng."""
_CHANNELS = Draw(("Trực tuyến", "Trực tiếp", "Bưu chính công ích"), (58, 37, 5))


class Dossier(NamedTuple):
    """One dossier; dates as ISO text, "" while it is not known; the fee in đồng."""

    ma_ho_so: str
    so_dinh_danh: str
    linh_vuc: str
    kenh: str
    ma_xa: str
    ngay_nhan: str
    ngay_hen: str
    ngay_tra: str
    ket_qua: str
    le_phi: int | str
    du_lieu_gia: int


def dossiers(people: int = 20_000, seed: int = SEED) -> Iterator[Dossier]:
    """Yield the dossiers of ``people`` citizens, person by person, faulty lines among them."""
    random, index, before = Random(f"dossiers:{seed}"), 0, ""
    for one in citizens(people, seed):
        for _place in range(_number_of(random, one)):
            made = _spoilt(_dossier(random, one, index), _FAULTY.get(index % _EVERY, ""), before)
            before, index = made.ma_ho_so, index + 1
            yield made


def faults_among(lines: int) -> dict[str, int]:
    """Return how many of the first ``lines`` lines are faulty, by reason."""
    whole, rest = divmod(lines, _EVERY)
    return dict(Counter({fault: whole + (place < rest) for place, fault in _FAULTY.items()}))


def _number_of(random: Random, one: Citizen) -> int:
    chance = random.random()
    return _NUMBERS(chance) if (REFERENCE_ON - one.ngay_sinh).days > _OF_AGE * 365.25 else 0


def _dossier(random: Random, one: Citizen, index: int) -> Dossier:
    draw = random.random
    (field, promised, overrun, fee), channel = _FIELDS(draw()), _CHANNELS(draw())
    received = _FIRST + timedelta(days=int(draw() ** 0.8 * _DAYS))
    due = received + timedelta(days=promised)
    late, spread = draw() < 0.06, draw()
    done = due + timedelta(days=1 + int(spread * (overrun + 3))) if late else due - timedelta(days=int(spread * 2))
    is_done = max(received, done) < REFERENCE_ON
    return Dossier(
        ma_ho_so=f"HS{received.year % 100:02d}-{index:08d}",
        so_dinh_danh=one.so_dinh_danh,
        linh_vuc=field,
        kenh=channel,
        ma_xa=one.ma_xa,
        ngay_nhan=received.isoformat(),
        ngay_hen=due.isoformat(),
        ngay_tra=max(received, done).isoformat() if is_done else "",
        ket_qua=("Trễ hạn" if late else "Đúng hạn") if is_done else "Đang giải quyết",
        le_phi=fee if channel == "Trực tiếp" else fee // 2,
        du_lieu_gia=1,
    )


def _spoilt(one: Dossier, fault: str, before: str) -> Dossier:
    """Return the line with one fault, or as it is."""
    if fault == "pattern":
        return one._replace(so_dinh_danh=one.so_dinh_danh[3:])
    if fault == "date":
        return one._replace(ngay_nhan="31/02/2025")
    if fault == "commune":
        return one._replace(ma_xa="99999")
    if fault == "allowed":
        return one._replace(kenh="Online")
    if fault == "integer":
        return one._replace(le_phi="mười nghìn")
    return one._replace(ma_ho_so=before) if fault == "duplicate" else one
