"""Says in Vietnamese what is wrong with the shape of a call: one sentence for each kind of fault."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_INTEGER, _DAY = gettext_noop("Phải là số nguyên."), gettext_noop("Phải là ngày dạng NĂM-THÁNG-NGÀY, ví dụ 2026-11-03.")
_INSTANT, _NUMBER = gettext_noop("Phải là thời điểm dạng ISO 8601."), gettext_noop("Phải là số.")
FAULTS: dict[str, str] = {
    "missing": gettext_noop("Thiếu mục này."),
    "extra_forbidden": gettext_noop("Không có mục này; xem mô tả tại /api/v1/openapi.json."),
    "string_type": gettext_noop("Phải là chuỗi ký tự."),
    "string_too_long": gettext_noop("Tối đa %(max_length)s ký tự."),
    "list_type": gettext_noop("Phải là danh sách."),
    "too_long": gettext_noop("Tối đa %(max_length)s phần tử."),
    "dict_type": gettext_noop("Phải là một đối tượng JSON."),
    "model_attributes_type": gettext_noop("Phải là một đối tượng JSON."),
    "model_type": gettext_noop("Phải là một đối tượng JSON."),
    "greater_than_equal": gettext_noop("Không được nhỏ hơn %(ge)s."),
    "less_than_equal": gettext_noop("Không được lớn hơn %(le)s."),
    "literal_error": gettext_noop("Chọn một trong: %(expected)s."),
    "bool_type": gettext_noop("Phải là true hoặc false."),
    "bool_parsing": gettext_noop("Phải là true hoặc false."),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), _INTEGER),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), _NUMBER),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"), _DAY),
    **dict.fromkeys(("datetime_type", "datetime_parsing", "datetime_from_date_parsing"), _INSTANT),
}
"""The faults pydantic names; one it does not know is told in pydantic's own words."""


def said_of(fault: Mapping[str, Any]) -> str:
    """Return what is wrong and how it should be."""
    words = FAULTS.get(fault.get("type", ""))
    if words is None:
        return str(fault["msg"])
    return _(words) % {name: str(value).replace(" or ", ", ") for name, value in fault.get("ctx", {}).items()}
