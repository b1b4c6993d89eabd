"""What the letters of a dispute say. Pure: the same dispute gives the same words, in Vietnamese whoever looks."""

from datetime import date

from nganam.agencies.correspondence import Words, basis_of
from nganam.disputes.models import CentralBody, Dispute, Outcome, Side
from nganam.documents.letters.content import paragraphs
from nganam.documents.models import Paper
from nganam.kernel.clock import local_date
from nganam.law.articles import cite

OUTCOMES = {
    Outcome.FOR: "Chấp nhận đề nghị của bên nêu vướng mắc.",
    Outcome.PARTLY: "Chấp nhận một phần đề nghị của bên nêu vướng mắc.",
    Outcome.AGAINST: "Không chấp nhận đề nghị của bên nêu vướng mắc.",
}


def _matter(dispute: Dispute) -> str:
    raised = local_date(dispute.received_at or dispute.created_at)
    return (
        f"vướng mắc {dispute.code} nêu ngày {_day(raised)} của {dispute.opener.name} với {dispute.respondent.name} "
        f"về việc: {dispute.summary.rstrip('.')}."
    )


def _day(day: date) -> str:
    return f"{day:%d} tháng {day:%m} năm {day:%Y}"


def _laid_down(dispute: Dispute, outcome: str, obliged: str, carry_out_by: date) -> tuple[str, str]:
    side = dispute.opener if obliged == Side.OPENER else dispute.respondent
    return OUTCOMES[Outcome(outcome)], f"{side.name} thi hành chậm nhất ngày {_day(carry_out_by)} và báo cáo kết quả."


def unresolved(dispute: Dispute, text: str) -> Words:
    """Level 1 cannot settle it; the opener may go on (D49.1)."""
    onward = f"Nếu chưa đồng ý, {dispute.opener.name} gửi vướng mắc đến cơ quan đầu mối cấp tỉnh theo {cite('D49.2')}."
    return _answer(dispute, (*paragraphs(text), onward))


def resolved(dispute: Dispute, text: str, outcome: str, obliged: str, carry_out_by: date) -> Words:
    """Level 1 settles it (D48.1, D49.1)."""
    return _answer(dispute, (*paragraphs(text), *_laid_down(dispute, outcome, obliged, carry_out_by)))


def _answer(dispute: Dispute, rest: tuple[str, ...]) -> Words:
    return Words(
        kind=Paper.Kind.LETTER,
        subject=f"trả lời vướng mắc {dispute.code}",
        basis=basis_of(dispute, "D49.1"),
        recipients=(dispute.opener.name,),
        body=(f"Xét {_matter(dispute)}", f"{dispute.respondent.name} trả lời như sau:", *rest),
    )


def guidance(dispute: Dispute, text: str, outcome: str, obliged: str, carry_out_by: date) -> Words:
    """Level 2: the lead agency guides within its power (D49.2)."""
    laid_down = _laid_down(dispute, outcome, obliged, carry_out_by)
    return Words(
        kind=Paper.Kind.LETTER,
        subject=f"hướng dẫn giải quyết vướng mắc {dispute.code}",
        basis=basis_of(dispute, "D49.2"),
        recipients=(dispute.opener.name, dispute.respondent.name),
        body=(f"Xét {_matter(dispute)}", "Việc giải quyết được hướng dẫn như sau:", *paragraphs(text), *laid_down),
    )


def submission(dispute: Dispute, reason: str, plan: str, opinions: str, province: str) -> Words:
    """Level 2 to the Chairman: the plan and the opinions of others; no plan where the writer is a side (D49.2)."""
    body = [f"Xét {_matter(dispute)}", "Việc đã làm:", *paragraphs(reason)]
    if opinions.strip():
        body += ["Ý kiến các cơ quan liên quan:", *paragraphs(opinions)]
    if plan.strip():
        body += ["Phương án giải quyết:", *paragraphs(plan)]
    else:
        body.append("Cơ quan trình là một bên của vướng mắc nên chỉ chuyển hồ sơ, không lập phương án.")
    return Words(
        kind=Paper.Kind.SUBMISSION,
        subject=f"Về việc giải quyết vướng mắc {dispute.code}",
        basis=basis_of(dispute, "D49.2"),
        recipients=(f"Chủ tịch {province}",),
        body=(*body, f"Kính trình xem xét, quyết định theo {cite('D48.2')}."),
    )


def decision(dispute: Dispute, text: str, outcome: str, obliged: str, carry_out_by: date, province: str) -> Words:
    """Level 3: the Chairman's decision (D48.2), on the lead agency's plan if it made one."""
    first, second = _laid_down(dispute, outcome, obliged, carry_out_by)
    asked = (f"Theo đề nghị của {dispute.lead.name}.",) if dispute.plan and dispute.lead else ()
    sides = f"{dispute.opener.name}, {dispute.respondent.name}"
    return Words(
        kind=Paper.Kind.DECISION,
        subject=f"Về việc giải quyết vướng mắc {dispute.code}",
        authority=f"Chủ tịch {province}",
        basis=(*basis_of(dispute, "D48.2"), f"Xét {_matter(dispute)}", *asked),
        articles=(
            "\n".join((f"Giải quyết vướng mắc {dispute.code} như sau:", first, *paragraphs(text))),
            second,
            "Quyết định này có hiệu lực kể từ ngày ký.",
            f"{sides} và các cơ quan liên quan chịu trách nhiệm thi hành Quyết định này.",
        ),
        copies=("Như Điều 4", "Lưu: VT"),
    )


def complied(dispute: Dispute, text: str) -> Words:
    """The body that checks finds that the settlement was carried out; the dispute is closed (D50.3)."""
    return _checked(dispute, "kết thúc", (*paragraphs(text), f"Hồ sơ vướng mắc {dispute.code} được đóng."))


def not_complied(dispute: Dispute, text: str, carry_out_by: date) -> Words:
    """The body that checks finds it wanting and sets a new day (D50.2, D50.3)."""
    onward = f"{dispute.obliged_agency.name} thi hành tiếp, chậm nhất ngày {_day(carry_out_by)}, và báo cáo kết quả."
    return _checked(dispute, "yêu cầu thi hành tiếp kết quả giải quyết", (*paragraphs(text), onward))


def _checked(dispute: Dispute, verb: str, rest: tuple[str, ...]) -> Words:
    return Words(
        kind=Paper.Kind.LETTER,
        subject=f"{verb} vướng mắc {dispute.code}",
        basis=basis_of(dispute, "D50.3"),
        recipients=(dispute.opener.name, dispute.respondent.name),
        body=(f"Xét {_matter(dispute)}", "Kết quả kiểm tra việc thi hành:", *rest),
    )


def referral(dispute: Dispute, text: str, body: str, to: str) -> Words:
    """Level 3 to central government: a letter to the ministry, or a report to the Prime Minister (D49.3)."""
    ministry = body == CentralBody.MINISTRY
    article = "D48.3" if ministry else "D48.4"
    asked = "Kính đề nghị xem xét, giải quyết" if ministry else "Kính báo cáo, xin ý kiến chỉ đạo"
    return Words(
        kind=Paper.Kind.LETTER if ministry else Paper.Kind.REPORT,
        subject=f"{'giải quyết' if ministry else 'Về việc giải quyết'} vướng mắc {dispute.code}",
        basis=basis_of(dispute, "D49.3"),
        recipients=(to,),
        body=(f"Xét {_matter(dispute)}", *paragraphs(text), f"{asked} theo {cite(article)}."),
    )
