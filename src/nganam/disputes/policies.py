"""Who the parties of a dispute are, and what its guards ask. Each answer is "" when allowed, else the reason."""

from datetime import datetime

from django.utils.translation import gettext as _

from nganam.agencies.models import Agency
from nganam.agencies.queries import acts_for
from nganam.deadlines.queries import overdue
from nganam.disputes.models import Dispute, Level, Side
from nganam.kernel.actors import Actor, Role
from nganam.sharing.policies import may_work_for_agency

may_open = may_work_for_agency
"""A focal officer raises a difficulty for the agency acted for (S21.1, S22)."""


def side_of(actor: Actor, dispute: Dispute) -> str:
    """Return the side the actor is a focal officer of, "" for neither."""
    if acts_for(actor, dispute.opener):
        return Side.OPENER
    return Side.RESPONDENT if acts_for(actor, dispute.respondent) else ""


def _for_agency(actor: Actor, agency: Agency) -> str:
    if acts_for(actor, agency):
        return ""
    return _("Chỉ cán bộ đầu mối của %(agency)s được làm việc này.") % {"agency": agency.name}


def opener(actor: Actor, dispute: Dispute) -> str:
    """The side that raised it."""
    return _for_agency(actor, dispute.opener)


def respondent(actor: Actor, dispute: Dispute) -> str:
    """The other side, which settles at level 1 (D48.1, D49.1); the lead agency's data unit when it provides itself."""
    return _for_agency(actor, dispute.respondent)


def obliged(actor: Actor, dispute: Dispute) -> str:
    """The side that carries the settlement out (D50.2)."""
    return _for_agency(actor, dispute.obliged_agency)


def lead(actor: Actor, dispute: Dispute) -> str:
    """The lead agency, by a person who has acted for neither side (D49.2; local rule on conflict of interest)."""
    if not actor.has(Role.LEAD):
        return _("Chỉ cơ quan đầu mối cấp tỉnh được làm việc này.")
    return _impartial(actor, dispute)


def chairman(actor: Actor, dispute: Dispute) -> str:
    """The Chairman of the province (D48.2), if not somebody who acted for a side."""
    if not actor.has(Role.CHAIRMAN):
        return _("Chỉ Chủ tịch UBND tỉnh được làm việc này.")
    return _impartial(actor, dispute)


def _impartial(actor: Actor, dispute: Dispute) -> str:
    if actor.code not in dispute.partisans:
        return ""
    return _("Bạn đã làm việc này thay cho một bên; người khác phải xử lý (quy định nội bộ).")


def checker(actor: Actor, dispute: Dispute) -> str:
    """The body that decided checks (D50.3); where it would check itself, the other side does (local rule)."""
    if dispute.level == Level.PROVIDER:
        return _other_side(actor, dispute)
    if dispute.level == Level.LEAD:
        return _other_side(actor, dispute) if dispute.lead_obliged else lead(actor, dispute)
    if not chairman(actor, dispute):
        return ""
    # The lead agency checks and urges for the Chairman (S16.2), but not where it is a side.
    return chairman(actor, dispute) if dispute.lead_is_side else lead(actor, dispute)


def _other_side(actor: Actor, dispute: Dispute) -> str:
    return _for_agency(actor, dispute.respondent if dispute.obliged == Side.OPENER else dispute.opener)


def may_speak(actor: Actor, dispute: Dispute) -> str:
    """The sides state their views and attach evidence while the case is open."""
    if not side_of(actor, dispute):
        return _("Chỉ hai bên của vướng mắc được nêu ý kiến, gửi tài liệu.")
    return _("Hồ sơ đã kết thúc.") if dispute.is_final else ""


def level_one_over(dispute: Dispute, actor: Actor, at: datetime) -> str:
    """Level 2 is asked once level 1 has said it cannot, or its days are over (D49.2)."""
    del actor
    if dispute.state == "unresolved" or is_overdue(dispute, "dispute_l1", at):
        return ""
    return _("Cấp 1 còn trong thời hạn giải quyết.")


def level_two_over(dispute: Dispute, actor: Actor, at: datetime) -> str:
    """The Chairman is asked when the guidance did not help, or level 2 let its days pass (D49.3, local rule)."""
    del actor
    guided = dispute.state == "settled" and dispute.level == Level.LEAD
    if guided or (dispute.state == "level_two" and is_overdue(dispute, "dispute_l2", at)):
        return ""
    return _("Chỉ đề nghị Chủ tịch khi cấp 2 đã hướng dẫn mà chưa thỏa đáng, hoặc đã quá hạn.")


def is_overdue(dispute: Dispute, key: str, at: datetime) -> bool:
    """Say whether the running clock ``key`` of the dispute has passed its last day."""
    found = overdue(at).filter(key=key, object_type=dispute.MACHINE.code, object_code=dispute.code)
    return found.exists()


def answered_at_one(dispute: Dispute, actor: Actor, at: datetime) -> str:
    """What level 1 calls resolved may be taken to level 2; what a higher level settled may not."""
    del actor, at
    return "" if dispute.level == Level.PROVIDER else _("Kết quả này không phải của cấp 1.")


def within_province(dispute: Dispute, actor: Actor, at: datetime) -> str:
    """The Chairman decides between agencies of the province only (D48.2)."""
    del actor, at
    return _("Một bên ở ngoài tỉnh: kiến nghị bộ hoặc báo cáo Thủ tướng.") if dispute.is_outside else ""


def terms_offered(dispute: Dispute, actor: Actor, at: datetime) -> str:
    """Both sides confirm: one offers the terms, the other agrees (D50.1c)."""
    del at
    if dispute.terms and side_of(actor, dispute) != dispute.terms_side:
        return ""
    return _("Bên kia chưa đề nghị nội dung thỏa thuận nào.")


PARTIES = {
    "opener": opener,
    "respondent": respondent,
    "obliged": obliged,
    "lead": lead,
    "chairman": chairman,
    "checker": checker,
}
GUARDS = {
    "level_one_over": level_one_over,
    "answered_at_one": answered_at_one,
    "level_two_over": level_two_over,
    "within_province": within_province,
    "terms_offered": terms_offered,
}
