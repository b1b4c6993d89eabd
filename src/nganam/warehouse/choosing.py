"""Which part of a version is wanted: some of its columns, and the rows that have given values in some of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from nganam.kernel.errors import Invalid
from nganam.warehouse.engine.contract import Contract

MOST_FILTERS: Final = 10
LONGEST_VALUE: Final = 500
TRUE: Final = frozenset({"true", "1", "có", "co"})
FALSE: Final = frozenset({"false", "0", "không", "khong"})
INT64: Final = 2**63


@dataclass(frozen=True)
class Choice:
    """``shape`` has the wanted columns in the table's order, ``where`` typed values (``told``: as JSON says them)."""

    shape: Contract
    where: Mapping[str, Any]
    whole_key: bool

    @property
    def told(self) -> dict[str, Any]:
        """Return the values rows must have as JSON holds them, in order of column: one spelling of one wish."""
        return {name: _as_json(self.where[name]) for name in sorted(self.where)}


def choose(contract: Contract, columns: Sequence[str], where: Mapping[str, str]) -> Choice:
    """Return what ``columns`` (none: all) and ``where`` (column: value in words) ask for.

    Raises ``Invalid`` naming each column the table does not have and each value that is none of its column's type.
    """
    known = {one.name: one for one in contract.columns}
    missing = [name for name in (*columns, *where) if name not in known]
    faults = {name: [_("Bảng không có cột “%(name)s”.") % {"name": name[:63]}] for name in missing}
    if len(where) > MOST_FILTERS:
        faults["filters"] = [_("Lọc theo nhiều nhất %(count)s cột.") % {"count": MOST_FILTERS}]
    values: dict[str, Any] = {}
    for name, text in where.items():
        if name in known:
            try:
                values[name] = READ[known[name].type](text.strip())
            except (ValueError, OverflowError):
                faults[name] = [_told(known[name].title, known[name].type)]
    if faults:
        raise Invalid(_("Điều kiện chọn chưa đúng."), fields=faults, hint=_("Tên máy của các cột có ở trang của bảng."))
    shown = tuple(one for one in contract.columns if one.name in set(columns)) or contract.columns
    return Choice(Contract(shown), values, set(contract.key) <= {one.name for one in shown})


def _told(title: str, kind: str) -> str:
    forms = {
        "integer": _("một số nguyên, ví dụ 12"),
        "decimal": _("một số, ví dụ 12.5"),
        "date": _("một ngày dạng 2026-11-24 hoặc 24/11/2026"),
        "datetime": _("một thời điểm dạng 2026-11-24T09:00:00+07:00"),
        "boolean": _("có hoặc không"),
    }
    return _("Cột “%(title)s” cần %(form)s.") % {
        "title": title,
        "form": forms.get(kind, _("một giá trị không rỗng, không quá dài")),
    }


def _text(text: str) -> str:
    if not text or len(text) > LONGEST_VALUE or "\0" in text:
        raise ValueError
    return text


def _integer(text: str) -> int:
    value = int(text) if text.isascii() else None
    if value is None or not -INT64 <= value < INT64:
        raise ValueError
    return value


def _decimal(text: str) -> float:
    value = float(text.replace(",", "."))
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - the one value unlike itself
        raise ValueError
    return value


def _date(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").date() if "/" in text else date.fromisoformat(text)  # noqa: DTZ007 - a day


def _instant(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError
    return value.astimezone(UTC)


def _boolean(text: str) -> bool:
    if text.lower() not in TRUE | FALSE:
        raise ValueError
    return text.lower() in TRUE


READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "text": _text, "commune": _text, "integer": _integer, "decimal": _decimal, "date": _date, "datetime": _instant,
    "boolean": _boolean,
}  # fmt: skip
"""How a value is read from words, by the column's type; raises ``ValueError``."""


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
