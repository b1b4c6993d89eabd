"""SM3 in two tables: an outside agency asks the province, a unit of the province asks outside (S9, S17, D31, D46)."""

from nganam.kernel.machine import Guard, Machine, State, Transition

BEFORE_GRANT = ("opinions", "agreed", "differing", "disagreed", "submitted", "permitted", "special", "failed")
"""States in which the outside agency may still take its request back."""

OPINIONS = ("out_of_province", "lead_opinion")
"""The local terms of the two opinions: the owner's and the lead agency's."""

INBOUND = Machine(
    code="sharing.inbound",
    vi="Yêu cầu của cơ quan ngoài tỉnh",
    en="Request from outside the province",
    initial="registered",
    states=(
        State("registered", "Đã vào sổ", "Registered"),
        State("opinions", "Lấy ý kiến hai bên", "Opinions being given"),
        State("agreed", "Thống nhất chia sẻ", "Both agree to share"),
        State("differing", "Ý kiến khác nhau", "Opinions differ"),
        State("disagreed", "Thống nhất không chia sẻ", "Both agree not to share"),
        State("submitted", "Đã trình Chủ tịch", "Submitted to the Chairman"),
        State("permitted", "Chủ tịch cho phép", "Permitted by the Chairman"),
        State("forbidden", "Chủ tịch không cho phép", "Not permitted by the Chairman"),
        State("granted", "Đã cấp tài khoản", "Account granted"),
        State("in_use", "Đang khai thác", "In use", rest=True),
        State("suspended", "Tạm ngừng", "Suspended"),
        State("special", "Chuyển thỏa thuận đặc thù", "Moved to a special agreement"),
        State("agreeing", "Đang thống nhất thỏa thuận đặc thù", "Special agreement being made"),
        State("failed", "Chưa thống nhất được thỏa thuận đặc thù", "No special agreement came about"),
        State("bound", "Thỏa thuận đặc thù có hiệu lực, chờ kết nối", "Special agreement in force, to be connected"),
        State("refused", "Đã trả lời từ chối", "Refused", final=True),
        State("terminated", "Chấm dứt", "Terminated", final=True),
        State("withdrawn", "Cơ quan ngoài tỉnh đã rút", "Withdrawn", final=True),
    ),
    guards=(
        Guard("owner_silent", "Chủ quản chưa cho ý kiến", "The owner has given no opinion yet", "S17.3", idle=True),
        Guard(
            "lead_silent", "Cơ quan đầu mối chưa cho ý kiến", "The lead agency has given no opinion yet", "S17.3",
            idle=True,
        ),
        Guard("another_person", "Hai ý kiến do hai người khác nhau ghi", "Two people give the two opinions"),
        Guard("two_opinions", "Có đủ hai ý kiến được ghi lại", "Both opinions are recorded", "S17.3"),
        Guard("consent", "Hai bên đồng ý, hoặc Chủ tịch cho phép", "Both agree, or the Chairman permits", "S17.3"),
        Guard(
            "default_data", "Dữ liệu chia sẻ mặc định qua dịch vụ", "Default data shared by a service", "D33",
            idle=True,
        ),
        Guard("service_open", "Dịch vụ đã công khai", "The service is published", "S17.2"),
        Guard("service_over", "Dịch vụ đã ngừng cung cấp", "The service has ended", "D44", idle=True),
        Guard("regulation", "Cơ sở dữ liệu có quy chế khai thác đã công khai",
              "The database has a published usage regulation", "D22"),
        Guard(
            "agreement_over", "Thỏa thuận trước không còn trong giải quyết vướng mắc",
            "No dispute about the agreement before is open", "D50", idle=True,
        ),
        Guard("handed_over", "Tài khoản kết nối đang hoạt động", "The connection account is active", "D35.3"),
    ),
    transitions=(
        Transition(
            "receive", ("registered",), "opinions", "system", "Tiếp nhận, gửi lấy ý kiến (dữ liệu mặc định)",
            "Received, opinions asked (default data)", "S17.1",
            starts=("acct_issue", "out_of_province", "lead_opinion"),
        ),
        Transition(
            "receive_special", ("registered",), "opinions", "system", "Tiếp nhận, gửi lấy ý kiến (dữ liệu đặc thù)",
            "Received, opinions asked (special data)", "S17.1", starts=("out_of_province", "lead_opinion"),
        ),
        Transition(
            "owner_agrees", ("opinions",), "opinions", "owner", "Chủ quản đồng ý", "The owner agrees", "S17.3",
            stops=("out_of_province",), guards=("owner_silent", "another_person"),
        ),
        Transition(
            "owner_disagrees", ("opinions",), "opinions", "owner", "Chủ quản không đồng ý", "The owner disagrees",
            "S17.3", needs=("reason",), stops=("out_of_province",), guards=("owner_silent", "another_person"),
        ),
        Transition(
            "lead_agrees", ("opinions",), "opinions", "lead", "Cơ quan đầu mối đồng ý", "The lead agency agrees",
            "S17.3", stops=("lead_opinion",), guards=("lead_silent", "another_person"),
        ),
        Transition(
            "lead_disagrees", ("opinions",), "opinions", "lead", "Cơ quan đầu mối không đồng ý",
            "The lead agency disagrees", "S17.3", needs=("reason",), stops=("lead_opinion",),
            guards=("lead_silent", "another_person"),
        ),
        Transition(
            "agree", ("opinions",), "agreed", "system", "Hai ý kiến thống nhất chia sẻ", "Both opinions are to share",
            "S17.3", stops=OPINIONS, starts=("inbound_next",), guards=("two_opinions", "consent"),
        ),
        Transition(
            "differ", ("opinions",), "differing", "system", "Hai ý kiến khác nhau", "The opinions differ", "S17.3",
            stops=OPINIONS, starts=("inbound_next",), guards=("two_opinions",),
        ),
        Transition(
            "agree_not", ("opinions",), "disagreed", "system", "Hai ý kiến thống nhất không chia sẻ",
            "Both opinions are not to share", "S17.3", stops=OPINIONS, starts=("inbound_next",),
            guards=("two_opinions",),
        ),
        Transition(
            "submit", ("differing",), "submitted", "lead", "Trình Chủ tịch UBND tỉnh quyết định",
            "Submit to the Chairman", "S17.3", needs=("reason", "paper"), papers=("TTr",),
            stops=("inbound_next",), starts=("chairman_outside",),
        ),
        Transition(
            "permit", ("submitted",), "permitted", "chairman", "Cho phép chia sẻ", "Permit the sharing", "S17.3",
            needs=("paper",), papers=("QĐ",), stops=("chairman_outside",), starts=("inbound_next",),
        ),
        Transition(
            "forbid", ("submitted",), "forbidden", "chairman", "Không cho phép chia sẻ", "Do not permit the sharing",
            "S17.3", needs=("reason", "paper"), papers=("QĐ",), stops=("chairman_outside",),
            starts=("inbound_next",),
        ),
        Transition(
            "send_back", ("submitted",), "differing", "chairman", "Trả lại để làm rõ", "Send back to be made clear",
            needs=("reason",), stops=("chairman_outside",), starts=("inbound_next",),
        ),
        Transition(
            "grant", ("agreed", "permitted"), "granted", "issuer", "Cấp tài khoản cho cơ quan ngoài tỉnh",
            "Grant an account to the outside agency", "D35.3", stops=("acct_issue", "inbound_next"),
            guards=("two_opinions", "consent", "default_data", "service_open", "regulation"), papers=("TB",),
        ),
        Transition(
            "to_agreement", ("agreed", "permitted"), "special", "lead", "Chuyển sang thỏa thuận chia sẻ đặc thù",
            "Move to a special agreement", "D36", needs=("reason",), stops=("acct_issue", "inbound_next"),
            starts=("inbound_next",),
            guards=("two_opinions", "consent"), papers=("CV",),
        ),
        Transition(
            "begin_agreement", ("special", "failed"), "agreeing", "lead",
            "Lập thỏa thuận đặc thù thay cơ quan ngoài tỉnh", "Begin the special agreement for the outside agency",
            "D36", stops=("inbound_next",), guards=("agreement_over",),
        ),
        Transition(
            "take_effect", ("agreeing",), "bound", "system", "Thỏa thuận đặc thù có hiệu lực",
            "The special agreement takes effect", "D37.4",
        ),
        Transition(
            "fall_through", ("agreeing",), "failed", "system", "Thỏa thuận đặc thù không thành",
            "The special agreement falls through", "D37", starts=("inbound_next",),
        ),
        Transition(
            "take_up", ("failed",), "agreeing", "system", "Xem xét lại thỏa thuận theo kết quả giải quyết vướng mắc",
            "The agreement is taken up again as the settlement says", "D50", stops=("inbound_next",),
        ),
        Transition(
            "refuse", ("disagreed", "forbidden", "failed"), "refused", "lead", "Trả lời từ chối",
            "Answer with a refusal", "D35.3", needs=("reason",), stops=("acct_issue", "inbound_next"),
            guards=("two_opinions", "agreement_over"), papers=("CV",),
        ),
        Transition(
            "refuse_ended", BEFORE_GRANT, "refused", "lead", "Trả lời vì dịch vụ đã ngừng cung cấp",
            "Answer that the service has ended", "D35.3", needs=("reason",),
            guards=("service_over", "agreement_over"), papers=("CV",),
            stops=("acct_issue", *OPINIONS, "inbound_next", "chairman_outside"),
        ),
        Transition(
            "connect", ("granted", "bound"), "in_use", "lead", "Ghi nhận kết nối, đưa vào khai thác",
            "Record the connection, in use", "S17.4", needs=("reason",), guards=("handed_over",),
        ),
        Transition("suspend", ("in_use",), "suspended", "system", "Tạm ngừng theo tài khoản", "Suspend", "D43"),
        Transition("resume", ("suspended",), "in_use", "system", "Khôi phục theo tài khoản", "Resume", "D43"),
        Transition(
            "disconnect", ("in_use", "suspended"), "bound", "system", "Tài khoản bị thu hồi, thỏa thuận còn hiệu lực",
            "The account was revoked, the agreement still holds", "D44",
        ),
        Transition(
            "terminate", ("granted", "in_use", "suspended", "agreeing", "bound"), "terminated", "system",
            "Chấm dứt theo tài khoản, thỏa thuận", "Terminate", "D44",
        ),
        Transition(
            "withdraw", BEFORE_GRANT, "withdrawn", "lead", "Ghi nhận cơ quan ngoài tỉnh rút yêu cầu",
            "Record that the request was withdrawn", needs=("reason",),
            stops=("acct_issue", *OPINIONS, "inbound_next", "chairman_outside"),
            guards=("agreement_over",), side=True,
        ),
    ),
)  # fmt: skip

OUTBOUND = Machine(
    code="sharing.outbound",
    vi="Đề xuất khai thác dữ liệu ngoài tỉnh",
    en="Proposal to use outside data",
    initial="draft",
    states=(
        State("draft", "Nháp", "Draft"),
        State("proposed", "Đã đề xuất", "Proposed"),
        State("returned", "Trả lại", "Returned"),
        State("accepted", "Đạt, chờ gửi", "Accepted, to be sent"),
        State("waiting", "Chờ cơ quan cung cấp phản hồi", "Waiting for the provider"),
        State("granted", "Được cấp", "Granted"),
        State("configured", "Đã cấu hình LGSP", "LGSP configured"),
        State("in_use", "Đang khai thác", "In use", rest=True),
        State("refused", "Bị từ chối", "Refused by the provider", rest=True),
        State("disputed", "Vướng mắc", "In dispute"),
        State("rejected", "Không chấp nhận đề xuất", "Proposal rejected", final=True),
        State("ended", "Kết thúc", "Ended", final=True),
        State("withdrawn", "Đã rút", "Withdrawn", final=True),
    ),
    guards=(
        Guard("complete", "Đủ nội dung khoản 2 Điều 35", "The content of D35.2 is complete", "D35.2"),
        Guard("default_data", "Dữ liệu chia sẻ mặc định", "Default data", "D33", idle=True),
        Guard("special_data", "Dữ liệu chia sẻ đặc thù", "Special data", "D36", idle=True),
    ),
    transitions=(
        Transition(
            "propose", ("draft", "returned"), "proposed", "proposer", "Gửi đề xuất", "Propose", "S9.3",
            starts=("outbound_review",), guards=("complete",),
        ),
        Transition(
            "accept", ("proposed",), "accepted", "lead", "Rà soát đạt", "Accept after review", "S9.3",
            stops=("outbound_review",), starts=("outbound_send",),
        ),
        Transition(
            "return", ("proposed",), "returned", "lead", "Trả lại để bổ sung", "Return", "S9.3", needs=("reason",),
            stops=("outbound_review",), papers=("CV",),
        ),
        Transition(
            "reject", ("proposed",), "rejected", "lead", "Không chấp nhận đề xuất", "Reject the proposal", "S9.3",
            needs=("reason",), stops=("outbound_review",), papers=("CV",),
        ),
        Transition(
            "send", ("accepted",), "waiting", "lead", "Gửi cơ quan cung cấp (dữ liệu mặc định)",
            "Send to the provider (default data)", "D35.1", needs=("paper",), starts=("acct_issue",),
            stops=("outbound_send",),
            guards=("default_data",), papers=("CV",),
        ),
        Transition(
            "send_special", ("accepted",), "waiting", "lead", "Gửi cơ quan cung cấp (dữ liệu đặc thù)",
            "Send to the provider (special data)", "D36", needs=("paper",), stops=("outbound_send",),
            guards=("special_data",), papers=("CV",),
        ),
        Transition(
            "record_grant", ("waiting",), "granted", "lead", "Ghi nhận được cấp", "Record the grant", "D35.3",
            needs=("paper",), stops=("acct_issue",),
        ),
        Transition(
            "record_refusal", ("waiting",), "refused", "lead", "Ghi nhận bị từ chối", "Record the refusal", "D35.3",
            needs=("reason", "paper"), stops=("acct_issue",),
        ),
        Transition(
            "configure", ("granted",), "configured", "lead", "Ghi nhận cấu hình LGSP", "Record the set-up of the LGSP",
            "S17.4", needs=("reason",),
        ),
        Transition(
            "start_use", ("configured",), "in_use", "proposer", "Xác nhận nhận được dữ liệu, đưa vào khai thác",
            "Confirm data arrive, start using", "S9.4", needs=("reason",),
        ),
        Transition(
            "end", ("granted", "configured", "in_use"), "ended", "proposer/lead", "Kết thúc khai thác", "End", "D44",
            needs=("reason",), side=True,
        ),
        Transition(
            "withdraw", ("draft", "returned", "proposed", "accepted"), "withdrawn", "proposer", "Rút đề xuất",
            "Withdraw", stops=("outbound_review", "outbound_send"), side=True,
        ),
        Transition(
            "withdraw_sent", ("waiting",), "withdrawn", "proposer", "Rút đề xuất đã gửi đi", "Withdraw after sending",
            needs=("reason",), stops=("acct_issue",), side=True,
        ),
        Transition("dispute", ("refused",), "disputed", "system", "Mở vướng mắc", "Open a dispute", "D47"),
        Transition(
            "reopen", ("disputed",), "waiting", "system", "Gửi xem xét lại theo kết quả giải quyết vướng mắc",
            "Taken up again as the settlement says", "D50", starts=("acct_issue",),
        ),
        Transition(
            "uphold", ("disputed",), "refused", "system", "Giữ nguyên việc từ chối sau giải quyết vướng mắc",
            "The refusal stands after the settlement", "D50",
        ),
    ),
)  # fmt: skip
