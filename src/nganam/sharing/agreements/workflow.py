"""SM2, the agreement on special data, and the side story of an agency that asks to join (S11, D34.2, D36-D39, D44)."""

from nganam.kernel.machine import Guard, Machine, State, Transition

LIVE = ("in_force", "amending", "amend_signing", "amend_signed")
"""States in which an agreement holds: a text under amendment leaves the signed one in force."""
OPEN = ("checking", "reviewing", "drafting", "signing")
"""States after sending and before all have signed."""
LOCAL_CLOCKS = ("special_check", "special_review", "special_agreement", "special_sign")

AGREEMENT = Machine(
    code="sharing.agreement",
    vi="Thỏa thuận chia sẻ dữ liệu đặc thù",
    en="Agreement on special data",
    initial="draft",
    states=(
        State("draft", "Nháp yêu cầu", "Draft request"),
        State("checking", "Kiểm tra điều kiện", "Conditions being checked"),
        State("reviewing", "Rà soát nhu cầu, quy định, điều kiện", "Needs, rules and conditions under review"),
        State("drafting", "Cùng soạn thảo", "Drafted together"),
        State("signing", "Chờ ký", "Waiting for signatures"),
        State("signed", "Đã ký, chờ ngày có hiệu lực", "Signed, not yet in force"),
        State("in_force", "Có hiệu lực", "In force", rest=True),
        State("amending", "Đang sửa đổi", "Being amended"),
        State("amend_signing", "Chờ ký bản sửa đổi", "Amendment waiting for signatures"),
        State("amend_signed", "Đã ký bản sửa đổi, chờ ngày có hiệu lực", "Amendment signed, not yet in force"),
        State("expired", "Hết hiệu lực", "Expired"),
        State("terminated", "Chấm dứt", "Terminated"),
        State("deleting", "Chờ xóa, hủy dữ liệu", "Waiting for deletion"),
        State("closed", "Đóng", "Closed", final=True),
        State("redirected", "Chuyển về chia sẻ mặc định", "Sent to default sharing", final=True),
        State("not_agreed", "Không thống nhất", "Not agreed", rest=True),
        State("disputed", "Vướng mắc", "In dispute"),
        State("withdrawn", "Đã rút", "Withdrawn", final=True),
    ),
    guards=(
        Guard("asked", "Đã nêu dữ liệu, mục đích và lý do cần chia sẻ đặc thù",
              "Data, purpose and the reason for special sharing are stated", "D36.1"),
        Guard("complete", "Đủ mười hai nội dung của Điều 38", "The twelve items of D38 are complete", "D38"),
        Guard("agreed", "Mọi bên đồng ý với cùng một bản", "Every party agreed to the very same version", "D37.2"),
        Guard("all_signed", "Mọi bên đã ký bản này", "Every party signed this version", "D37.3"),
        Guard("day_come", "Đã đến ngày có hiệu lực", "The day stated has come", "D38.4"),
        Guard("term_over", "Đã hết thời hạn thỏa thuận", "The agreed term is over", "D38.4"),
        Guard("connectable", "Có dịch vụ đang cung cấp và ứng dụng chưa có tài khoản",
              "A service is open and an application has no account yet", "D40"),
        Guard("others_stay", "Còn bên khai thác khác ở lại thỏa thuận", "Another exploiting party stays"),
        Guard("must_delete", "Thỏa thuận đã hết hoặc bên đã rút, chưa xác nhận xóa, hủy",
              "The agreement ended or the party left, and deletion is not confirmed", "D38.11", idle=True),
        Guard("left_reported", "Bên đã rút đã báo xóa, hủy dữ liệu", "The party that left reported the deletion",
              "D38.11", idle=True),
        Guard("deletion_reported", "Mọi bên khai thác đã báo xóa, hủy dữ liệu",
              "Every exploiting party reported the deletion", "D38.11", idle=True),
    ),
    transitions=(
        Transition(
            "submit", ("draft",), "checking", "consumer", "Gửi yêu cầu", "Send the request", "D36",
            starts=("special_check",), guards=("asked",),
        ),
        Transition(
            "confirm_special", ("checking",), "reviewing", "provider", "Xác nhận cần chia sẻ đặc thù",
            "Confirm that sharing must be special", "D36.1", needs=("reason",), stops=("special_check",),
            starts=("special_review",),
        ),
        Transition(
            "to_default", ("checking",), "redirected", "provider", "Chuyển về chia sẻ mặc định",
            "Send to default sharing", "D36.1", needs=("reason",), stops=("special_check",), papers=("CV",),
        ),
        Transition(
            "review", ("reviewing",), "drafting", "provider", "Ghi kết quả rà soát", "Record the review", "D37.1",
            stops=("special_review",), starts=("special_agreement",),
        ),
        Transition(
            "save", ("drafting",), "drafting", "party", "Lưu một bản dự thảo", "Save a version of the text", "D37.2",
            side=True,
        ),
        Transition(
            "agree", ("drafting",), "drafting", "party", "Đồng ý với bản mới nhất", "Agree to the latest version",
            "D37.2", guards=("complete",),
        ),
        Transition(
            "settle", ("drafting",), "signing", "system", "Các bên thống nhất, chuyển ký",
            "All agree, on to signing", "D37.2", guards=("complete", "agreed"), stops=("special_agreement",),
            starts=("special_sign",), papers=("TT",),
        ),
        Transition("sign", ("signing",), "signing", "signer", "Ký thỏa thuận", "Sign the agreement", "D37.3"),
        Transition(
            "back_to_draft", ("signing",), "drafting", "party", "Trả về soạn thảo", "Back to drafting", "D37.2",
            needs=("reason",), stops=("special_sign",), starts=("special_agreement",), side=True,
        ),
        Transition(
            "take_effect", ("signing", "signed"), "in_force", "system", "Có hiệu lực", "Take effect", "D37.4",
            guards=("all_signed", "day_come"), stops=("special_sign",), starts=("default_list_review",),
        ),
        Transition(
            "wait_for_day", ("signing",), "signed", "system", "Mọi bên đã ký, chờ ngày có hiệu lực",
            "All signed, waiting for the day", "D38.4", guards=("all_signed",), stops=("special_sign",),
        ),
        Transition(
            "expire", LIVE, "expired", "system", "Hết thời hạn thỏa thuận", "The term ends", "D44",
            guards=("term_over",),
            stops=("default_list_review", "special_agreement", "special_sign", "special_deletion"),
        ),
        Transition(
            "connect", ("in_force",), "in_force", "provider", "Cấp tài khoản kết nối", "Open connection accounts",
            "D40", guards=("connectable",),
        ),
        Transition(
            "amend", ("in_force",), "amending", "party", "Mở sửa đổi thỏa thuận", "Begin an amendment", "D39",
            needs=("reason",), starts=("special_agreement",),
        ),
        Transition(
            "review_default", LIVE, "", "lead/provider", "Ghi kết quả xét chuyển mặc định",
            "Record the review for default sharing", "D34.2", needs=("reason",), stops=("default_list_review",),
            starts=("default_list_review",), side=True,
        ),
        Transition(
            "save_change", ("amending",), "amending", "party", "Lưu một bản sửa đổi",
            "Save a version of the amendment", "D39", side=True,
        ),
        Transition(
            "agree_change", ("amending",), "amending", "party", "Đồng ý với bản sửa đổi mới nhất",
            "Agree to the latest amendment", "D39", guards=("complete",),
        ),
        Transition(
            "settle_change", ("amending",), "amend_signing", "system", "Các bên thống nhất bản sửa đổi",
            "All agree to the amendment", "D39", guards=("complete", "agreed"), stops=("special_agreement",),
            starts=("special_sign",), papers=("TT",),
        ),
        Transition(
            "sign_change", ("amend_signing",), "amend_signing", "signer", "Ký bản sửa đổi", "Sign the amendment", "D39"
        ),
        Transition(
            "back_to_amend", ("amend_signing",), "amending", "party", "Trả bản sửa đổi về soạn thảo",
            "Amendment back to drafting", "D39", needs=("reason",), stops=("special_sign",),
            starts=("special_agreement",), side=True,
        ),
        Transition(
            "take_change", ("amend_signing", "amend_signed"), "in_force", "system", "Bản sửa đổi có hiệu lực",
            "The amendment takes effect", "D39", guards=("all_signed", "day_come"), stops=("special_sign",),
        ),
        Transition(
            "wait_for_change", ("amend_signing",), "amend_signed", "system",
            "Mọi bên đã ký bản sửa đổi, chờ ngày có hiệu lực", "Amendment signed by all, waiting for the day", "D38.4",
            guards=("all_signed",), stops=("special_sign",),
        ),
        Transition(
            "drop_change", ("amending", "amend_signing", "amend_signed"), "in_force", "party",
            "Bỏ việc sửa đổi", "Drop the amendment", "D39", needs=("reason",),
            stops=("special_agreement", "special_sign"), side=True,
        ),
        Transition(
            "terminate", ("signed", *LIVE), "terminated", "provider/consumer", "Chấm dứt thỏa thuận",
            "Terminate the agreement", "D44", needs=("reason",),
            stops=("default_list_review", "special_agreement", "special_sign", "special_deletion"), papers=("TB",),
            side=True,
        ),
        Transition(
            "end_with_party", ("signed", *LIVE), "terminated", "system",
            "Chấm dứt vì một bên kết thúc hoạt động, không có cơ quan kế tục",
            "Ended because a party was closed with no successor", "D44", needs=("reason",),
            stops=("default_list_review", "special_agreement", "special_sign", "special_deletion"), side=True,
        ),
        Transition(
            "party_closed", ("in_force", "amending"), "", "system",
            "Một bên khai thác kết thúc hoạt động, các bên khác ở lại", "A party was closed, the others stay", "D44",
            needs=("reason",),
        ),
        Transition(
            "joiner_closed", ("amending", "amend_signing", "amend_signed"), "amending", "system",
            "Bên sắp tham gia kết thúc hoạt động, soạn lại bản sửa đổi",
            "A party about to join was closed, the amendment is drafted again", "D36.4", needs=("reason",),
            stops=("special_sign",), starts=("special_agreement",), side=True,
        ),
        Transition(
            "start_deletion", ("expired", "terminated"), "deleting", "system", "Bắt đầu nghĩa vụ xóa, hủy dữ liệu",
            "The duty to delete begins", "D38.11", starts=("special_deletion",),
        ),
        Transition(
            "leave", ("in_force", "amending"), "", "exploiter", "Rút khỏi thỏa thuận, các bên khác ở lại",
            "Leave the agreement, the others stay", needs=("reason",),
            guards=("others_stay",), papers=("TB",), side=True,
        ),
        Transition(
            "report_deletion", ("deleting", *LIVE), "", "exploiter", "Báo đã xóa, hủy dữ liệu",
            "Report the deletion", "D38.11", guards=("must_delete",),
        ),
        Transition(
            "return_deletion", ("deleting", *LIVE), "", "provider", "Trả lại báo cáo xóa, hủy",
            "Return the report of deletion", "D38.11", needs=("reason",), side=True,
        ),
        Transition(
            "accept_deletion", LIVE, "", "provider", "Xác nhận bên đã rút đã xóa, hủy dữ liệu",
            "Confirm that the party that left deleted the data", "D38.11", stops=("special_deletion",),
            guards=("left_reported",),
        ),
        Transition(
            "confirm_deletion", ("deleting",), "closed", "provider", "Xác nhận đã xóa, hủy và đóng hồ sơ",
            "Confirm the deletion and close", "D38.11", guards=("deletion_reported",), stops=("special_deletion",),
        ),
        Transition(
            "not_agree", OPEN, "not_agreed", "provider/consumer", "Không thống nhất", "No agreement", "D37",
            needs=("reason",), stops=LOCAL_CLOCKS, papers=("CV",), side=True,
        ),
        Transition(
            "withdraw", ("draft", *OPEN), "withdrawn", "consumer/system", "Rút yêu cầu", "Withdraw", stops=LOCAL_CLOCKS,
            side=True,
        ),
        Transition("dispute", ("not_agreed",), "disputed", "system", "Mở vướng mắc", "Open a dispute", "D47"),
        Transition(
            "reopen", ("disputed",), "reviewing", "system", "Xem xét lại theo kết quả giải quyết vướng mắc",
            "Take up again as the settlement says", "D50", starts=("special_review",),
        ),
        Transition(
            "uphold", ("disputed",), "not_agreed", "system", "Giữ nguyên sau giải quyết vướng mắc",
            "The answer stands after the settlement", "D50",
        ),
    ),
)  # fmt: skip

JOINING = Machine(
    code="sharing.joining",
    vi="Đề nghị tham gia thỏa thuận đặc thù",
    en="Request to join a special agreement",
    initial="asked",
    opens=("special_join",),
    states=(
        State("asked", "Đã đề nghị", "Asked"),
        State("accepted", "Chấp nhận, chờ bản sửa đổi có hiệu lực", "Accepted, waiting for the amendment"),
        State("joined", "Đã tham gia", "Joined", final=True),
        State("refused", "Không chấp nhận", "Not accepted", rest=True),
        State("disputed", "Vướng mắc", "In dispute"),
        State("lapsed", "Thỏa thuận đã hết", "The agreement ended", final=True),
        State("withdrawn", "Đã rút", "Withdrawn", final=True),
    ),
    guards=(
        Guard("agreement_open", "Thỏa thuận đang có hiệu lực hoặc đang sửa đổi",
              "The agreement is in force or being amended", "D36.4"),
    ),
    transitions=(
        Transition(
            "accept", ("asked",), "accepted", "provider", "Chấp nhận, thêm bên vào bản sửa đổi",
            "Accept: a new version with one party more", "D36.4", stops=("special_join",), guards=("agreement_open",),
            papers=("CV",),
        ),
        Transition(
            "take_part", ("accepted",), "joined", "system", "Trở thành bên của thỏa thuận", "Become a party", "D36.4"
        ),
        Transition(
            "refuse", ("asked",), "refused", "provider", "Không chấp nhận", "Do not accept", "D36.4",
            needs=("reason",), stops=("special_join",), papers=("CV",),
        ),
        Transition(
            "drop", ("accepted",), "asked", "system", "Bản sửa đổi bị bỏ, chờ xem lại",
            "The amendment was dropped, waiting again", "D36.4", starts=("special_join",),
        ),
        Transition(
            "lapse", ("asked", "accepted"), "lapsed", "system", "Thỏa thuận đã hết hiệu lực hoặc chấm dứt",
            "The agreement ended", "D44", stops=("special_join",),
        ),
        Transition(
            "withdraw", ("asked",), "withdrawn", "consumer", "Rút đề nghị", "Withdraw", stops=("special_join",),
            side=True,
        ),
        Transition("dispute", ("refused",), "disputed", "system", "Mở vướng mắc", "Open a dispute", "D47"),
        Transition(
            "reopen", ("disputed",), "asked", "system", "Xem xét lại theo kết quả giải quyết vướng mắc",
            "Take up again as the settlement says", "D50", starts=("special_join",),
        ),
        Transition(
            "uphold", ("disputed",), "refused", "system", "Giữ nguyên sau giải quyết vướng mắc",
            "The answer stands after the settlement", "D50",
        ),
    ),
)  # fmt: skip
