"""SM11 as tables: a stop for everybody, a breach of one user, the end of sharing with one user (D43, D44, D51)."""

from nganam.kernel.machine import Guard, Machine, State, Transition

MAINTENANCE = Machine(
    code="sharing.maintenance",
    vi="Tạm ngừng dịch vụ với tất cả",
    en="Stop of a service for everybody",
    initial="draft",
    states=(
        State("draft", "Kế hoạch", "Plan"),
        State("announced", "Đã thông báo công khai", "Publicly announced"),
        State("stopped", "Đang tạm ngừng", "Stopped"),
        State("restored", "Đã khôi phục", "Restored", final=True),
        State("cancelled", "Đã hủy", "Cancelled", final=True),
    ),
    guards=(
        Guard(
            "notice_term", "Đủ thời gian báo trước, trừ bất khả kháng", "Announced early enough, unless force majeure",
            "D43.3",
        ),
        Guard("service_running", "Dịch vụ đang cung cấp", "The service is being provided", "D43.1"),
        Guard("no_overlap", "Không trùng đợt tạm ngừng khác", "No other stop at the same time"),
        Guard("time_reached", "Đã đến thời điểm tạm ngừng đã báo", "The announced time has come", "D43.3", idle=True),
    ),
    transitions=(
        Transition(
            "announce", ("draft",), "announced", "provider", "Thông báo công khai", "Announce publicly", "D43.3",
            guards=("notice_term", "service_running", "no_overlap"), papers=("TB",),
        ),
        Transition(
            "stop", ("announced",), "stopped", "provider/lead/system", "Tạm ngừng dịch vụ", "Stop the service", "D43.1",
            starts=("maintenance_restore",), guards=("time_reached", "service_running"),
        ),
        Transition(
            "restore", ("stopped",), "restored", "provider/lead", "Khôi phục dịch vụ", "Restore the service", "D43.3",
            stops=("maintenance_restore",),
        ),
        Transition(
            "extend", ("stopped",), "stopped", "provider/lead", "Lùi thời điểm khôi phục", "Postpone the restoration",
            "D43.3", needs=("reason",), papers=("TB",), side=True,
        ),
        Transition(
            "cancel", ("draft", "announced"), "cancelled", "provider", "Hủy kế hoạch", "Cancel the plan",
            needs=("reason",), papers=("TB",), side=True,
        ),
        Transition(
            "close", ("draft", "announced", "stopped"), "cancelled", "system", "Dịch vụ đã ngừng cung cấp",
            "The service has ended", "D44", stops=("maintenance_restore",),
        ),
    ),
)  # fmt: skip

BREACH = Machine(
    code="sharing.breach",
    vi="Vi phạm, nguy cơ mất an toàn khi khai thác",
    en="Breach or risk in use",
    initial="suspected",
    states=(
        State("suspected", "Nghi vấn, đang xem xét", "Suspected, under examination"),
        State("report_demanded", "Chờ báo cáo sử dụng", "Usage report demanded"),
        State("reported", "Đã nhận báo cáo sử dụng", "Usage report received"),
        State("determined", "Đã xác định vi phạm", "Breach determined"),
        State("notified", "Đã thông báo tạm ngừng", "Notice of suspension given"),
        State("suspended", "Đang tạm ngừng", "Suspended"),
        State("remedied", "Đã báo cáo khắc phục", "Remedy reported"),
        State("restored", "Đã khôi phục", "Restored", final=True),
        State("terminated", "Chấm dứt", "Terminated", final=True),
        State("cleared", "Không có vi phạm", "No breach", final=True),
    ),
    guards=(
        Guard("account_in_use", "Tài khoản đang được khai thác", "The account is in use", "D43.2"),
        Guard("in_term", "Còn trong thời hạn sử dụng", "Within its term of use", "D41"),
    ),
    transitions=(
        Transition(
            "demand_report", ("suspected",), "report_demanded", "issuer/lead", "Yêu cầu báo cáo việc sử dụng dữ liệu",
            "Demand a usage report", "D51.1b", starts=("usage_report",), papers=("CV",),
        ),
        Transition(
            "submit_report", ("report_demanded",), "reported", "consumer", "Gửi báo cáo sử dụng",
            "Submit the usage report", "D51.1b", stops=("usage_report",),
        ),
        Transition(
            "determine", ("suspected", "report_demanded", "reported"), "determined", "issuer/lead",
            "Xác định có vi phạm hoặc nguy cơ", "Determine a breach or risk", "D43.2", starts=("breach_notice",),
            stops=("usage_report",), guards=("account_in_use",),
        ),
        Transition(
            "notify", ("determined",), "notified", "issuer/lead", "Thông báo cho bên khai thác", "Notify the consumer",
            "D43.5", stops=("breach_notice",), papers=("TB",),
        ),
        Transition(
            "suspend", ("notified",), "suspended", "issuer/lead/system", "Tạm ngừng: khóa tài khoản",
            "Suspend: lock the account", "D43.2", guards=("account_in_use",),
        ),
        Transition(
            "report_remedy", ("notified", "suspended"), "remedied", "consumer", "Báo cáo đã khắc phục",
            "Report the remedy", "D43.5",
        ),
        Transition(
            "restore", ("notified", "suspended", "remedied"), "restored", "issuer/lead", "Khôi phục kết nối",
            "Restore the connection", "D43", guards=("in_term",), papers=("TB",),
        ),
        Transition(
            "reject_remedy", ("remedied",), "suspended", "issuer/lead", "Chưa đạt: tiếp tục tạm ngừng",
            "Not enough: stay suspended", "D43.5", needs=("reason",), papers=("TB",),
        ),
        Transition(
            "terminate", ("notified", "suspended", "remedied"), "terminated", "issuer/lead", "Chấm dứt chia sẻ",
            "Terminate the sharing", "D44",
        ),
        Transition(
            "clear", ("suspected", "report_demanded", "reported"), "cleared", "issuer/lead",
            "Kết luận không có vi phạm", "Conclude that there is no breach", "D51.1b", needs=("reason",),
            stops=("usage_report",), papers=("TB",),
        ),
        Transition(
            "lift", ("determined", "notified", "suspended", "remedied"), "restored", "system",
            "Tài khoản đã được khôi phục", "The account was restored", "D43", stops=("breach_notice",),
        ),
        Transition(
            "close", ("suspected", "report_demanded", "reported", "determined", "notified", "suspended", "remedied"),
            "terminated", "system", "Tài khoản đã bị thu hồi", "The account was revoked", "D44",
            stops=("usage_report", "breach_notice"),
        ),
    ),
)  # fmt: skip

TERMINATION = Machine(
    code="sharing.termination",
    vi="Chấm dứt chia sẻ với một bên khai thác",
    en="End of sharing with one consumer",
    initial="decided",
    states=(
        State("decided", "Đã quyết định chấm dứt", "Termination decided"),
        State("notified", "Đã thông báo kết quả", "Result notified"),
        State("deleting", "Chờ xóa, hủy dữ liệu đã nhận", "Received data to be deleted"),
        State("deleted", "Đã báo cáo xóa, hủy", "Deletion reported"),
        State("closed", "Đã kết thúc", "Closed", final=True),
    ),
    guards=(
        Guard("account_over", "Tài khoản đã thu hồi", "The account is revoked", "D44"),
    ),
    transitions=(
        Transition(
            "notify", ("decided",), "notified", "system", "Thông báo kết quả cho bên khai thác và cơ quan liên quan",
            "Notify the result to the consumer and the agencies concerned", "D44.3", guards=("account_over",),
            papers=("TB",),
        ),
        Transition(
            "demand_deletion", ("notified",), "deleting", "system", "Yêu cầu xóa, hủy dữ liệu đã nhận",
            "Demand deletion of the data received", "D42", starts=("deletion_report",),
        ),
        Transition(
            "report_deletion", ("deleting",), "deleted", "consumer", "Báo cáo đã xóa, hủy dữ liệu",
            "Report the deletion", "D42", stops=("deletion_report",),
        ),
        Transition(
            "accept_deletion", ("deleted",), "closed", "issuer/lead", "Xác nhận đã xóa, kết thúc hồ sơ",
            "Confirm the deletion and close", "D42",
        ),
        Transition(
            "return_deletion", ("deleted",), "deleting", "issuer/lead", "Chưa đủ bằng chứng, yêu cầu làm lại",
            "Evidence insufficient, demand it again", "D42", needs=("reason",), starts=("deletion_report",),
        ),
        Transition(
            "close", ("notified",), "closed", "system", "Không có dữ liệu phải xóa", "No data to delete", "D44",
        ),
    ),
)  # fmt: skip
