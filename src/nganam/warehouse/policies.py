"""Who may do what in the warehouse. Each answer is "" when allowed, else the reason in Vietnamese."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Kind, Role
from nganam.warehouse.engine.contract import Column


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


def may_take(actor: Actor, agency_code: str) -> str:
    """Who works with the table takes its files: the owner's focal officer, and the lead agency (S12)."""
    if sees_all(actor) or (actor.has(Role.FOCAL) and actor.agency == agency_code):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan chủ quản và cơ quan chủ trì được lấy tệp của bảng này.")


def may_take_personal(actor: Actor, agency_code: str) -> str:
    """Personal columns leave the warehouse in a file with the owner's own focal officer only (a local choice)."""
    if actor.kind is Kind.SYSTEM or (actor.has(Role.FOCAL) and actor.agency == agency_code):
        return ""
    return _("Các cột dữ liệu cá nhân chỉ cán bộ đầu mối của cơ quan chủ quản được lấy (nội bộ).")


def visible(actor: Actor, agency_code: str, columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return the columns of an agency's table the actor may read at length and take away."""
    all_of_them = not may_take_personal(actor, agency_code)
    return tuple(one for one in columns if all_of_them or not one.personal)


def sees_all(actor: Actor) -> bool:
    """Say whether the actor sees every agency's tables: the lead agency keeps the warehouse (S12)."""
    return actor.kind is Kind.SYSTEM or actor.has(Role.LEAD, Role.ADMIN)
