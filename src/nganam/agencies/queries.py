"""Every read of agencies, units, postings and focal points. A day is always asked for: agencies change."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from nganam.accounts.models import Person
from nganam.agencies import policies
from nganam.agencies.models import (
    AdminUnit,
    Agency,
    AgencyCode,
    AgencyDuty,
    AgencyKind,
    Duty,
    FocalPoint,
    Posting,
    Succession,
    held_on,
)
from nganam.agencies.workflow import FOCAL_POINT
from nganam.kernel.actors import VISITOR, Actor, Kind, Role
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotFound
from nganam.kernel.machine import Transition
from nganam.kernel.text import fold

OUTSIDE_KINDS = (AgencyKind.CENTRAL, AgencyKind.OUTSIDE)
"""Agencies the province shares with across its border (S17)."""


def agency(code: str) -> Agency:
    """Return the agency with this public code, whether it still exists or not; raise ``NotFound``."""
    try:
        return Agency.objects.get(code=code)
    except Agency.DoesNotExist as error:
        raise NotFound(
            _("Không có cơ quan với mã “%(code)s”.") % {"code": code},
            hint=_("Kiểm tra lại mã hoặc tìm trong danh sách cơ quan."),
        ) from error


def agency_names() -> dict[str, str]:
    """Return the name of every agency there is or was, by its code."""
    return dict(Agency.objects.values_list("code", "name"))


def agencies_on(day: date) -> QuerySet[Agency]:
    """Return the agencies that exist on ``day``, by code."""
    return Agency.objects.filter(held_on(day))


def provincial_agency(code: str, day: date) -> Agency:
    """Return an agency of the province that exists on ``day``; raise ``NotFound`` for any other."""
    found = agencies_on(day).exclude(kind__in=OUTSIDE_KINDS).filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có cơ quan trong tỉnh với mã “%(code)s”.") % {"code": code})
    return found


def _holder(duty: Duty, day: date) -> Agency:
    found = AgencyDuty.objects.filter(held_on(day), duty=duty).select_related("agency").first()
    if found is None:
        raise NotFound(
            _("Chưa ghi nhận cơ quan nào giữ nhiệm vụ “%(duty)s” ngày %(day)s.")
            % {"duty": duty.label, "day": f"{day:%d/%m/%Y}"},
            hint=_("Quản trị hệ thống cần ghi nhận cơ quan và thời hạn."),
        )
    return found.agency


def lead_agency(day: date) -> Agency:
    """Return the lead agency (Sở TTTT, later Sở KHCN) on ``day``; raise ``NotFound`` if none is recorded."""
    return _holder(Duty.LEAD, day)


def province_agency(day: date) -> Agency:
    """Return the people's committee of the province on ``day``."""
    return _holder(Duty.PROVINCE, day)


def police_agency(day: date) -> Agency:
    """Return the provincial police on ``day`` (S27)."""
    return _holder(Duty.POLICE, day)


def postings_of(holder: Person, day: date) -> QuerySet[Posting]:
    """Return what a person holds on ``day``, at agencies that still exist."""
    return (
        Posting.objects.filter(held_on(day), held_on(day, "agency__"), person=holder)
        .select_related("agency")
        .order_by("valid_from", "pk")
    )


def actor_for(user: AbstractBaseUser | AnonymousUser, at: datetime, agency_code: str | None = None) -> Actor:
    """Return who ``user`` is at ``at``: the agency chosen in the session if held, else the one held longest.

    Anonymous and inactive people are visitors. A person without a posting is signed in but has no role.
    """
    if not isinstance(user, Person) or not user.is_active:
        return VISITOR
    day = local_date(at)
    held = list(_with_duty(postings_of(user, day), day))
    acting = next((one.agency.code for one in held if one.agency.code == agency_code), None)
    acting = acting or (held[0].agency.code if held else "")
    standing = (one for one in held if one.agency.code == acting and (one.has_duty or not one.behind))
    roles = frozenset(Role(one.role) for one in standing)
    return Actor(Kind.PERSON, user.username, str(user), acting, roles)


DUTY_BEHIND = {
    Role.LEAD: Duty.LEAD,
    Role.CHAIRMAN: Duty.PROVINCE,
    Role.POLICE: Duty.POLICE,
    Role.FINANCE: Duty.FINANCE,
}
"""Roles that act for the whole province, and the duty their agency must hold: it goes when the duty is handed over."""


def _with_duty(postings: QuerySet[Posting], day: date) -> QuerySet[Any]:
    """Let postings say whether their agency has on ``day`` the duty behind their role: asked with them, not after."""
    behind = (When(role=str(role), then=Value(str(duty))) for role, duty in DUTY_BEHIND.items())
    held = AgencyDuty.objects.filter(held_on(day), agency=OuterRef("agency"), duty=OuterRef("behind"))
    return postings.annotate(behind=Case(*behind, default=Value("")), has_duty=Exists(held.order_by()))


def people_with_role(agency_code: str, role: str, day: date) -> list[Person]:
    """Return the active people who hold ``role`` at an agency on ``day``."""
    held = Posting.objects.filter(held_on(day), agency__code=agency_code, role=role, person__is_active=True)
    return [one.person for one in held.select_related("person")]


def people_in_role(role: str, day: date) -> list[Person]:
    """Return the active people who hold a role of the province, at an agency that has the duty behind it."""
    duty = DUTY_BEHIND.get(Role(role))
    held = Posting.objects.filter(held_on(day), role=role, person__is_active=True).select_related("person")
    if duty is not None:
        holders = AgencyDuty.objects.filter(held_on(day), duty=duty)
        held = held.filter(agency__in=holders.values("agency"))
    return [one.person for one in held]


def acting_choices(holder: Person, at: datetime) -> list[Agency]:
    """Return the agencies a person may act for now, the default first."""
    seen: dict[str, Agency] = {}
    for one in postings_of(holder, local_date(at)):
        seen.setdefault(one.agency.code, one.agency)
    return list(seen.values())


def postings_at(agency_code: str) -> QuerySet[Posting]:
    """Return every posting at an agency, those in force first."""
    rows = Posting.objects.filter(agency__code=agency_code).select_related("person", "agency")
    return rows.order_by("valid_until", "person__username", "role")


def get_posting(agency_code: str, username: str, role: str, valid_from: date) -> Posting:
    """Return one posting by what identifies it to people; raise ``NotFound``."""
    rows = Posting.objects.select_related("person", "agency")
    found = rows.filter(agency__code=agency_code, person__username=username, role=role, valid_from=valid_from).first()
    if found is None:
        raise NotFound(_("Không có phân công này."), hint=_("Tải lại trang để xem danh sách mới nhất."))
    return found


def person(username: str) -> Person:
    """Return the active person with this username; raise ``NotFound``."""
    found = Person.objects.filter(username=username.strip().lower(), is_active=True).first()
    if found is None:
        raise NotFound(_("Không có người dùng “%(username)s”.") % {"username": username})
    return found


# ---- agencies over time ----


def find_agencies(day: date, *, text: str = "", kind: str = "") -> QuerySet[Agency]:
    """Return the agencies of ``day`` that match: every word typed (with or without marks) stands in name or code."""
    rows = agencies_on(day).select_related("parent")
    for word in fold(text).split():
        rows = rows.filter(folded__contains=word)
    return rows.filter(kind=kind) if kind else rows


@dataclass(frozen=True, slots=True)
class Branch:
    """An agency in the tree with what stands below it on the day asked for."""

    agency: Agency
    children: tuple["Branch", ...]


def agency_tree(day: date) -> tuple[Branch, ...]:
    """Return the agencies of ``day`` as a tree; an agency whose parent does not exist that day is a root."""
    rows = list(agencies_on(day))
    present = {one.pk for one in rows}
    below: dict[int | None, list[Agency]] = {}
    for one in rows:
        below.setdefault(one.parent_id if one.parent_id in present else None, []).append(one)

    def grow(parent: int | None) -> tuple[Branch, ...]:
        return tuple(Branch(one, grow(one.pk)) for one in below.get(parent, []))

    return grow(None)


def predecessors(code: str) -> QuerySet[Agency]:
    """Return the agencies that this one took over from directly."""
    return Agency.objects.filter(successions_out__successor__code=code).order_by("code")


def successors(code: str) -> QuerySet[Agency]:
    """Return the agencies that took over from this one directly."""
    return Agency.objects.filter(successions_in__predecessor__code=code).order_by("code")


def current_successors(code: str, day: date) -> list[Agency]:
    """Follow the successions of an agency until agencies that exist on ``day``; itself if it still exists."""
    found: dict[str, Agency] = {}
    seen: set[str] = set()
    waiting = [agency(code)]
    while waiting:
        one = waiting.pop()
        if one.code in seen:
            continue
        seen.add(one.code)
        if one.holds(day):
            found[one.code] = one
        else:
            waiting.extend(successors(one.code))
    return [found[key] for key in sorted(found)]


def lineage(code: str) -> frozenset[str]:
    """Return the codes of an agency and of all it descends from: whose past deeds are its past deeds."""
    before: dict[str, list[str]] = {}
    for successor, predecessor in Succession.objects.order_by().values_list("successor__code", "predecessor__code"):
        before.setdefault(successor, []).append(predecessor)
    seen: set[str] = set()
    waiting = [code]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(before.get(one, ()))
    return frozenset(seen)


def acts_for(actor: Actor, agency: Agency) -> bool:
    """Say whether the actor is a focal officer of ``agency`` or of the one that took over from it (S2, S21.1)."""
    if not actor.has(Role.FOCAL) or not actor.agency:
        return False
    return actor.agency == agency.code or (agency.valid_until is not None and agency.code in lineage(actor.agency))


def heirs(agency: Agency) -> list[Agency]:
    """Return who goes on with the work of an agency by what is recorded: itself while no end of it is."""
    found: dict[str, Agency] = {}
    waiting, seen = [agency], set[str]()
    while waiting:
        one = waiting.pop()
        if one.valid_until is None:
            found[one.code] = one
        elif one.code not in seen:
            seen.add(one.code)
            waiting.extend(successors(one.code))
    return [found[code] for code in sorted(found)]


def is_without_successor(agency: Agency) -> bool:
    """Say whether an agency's end is recorded, and the end of all that took over from it, if any did."""
    return not heirs(agency)


def closed_by(day: date) -> QuerySet[Agency]:
    """Return the agencies that have ended by ``day`` with nobody at work on it who took over from them."""
    return Agency.objects.filter(pk__in=_ended_by(day, followed=False))


def succeeded_by(day: date) -> QuerySet[Agency]:
    """Return the agencies that have ended by ``day`` and whose work another goes on with."""
    return Agency.objects.filter(pk__in=_ended_by(day, followed=True))


def _ended_by(day: date, *, followed: bool) -> list[int]:
    ended = set(Agency.objects.filter(valid_until__lte=day).values_list("pk", flat=True))
    before: dict[int, list[int]] = {}
    for predecessor, successor in Succession.objects.order_by().values_list("predecessor_id", "successor_id"):
        before.setdefault(successor, []).append(predecessor)
    seen: set[int] = set()
    waiting = [one for one in before if one not in ended]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(before.get(one, ()))
    return sorted(one for one in ended if (one in seen) == followed)


@dataclass(frozen=True, slots=True)
class AgencyPage:
    """What is known here about one agency; rooms above add its databases, services and datasets."""

    agency: Agency
    codes: list[AgencyCode]
    duties: list[AgencyDuty]
    predecessors: list[Agency]
    successors: list[Agency]
    children: list[Agency]
    focal_point: FocalPoint | None
    exists: bool


def agency_page(code: str, day: date) -> AgencyPage:
    """Return what the public page of an agency shows on ``day``; raise ``NotFound`` for an unknown code."""
    one = agency(code)
    return AgencyPage(
        agency=one,
        codes=list(one.codes.all()),
        duties=list(one.duties.all()),
        predecessors=list(predecessors(code)),
        successors=list(successors(code)),
        children=list(agencies_on(day).filter(parent=one)),
        focal_point=focal_point_of(code),
        exists=one.holds(day),
    )


def agency_by_code(scheme: str, value: str, day: date) -> Agency:
    """Return the agency that bears ``value`` in ``scheme`` on ``day``; raise ``NotFound``."""
    held = AgencyCode.objects.filter(held_on(day), scheme=scheme, value=value).select_related("agency").first()
    if held is None:
        raise NotFound(_("Không có cơ quan mang mã “%(value)s” vào ngày này.") % {"value": value})
    return held.agency


# ---- administrative units ----


def units_on(day: date, kind: str = "commune", province_code: str = "") -> QuerySet[AdminUnit]:
    """Return the units of a level that exist on ``day``."""
    rows = AdminUnit.objects.filter(held_on(day), kind=kind).select_related("parent")
    return rows.filter(province_code=province_code) if province_code else rows


def unit_codes_on(day: date, kind: str = "commune", province_code: str = "") -> frozenset[str]:
    """Return the codes valid on ``day``, for checking a column of commune codes."""
    return frozenset(units_on(day, kind, province_code).values_list("code", flat=True))


def unit_names(codes: Collection[str], day: date | None = None) -> dict[str, str]:
    """Return code → name; on ``day``, or by default the newest name each code has borne."""
    rows = AdminUnit.objects.filter(code__in=set(codes))
    rows = rows if day is None else rows.filter(held_on(day))
    return {one.code: one.name for one in rows.order_by("valid_from")}


def unit_successors(code: str, on: date) -> list[AdminUnit]:
    """Return the units that took over from the one that bore ``code`` until ``on``."""
    return list(
        AdminUnit.objects.filter(
            successions_in__predecessor__code=code,
            successions_in__predecessor__valid_until=on,
        ).order_by("code")
    )


def unit_tree(day: date, province_code: str) -> Iterator[tuple[AdminUnit, list[AdminUnit]]]:
    """Yield each district with its communes before July 2025; after, the province with all communes."""
    below: dict[int | None, list[AdminUnit]] = {}
    for one in units_on(day, "commune", province_code):
        below.setdefault(one.parent_id, []).append(one)
    parents = AdminUnit.objects.filter(pk__in=[key for key in below if key is not None]).order_by("code")
    for parent in parents:
        yield parent, below[parent.pk]


# ---- focal points ----


def focal_points() -> QuerySet[FocalPoint]:
    """Return the public list: approved and in force (S20.4)."""
    return FocalPoint.objects.filter(state="in_force").select_related("agency")


def focal_point_of(agency_code: str) -> FocalPoint | None:
    """Return the officer in force for an agency, if any."""
    return focal_points().filter(agency__code=agency_code).first()


def focal_points_for(actor: Actor) -> QuerySet[FocalPoint]:
    """Return the nominations and officers an actor works with: the lead agency all, an agency its own."""
    rows = FocalPoint.objects.select_related("agency", "person")
    if actor.has(Role.LEAD, Role.ADMIN):
        return rows
    return rows.filter(agency__code=actor.agency) if actor.has(Role.FOCAL) else rows.none()


def get_focal_point_for(actor: Actor, code: str) -> FocalPoint:
    """Return one of them; what is not theirs is not found."""
    found = focal_points_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có hồ sơ đầu mối này."))
    return found


def focal_steps_for(actor: Actor, point: FocalPoint) -> list[Transition]:
    """Return the moves of SM9 the actor may make now, without approval (done by list, with the decision)."""
    return [
        one
        for one in FOCAL_POINT.leaving(point.state)
        if one.name != "approve" and not policies.may_move_focal(actor, point.agency.code, one.role)
    ]


def agencies_without_focal(day: date) -> QuerySet[Agency]:
    """Return agencies of ``day`` bound by S20.1b to have a focal officer that have none in force."""
    served = Q(focal_points__state="in_force")
    return agencies_on(day).filter(kind__in=["office", "department", "police", "district"]).exclude(served)


def points_in_force_beside(point: FocalPoint) -> list[FocalPoint]:
    """Return the officers in force whose place this one takes when it is approved."""
    return list(FocalPoint.objects.filter(agency=point.agency, state="in_force").exclude(pk=point.pk))
