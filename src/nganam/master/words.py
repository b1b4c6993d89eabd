"""The room's words: kinds, attributes, levels of agreement, what became of a pair."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

UNEXPECTED = gettext_noop("Lỗi ngoài dự kiến khi ghép, đã vào nhật ký. Ghép lại; nếu vẫn lỗi, báo đơn vị vận hành.")
"""Kept with a run, so in the words of the record."""
KINDS = {
    "person": _("Người"), "enterprise": _("Doanh nghiệp, tổ chức"), "place": _("Thửa đất, địa điểm"),
    "agency": _("Cơ quan nhà nước"),
}  # fmt: skip
PREFIXES = {"person": "CN", "enterprise": "DN", "place": "DD", "agency": "CQ"}
ATTRIBUTES = {
    "name": _("Tên"), "identifier": _("Số định danh"), "date": _("Ngày sinh"), "sex": _("Giới tính"),
    "phone": _("Điện thoại"), "commune": _("Mã xã"), "address": _("Địa chỉ"),
}  # fmt: skip
OTHERWISE = {
    ("person", "name"): _("Họ tên"), ("enterprise", "identifier"): _("Mã số doanh nghiệp, mã số thuế"),
    ("enterprise", "date"): _("Ngày đăng ký"), ("place", "identifier"): _("Mã thửa, mã địa điểm"),
    ("agency", "identifier"): _("Mã định danh cơ quan"),
}  # fmt: skip
"""What an attribute is called with one kind."""
LEVELS = {
    "same": _("giống nhau"), "unmarked": _("giống khi bỏ dấu"), "order": _("cùng các chữ, khác thứ tự"),
    "shortened": _("thiếu chữ lót"), "near": _("gần giống"), "swapped": _("đảo ngày và tháng"),
    "year": _("cùng năm, một bên chỉ có năm"), "missing": _("thiếu, không so được"),
    "differs": pgettext_lazy("mức giống", "khác nhau"),
}  # fmt: skip
VERDICTS = {
    "decision": _("cán bộ quyết định là một"), "exact": _("cùng số định danh"), "likely": _("điểm khớp đủ cao"),
    "review": _("chờ xem xét"), "apart": _("để riêng"), "against": _("cán bộ quyết định là khác"),
}  # fmt: skip
MODELS = {"learnt": _("tự học từ các bản ghi của tập (thuật toán EM)"), "declared": _("khai báo sẵn (tập nhỏ)")}


def attribute(kind: str, name: str) -> str:
    """Name an attribute of a kind of thing."""
    return str(OTHERWISE.get((kind, name), ATTRIBUTES[name]))
