"""A look at a source before its contract: what its columns seem to be, from its first rows. Pure functions.

Types are proposed, never decided: what begins with a zero, or is as long as an identifier, stays text. Values that look
personal, or like passwords and keys, are masked, and their range is not told.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from nganam.scanning import credentials
from nganam.scanning.rules import ColumnSample, Level, scan_columns

MOST_ROWS: Final = 1_000
SAMPLES: Final = 3
LONGEST_SAMPLE: Final = 40
LONGEST_NUMBER: Final = 9
COMMUNE: Final = re.compile(r"[0-9]{5}")
INTEGER: Final = re.compile(rf"-?(0|[1-9][0-9]{{0,{LONGEST_NUMBER - 1}}}|[1-9][0-9]{{0,2}}(\.[0-9]{{3}})+)")
DECIMAL: Final = re.compile(rf"-?((0|[1-9][0-9]{{0,14}})[.,][0-9]+|0|[1-9][0-9]{{0,{LONGEST_NUMBER - 1}}})")
DATE: Final = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{4}")
TIME: Final = r"[ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9:]{2,6})?"
DATETIME: Final = re.compile(f"({DATE.pattern}){TIME}")
BOOLEAN: Final = frozenset({"true", "false", "có", "không"})
PRIVATE: Final = frozenset({Level.SECRET, Level.PERSONAL, Level.CONTACT})
CREDENTIALS: Final = tuple(re.compile(one) for one in credentials.PATTERNS.values())


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one column; ``key`` says that every row has a value and no two the same."""

    title: str
    type: str
    key: bool
    personal: bool
    empty: int
    distinct: int
    minimum: str
    maximum: str
    samples: tuple[str, ...]


def survey(
    titles: Sequence[str], rows: Sequence[Sequence[str]], communes: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Return what was seen of each column, as plain data to be kept."""
    columns = [[row[at] if at < len(row) else "" for row in rows] for at in range(len(titles))]
    both = list(enumerate(zip(titles, columns, strict=True)))
    scanned = scan_columns([ColumnSample(str(at), title, values=held) for at, (title, held) in both])
    private = {int(one.column) for one in scanned if one.level in PRIVATE}
    private |= {at for at, (title, held) in both if _is_credential(title, held)}
    return [asdict(_seen(title, held, communes, personal=at in private)) for at, (title, held) in both]


def _is_credential(title: str, held: Sequence[str]) -> bool:
    """Say whether a column is called what passwords are called, or one of its values looks like a key."""
    return credentials.is_named(title) or any(one.search(value) for value in held for one in CREDENTIALS)


def _seen(title: str, held: Sequence[str], communes: Collection[str], *, personal: bool) -> Seen:
    values = [value.strip() for value in held if value.strip()]
    kind = _kind(values, communes)
    distinct = dict.fromkeys(values)
    ordered = sorted(distinct, key=_number) if kind in {"integer", "decimal"} else sorted(distinct)
    ranged = ordered and not personal and (kind not in {"date", "datetime"} or _is_iso(values))
    return Seen(
        title, kind, bool(values) and len(distinct) == len(held), personal, len(held) - len(values), len(distinct),
        ordered[0][:LONGEST_SAMPLE] if ranged else "", ordered[-1][:LONGEST_SAMPLE] if ranged else "",
        tuple((masked(one) if personal else one[:LONGEST_SAMPLE]) for one in list(distinct)[:SAMPLES]),
    )  # fmt: skip


def masked(value: str) -> str:
    """Return a value of which only the first sign and the length (to ten) are left."""
    return value[:1] + "•" * min(len(value) - 1, LONGEST_NUMBER)


def _kind(values: Sequence[str], communes: Collection[str]) -> str:
    tests: tuple[tuple[str, Callable[[str], object]], ...] = (
        ("commune", lambda one: COMMUNE.fullmatch(one) and one in communes),
        ("boolean", lambda one: one.lower() in BOOLEAN),
        ("integer", INTEGER.fullmatch),
        ("decimal", DECIMAL.fullmatch),
        ("date", DATE.fullmatch),
        ("datetime", DATETIME.fullmatch),
    )
    return next((kind for kind, test in tests if values and all(map(test, values))), "text")


def _is_iso(values: Sequence[str]) -> bool:
    return all(one[4:5] == "-" for one in values)


def _number(text: str) -> float:
    plain = text.replace(".", "") if INTEGER.fullmatch(text) else text.replace(",", ".")
    return float(plain)
