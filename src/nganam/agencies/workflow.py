"""SM9: an agency names its focal officer, the lead agency checks, the people's committee approves, portals show it."""

from nganam.kernel.machine import Machine, State, Transition

FOCAL_POINT = Machine(
    code="agencies.focal_point",
    vi="Đầu mối dữ liệu",
    en="Data focal point",
    initial="nominated",
    states=(
        State("nominated", "Đã cử", "Nominated"),
        State("returned", "Trả lại", "Returned"),
        State("in_force", "Đã phê duyệt, công khai", "Approved and public", rest=True),
        State("ended", "Hết hiệu lực", "Ended", final=True),
        State("withdrawn", "Đã rút", "Withdrawn", final=True),
    ),
    transitions=(
        Transition(
            "approve", ("nominated",), "in_force", "lead", "Ghi nhận quyết định phê duyệt", "Record the approval",
            "S20.3", needs=("paper",),
        ),
        Transition(
            "return", ("nominated",), "returned", "lead", "Trả lại để cử lại", "Return", "S20.2", needs=("reason",)
        ),
        Transition("resubmit", ("returned",), "nominated", "agency", "Cử lại", "Nominate again", "S20.1b"),
        Transition(
            "end", ("in_force",), "ended", "lead/system", "Kết thúc nhiệm vụ đầu mối", "End", "D7.1", needs=("reason",)
        ),
        Transition(
            "withdraw", ("nominated", "returned"), "withdrawn", "agency", "Rút đề cử", "Withdraw", "nội bộ", side=True
        ),
    ),
)  # fmt: skip
