"""SM1, the default connection request, as a table (D33-D35, D40, D45, D51)."""

from nganam.kernel.machine import Guard, Machine, State, Transition

REQUEST = Machine(
    code="sharing.request",
    vi="Yêu cầu kết nối, khai thác dữ liệu mặc định",
    en="Default connection request",
    initial="draft",
    states=(
        State("draft", "Nháp", "Draft"),
        State("sent", "Đã gửi", "Sent"),
        State("received", "Đã tiếp nhận", "Received"),
        State("granted", "Đã cấp tài khoản", "Account granted"),
        State("testing", "Kiểm thử", "Testing"),
        State("in_use", "Đang khai thác", "In use", rest=True),
        State("suspended", "Tạm ngừng", "Suspended"),
        State("terminated", "Chấm dứt", "Terminated", final=True),
        State("refused", "Từ chối", "Refused", rest=True),
        State("disputed", "Vướng mắc", "In dispute"),
        State("special", "Chuyển dữ liệu đặc thù", "Moved to special data", final=True),
        State("withdrawn", "Đã rút", "Withdrawn", final=True),
        State("lapsed", "Đã đóng, không còn đối tượng", "Closed, its object is gone", final=True),
    ),
    guards=(
        Guard("complete", "Đủ nội dung khoản 2 Điều 35", "The content of D35.2 is complete", "D35.2"),
        Guard("service_open", "Dịch vụ đã công khai", "The service is published", "D33"),
        Guard("default_form", "Dịch vụ chia sẻ theo hình thức mặc định", "The service is shared by default", "D33"),
        Guard("regulation", "Cơ sở dữ liệu có quy chế khai thác đã công khai",
              "The database has a published usage regulation", "D22"),
        Guard("not_ended", "Dịch vụ còn cung cấp", "The service has not ended", "D44"),
        Guard("was_in_use", "Đang khai thác khi bị tạm ngừng", "In use when it was suspended", "D43"),
        Guard("was_testing", "Đang kiểm thử khi bị tạm ngừng", "In testing when it was suspended"),
    ),
    transitions=(
        Transition(
            "send", ("draft",), "sent", "consumer", "Gửi yêu cầu", "Send the request", "D35.1",
            guards=("complete", "service_open", "default_form"),
        ),
        Transition(
            "receive", ("sent",), "received", "system", "Hệ thống chuyển đến cơ quan cung cấp",
            "Delivered to the provider", "D35.3", starts=("acct_issue",),
        ),
        Transition(
            "carry_over", ("draft",), "received", "system", "Chuyển từ yêu cầu ngoài tỉnh đã thống nhất",
            "Carried over from an agreed request from outside", "S17.3", guards=("service_open", "default_form"),
        ),
        Transition(
            "grant", ("received",), "granted", "issuer", "Cấp tài khoản", "Grant an account", "D35.3",
            stops=("acct_issue",), guards=("regulation", "not_ended"), papers=("TB",),
        ),
        Transition(
            "refuse", ("received",), "refused", "provider", "Từ chối", "Refuse", "D35.3",
            needs=("reason",), stops=("acct_issue",), papers=("CV",),
        ),
        Transition(
            "to_special", ("received",), "special", "provider", "Chuyển sang dữ liệu đặc thù", "Move to special data",
            "D36", needs=("reason",), stops=("acct_issue",), papers=("CV",),
        ),
        Transition("withdraw", ("draft",), "withdrawn", "consumer", "Rút yêu cầu", "Withdraw", side=True, bulk=True),
        Transition(
            "withdraw_sent", ("received",), "withdrawn", "consumer", "Rút yêu cầu đã gửi", "Withdraw after sending",
            stops=("acct_issue",), side=True,
        ),
        Transition(
            "lapse", ("received",), "lapsed", "system", "Đóng: dịch vụ hoặc cơ quan yêu cầu không còn",
            "Close: the service or the asking agency is no more", "D35.3", needs=("reason",), stops=("acct_issue",),
            papers=("TB",),
        ),
        Transition(
            "lapse_draft", ("draft",), "lapsed", "system", "Đóng nháp: dịch vụ hoặc cơ quan yêu cầu không còn",
            "Close the draft: the service or the asking agency is no more", needs=("reason",),
        ),
        Transition(
            "start_test", ("granted",), "testing", "system", "Bàn giao tài khoản, bắt đầu kiểm thử",
            "Account handed over, testing begins",
        ),
        Transition(
            "start_use", ("testing",), "in_use", "consumer/provider/lead", "Xác nhận kiểm thử đạt, đưa vào khai thác",
            "Confirm the test, start using", needs=("reason",),
        ),
        Transition("suspend", ("testing", "in_use"), "suspended", "system", "Tạm ngừng", "Suspend", "D43"),
        Transition(
            "resume", ("suspended",), "in_use", "system", "Khôi phục", "Resume", "D43", guards=("was_in_use",)
        ),
        Transition(
            "resume_test", ("suspended",), "testing", "system", "Khôi phục, kiểm thử tiếp", "Resume testing", "D43",
            guards=("was_testing",),
        ),
        Transition(
            "terminate", ("granted", "testing", "in_use", "suspended"), "terminated", "system", "Chấm dứt", "Terminate",
            "D44",
        ),
        Transition("dispute", ("refused",), "disputed", "system", "Mở vướng mắc", "Open a dispute", "D47"),
        Transition(
            "reopen", ("disputed",), "received", "system", "Xem xét lại theo kết quả giải quyết vướng mắc",
            "Take up again as the settlement says", "D50", starts=("acct_issue",),
        ),
        Transition(
            "uphold", ("disputed",), "refused", "system", "Giữ nguyên việc từ chối sau giải quyết vướng mắc",
            "The refusal stands after the settlement", "D50",
        ),
    ),
)  # fmt: skip
