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
WHOLE_NUMBER: Final = {PERSON: 12, ENTERPRISE: 10}
"""Digits of a personal identification number (Luật Căn cước 2023) and of an enterprise's number (Luật Doanh nghiệp)."""
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
    text = re.sub(r"[^0-9a-z]", "", fold(raw or "")).upper()
    whole = WHOLE_NUMBER.get(kind, 0)
    return text.zfill(whole) if text.isdigit() and len(text) == whole - 1 else text or None


def _phone(raw: str | None) -> str | None:
    digits = re.sub(r"[^0-9]", "", raw or "")
    if digits.startswith(EIGHT_FOUR) and len(digits) > SHORTEST_PHONE + 1:
        digits = digits[2:]
    return digits.lstrip("0").zfill(10) if len(digits) >= SHORTEST_PHONE else None


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
