"""SM7, the dataset part: from proposal to the provincial portal and its upkeep (S10, D17-D21)."""

from nganam.kernel.machine import Machine, State, Transition

DATASET = Machine(
    code="opendata.dataset",
    vi="Bộ dữ liệu mở",
    en="Open dataset",
    initial="proposed",
    states=(
        State("proposed", "Đề xuất", "Proposed"),
        State("assessed", "Đã đánh giá", "Assessed"),
        State("prepared", "Đã chuẩn bị tệp", "Files prepared"),
        State("published", "Đã đăng cổng tỉnh", "Published", rest=True),
        State("rejected", "Không mở", "Not opened", final=True),
        State("removed", "Đã gỡ", "Removed", final=True),
    ),
    transitions=(
        Transition("assess", ("proposed",), "assessed", "lead", "Đánh giá đạt", "Assess", "D20.1"),
        Transition(
            "reject",
            ("proposed", "assessed"),
            "rejected",
            "lead",
            "Không mở",
            "Reject",
            "D20.1",
            needs=("reason",),
            side=True,
        ),
        Transition("prepare", ("assessed",), "prepared", "owner", "Chuẩn bị tệp", "Prepare files", "D21"),
        Transition(
            "publish", ("prepared",), "published", "lead", "Duyệt đăng", "Publish", "S10.3", starts=("open_update",)
        ),
        Transition(
            "update",
            ("published",),
            "published",
            "owner",
            "Cập nhật",
            "Update",
            "S10.4",
            starts=("open_update",),
            stops=("open_update",),
        ),
        Transition(
            "confirm_unchanged",
            ("published",),
            "published",
            "owner",
            "Xác nhận không thay đổi",
            "Confirm unchanged",
            "D20.3",
            starts=("open_update",),
            stops=("open_update",),
        ),
        Transition(
            "remove",
            ("published",),
            "removed",
            "lead",
            "Gỡ",
            "Remove",
            "D20.2",
            needs=("reason",),
            stops=("open_update",),
        ),
    ),
)
