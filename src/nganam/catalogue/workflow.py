"""SM5 in two tables: a database entry on its way into the catalogue, and an edition on its way to being issued."""

from nganam.kernel.machine import Machine, State, Transition

DATABASE = Machine(
    code="catalogue.database",
    vi="Cơ sở dữ liệu dùng chung",
    en="Shared database",
    initial="draft",
    states=(
        State("draft", "Nháp", "Draft"),
        State("proposed", "Đã đề xuất", "Proposed"),
        State("returned", "Trả lại", "Returned"),
        State("accepted", "Đạt, chờ ban hành", "Accepted, awaiting issue"),
        State("in_catalogue", "Trong danh mục", "In the catalogue", rest=True),
        State("revising", "Đang sửa để cập nhật danh mục", "Being revised"),
        State("retired", "Ngừng, đưa khỏi danh mục", "Retired", final=True),
        State("abandoned", "Đã bỏ bản khai", "Abandoned", final=True),
    ),
    transitions=(
        Transition(
            "propose", ("draft", "returned", "revising"), "proposed", "owner", "Gửi đề xuất", "Propose", "S5.3"
        ),
        Transition("accept", ("proposed",), "accepted", "lead", "Đánh giá đạt", "Accept", "S5.3"),
        Transition("list", ("accepted",), "in_catalogue", "system", "Ban hành trong danh mục", "List", "S5.1"),
        Transition(
            "return", ("proposed", "accepted"), "returned", "lead", "Trả lại để bổ sung", "Return", "S5.3",
            needs=("reason",), side=True,
        ),
        Transition(
            "retire", ("in_catalogue", "revising"), "retired", "owner", "Đề nghị đưa khỏi danh mục", "Retire", "S5.2",
            needs=("reason",),
        ),
        Transition(
            "revise", ("in_catalogue",), "revising", "owner", "Sửa để cập nhật danh mục", "Revise", "S5.2"
        ),
        Transition(
            "abandon", ("draft",), "abandoned", "owner", "Bỏ bản khai", "Abandon", "nội bộ", needs=("reason",),
            side=True,
        ),
    ),
)  # fmt: skip

EDITION = Machine(
    code="catalogue.edition",
    vi="Đợt danh mục",
    en="Catalogue edition",
    initial="draft",
    states=(
        State("draft", "Dự thảo", "Draft"),
        State("submitted", "Đã trình Chủ tịch", "Submitted to the Chairman"),
        State("issued", "Đã ban hành", "Issued"),
        State("published", "Đã công bố", "Published", rest=True),
        State("superseded", "Được thay thế", "Superseded", final=True),
        State("abandoned", "Đã bỏ dự thảo", "Abandoned", final=True),
    ),
    transitions=(
        Transition(
            "submit", ("draft",), "submitted", "lead", "Trình ban hành", "Submit", "S5.1", needs=("paper",)
        ),
        Transition("issue", ("submitted",), "issued", "chairman", "Ban hành", "Issue", "D11.3", needs=("paper",)),
        Transition(
            "send_back", ("submitted",), "draft", "chairman", "Trả lại để hoàn thiện", "Send back", "nội bộ",
            needs=("reason",),
        ),
        Transition("publish", ("issued",), "published", "lead", "Công bố", "Publish", "S5.1"),
        Transition(
            "supersede", ("issued", "published"), "superseded", "system", "Được đợt mới thay thế", "Supersede", "S5.2"
        ),
        Transition(
            "abandon", ("draft",), "abandoned", "lead", "Bỏ dự thảo", "Abandon", "nội bộ", needs=("reason",),
            side=True,
        ),
    ),
)  # fmt: skip
