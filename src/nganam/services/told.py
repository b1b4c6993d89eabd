"""The room's own sentences that are written down filled in, so that a reader of English is told them in English.

The longest first: a short one ("%(code)s: …") would take what a longer one says better.
"""

SENTENCES = (
    "Cơ quan cung cấp %(name)s đã kết thúc hoạt động, không có cơ quan kế tục.",
    "Tài khoản %(account)s đang được cấp mục tin sẽ không còn: %(fields)s.",
    "%(code)s: thay đổi đã báo sẽ không áp dụng",
    "%(code)s: chưa áp dụng được phiên bản mới",
    "%(code)s: dịch vụ ngừng cung cấp",
    "%(code)s: phiên bản %(number)s đã áp dụng",
    "%(code)s: thay đổi từ ngày %(day)s",
)
