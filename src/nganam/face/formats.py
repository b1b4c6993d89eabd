"""How dates, numbers, sizes and times left are written for people, in the active language. Pure functions."""

from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from nganam.kernel.clock import VIETNAM, local_date

Number = int | float | Decimal
SIZES = ("B", "kB", "MB", "GB", "TB")
ROUND_FROM = 100
"""From here a size is shown without a decimal: nobody needs 123,4 MB."""


def english() -> bool:
    """Say whether the active language is English."""
    return (get_language() or "vi").startswith("en")


def number_text(value: Number, decimals: int | None = None) -> str:
    """Write a number as Vietnamese do (``1.234,5``), or ``1,234.5`` in English; ``decimals`` fixes their count."""
    text = _plain(value) if decimals is None else f"{value:,.{decimals}f}"
    if english():
        return text
    return text.translate(str.maketrans(",.", ".,"))


def _plain(value: Number) -> str:
    if isinstance(value, float):
        value = Decimal(repr(value))
    whole, _dot, rest = f"{value:,f}".partition(".")
    rest = rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def date_text(value: date | datetime) -> str:
    """Write a day as ``dd/mm/yyyy``; an instant is first taken to Vietnamese time."""
    day = local_date(value) if isinstance(value, datetime) and value.tzinfo else value
    return f"{day:%d/%m/%Y}"


def datetime_text(value: datetime) -> str:
    """Write an instant as ``hh:mm dd/mm/yyyy`` in Vietnamese time."""
    local = value.astimezone(VIETNAM) if value.tzinfo else value
    return f"{local:%H:%M %d/%m/%Y}"


def moment_text(value: datetime) -> str:
    """Write an instant as ``hh:mm:ss dd/mm/yyyy`` in Vietnamese time, where seconds tell something."""
    return f"{value.astimezone(VIETNAM):%H:%M:%S %d/%m/%Y}"


def size_text(count: int) -> str:
    """Write a number of bytes as people read it (1 kB = 1 000 B)."""
    size = float(count)
    for unit in SIZES:
        if size < 1000 or unit == SIZES[-1]:  # noqa: PLR2004  # decimal prefixes
            whole = unit == "B" or size >= ROUND_FROM
            return f"{number_text(round(size, 0 if whole else 1), 0 if whole else None)} {unit}"
        size /= 1000
    raise AssertionError


def left_text(due: date, today: date) -> str:
    """Say how long is left until the end of ``due``, in calendar days: the working days are the clock's business."""
    days = (due - today).days
    if days < 0:
        return ngettext("quá hạn %(n)s ngày", "quá hạn %(n)s ngày", -days) % {"n": number_text(-days)}
    if days == 0:
        return _("đến hạn hôm nay")
    return ngettext("còn %(n)s ngày", "còn %(n)s ngày", days) % {"n": number_text(days)}
