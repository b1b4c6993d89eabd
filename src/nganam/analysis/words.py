"""What aggregates, spans and operators are called."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

AGGREGATE_NAMES: dict[str, str | Promise] = {
    "dem": _("Số bản ghi"),
    "dem-khac": _("Số giá trị khác nhau"),
    "tong": _("Tổng"),
    "trung-binh": _("Trung bình"),
    "trung-vi": _("Trung vị"),
    "nho-nhat": _("Nhỏ nhất"),
    "lon-nhat": _("Lớn nhất"),
}
SPAN_NAMES: dict[str, str | Promise] = {
    "nam": _("Năm"), "quy": _("Quý"), "thang": _("Tháng"), "ngay": _("Ngày"),
}  # fmt: skip
OPERATOR_NAMES: dict[str, str | Promise] = {
    "bang": _("bằng"),
    "khac": _("khác"),
    "tu": _("từ (≥)"),
    "den": _("đến (≤)"),
    "chua": _("chứa"),
    "trong": _("để trống"),
    "co": _("có giá trị"),
}


def aggregate_name(name: str) -> str:
    """Name an aggregate."""
    return str(AGGREGATE_NAMES[name])
