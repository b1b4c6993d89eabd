"""What a load is called and tells the agency when it has ended, and why a file was not made.

Sentences that English readers are told too.
"""

from django.utils.translation import gettext_noop

TAKEN = gettext_noop("Nhận %(accepted)s dòng, loại %(rejected)s dòng.")
TAKEN_AND_LOST = gettext_noop(
    "Nhận %(accepted)s dòng, loại %(rejected)s dòng; %(lost)s bản ghi của phiên bản trước không còn vì dòng của chúng "
    "bị loại."
)
RESTORED = gettext_noop("Khôi phục phiên bản %(number)s")
BY_MODEL = gettext_noop("Mô hình phiên bản %(number)s")
FROM_FILE = gettext_noop("Nhập từ tệp %(name)s")
READ_BY_MODEL = gettext_noop("%(table)s: có bảng dẫn xuất mới đọc bảng này")
READ_BY_WHOM = gettext_noop("%(agency)s tính bảng “%(table)s” từ bảng này, trừ các cột dữ liệu cá nhân.")
INPUT_ERASED = gettext_noop("%(table)s: dữ liệu của bảng đầu vào đã xóa theo quyết định")
INPUT_ERASED_HOW = gettext_noop(
    "%(rows)s dòng đã rời khỏi bảng “%(input)s” mà bảng này tính ra từ đó (%(erasure)s). Xem mô hình đã chạy lại chưa; "
    "các phiên bản trước của bảng này chỉ hết dữ liệu đó khi đề nghị xóa cả ở đây."
)
ERASES = gettext_noop("Xóa theo quyết định %(code)s")
ERASURE_PROPOSED = gettext_noop("%(table)s: đề nghị xóa dữ liệu chờ xác nhận")
ERASURE_WAITS = gettext_noop("%(by)s đề nghị (%(code)s); cần một người thứ hai xác nhận.")
ERASURE_DONE = gettext_noop("%(table)s: đã xóa dữ liệu theo quyết định")
ERASURE_FIGURES = gettext_noop("%(code)s: %(rows)s dòng đã rời khỏi mọi phiên bản.")
FILE_FAILED = gettext_noop("Lỗi ngoài dự kiến khi tạo tệp; quản trị đã có nhật ký. Bấm Tạo lại để thử lần nữa.")
SENTENCES = (
    TAKEN, TAKEN_AND_LOST, RESTORED, BY_MODEL, FROM_FILE, READ_BY_MODEL, READ_BY_WHOM, INPUT_ERASED, INPUT_ERASED_HOW,
    ERASES, ERASURE_PROPOSED, ERASURE_WAITS, ERASURE_DONE, ERASURE_FIGURES,
    FILE_FAILED,
)  # fmt: skip
