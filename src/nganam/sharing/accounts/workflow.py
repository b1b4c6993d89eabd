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
        Guard("succeeded", "Cơ quan sử dụng đã kết thúc và có cơ quan kế tục; tài khoản cấp theo yêu cầu",
              "The using agency has ended and another took over; the account was granted on request"),
        Guard("duties_done", "Đã xong việc xóa, hủy dữ liệu", "The data received are deleted", "D42"),
    ),
    transitions=(
        Transition(
            "hand_over", ("created",), "active", "consumer", "Bàn giao: nhận khóa đầu tiên",
            "Hand over: the first key is received", "D35.3",
        ),
        Transition("lock", ("active",), "locked", "issuer/lead", "Tạm khóa", "Lock", "D43.2", needs=("reason",)),
        Transition("restore", ("locked",), "active", "issuer/lead", "Khôi phục", "Restore", "D43", guards=("in_term",),
            papers=("TB",)),
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
            needs=("reason",), stops=("account_takeover",), side=True,
        ),
        Transition(
            "give_up", ("created", "active", "locked"), "revoked", "consumer", "Thôi khai thác", "Give up", "D44",
            needs=("reason",), stops=("account_takeover",), side=True,
        ),
        Transition(
            "expire", ("created", "active", "locked"), "revoked", "system", "Hết thời hạn", "Expire", "D44",
            stops=("account_takeover",),
        ),
        Transition(
            "end_with_agreement", ("created", "active", "locked"), "revoked", "system",
            "Thu hồi vì thỏa thuận đã hết hiệu lực, chấm dứt", "Revoked because the agreement ended", "D44",
            stops=("account_takeover",),
        ),
        Transition(
            "await_takeover", ("created", "active", "locked"), "", "system",
            "Cơ quan sử dụng đã được kế tục, chờ ghi nhận tiếp nhận", "The using agency was succeeded, to be recorded",
            needs=("reason",), starts=("account_takeover",), guards=("succeeded",),
        ),
        Transition(
            "take_over", ("created", "active", "locked"), "", "lead", "Ghi nhận cơ quan kế tục tiếp nhận tài khoản",
            "Record that the successor takes the account over", needs=("reason",), stops=("account_takeover",),
            guards=("succeeded",), side=True,
        ),
        Transition(
            "end_with_service", ("created", "active", "locked"), "revoked", "system",
            "Thu hồi vì dịch vụ ngừng cung cấp", "Revoked because the service ended", "D44", needs=("reason",),
            stops=("account_takeover",),
        ),
        Transition(
            "end_with_agency", ("created", "active", "locked"), "revoked", "system",
            "Thu hồi vì cơ quan sử dụng kết thúc hoạt động", "Revoked because the agency using it was closed", "D44",
            needs=("reason",), stops=("account_takeover",),
        ),
        Transition(
            "archive", ("revoked",), "archived", "issuer/lead", "Lưu hồ sơ", "Archive", guards=("duties_done",),
            bulk=True,
        ),
    ),
)  # fmt: skip
