"""Local terms of sharing outside the province, shown as "nội bộ": S9, S17 state none.

The two opinions are shorter than the two days of D35.3, which run at the same time for default data. For special data
no statutory term runs at all, so each step that waits for somebody has one of these.
"""

from nganam.deadlines.terms import LocalDefault

TERMS = (
    LocalDefault(
        "out_of_province", 1, "Chủ quản cho ý kiến về chia sẻ ngoài tỉnh", "Owner's opinion on sharing outside"
    ),
    LocalDefault(
        "lead_opinion", 1, "Cơ quan đầu mối cho ý kiến về chia sẻ ngoài tỉnh",
        "Lead agency's opinion on sharing outside",
    ),
    LocalDefault(
        "inbound_next", 1, "Xử lý tiếp yêu cầu ngoài tỉnh sau ý kiến", "Go on with a request from outside"
    ),
    LocalDefault(
        "chairman_outside", 3, "Chủ tịch quyết định chia sẻ ngoài tỉnh", "Chairman decides on sharing outside"
    ),
    LocalDefault(
        "outbound_review", 3, "Rà soát đề xuất khai thác dữ liệu ngoài tỉnh", "Review a proposal to use outside data"
    ),
    LocalDefault(
        "outbound_send", 2, "Gửi đề xuất đã đạt cho cơ quan cung cấp", "Send an accepted proposal to the provider"
    ),
)  # fmt: skip
