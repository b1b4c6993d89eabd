"""SM10, the connection account, as a table (D40, D41, D43, D44)."""

from nganam.kernel.machine import Guard, Machine, State, Transition

ACCOUNT = Machine(
    code="sharing.account",
    vi="Tài khoản kết nối",
    en="Connection account",
    initial="created",
    states=(
        State("created", "Đã khởi tạo, chờ bàn giao", "Created, not handed over"),
        State("active", "Hoạt động", "Active", rest=True),
        State("locked", "Tạm khóa", "Locked"),
        State("revoked", "Đã thu hồi", "Revoked", rest=True),
        State("archived", "Đã lưu hồ sơ", "Archived", final=True),
    ),
    guards=(
        Guard("in_term", "Còn trong thời hạn sử dụng", "Within its term of use", "D41"),
        Guard("limited", "Tài khoản có thời hạn", "The account has a term", "D41"),
        Guard("service_offered", "Dịch vụ còn cung cấp", "The service has not ended", "D44"),
        Guard("duties_done", "Đã xong việc xóa, hủy dữ liệu", "The data received are deleted", "D42"),
    ),
    transitions=(
        Transition(
            "hand_over", ("created",), "active", "consumer", "Bàn giao: nhận khóa đầu tiên",
            "Hand over: the first key is received", "D35.3",
        ),
        Transition("lock", ("active",), "locked", "issuer/lead", "Tạm khóa", "Lock", "D43.2", needs=("reason",)),
        Transition("restore", ("locked",), "active", "issuer/lead", "Khôi phục", "Restore", "D43", guards=("in_term",)),
        Transition(
            "renew", ("active",), "active", "issuer", "Gia hạn", "Renew", "D41", needs=("reason",),
            guards=("limited", "in_term", "service_offered"),
        ),
        Transition(
            "adjust_new", ("created",), "created", "issuer", "Điều chỉnh phạm vi trước bàn giao",
            "Adjust the scope before handing over", needs=("reason",), guards=("service_offered",), side=True,
        ),
        Transition(
            "adjust", ("active",), "active", "issuer", "Điều chỉnh phạm vi, hạn mức", "Adjust scope and quotas",
            needs=("reason",), guards=("service_offered",), side=True,
        ),
        Transition(
            "revoke", ("created", "active", "locked"), "revoked", "issuer/lead", "Thu hồi", "Revoke", "D44",
            needs=("reason",), side=True,
        ),
        Transition(
            "give_up", ("created", "active", "locked"), "revoked", "consumer", "Thôi khai thác", "Give up", "D44",
            needs=("reason",), side=True,
        ),
        Transition(
            "expire", ("created", "active", "locked"), "revoked", "system", "Hết thời hạn", "Expire", "D44"
        ),
        Transition(
            "end_with_agreement", ("created", "active", "locked"), "revoked", "system",
            "Thu hồi vì thỏa thuận đã hết hiệu lực, chấm dứt", "Revoked because the agreement ended", "D44",
        ),
        Transition(
            "archive", ("revoked",), "archived", "issuer/lead", "Lưu hồ sơ", "Archive", guards=("duties_done",),
            bulk=True,
        ),
    ),
)  # fmt: skip
