"""Audit actions of the room. Details hold the question, never its answer."""

from nganam.audit.registry import Action, register

register(
    Action("analysis.saved", "Lưu câu hỏi phân tích", "Saved a question"),
    Action("analysis.shared", "Chia sẻ câu hỏi trong cơ quan", "Shared a question in the agency"),
    Action("analysis.unshared", "Thôi chia sẻ câu hỏi", "Stopped sharing a question"),
    Action("analysis.pinned", "Ghim câu hỏi lên bảng điều khiển", "Pinned a question to the board"),
    Action("analysis.unpinned", "Bỏ ghim câu hỏi", "Unpinned a question"),
    Action("analysis.removed", "Xóa câu hỏi phân tích", "Removed a question"),
    Action("analysis.sql", "Hỏi kho dữ liệu bằng SQL", "Queried the warehouse by SQL"),
)
