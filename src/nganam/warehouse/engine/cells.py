"""One cell as text, whatever it came in as, and how much of it there may be."""

import json
import re
import unicodedata
from decimal import Decimal
from typing import Any, Final

import msgspec

LONGEST_CELL: Final = 1_000_000
LONGEST_GEOMETRY: Final = 10_000_000
MOST_FIELDS: Final = 2_000
"""Fields that the records of a file may have together; a table takes at most 300 of them."""
DEEPEST: Final = 40
LARGEST_EXPONENT: Final = 40
SURROGATE: Final = re.compile("[\ud800-\udfff]")
_JSON = msgspec.json.Encoder(decimal_format="number")


Number = Decimal | float | int


class Point(str):
    """A number that was stored as a number: its dot is a decimal point whatever its neighbours look like."""

    __slots__ = ()


def as_cell(value: Any) -> str:
    """Write a JSON value as the text of a cell: nothing as "", lists and objects as JSON."""
    if isinstance(value, str):
        return value if value.isascii() and "\x00" not in value else composed(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal | float):
        return number(value)
    return as_json(value)


def composed(text: str) -> str:
    """Compose letters and their marks; drop NUL, which no database takes, and replace halves of a sign (surrogates)."""
    if SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", text).replace("\x00", "")


def number(value: Number) -> str:
    """Write a fraction as it was given, without an exponent where that stays short."""
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        return ""
    return Point(format(exact, "f") if abs(exact.adjusted()) < LARGEST_EXPONENT else str(exact))


def as_json(value: Any) -> str:
    """Write a value as compact JSON; numbers keep their digits."""
    try:
        return composed(_JSON.encode(value).decode())
    except UnicodeEncodeError:  # half a sign somewhere within
        return composed(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str))
