"""How far an account reaches beyond its items: operations, rows, purpose, hours, rate and quotas. Read from a form.

What is decided here is enforced by the gateway and the data server, and told on the account's page and papers.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from nganam.kernel.errors import Invalid
from nganam.kernel.hours import read_hours
from nganam.services.models import Service, Upstream
from nganam.sharing.purposes import PURPOSES

NUMBERS = ("rate_per_minute", "burst", "concurrent", "per_day", "per_month")
SCOPE = ("granted_operations", "rows", "hours", "purpose_code", *NUMBERS)
"""The columns of an account that say its scope."""
COMPARED = ("text", "integer", "date", "commune", "code")
ROW = re.compile(r"^\s*([A-Za-z_][\w.]*)\s*[:=]\s*(.+)$")
MOST_VALUES, LONGEST = 200, 100


def named(service: Service) -> list[str]:
    """Return the operations of a service as accounts name them: method and path."""
    return [f"{one['method']} {one['path']}" for one in service.operations]


def usual(service: Service) -> list[str]:
    """Return the operations an account gets when nothing is said: those that read."""
    return [one for one in named(service) if one.startswith("GET ")]


def read_scope(service: Service, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of an account from what a form says; what it leaves out is without limit of its own.

    ``said`` holds ``operations`` (names), ``rows`` and ``hours`` (text), ``purpose_code`` and the numbers.
    """
    unknown = set(said) - {"operations", "rows", "hours", "purpose_code", *NUMBERS}
    if unknown:
        raise TypeError(f"unknown parts of a scope: {sorted(unknown)}")
    found = {
        "granted_operations": _operations(service, said.get("operations")),
        "rows": _rows(service, said.get("rows") or ""),
        "hours": _hours(said.get("hours") or ""),
        "purpose_code": _purpose(said.get("purpose_code") or ""),
        **{name: said.get(name) for name in NUMBERS},
    }
    _check_numbers(service, found)
    return found


def _wrong(field: str, text: str) -> Invalid:
    return Invalid(text, fields={field: [text]})


def _operations(service: Service, chosen: Sequence[str] | None) -> list[str]:
    offered = named(service)
    if chosen is None:
        return usual(service)
    unknown = [one for one in chosen if one not in offered]
    if unknown:
        raise _wrong("operations", _("Dịch vụ không có thao tác: %(names)s.") % {"names": ", ".join(unknown)})
    if offered and not chosen:
        raise _wrong("operations", _("Cấp ít nhất một thao tác."))
    return [one for one in offered if one in set(chosen)]


def _rows(service: Service, text: str) -> dict[str, list[str]]:
    """Return which values a record must have to be seen, from lines ``ma_xa: 31732, 31735``."""
    found: dict[str, list[str]] = {}
    kinds = {str(one["name"]): str(one["type"]) for one in service.source.contract["columns"]}
    for line in filter(None, (one.strip() for one in text.splitlines())):
        match = ROW.match(line)
        values = [one.strip() for one in match[2].split(",") if one.strip()] if match else []
        if match is None or not values or len(values) > MOST_VALUES or any(len(one) > LONGEST for one in values):
            raise _wrong("rows", _("Dòng “%(line)s” phải có dạng ma_xa: 31732, 31735.") % {"line": line[:60]})
        if kinds.get(match[1]) not in COMPARED:
            raise _wrong("rows", _("Không giới hạn bản ghi theo cột “%(name)s” được.") % {"name": match[1]})
        found[match[1]] = values
    if found and service.upstream is not None and service.upstream.answers == Upstream.Answers.WHOLE:
        raise _wrong("rows", _("Câu trả lời chuyển nguyên nên không giới hạn được bản ghi."))
    return found


def write_rows(rows: Mapping[str, Sequence[str]]) -> str:
    """Return the row limits as the lines ``read_scope`` reads."""
    return "\n".join(f"{name}: {', '.join(values)}" for name, values in sorted(rows.items()))


def _hours(text: str) -> str:
    try:
        read_hours(text)
    except ValueError as error:
        said = _("Giờ “%(part)s” phải có dạng T2-T6 07:30-17:30; nhiều khung ngăn cách bằng dấu chấm phẩy.")
        raise _wrong("hours", said % {"part": str(error)[:60]}) from error
    return "; ".join(" ".join(one.split()) for one in re.split(r"[;\n]", text.upper()) if one.strip())


def _purpose(code: str) -> str:
    if code and code not in PURPOSES:
        raise _wrong("purpose_code", _("Không có mã mục đích %(code)s.") % {"code": code})
    return code


def _check_numbers(service: Service, found: Mapping[str, Any]) -> None:
    rate, burst, day, month = found["rate_per_minute"], found["burst"], found["per_day"], found["per_month"]
    if burst and burst > (rate or service.rate_per_minute):
        raise _wrong("burst", _("Số cuộc gọi dồn một lúc không nhiều hơn số cuộc gọi mỗi phút."))
    if day and month and month < day:
        raise _wrong("per_month", _("Hạn mức tháng không nhỏ hơn hạn mức ngày."))


def is_narrower(before: Sequence[str], after: Sequence[str]) -> bool:
    """Say whether an operation was taken away: tokens that name it must not go on."""
    return bool(set(before) - set(after))
