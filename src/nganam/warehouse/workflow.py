"""The life of a load. Every end is reached by the system; a person only starts it."""

from nganam.kernel.machine import Machine, State, Transition

LOAD = Machine(
    code="warehouse.load",
    vi="Lượt nạp dữ liệu",
    en="Data load",
    initial="received",
    states=(
        State("received", "Đã tiếp nhận", "Received"),
        State("checking", "Đang kiểm tra", "Checking"),
        State("committed", "Đã tạo phiên bản", "Version committed", final=True),
        State("unchanged", "Không thay đổi", "Unchanged", final=True),
        State("failed", "Không thành công", "Failed", final=True),
    ),
    transitions=(
        Transition("check", ("received",), "checking", "system", "Bắt đầu kiểm tra", "Start checking", "S12.1"),
        Transition("restart", ("checking",), "checking", "system", "Chạy lại sau sự cố", "Run again after a crash"),
        Transition("commit", ("checking",), "committed", "system", "Tạo phiên bản mới", "Commit a version", "S12.1"),
        Transition("keep", ("checking",), "unchanged", "system", "Dữ liệu không đổi", "Find nothing changed"),
        Transition(
            "fail", ("received", "checking"), "failed", "system", "Dừng, giữ bảng như cũ", "Stop, keep the table"
        ),
    ),
)  # fmt: skip
