"""Who may do what in the warehouse. Each answer is "" when allowed, else the reason in Vietnamese."""

from datetime import date

from django.utils.translation import gettext as _

from nganam.agencies.queries import lead_agency
from nganam.kernel.actors import Actor, Kind, Role
from nganam.kernel.errors import NganamError
from nganam.warehouse.engine.contract import Column
from nganam.warehouse.models import Load, Table, Version


def may_declare(actor: Actor, agency_code: str) -> str:
    """The agency's own focal officer declares its sources and tables (S9.4); set-up acts as the system."""
    if actor.kind is Kind.SYSTEM or (actor.has(Role.FOCAL) and actor.agency == agency_code):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan chủ quản được khai báo nguồn và bảng dữ liệu.")


def may_rotate(actor: Actor) -> str:
    """The key of kept passwords is the operator's: only the system replaces it."""
    return "" if actor.kind is Kind.SYSTEM else _("Chỉ người vận hành hệ thống được thay khóa giữ mật khẩu của nguồn.")


def may_load(actor: Actor, agency_code: str) -> str:
    """The owner's focal officer loads, or the schedule."""
    if actor.kind is Kind.SYSTEM or (actor.has(Role.FOCAL) and actor.agency == agency_code):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan chủ quản được nạp dữ liệu vào bảng này.")


def may_confirm_erasure(actor: Actor, agency_code: str) -> str:
    """Another focal officer of the owner, or the lead agency, confirms what is erased for good (a local choice)."""
    if actor.is_person and (actor.has(Role.LEAD) or (actor.has(Role.FOCAL) and actor.agency == agency_code)):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan chủ quản hoặc cơ quan chủ trì được xác nhận việc xóa (nội bộ).")


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


def visible(actor: Actor, version: Version) -> tuple[Column, ...]:
    """Return the columns of a version the actor may read at length and take away."""
    columns = version.shape.columns
    if not may_take_personal(actor, version.table.agency.code):
        return columns
    personal = version.personal
    return tuple(one for one in columns if one.name not in personal)


def readable(agency_code: str, held: Version | Table, day: date) -> tuple[Column, ...]:
    """Return the columns of a version, or of a table without one, that an agency's models may read.

    As its officers may ask over it by SQL: its own tables whole; the lead agency others' too, without what is personal;
    nobody else anything.
    """
    owner = held.agency if isinstance(held, Table) else held.table.agency
    if owner.code == agency_code:
        return held.shape.columns
    if not _leads(agency_code, day):
        return ()
    closed = frozenset() if isinstance(held, Table) else held.personal
    return tuple(one for one in held.shape.columns if not one.personal and one.name not in closed)


def _leads(agency_code: str, day: date) -> bool:
    try:
        return lead_agency(day).code == agency_code
    except NganamError:  # nobody has the duty on that day
        return False


def may_see_rejected(actor: Actor, load: Load) -> str:
    """Rejected cells are in no column for sure: of a table with personal ones they are the owner's officer's alone."""
    made = getattr(load, "made", None)
    personal = any(one.personal for one in load.table.shape.columns) or (made is not None and made.personal)
    return may_take_personal(actor, load.table.agency.code) if personal else ""


def works_here(actor: Actor) -> bool:
    """Say whether the actor works with an agency's tables: its focal officer does, whoever else is posted there not."""
    return bool(actor.agency) and actor.has(Role.FOCAL)


def sees_all(actor: Actor) -> bool:
    """Say whether the actor sees every agency's tables: the lead agency keeps the warehouse (S12)."""
    return actor.kind is Kind.SYSTEM or actor.has(Role.LEAD, Role.ADMIN)
