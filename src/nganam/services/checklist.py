"""The lines of an appraisal (S14.1), each with the clause it rests on. A room-level table, not law of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MET, UNMET, NOT_ASKED = "met", "unmet", "not_asked"


@dataclass(frozen=True, slots=True)
class Line:
    """One question the appraiser answers; ``vi`` names it, ``ask_vi`` says what is looked at."""

    code: str
    vi: str
    en: str
    article: str
    ask_vi: str
    ask_en: str


LINES = (
    Line(
        "structure", "Cấu trúc, tiêu chuẩn", "Structure and standards", "D24.3b",
        "Cấu trúc dữ liệu trao đổi đủ mục tin, kiểu, mô tả và theo tiêu chuẩn, danh mục mã dùng chung.",
        "The exchange structure has fields, types and descriptions and follows standards and common code tables.",
    ),
    Line(
        "answers", "Không có dữ liệu, không được phép", "No data, not permitted", "TT13",
        "Câu trả lời nói được: có dữ liệu, không có, hoặc có mà không được phép.",
        "An answer tells apart: data, no data, and data that exist but are not permitted.",
    ),
    Line(
        "security", "An toàn thông tin", "Security", "D28",
        "Có định danh, xác thực, phân quyền theo mục tin, giới hạn tần suất.",
        "There are identification, authentication, rights by field and a rate limit.",
    ),
    Line(
        "regulation", "Quy chế khai thác, sử dụng", "Usage regulation", "D22",
        "Chủ quản đã ban hành và công khai quy chế khai thác, sử dụng cơ sở dữ liệu nguồn.",
        "The owner has issued and published the usage regulation of the source database.",
    ),
    Line(
        "secrecy", "Bí mật nhà nước", "State secrets", "S27.3",
        "Rà quét mẫu dữ liệu không thấy dấu hiệu bí mật nhà nước.",
        "The scan of a sample shows no mark of a state secret.",
    ),
    Line(
        "personal", "Dữ liệu cá nhân", "Personal data", "S4",
        "Mục tin cá nhân được đánh dấu, chỉ chia sẻ mục cần cho mục đích.",
        "Personal fields are marked, and only what the purpose needs is shared.",
    ),
    Line(
        "gateway", "Phù hợp với LGSP", "Fit for the LGSP", "S14.2",
        "Bảng nguồn đã nạp, khóa tra cứu và cột lọc dùng được qua LGSP.",
        "The source table is loaded; look-up keys and filters work through the LGSP.",
    ),
)  # fmt: skip
CODES = tuple(one.code for one in LINES)


def line(code: str) -> Line:
    """Return the line with this code; ``KeyError`` for another."""
    return {one.code: one for one in LINES}[code]


def finding_of(inputs: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return finding and remark by line from flat inputs (``structure``, ``structure_remark``, …)."""
    return {
        code: (str(inputs.get(code) or ""), str(inputs.get(f"{code}_remark") or "").strip())
        for code in CODES
        if inputs.get(code) or inputs.get(f"{code}_remark")
    }
