"""Local terms of sharing outside the province, shown as "nội bộ"."""

from nganam.deadlines.terms import LocalDefault

OPINION = LocalDefault(
    "out_of_province", 1, "Chủ quản cho ý kiến về chia sẻ ngoài tỉnh", "Owner's opinion on sharing outside"
)
"""Shorter than the two days of D35.3, which run at the same time (S17.3 states no term)."""
