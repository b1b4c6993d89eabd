"""Identifiers of Vietnamese persons, enterprises, vehicles and agencies: their form, and made-up ones.

The checks say whether a value has the form, never whether anybody holds it. CCCD numbers, insurance numbers and plates
have no check digit: a hit in a column is a hint, to be weighed with the column's name (about 6 % of random 12-digit
numbers look like a CCCD and 9 % of random 10-digit numbers like a tax code).

Sources: QĐ 124/2004 (province codes of the personal identifier), TT 105/2020/TT-BTC Appendix I (tax code),
QCVN 102:2016 and QĐ 20/2020/QĐ-TTg (agency codes), TT 15/2014 (plate letters).
"""

import re
from random import Random
from typing import NamedTuple

_CCCD_PROVINCES = frozenset(
    f"{code:03d}"
    for code in (
        1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33,
        34, 35, 36, 37, 38, 40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66,
        67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96,
    )
)  # fmt: skip
_CCCD = re.compile(r"([0-9]{3})([0-9])([0-9]{2})[0-9]{6}")
_TAX = re.compile(r"([0-9]{9})([0-9])(?:-?([0-9]{3}))?")
_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
_MOBILE = re.compile(
    r"121[0-3][0-9]{5}|(?:1[46]0|(?:3[0-9]|7[06-9])[0-9]|5(?:[1689][0-9]|2[238]|59)|8(?:[1-8][0-9]|9[6-9])"
    r"|9(?:[0-8][0-9]|9[013-9]))[0-9]{6}"
)
_LANDLINE = re.compile(r"2[0-9]{2}[0-9]{7}")
_HEALTH_CARD = re.compile(r"[A-Z]{2}[1-5][0-9]{2}[0-9]{10}")
# Codes 11-99 without those given to no province.
_PLATE_CODES = frozenset(range(11, 100)) - {13, 42, 44, 45, 46, 87, 91, 96}
_PLATE_LETTERS = "ABCDEFGHKLMNPSTUVXYZ"
_PLATE = re.compile(
    rf"([1-9][0-9])[- ]?[{_PLATE_LETTERS}][1-9{_PLATE_LETTERS}]?[- ]?(?:[0-9]{{3}}\.?[0-9]{{2}}|[0-9]{{4}})"
)
_QCVN102 = re.compile(r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}")
_QD20 = re.compile(r"[A-Z][0-9]{2}(?:\.[0-9A-Z]+)*")
_QD20_LONGEST = 35
# A birth year after the last one a living person can have: made-up citizens belong to nobody.
_UNBORN_YEARS = range(2030, 2100)
_TENS = 10
_ELEVENS = 11


class Citizen(NamedTuple):
    """What a personal identifier says: the province of birth registration, the sex and the year of birth."""

    province: str
    sex: str
    birth_year: int


def parse_cccd(value: str) -> Citizen:
    """Return what a personal identifier says (``sex`` is ``male`` or ``female``); ``ValueError`` if it is none."""
    found = _CCCD.fullmatch(value)
    if found is None or found[1] not in _CCCD_PROVINCES:
        raise ValueError("not a personal identifier")
    century, female = divmod(int(found[2]), 2)
    return Citizen(found[1], "female" if female else "male", 1900 + 100 * century + int(found[3]))


def is_cccd(value: str) -> bool:
    """Say whether ``value`` has the form of a personal identifier: 12 digits, a known province, no check digit."""
    try:
        parse_cccd(value)
    except ValueError:
        return False
    return True


def tax_check_digit(first_nine: str) -> int:
    """Return the tenth digit of a tax code; raise ``ValueError`` for a number that is never issued (remainder 0)."""
    remainder = sum(int(digit) * weight for digit, weight in zip(first_nine, _TAX_WEIGHTS, strict=True)) % _ELEVENS
    if remainder == 0:
        raise ValueError("this number is skipped when tax codes are issued")
    return 0 if remainder == _TENS else _TENS - remainder


def is_tax_code(value: str) -> bool:
    """Say whether ``value`` is a tax code of 10 digits, or 13 (``0301442989-001``) for a dependent unit."""
    found = _TAX.fullmatch(value)
    if found is None or found[3] == "000":
        return False
    try:
        return int(found[2]) == tax_check_digit(found[1])
    except ValueError:
        return False


def is_social_insurance_number(value: str) -> bool:
    """Say whether ``value`` has the form of a social insurance number: 10 digits, nothing else to check."""
    return re.fullmatch(r"[0-9]{10}", value) is not None


def is_health_card(value: str) -> bool:
    """Say whether ``value`` has the form of a health insurance card: group, benefit 1-5, province, insurance number."""
    return _HEALTH_CARD.fullmatch(value) is not None


def national_number(value: str) -> str:
    """Return a phone number without trunk 0, +84 and separators; ``""`` if it is not written as a Vietnamese number."""
    found = re.fullmatch(r"(?:\+?84|0)([1-9][0-9]{8,9})", re.sub(r"[ .()-]", "", value))
    return found[1] if found else ""


def is_phone(value: str) -> bool:
    """Say whether ``value`` is a Vietnamese mobile or fixed number, with 0 or +84 and usual separators."""
    number = national_number(value)
    return bool(_MOBILE.fullmatch(number) or _LANDLINE.fullmatch(number))


def is_plate(value: str) -> bool:
    """Say whether ``value`` has the form of a car or motorcycle plate of a province (``83A-123.45``)."""
    found = _PLATE.fullmatch(value)
    return found is not None and int(found[1]) in _PLATE_CODES


def is_agency_code_qcvn102(value: str) -> bool:
    """Say whether ``value`` is written as an agency code of QCVN 102:2016, lowest level first (``000.00.00.H51``)."""
    return _QCVN102.fullmatch(value) is not None


def is_agency_code_qd20(value: str) -> bool:
    """Say whether ``value`` is written as an agency code of QĐ 20/2020, level 1 first, 35 characters (``H51.29``)."""
    return len(value) <= _QD20_LONGEST and _QD20.fullmatch(value) is not None


def qcvn102_to_qd20(value: str) -> str:
    """Return the old code in the new order: ``000.18.29.H51`` is ``H51.29.18``; ``ValueError`` if it is none."""
    if not is_agency_code_qcvn102(value):
        raise ValueError("not an agency code of QCVN 102:2016")
    levels = value.split(".")
    while len(levels) > 1 and not levels[0].strip("0"):
        levels.pop(0)
    return ".".join(reversed(levels))


def synthetic_cccd(random: Random, province: str = "094", sex: str = "female") -> str:
    """Return a personal identifier of somebody born 2030-2099, so nobody's. ``ValueError`` for an unknown province."""
    if province not in _CCCD_PROVINCES:
        raise ValueError("unknown province code")
    century_and_sex = 3 if sex == "female" else 2
    return f"{province}{century_and_sex}{random.choice(_UNBORN_YEARS) - 2000:02d}{random.randrange(1_000_000):06d}"


def is_synthetic_cccd(value: str) -> bool:
    """Say whether a personal identifier is one of the made-up ones."""
    return is_cccd(value) and parse_cccd(value).birth_year in _UNBORN_YEARS


def synthetic_tax_code(random: Random) -> str:
    """Return a right tax code with the made-up prefix 99."""
    while True:
        first_nine = f"99{random.randrange(10_000_000):07d}"
        try:
            return f"{first_nine}{tax_check_digit(first_nine)}"
        except ValueError:
            continue


def synthetic_phone(random: Random) -> str:
    """Return a mobile number in the range 095, which no carrier has."""
    return f"095{random.randrange(10_000_000):07d}"


def synthetic_health_card(random: Random) -> str:
    """Return a health insurance card number of Sóc Trăng whose insurance number begins with 99."""
    group = random.choice(("DN", "HS", "TE", "HT", "GD"))
    return f"{group}{random.randint(1, 5)}9499{random.randrange(100_000_000):08d}"
