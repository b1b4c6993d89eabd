"""What records are matched by: the attributes of each kind, and one spelling of every value, so that equals are equal.

Spellings follow how Vietnamese data differ: marks typed or not, words in another order, a middle name left out, day and
month swapped, a year alone, the first zero of a number eaten by a spreadsheet, +84 for 0.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from nganam.kernel.text import fold, norm, search_words

PERSON, ENTERPRISE, PLACE, AGENCY = "person", "enterprise", "place", "agency"
NAME, IDENTIFIER, DATE, SEX, PHONE, COMMUNE, ADDRESS = (
    "name", "identifier", "date", "sex", "phone", "commune", "address",
)  # fmt: skip
OF_KIND: Final[Mapping[str, tuple[str, ...]]] = {
    PERSON: (NAME, IDENTIFIER, DATE, SEX, PHONE, COMMUNE, ADDRESS),
    ENTERPRISE: (NAME, IDENTIFIER, DATE, PHONE, COMMUNE, ADDRESS),
    PLACE: (NAME, IDENTIFIER, COMMUNE, ADDRESS),
    AGENCY: (NAME, IDENTIFIER, PHONE, COMMUNE, ADDRESS),
}
DIGITS: Final = {PERSON: {9: 9, 8: 9, 12: 12, 11: 12, 10: 12}, ENTERPRISE: {10: 10, 9: 10, 12: 12, 11: 12, 13: 13}}
"""How long numbers are, and how long those were whose first zeros are gone: an identity card of before and a personal
identification number (Luật Căn cước 2023); an enterprise's number (Luật Doanh nghiệp), that of a household which is its
head's, and that of a unit of an enterprise."""
_PASSPORT: Final = re.compile(r"[A-Z]{1,2}[0-9]{6,8}")
_NO_NUMBER: Final = frozenset({"KHONG", "KHONGCO", "KHONGRO", "CHUA", "CHUACO", "CHUACAP", "CHUARO", "TRONG", "DANGCAP",
                               "NA", "NULL", "NONE", "NAN", "NO", "UNKNOWN", "TEST"})  # fmt: skip
"""What is written where there is no number, in kinds whose codes may be words."""
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}")
_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ].*)?")
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})")
_SEXES: Final = {"nam": "nam", "m": "nam", "male": "nam", "1": "nam", "nu": "nu", "f": "nu", "female": "nu", "0": "nu",
                 "2": "nu"}  # fmt: skip
_LEGAL: Final = (
    ("trach nhiem huu han", "tnhh"), ("mot thanh vien", "mtv"), ("co phan", "cp"), ("doanh nghiep tu nhan", "dntn"),
    ("hop tac xa", "htx"), ("cong ty", "cty"), ("uy ban nhan dan", "ubnd"), ("thi tran", "tt"),
)  # fmt: skip
EIGHT_FOUR, SHORTEST_PHONE = "84", 9
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def spelled(kind: str, raw: Mapping[str, str | None]) -> dict[str, object]:
    """Return the comparable spellings of a record's values; what is missing or cannot be read is None."""
    return {**_name(kind, raw.get(NAME)), **_date(raw.get(DATE)), "identifier": _identifier(kind, raw.get(IDENTIFIER)),
            "sex": _SEXES.get(fold(raw.get(SEX) or "").strip()), "phone": _phone(raw.get(PHONE)),
            "commune": (raw.get(COMMUNE) or "").strip() or None, "address": _words(raw.get(ADDRESS))}  # fmt: skip


def agree(attribute: str, kind: str, one: str, other: str) -> bool:
    """Say whether two values contradict each other nowhere: without marks or day they say less, not otherwise."""
    left, right = (spelled(kind, {attribute: value}) for value in (one, other))
    if attribute == NAME:
        bare = any(found["name_full"] == found["name_plain"] for found in (left, right))
        return left["name_plain"] == right["name_plain"] if bare else left["name_full"] == right["name_full"]
    if attribute == DATE and not (left["date_whole"] and right["date_whole"]):
        return left["date_year"] == right["date_year"]
    return (left[attribute] or one.strip()) == (right[attribute] or other.strip())


def _name(kind: str, raw: str | None) -> dict[str, object]:
    text = " ".join(norm(raw or "").split())
    plain = " ".join(search_words(text))
    if not plain:
        return dict.fromkeys(("name_full", "name_plain", "name_bag", "name_ends", "name_last", "name_words"))
    if kind != PERSON:
        for long, short in _LEGAL:
            plain = re.sub(rf"\b{long}\b", short, plain)
    words = plain.split()
    return {"name_full": text, "name_plain": plain, "name_bag": " ".join(sorted(words)),
            "name_ends": f"{words[0]} {words[-1]}", "name_last": words[-1],
            "name_words": sorted(set(words))}  # fmt: skip


def _identifier(kind: str, raw: str | None) -> str | None:
    """Return a number as it can be one; what stands in its place ("Không có", 000000000000) would be everybody's."""
    text = re.sub(r"[^0-9a-z]", "", fold(raw or "")).upper()
    if kind not in DIGITS:
        return text if text not in _NO_NUMBER and len(set(text)) > 1 else None
    if kind == PERSON and _PASSPORT.fullmatch(text):
        return text if len(set(text.lstrip(LETTERS))) > 1 else None
    length = DIGITS[kind].get(len(text)) if text.isdigit() else None
    return text.zfill(length) if length and len(set(text.lstrip("0"))) > 1 else None


def _phone(raw: str | None) -> str | None:
    digits = re.sub(r"[^0-9]", "", raw or "")
    if digits.startswith(EIGHT_FOUR) and len(digits) > SHORTEST_PHONE + 1:
        digits = digits[2:]
    number = digits.lstrip("0")
    return number.zfill(10) if len(digits) >= SHORTEST_PHONE and len(set(number)) > 1 else None


def _words(raw: str | None) -> list[str] | None:
    return sorted(set(search_words(raw or ""))) or None


def _date(raw: str | None) -> dict[str, object]:
    """Return a date as ISO text, its year, and the day it is with day and month swapped ("" where that is none)."""
    text = (raw or "").strip()
    if _YEAR.fullmatch(text):
        return {"date": text, "date_year": text, "date_swapped": "", "date_whole": False}
    iso, day_first = _ISO.fullmatch(text), _DAY_FIRST.fullmatch(text)
    parts = iso.groups() if iso else day_first.groups()[::-1] if day_first else None
    found = _day(*map(int, parts)) if parts else None
    if found is None:
        return {"date": None, "date_year": None, "date_swapped": None, "date_whole": None}
    swapped = _day(found.year, found.day, found.month)
    # The first of January is what forms write where only the year is known.
    return {"date": found.isoformat(), "date_year": f"{found.year:04d}", "date_swapped": str(swapped or ""),
            "date_whole": (found.month, found.day) != (1, 1)}  # fmt: skip


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
