"""Values as they stand in an address, read as the type of their column and in the form the replica holds."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from math import isfinite

from nganam.serving.problems import bad_request

Value = str | int | float
TRUE, FALSE = {"true", "1"}, {"false", "0"}
ORDERED = frozenset({"integer", "decimal", "date", "datetime"})
"""Types of columns that can be asked by a range."""


def read_value(name: str, kind: str, text: str) -> Value:
    """Return ``text`` as a value of a column; raise ``Refused`` when it cannot be one."""
    known = _READERS.get(kind)
    if known is None:
        return text
    read, words = known
    try:
        return read(text)
    except (ValueError, OverflowError) as error:
        raise bad_request(f"Giá trị của {name} phải là {words}.", "Sửa giá trị rồi gọi lại.") from error


def _integer(text: str) -> int:
    if not text.removeprefix("-").isdecimal() or len(text) > 18:  # noqa: PLR2004 - fits 64 bits
        raise ValueError(text)
    return int(text)


def _decimal(text: str) -> float:
    found = float(text)
    if not isfinite(found) or not text.isascii() or "_" in text:
        raise ValueError(text)
    return found


def _boolean(text: str) -> int:
    if text not in TRUE | FALSE:
        raise ValueError(text)
    return int(text in TRUE)


def _date(text: str) -> str:
    if len(text) != len("2026-01-31"):
        raise ValueError(text)
    return date.fromisoformat(text).isoformat()


def _instant(text: str) -> str:
    """Return an instant in UTC; one without an offset is of UTC, a day alone is its beginning."""
    found = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign that was not encoded
    found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    precision = "milliseconds" if found.microsecond else "seconds"
    return found.isoformat(timespec=precision).replace("+00:00", "Z")


_READERS: dict[str, tuple[Callable[[str], Value], str]] = {
    "integer": (_integer, "số nguyên"),
    "decimal": (_decimal, "số, phần thập phân sau dấu chấm"),
    "boolean": (_boolean, "true hoặc false"),
    "date": (_date, "ngày dạng 2026-01-31"),
    "datetime": (_instant, "thời điểm dạng 2026-01-31T08:00:00Z"),
}
