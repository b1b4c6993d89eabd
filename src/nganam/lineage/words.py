"""What the kinds of node are called."""

from django.utils.translation import gettext_lazy as _

KINDS = {
    "source": _("Nguồn dữ liệu"),
    "upload": _("Tệp tải lên"),
    "table": _("Bảng trong kho"),
    "service": _("Dịch vụ chia sẻ"),
    "consumer": _("Bên gọi dịch vụ"),
    "dataset": _("Bộ dữ liệu mở"),
    "release": _("Bản phát hành"),
    "file": _("Tệp tải về"),
    "question": _("Câu hỏi phân tích"),
}
