"""Rows made up from a table's contract: right in type, pattern and code list, and nobody's. No real row is looked at.

Why nobody can be meant: personal numbers say "born 2060 or later", telephones begin with 095, which no carrier has,
tax codes are of the kind that is never issued, mail goes to ``.invalid``, and free text says what it is.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Final

import pyarrow as pa
import rstr

from nganam.warehouse.engine.contract import Column, Contract, label_key
from nganam.warehouse.engine.duck import duck
from nganam.warehouse.engine.files import LAT, LON

Fits = Callable[[str, str], bool]
MAKER: Final = 3
"""Raised when the rows made of the same contract change."""
ROWS: Final = 200
EMPTY_EVERY: Final = 9
MARK: Final = "thử nghiệm"
TRIES: Final = 4
MOST_REPEATS: Final = 8
"""How often more than it must a repeated part of a pattern is repeated."""
MOST_PARTS: Final = 2000
"""Repeated parts of one text after which a pattern is given up: nested repeats grow without end."""
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2025, 12, 31)
FIRST_YEAR: Final = 2001
LONGITUDES, LATITUDES = (102.2, 109.4), (8.6, 23.3)
"""Where made-up positions lie: in the box around the mainland, so that a map of them is one."""
SURNAMES = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Phan", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Sơn",
    "Thạch", "Lâm", "Kim", "Danh", "Trương",
)  # fmt: skip
MIDDLES = ("Văn", "Thị", "Minh", "Thanh", "Ngọc", "Hữu", "Kim", "Quốc", "Hoàng", "Mỹ", "Đức", "Thu")
GIVEN = (
    "An", "Bình", "Chi", "Dung", "Đạt", "Giang", "Hạnh", "Hiền", "Khang", "Lan", "Linh", "Long", "Mai", "Nam", "Nga",
    "Nhung", "Oanh", "Phúc", "Quyên", "Sang", "Tâm", "Thảo", "Trí", "Tú", "Uyên", "Vinh", "Xuân", "Yến",
)  # fmt: skip
TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def batch(
    contract: Contract, *, seed: str, communes: Sequence[str] = (), codes: Mapping[str, Sequence[str]] | None = None,
    rows: int = ROWS,
) -> pa.RecordBatch:  # fmt: skip
    """Return up to ``rows`` rows in key order, the same for the same contract and seed.

    Fewer where the key has fewer values. ``codes`` are the codes of shared lists that columns name. Nothing is promised
    of rules between columns.
    """
    made: dict[tuple[Any, ...], list[Any]] = {}
    places = [contract.names.index(name) for name in contract.key]
    with _re2() as fits:
        makers = [
            _values(one, Random(f"{seed}:{one.name}"), (codes or {}).get(one.codelist, communes), fits)  # noqa: S311 - no secret
            for one in contract.columns
        ]
        for number in range(rows * TRIES if places else rows):
            row = [next(one) for one in makers]
            made.setdefault(tuple(row[at] for at in places) or (number,), row)
            if len(made) == rows:
                break
    ordered = [row for _key, row in sorted(made.items())]
    columns = [
        pa.array(list(values), field.type) for values, field in zip(_turned(ordered), contract.schema(), strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=contract.schema())


def _turned(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    return zip(*rows, strict=True)


@contextmanager
def _re2() -> Iterator[Fits]:
    """Say whether a text is as a pattern wants it, by the matcher of the warehouse.

    Patterns were checked for it and for no other: in Python's, which goes back and forth, one may match for years.
    """
    with duck() as base:

        def fits(pattern: str, text: str) -> bool:
            return base.execute("SELECT regexp_full_match(?, ?)", [text, pattern]).fetchone() == (True,)

        yield fits


def _values(column: Column, random: Random, communes: Sequence[str], fits: Fits) -> Iterator[Any]:
    """Yield the values of a column without end; one that is not required is empty now and then."""
    number, makes = 0, _Texts(random, fits)
    while True:
        number += 1
        is_empty = not column.required and number % EMPTY_EVERY == 0
        yield None if is_empty else _value(column, number, random, communes, makes)


def _value(column: Column, number: int, random: Random, communes: Sequence[str], texts: "_Texts") -> Any:
    if column.allowed:
        return _typed(column, column.allowed[number % len(column.allowed)])
    if column.type == "commune" or (column.codelist and communes):
        return communes[number * 7 % len(communes)] if communes else f"{90000 + number:05d}"
    if column.type == "boolean":
        return number % 2 == 0
    if column.type in {"integer", "decimal"}:
        return _quantity(column, number, random)
    if column.type in {"date", "datetime"}:
        return _moment(column, random)
    return texts.text(column, number)


def _typed(column: Column, text: str) -> Any:
    """Return an allowed value, written as text in the contract, as the column holds it."""
    if column.type == "integer":
        return int(text)
    if column.type == "decimal":
        return float(text)
    if column.type == "date":
        return date.fromisoformat(text)
    if column.type == "datetime":
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    return text.lower() in {"true", "1"} if column.type == "boolean" else text


def _quantity(column: Column, number: int, random: Random) -> int | float:
    if column.name == "du_lieu_gia":
        return 1
    low = float(column.minimum) if column.minimum else None
    high = float(column.maximum) if column.maximum else None
    if column.name == "nam" and low is None and high is None:
        return FIRST_YEAR + number % (ROWS * 2)
    if column.type == "decimal" and low is None and high is None and column.name in LON | LAT:
        west, east = LONGITUDES if column.name in LON else LATITUDES
        return round(west + random.random() * (east - west), 5)
    least = low if low is not None else min(1.0, high if high is not None else 1.0)
    most = high if high is not None else least + 10 * ROWS
    if column.type == "integer":
        return min(
            int(most), int(-(-least // 1)) + (number if column.key else int(random.random() * (most - least + 1)))
        )
    return min(most, round(least + random.random() * (most - least), 2))


def _moment(column: Column, random: Random) -> date | datetime:
    first = date.fromisoformat(column.minimum) if column.minimum else FIRST_DAY
    last = date.fromisoformat(column.maximum) if column.maximum else max(LAST_DAY, first + timedelta(days=3650))
    first = min(first, last)
    day = first + timedelta(days=int(random.random() * ((last - first).days + 1)))
    if column.type == "date":
        return day
    return datetime.combine(day, time(1 + int(random.random() * 8), int(random.random() * 60)), UTC)


# -- texts: by what the column says it holds, in the order asked --


class _Texts:
    """Makes the texts of one column; a pattern by which none could be made is not tried again."""

    def __init__(self, random: Random, fits: Fits) -> None:
        self.random, self.fits = random, fits
        self.is_hopeless = False

    def text(self, column: Column, number: int) -> str:
        """Return what the column says it holds, or any text its pattern takes."""
        wanted = _by_meaning(column, number, self.random)
        if not column.pattern or self.is_hopeless or self.fits(column.pattern, wanted):
            return wanted
        for _try in range(TRIES):
            found = _by_pattern(column.pattern, self.random)
            if found and self.fits(column.pattern, found):
                return found
        self.is_hopeless = True
        return wanted


class _Short(rstr.Rstr):
    """Makes texts of a pattern with few repeats; raises ``OverflowError`` where few are still too many."""

    parts = 0

    def _handle_repeat(self, start_range: int, end_range: int, value: Any) -> str:
        made = []
        for _time in range(self._random.randint(start_range, min(end_range, start_range + MOST_REPEATS))):
            self.parts += 1
            if self.parts > MOST_PARTS:
                raise OverflowError("the pattern repeats without end")
            made.append("".join(self._handle_state(one) for one in value))
        return "".join(made)


def _by_pattern(pattern: str, random: Random) -> str:
    """Return a text of a pattern, "" when Python does not read the pattern as the warehouse does."""
    try:
        found: str = _Short(random).xeger(pattern)
    except (re.error, ValueError, LookupError, TypeError, ArithmeticError, RecursionError):
        return ""
    return found


def _by_meaning(column: Column, number: int, random: Random) -> str:
    said = f"{column.name} {label_key(column.title)}"
    for words, make in MEANINGS:
        if any(word in said for word in words):
            return make(number, random)
    if column.personal and (column.name.startswith("ten") or "nguoi" in column.name):
        return full_name(random)
    if column.key or column.name.startswith("ma_"):
        return f"THU{number:05d}"
    return f"{column.title or column.name} {MARK} {number}"


def full_name(random: Random) -> str:
    """Return a name in Vietnamese order; three draws of common words, nobody's in particular."""
    return " ".join(words[int(random.random() * len(words))] for words in (SURNAMES, MIDDLES, GIVEN))


def _personal_number(number: int, random: Random) -> str:
    """Return twelve digits that say a birth from 2060 on: given to nobody for decades."""
    digits = f"{int(random.random() * 900) + 100:03d}"
    return f"094{2 + number % 2}{60 + number % 40:02d}{number % 1000:03d}{digits}"


def _tax_code(number: int, random: Random) -> str:
    """Return ten digits whose first nine leave the remainder no tenth digit exists for: never issued."""
    del random
    # The ninth digit decides the remainder: 3 has an inverse modulo 11, so one of 0…10 does; ten does not exist.
    for seed in range(number * 13, number * 13 + 13):
        first = f"22{seed % 1_000_000:06d}"
        total = sum(int(digit) * weight for digit, weight in zip(first, TAX_WEIGHTS, strict=False))
        for ninth in range(10):
            if (total + ninth * TAX_WEIGHTS[8]) % 11 == 0:
                return f"{first}{ninth}0"
    raise AssertionError("of thirteen beginnings one has its ninth digit")


def _address(number: int, random: Random) -> str:
    return f"Số {1 + int(random.random() * 480)}, Ấp {1 + number % 12} ({MARK})"


MEANINGS = (
    (("so_dinh_danh", "cccd", "dinh_danh", "sodinhdanh", "canuoc"), _personal_number),
    (("ma_so_thue", "mst", "masothue"), _tax_code),
    (
        ("ma_bhxh", "so_bhxh", "ma_the", "bhyt"),
        lambda number, random: f"00{int(random.random() * 1000):03d}{number:05d}",
    ),
    (
        ("dien_thoai", "sdt", "di_dong"),
        lambda number, random: f"095{number % 10_000:04d}{int(random.random() * 1000):03d}",
    ),
    (("email", "thu_dien_tu"), lambda number, _random: f"thu.{number}@example.invalid"),
    (("gioi_tinh",), lambda number, _random: ("Nam", "Nữ")[number % 2]),
    (("dan_toc",), lambda number, _random: ("01", "04", "05")[number % 3]),
    (("dia_chi",), _address),
    (
        ("ho_ten", "ho_va_ten", "nguoi_dai_dien", "chu_ho", "hoten", "hovaten"),
        lambda _number, random: full_name(random),
    ),
)
"""Words in a column's name or title, and what it then holds."""
