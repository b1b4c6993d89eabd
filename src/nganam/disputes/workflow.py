"""SM4: settling a difficulty in connecting and sharing (S23, D47-D50), and its light path for data errors (D52.2c).

``opener`` and ``respondent`` are the two sides; ``obliged`` is the side that carries the settlement out, ``checker``
who checks that it did.
"""

from nganam.kernel.machine import Guard, Machine, State, Transition

UNDECIDED = ("level_one", "unresolved", "level_two", "level_three", "central")
"""States in which the sides may still settle it themselves (D50.1c), or the opener take it back."""
ERROR_STATES = ("error_reported", "error_answered")

DISPUTE = Machine(
    code="disputes.dispute",
    vi="Vướng mắc kết nối, chia sẻ dữ liệu",
    en="Difficulty in connecting and sharing",
    initial="opened",
    states=(
        State("opened", "Mới nêu", "Just raised"),
        State("level_one", "Cấp 1: cơ quan cung cấp", "Level 1: provider"),
        State("unresolved", "Cấp 1 chưa giải quyết được", "Not resolved at level 1"),
        State("level_two", "Cấp 2: cơ quan đầu mối cấp tỉnh", "Level 2: lead agency"),
        State("level_three", "Cấp 3: Chủ tịch UBND tỉnh", "Level 3: Chairman"),
        State("central", "Chờ trung ương", "Waiting for central government"),
        State("settled", "Thi hành kết quả giải quyết", "Settlement being carried out"),
        State("reported", "Kiểm tra việc thi hành", "Compliance being checked"),
        State("error_reported", "Báo sai sót dữ liệu", "Data error reported"),
        State("error_answered", "Đã trả lời báo sai sót", "Data error answered"),
        State("closed", "Đóng", "Closed", final=True),
        State("agreed", "Đã tự thỏa thuận", "Settled between the sides", final=True),
        State("withdrawn", "Đã rút", "Withdrawn", final=True),
    ),
    guards=(
        Guard(
            "level_one_over", "Cấp 1 đã trả lời hoặc đã quá hạn", "Level 1 has answered or is overdue", "D49.1",
            idle=True,
        ),
        Guard("answered_at_one", "Kết quả là của cấp 1", "The answer is that of level 1", "D49.2"),
        Guard("level_two_over", "Cấp 2 đã hướng dẫn hoặc đã quá hạn", "Level 2 has guided or is overdue", idle=True),
        Guard("within_province", "Hai bên đều thuộc tỉnh", "Both sides are of the province", "D48.2"),
        Guard(
            "terms_offered", "Bên kia đã đề nghị nội dung thỏa thuận", "The other side has offered terms", "D50.1c",
            idle=True,
        ),
    ),
    transitions=(
        Transition(
            "receive", ("opened",), "level_one", "system", "Chuyển đến bên giải quyết cấp 1", "Delivered to level 1",
            "D49.1", starts=("dispute_l1",),
        ),
        Transition(
            "receive_error", ("opened",), "error_reported", "system", "Chuyển báo sai sót đến cơ quan cung cấp",
            "Data error delivered to the provider", "D52.2c", starts=("data_error",),
        ),
        Transition(
            "go_up", ("opened",), "level_three", "system", "Chuyển thẳng Chủ tịch UBND tỉnh (bên kia ngoài tỉnh)",
            "Delivered to the Chairman (the other side is outside the province)", "D49.3",
        ),
        Transition(
            "correct", ("error_reported",), "error_answered", "respondent", "Đã sửa dữ liệu", "Data corrected",
            "D51.2d", needs=("reason",), stops=("data_error",),
        ),
        Transition(
            "explain", ("error_reported",), "error_answered", "respondent", "Giải thích, không sửa",
            "Explain, nothing to correct", "D51.2d", needs=("reason",), stops=("data_error",),
        ),
        Transition(
            "accept", ("error_answered",), "closed", "opener", "Đồng ý với trả lời, đóng", "Accept the answer, close",
            "D52.2c",
        ),
        Transition(
            "take_further", ("error_reported", "error_answered"), "level_one", "opener", "Chuyển thành vướng mắc",
            "Turn it into a dispute", "D49.1", needs=("reason",), starts=("dispute_l1",), stops=("data_error",),
            side=True,
        ),
        Transition(
            "resolve", ("level_one",), "settled", "respondent", "Giải quyết được", "Resolve", "D49.1",
            needs=("reason",), starts=("dispute_carry_out",), stops=("dispute_l1",), papers=("CV",),
        ),
        Transition(
            "fail", ("level_one",), "unresolved", "respondent", "Không giải quyết được", "Cannot resolve", "D49.1",
            needs=("reason",), stops=("dispute_l1",), papers=("CV",),
        ),
        Transition(
            "escalate", ("level_one", "unresolved"), "level_two", "opener", "Gửi cơ quan đầu mối cấp tỉnh",
            "Send to the lead agency", "D49.2", needs=("reason",), starts=("dispute_l2",), stops=("dispute_l1",),
            guards=("level_one_over",),
        ),
        Transition(
            "guide", ("level_two",), "settled", "lead", "Hướng dẫn giải quyết", "Guide", "D49.2",
            needs=("reason",), starts=("dispute_carry_out",), stops=("dispute_l2",), papers=("CV",),
        ),
        Transition(
            "propose", ("level_two",), "level_three", "lead", "Trình Chủ tịch UBND tỉnh", "Put it to the Chairman",
            "D49.2", needs=("reason",), stops=("dispute_l2",), papers=("TTr",),
        ),
        Transition(
            "decide", ("level_three",), "settled", "chairman", "Quyết định", "Decide", "D48.2",
            needs=("reason", "paper"), starts=("dispute_carry_out",), guards=("within_province",), papers=("QĐ",),
        ),
        Transition(
            "refer", ("level_three",), "central", "chairman", "Kiến nghị bộ hoặc báo cáo Thủ tướng Chính phủ",
            "Write to the ministry or report to the Prime Minister", "D49.3", needs=("reason", "paper"),
            papers=("CV", "BC"),
        ),
        Transition(
            "conclude", ("central",), "settled", "lead/chairman", "Ghi kết luận của trung ương",
            "Record the conclusion of central government", "D49.3", needs=("reason", "paper"),
            starts=("dispute_carry_out",),
        ),
        Transition(
            "report", ("settled",), "reported", "obliged", "Báo cáo đã thi hành", "Report that it is carried out",
            "D50.2", needs=("reason",), stops=("dispute_carry_out",),
        ),
        Transition(
            "confirm", ("reported",), "closed", "checker", "Đã tuân thủ, đóng", "Complied with, close", "D50.3",
            needs=("reason",), papers=("CV",),
        ),
        Transition(
            "send_back", ("reported",), "settled", "checker", "Chưa tuân thủ, yêu cầu thi hành tiếp",
            "Not complied with, carry on", "D50.3", needs=("reason",), papers=("CV",), starts=("dispute_carry_out",),
        ),
        Transition(
            "contest", ("settled",), "level_two", "opener", "Chưa thỏa đáng, gửi cơ quan đầu mối cấp tỉnh",
            "Not settled, send to the lead agency", "D49.2", needs=("reason",), starts=("dispute_l2",),
            stops=("dispute_carry_out",), guards=("answered_at_one",), side=True,
        ),
        Transition(
            "appeal", ("level_two", "settled"), "level_three", "opener", "Đề nghị Chủ tịch UBND tỉnh xem xét",
            "Ask the Chairman to look at it", needs=("reason",), stops=("dispute_l2", "dispute_carry_out"),
            guards=("level_two_over",), side=True,
        ),
        Transition(
            "agree", UNDECIDED, "agreed", "opener/respondent", "Đồng ý nội dung tự thỏa thuận", "Agree to the terms",
            "D50.1c", stops=("dispute_l1", "dispute_l2"), guards=("terms_offered",),
        ),
        Transition(
            "withdraw", (*UNDECIDED, *ERROR_STATES), "withdrawn", "opener", "Rút vướng mắc", "Withdraw", "D50.1c",
            needs=("reason",), stops=("dispute_l1", "dispute_l2", "data_error"), side=True,
        ),
    ),
)  # fmt: skip
