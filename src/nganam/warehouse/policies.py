"""Who may do what in the warehouse. Each answer is "" when allowed, else the reason in Vietnamese."""

from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Kind, Role


def may_declare(actor: Actor, agency_code: str) -> str:
    """The agency's own focal officer declares its sources and tables (S9.4); set-up acts as the system."""
    if actor.kind is Kind.SYSTEM or (actor.has(Role.FOCAL) and actor.agency == agency_code):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan chủ quản được khai báo nguồn và bảng dữ liệu.")


def may_load(actor: Actor, agency_code: str) -> str:
    """The owner's focal officer loads, or the schedule."""
    if actor.kind is Kind.SYSTEM or (actor.has(Role.FOCAL) and actor.agency == agency_code):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan chủ quản được nạp dữ liệu vào bảng này.")


def sees_all(actor: Actor) -> bool:
    """Say whether the actor sees every agency's tables: the lead agency keeps the warehouse (S12)."""
    return actor.kind is Kind.SYSTEM or actor.has(Role.LEAD, Role.ADMIN)
