"""SM8: annual inspection and self-evaluation of data (S7, D16)."""

from nganam.kernel.machine import Machine, State, Transition

INSPECTION = Machine(
    code="inspection.plan",
    vi="Kiểm tra, đánh giá dữ liệu hằng năm",
    en="Annual inspection of data",
    initial="drafted",
    states=(
        State("drafted", "Lập kế hoạch", "Plan drafted"),
        State("approved", "Chủ tịch đã phê duyệt", "Approved by the Chairman"),
        State("evaluating", "Các cơ quan tự đánh giá", "Self-evaluation"),
        State("verifying", "Cơ quan đầu mối kiểm tra", "Verification"),
        State("concluded", "Đã có kết quả bằng văn bản", "Concluded in writing"),
        State("maintaining", "Thực hiện biện pháp duy trì", "Maintenance measures"),
        State("completed", "Hoàn thành", "Completed", final=True),
    ),
    transitions=(
        Transition(
            "approve", ("drafted",), "approved", "chairman", "Phê duyệt kế hoạch", "Approve", "S7.2a", needs=("paper",)
        ),
        Transition(
            "open",
            ("approved",),
            "evaluating",
            "lead",
            "Mở phiếu tự đánh giá",
            "Open self-evaluation",
            "D16.5",
            starts=("self_eval_report",),
        ),
        Transition(
            "collect",
            ("evaluating",),
            "verifying",
            "lead",
            "Nhận đủ báo cáo",
            "Collect reports",
            "D16.4",
            stops=("self_eval_report",),
        ),
        Transition(
            "conclude",
            ("verifying",),
            "concluded",
            "lead",
            "Kết luận bằng văn bản",
            "Conclude in writing",
            "D16.3",
            needs=("paper",),
        ),
        Transition("maintain", ("concluded",), "maintaining", "lead", "Theo dõi khắc phục", "Follow measures", "D16.6"),
        Transition("complete", ("maintaining",), "completed", "lead", "Hoàn thành", "Complete", "S24.3"),
    ),
)
