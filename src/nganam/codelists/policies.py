"""Who may keep a code list. Each answer is "" when allowed, else the reason in Vietnamese."""

from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Kind, Role


def may_keep(actor: Actor, agency_code: str) -> str:
    """The focal officer of the agency that issues a list keeps it, or the lead agency (S12.1), or set-up."""
    if actor.kind is Kind.SYSTEM or actor.has(Role.LEAD) or (actor.has(Role.FOCAL) and actor.agency == agency_code):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan chủ quản hoặc cơ quan đầu mối cấp tỉnh được cập nhật danh mục này.")


def sees_all(actor: Actor) -> bool:
    """Say whether the actor sees what other agencies have not published yet."""
    return actor.kind is Kind.SYSTEM or actor.has(Role.LEAD, Role.ADMIN)
