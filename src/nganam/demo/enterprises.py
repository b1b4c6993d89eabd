"""Enterprises that cannot exist: tax codes of the form that is never issued, names marked "Mẫu" with a number.

A tax code's tenth digit is 10 minus the weighted sum of the first nine modulo 11 (TT 105/2020/TT-BTC, annex 1, as read
in public code). Where that remainder is 0 there is no such digit and the number is never issued; all codes here are of
that kind, so every validator refuses them: that is the wanted mark of made-up data, and contracts say so.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from nganam.demo.facts import table
from nganam.demo.households import REFERENCE_ON
from nganam.demo.names import FEMALE, KINH, MALE, Draw, full_name
from nganam.demo.people import SEED, address, commune_draw

WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
CAPACITY = 900_000
_PREFIX = (2, 2)  # codes of the former province begin with 22
_SPACE, _STRIDE = 1_000_000, 611_953  # prime: index → digits is one-to-one
_FORMS = Draw(
    (
        ("Công ty TNHH", "Công ty trách nhiệm hữu hạn"),
        ("Công ty TNHH MTV", "Công ty TNHH một thành viên"),
        ("Công ty Cổ phần", "Công ty cổ phần"),
        ("Doanh nghiệp tư nhân", "Doanh nghiệp tư nhân"),
        ("Hợp tác xã", "Hợp tác xã"),
    ),
    (32, 38, 12, 12, 6),
)
_TRADES = Draw(
    (
        ("0111", "Lúa gạo"),
        ("0145", "Chăn nuôi"),
        ("0321", "Nuôi tôm"),
        ("0322", "Thủy sản"),
        ("1020", "Chế biến thủy sản"),
        ("1061", "Xay xát"),
        ("1080", "Thức ăn thủy sản"),
        ("1410", "May mặc"),
        ("4290", "Xây dựng"),
        ("4330", "Hoàn thiện công trình"),
        ("4620", "Nông sản"),
        ("4631", "Kinh doanh gạo"),
        ("4663", "Vật liệu xây dựng"),
        ("4690", "Thương mại tổng hợp"),
        ("4730", "Xăng dầu"),
        ("4772", "Dược phẩm"),
        ("4933", "Vận tải"),
        ("5510", "Khách sạn"),
        ("5610", "Ẩm thực"),
        ("6201", "Phần mềm"),
        ("7110", "Tư vấn thiết kế"),
        ("7911", "Du lịch"),
        ("8559", "Đào tạo"),
        ("8620", "Phòng khám"),
    ),
    (7, 3, 9, 6, 5, 6, 3, 2, 9, 4, 5, 8, 7, 9, 4, 3, 6, 2, 4, 1, 3, 1, 2, 1),
)
_WORDS = ("Sông", "Biển", "Đồng", "Lúa", "Sen", "Phù Sa", "Cù Lao", "Bình Minh", "Gió", "Mùa Vàng", "Dừa", "Bưởi")
_STATUSES = Draw(("Đang hoạt động", "Tạm ngừng kinh doanh", "Đã giải thể"), (82, 10, 8))
_CAPITAL = Draw(
    (300, 500, 1_000, 1_900, 3_000, 5_000, 9_900, 20_000, 50_000, 150_000), (10, 14, 20, 12, 14, 12, 8, 6, 3, 1)
)  # million đồng
_EPOCH = date(2000, 1, 4)


class Enterprise(NamedTuple):
    """One generated enterprise; capital in đồng."""

    ma_so_thue: str
    ten_doanh_nghiep: str
    loai_hinh: str
    ma_nganh: str
    ten_nganh: str
    ma_xa: str
    dia_chi: str
    ngay_dang_ky: date
    von_dieu_le: int
    so_lao_dong: int
    trang_thai: str
    nguoi_dai_dien: str
    dien_thoai: str
    du_lieu_gia: int


def is_never_issued(code: str) -> bool:
    """Say whether the first nine digits of a tax code leave remainder 0, so that no tenth digit exists."""
    return sum(int(digit) * weight for digit, weight in zip(code[:9], WEIGHTS, strict=True)) % 11 == 0


def _tax_codes(offset: int) -> Iterator[str]:
    """Yield tax codes never issued: six free digits, a ninth that makes the remainder 0, any tenth."""
    for index in range(_SPACE):
        free = f"{(index * _STRIDE + offset) % _SPACE:06d}"
        digits = (*_PREFIX, *map(int, free))
        ninth = -sum(digit * weight for digit, weight in zip(digits, WEIGHTS[:8], strict=True)) * 4 % 11
        if ninth < 10:  # 4 is the inverse of 3 (the ninth weight) modulo 11; ten is no digit
            yield f"22{free}{ninth}{index % 10}"


def enterprises(n: int = 2_000, seed: int = SEED) -> Iterator[Enterprise]:
    """Yield ``n`` enterprises; the first k are the same whatever ``n`` is. Tax codes are unique up to ``CAPACITY``."""
    if n > CAPACITY:
        raise ValueError(f"At most {CAPACITY} enterprises have tax codes of their own.")
    random = Random(f"enterprises:{seed}")
    codes = _tax_codes(int(random.random() * _SPACE))
    trades = {row["ma"]: row["ten"] for row in table("danh-muc/vsic") if row["cap"] == "4"}
    for index in range(n):
        yield _enterprise(random, next(codes), index + 1, trades)


def _enterprise(random: Random, code: str, number: int, trades: dict[str, str]) -> Enterprise:
    draw = random.random
    (prefix, form), (trade, label) = _FORMS(draw()), _TRADES(draw())
    commune, capital = commune_draw()(draw()), _CAPITAL(draw())
    registered = _EPOCH + timedelta(days=int(draw() ** 0.6 * (REFERENCE_ON - _EPOCH).days))
    return Enterprise(
        ma_so_thue=code,
        ten_doanh_nghiep=f"{prefix} {label} {_WORDS[int(draw() * len(_WORDS))]} Mẫu {number:04d}",
        loai_hinh=form,
        ma_nganh=trade,
        ten_nganh=trades[trade],
        ma_xa=commune,
        dia_chi=address(random, commune),
        ngay_dang_ky=registered,
        von_dieu_le=capital * 1_000_000,
        so_lao_dong=1 + int(capital**0.55 * (0.2 + draw()) / 6),
        trang_thai=_STATUSES(draw()),
        nguoi_dai_dien=full_name(random, KINH, MALE if draw() < 0.7 else FEMALE),
        dien_thoai=f"095{int(draw() * 10_000_000):07d}",
        du_lieu_gia=1,
    )
