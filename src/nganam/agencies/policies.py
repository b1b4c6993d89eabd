"""Who may do what to agencies, postings and focal points. Each answer is "" when allowed, else the reason."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Kind, Role

if TYPE_CHECKING:
    from nganam.agencies.models import FocalPoint

NAMED_BY_LEAD = frozenset({Role.FOCAL, Role.LOOKUP})


def may_keep_agencies(actor: Actor) -> str:
    """The register of agencies is kept by the administrator or the lead agency; set-up commands act as the system."""
    if actor.kind is Kind.SYSTEM or actor.has(Role.ADMIN, Role.LEAD):
        return ""
    return _("Chỉ cơ quan đầu mối cấp tỉnh hoặc quản trị hệ thống được cập nhật danh sách cơ quan.")


def may_name(actor: Actor, role: str, username: str = "") -> str:
    """The lead agency names focal and look-up officers; other roles are named by the administrator. Never oneself."""
    if actor.kind is Kind.SYSTEM:
        return ""
    if username and username == actor.code:
        return _("Không ai được tự phân công cho chính mình.")
    if actor.has(Role.ADMIN) or (actor.has(Role.LEAD) and role in NAMED_BY_LEAD):
        return ""
    return _("Bạn không có quyền phân công vai trò này; hãy liên hệ quản trị hệ thống.")


def roles_named_by(actor: Actor) -> list[str]:
    """Return the roles the actor may give to others."""
    return [role.value for role in Role if not may_name(actor, role)]


def may_urge(actor: Actor) -> str:
    """The lead agency urges (S24.2), and so does the Chairman, who directs sharing in the province (S16.1)."""
    if actor.has(Role.LEAD, Role.CHAIRMAN):
        return ""
    return _("Chỉ cơ quan đầu mối cấp tỉnh và Chủ tịch UBND tỉnh được đôn đốc.")


def may_nominate(actor: Actor, agency_code: str) -> str:
    """The agency's own focal officer nominates (also a successor); the lead agency may enter it on a paper request."""
    if actor.has(Role.LEAD, Role.ADMIN) or (actor.has(Role.FOCAL) and actor.agency == agency_code):
        return ""
    return _("Chỉ cơ quan cử cán bộ hoặc cơ quan đầu mối cấp tỉnh được làm việc này.")


def may_approve_focal(actor: Actor) -> str:
    """The lead agency checks, compiles the list and records the committee's decision (S20.3)."""
    if actor.has(Role.LEAD):
        return ""
    return _("Chỉ cơ quan đầu mối cấp tỉnh được tổng hợp, ghi nhận phê duyệt danh sách đầu mối.")


def may_move_focal(actor: Actor, agency_code: str, party: str) -> str:
    """Answer for the ``party`` word of a transition of SM9."""
    return may_approve_focal(actor) if party == "lead" else may_nominate(actor, agency_code)


def nominator(actor: Actor, point: "FocalPoint") -> str:
    """The agency that names its officer (S20.1b)."""
    return may_nominate(actor, point.agency.code)


def lead(actor: Actor, point: "FocalPoint") -> str:
    """The lead agency (S20.3)."""
    del point
    return may_approve_focal(actor)


PARTIES = {"agency": nominator, "lead": lead}
