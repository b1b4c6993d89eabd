"""Every write of agencies, codes, duties, postings and focal points; bulk import is in ``imports``."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from nganam.accounts.models import Person
from nganam.agencies import policies, queries
from nganam.agencies.models import (
    Agency,
    AgencyCode,
    AgencyDuty,
    AgencyKind,
    Duty,
    FocalPoint,
    Posting,
    PostingRole,
    Succession,
)
from nganam.agencies.workflow import FOCAL_POINT
from nganam.audit import operations as audit
from nganam.cases import operations as cases
from nganam.cases.requirements import allow, refuse_incomplete
from nganam.documents import operations as documents
from nganam.face.telling import kept
from nganam.kernel.actors import Actor, system
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotFound, RuleBroken, StateMoved
from nganam.kernel.identifiers import is_agency_code_qcvn102, is_agency_code_qd20
from nganam.kernel.text import fold
from nganam.law.rules import rules_on
from nganam.notices import operations as notices

FOCAL_FIELDS = ("full_name", "position", "function", "phone", "email", "expertise")


def searchable(code: str, name: str, short_name: str) -> str:
    """Return what an agency is found by, folded: typed with or without marks."""
    return fold(f"{code} {name} {short_name}")[:400]


@transaction.atomic
def open_agency(
    *,
    actor: Actor,
    at: datetime,
    code: str,
    name: str,
    kind: str,
    valid_from: date,
    short_name: str = "",
    parent: str = "",
    note: str = "",
) -> Agency:
    """Record an agency that exists from ``valid_from`` on; ``code`` is never given again, even after it ends."""
    allow(policies.may_keep_agencies(actor))
    if kind not in AgencyKind.values:
        raise Invalid(_("Loại cơ quan không hợp lệ."), fields={"kind": [_("Chọn một loại trong danh sách.")]})
    if Agency.objects.filter(code=code).exists():
        raise Invalid(
            _("Đã có cơ quan mang mã “%(code)s”.") % {"code": code},
            fields={"code": [_("Mã cơ quan không được cấp lại.")]},
            hint=_("Chọn mã khác."),
        )
    above = queries.agency(parent) if parent else None
    made = Agency.objects.create(
        code=code, name=name, short_name=short_name, kind=kind, parent=above, valid_from=valid_from, note=note,
        folded=searchable(code, name, short_name),
    )  # fmt: skip
    _record(actor, at, "agencies.agency.opened", made, {"valid_from": valid_from.isoformat(), "name": name})
    return made


@transaction.atomic
def close_agency(
    *, actor: Actor, at: datetime, agency: str, until: date, successors: Sequence[str] = (), basis: str = ""
) -> Agency:
    """End an agency on ``until`` (its first day of not existing), name its successors, end its codes, duties, postings.

    Cases and data stay where they are; readers follow ``queries.current_successors``. What the agency used and provided
    is ended, or waits to be taken over, by the rooms that keep it, when the day has come.
    """
    allow(policies.may_keep_agencies(actor))
    ending = Agency.objects.select_for_update(no_key=True).get(pk=queries.agency(agency).pk)
    _check_can_close(ending, until, successors)
    ending.valid_until = until
    ending.save(update_fields=["valid_until"])
    for code in successors:
        Succession.objects.get_or_create(
            predecessor=ending, successor=queries.agency(code), defaults={"on": until, "basis": basis}
        )
    for model in (AgencyCode, AgencyDuty, Posting):
        _end_open(model.objects.filter(agency=ending), until)
    for point in ending.focal_points.filter(state="in_force"):
        _end_point(point, actor=system("agencies"), at=at, on=until, reason=kept("Cơ quan kết thúc hoạt động."))
    details = {"until": until.isoformat(), "successors": list(successors), "basis": basis}
    _record(actor, at, "agencies.agency.closed", ending, details)
    notices.announce(
        "agencies.agency.closed", at=at, object_type="agencies.agency", object_code=ending.code, payload=details
    )
    return ending


def _check_can_close(agency: Agency, until: date, successors: Sequence[str]) -> None:
    if agency.valid_until is not None:
        raise StateMoved(_("Cơ quan này đã được ghi nhận kết thúc."), state=agency.valid_until.isoformat())
    if until <= agency.valid_from:
        text = _("Ngày kết thúc phải sau ngày bắt đầu %(day)s.") % {"day": f"{agency.valid_from:%d/%m/%Y}"}
        raise Invalid(text, fields={"until": [text]})
    if agency.code in successors:
        text = _("Cơ quan không thể kế tục chính mình.")
        raise Invalid(text, fields={"successors": [text]})
    for code in successors:
        if not queries.agency(code).holds(until):
            text = _("Cơ quan “%(code)s” không tồn tại vào ngày kế tục.") % {"code": code}
            raise Invalid(text, fields={"successors": [text]})


def _end_open(rows: "QuerySet[Any]", until: date) -> None:
    rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=until), valid_from__lt=until).update(valid_until=until)


@transaction.atomic
def assign_code(
    *,
    actor: Actor,
    at: datetime,
    agency: str,
    scheme: str,
    value: str,
    valid_from: date,
    valid_until: date | None = None,
) -> AgencyCode:
    """Give an agency a code of ``scheme`` (QCVN102, QD20, LOCAL); its code held until then ends on ``valid_from``.

    Of one scheme, an agency has one code and a code has one agency on any day.
    """
    allow(policies.may_keep_agencies(actor))
    owner = Agency.objects.select_for_update(no_key=True).get(pk=queries.agency(agency).pk)
    _check_code(scheme, value)
    AgencyCode.objects.filter(agency=owner, scheme=scheme, valid_until__isnull=True, valid_from__lt=valid_from).update(
        valid_until=valid_from
    )
    clash = _overlapping(AgencyCode.objects.filter(scheme=scheme), valid_from, valid_until).filter(
        Q(agency=owner) | Q(value=value)
    ).select_related("agency").first()  # fmt: skip
    if clash is not None:
        text = _("Trùng thời gian với mã “%(value)s” của %(agency)s.") % {"value": clash.value, "agency": clash.agency}
        raise Invalid(text, fields={"value": [text]}, hint=_("Kết thúc mã cũ trước khi cấp mã mới."))
    made = AgencyCode.objects.create(
        agency=owner, scheme=scheme, value=value, valid_from=valid_from, valid_until=valid_until
    )
    details = {"scheme": scheme, "value": value, "valid_from": valid_from.isoformat()}
    _record(actor, at, "agencies.code.assigned", owner, details)
    return made


def _check_code(scheme: str, value: str) -> None:
    checks: dict[str, Callable[[str], bool]] = {
        "QCVN102": is_agency_code_qcvn102,
        "QD20": is_agency_code_qd20,
        "LOCAL": bool,
    }
    if scheme not in checks:
        raise Invalid(_("Không có bộ mã này."), fields={"scheme": [_("Chọn QCVN102, QD20 hoặc LOCAL.")]})
    if not checks[scheme](value):
        examples = {"QCVN102": "000.18.29.H51", "QD20": "H51.29"}
        text = _("Mã không đúng dạng của bộ mã %(scheme)s (ví dụ %(example)s).") % {
            "scheme": scheme, "example": examples.get(scheme, "NOI-BO-01"),
        }  # fmt: skip
        raise Invalid(text, fields={"value": [text]})


def _overlapping(rows: "QuerySet[Any]", start: date, end: date | None) -> "QuerySet[Any]":
    rows = rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=start))
    return rows if end is None else rows.filter(valid_from__lt=end)


@transaction.atomic
def assign_duty(*, actor: Actor, at: datetime, agency: str, duty: str, valid_from: date, basis: str = "") -> AgencyDuty:
    """Give a duty of the regulation (lead, province, police, finance) to an agency; its holder hands over."""
    allow(policies.may_keep_agencies(actor))
    owner = queries.agency(agency)
    if duty not in Duty.values:
        raise Invalid(_("Không có nhiệm vụ này."), fields={"duty": [_("Chọn một nhiệm vụ trong danh sách.")]})
    if AgencyDuty.objects.filter(duty=duty, valid_from__gte=valid_from).exists():
        text = _("Đã ghi nhận cơ quan giữ nhiệm vụ này từ ngày muộn hơn hoặc cùng ngày.")
        raise Invalid(text, fields={"valid_from": [text]})
    AgencyDuty.objects.filter(duty=duty, valid_until__isnull=True).update(valid_until=valid_from)
    made = AgencyDuty.objects.create(agency=owner, duty=duty, valid_from=valid_from, basis=basis)
    details = {"duty": duty, "valid_from": valid_from.isoformat(), "basis": basis}
    _record(actor, at, "agencies.duty.assigned", owner, details)
    return made


@transaction.atomic
def name_posting(
    *,
    actor: Actor,
    at: datetime,
    person: Person,
    agency: str,
    role: str,
    valid_from: date,
    valid_until: date | None = None,
    basis: str = "",
) -> Posting:
    """Give a person a role at an agency for a period; the same role there cannot be held twice at a time."""
    allow(policies.may_name(actor, role, person.username))
    if role not in PostingRole.values:
        raise Invalid(_("Không có vai trò này."), fields={"role": [_("Chọn một vai trò trong danh sách.")]})
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    owner = queries.agency(agency)
    _check_posting(owner, valid_from, valid_until)
    mine = Posting.objects.filter(person=person, agency=owner, role=role)
    if _overlapping(mine, valid_from, valid_until).exists():
        text = _("Người này đã giữ vai trò đó tại cơ quan trong thời gian này.")
        raise Invalid(text, fields={"role": [text]}, hint=_("Kết thúc phân công cũ trước."))
    made = Posting.objects.create(
        person=person, agency=owner, role=role, valid_from=valid_from, valid_until=valid_until, basis=basis
    )
    details = {"person": person.username, "role": role, "valid_from": valid_from.isoformat(), "basis": basis}
    _record(actor, at, "agencies.posting.named", owner, details)
    return made


def _check_posting(agency: Agency, valid_from: date, valid_until: date | None) -> None:
    if not agency.holds(valid_from):
        text = _("Cơ quan không tồn tại vào ngày bắt đầu phân công.")
        raise Invalid(text, fields={"agency": [text]}, hint=_("Chọn cơ quan kế tục."))
    if valid_until is not None and valid_until <= valid_from:
        text = _("Ngày kết thúc phải sau ngày bắt đầu.")
        raise Invalid(text, fields={"valid_until": [text]})


@transaction.atomic
def end_posting(*, actor: Actor, at: datetime, posting: Posting, until: date) -> Posting:
    """End a posting: from ``until`` on the person no longer acts there."""
    allow(policies.may_name(actor, posting.role, posting.person.username))
    if until <= posting.valid_from:
        text = _("Ngày kết thúc phải sau ngày bắt đầu.")
        raise Invalid(text, fields={"until": [text]})
    moved = Posting.objects.filter(pk=posting.pk, valid_until__isnull=True).update(valid_until=until)
    if not moved:
        raise StateMoved(_("Phân công này đã kết thúc."), state="ended", hint=_("Tải lại trang để xem."))
    details = {"person": posting.person.username, "role": posting.role, "until": until.isoformat()}
    _record(actor, at, "agencies.posting.ended", posting.agency, details)
    posting.refresh_from_db()
    return posting


@transaction.atomic
def choose_acting(*, actor: Actor, at: datetime, person: Person, agency: str) -> Agency:
    """Record that a person goes on to act for another agency where a posting is held; the door keeps the choice."""
    held = {one.code: one for one in queries.acting_choices(person, at)}
    if agency not in held:
        raise NotFound(_("Bạn không có phân công tại cơ quan này."), hint=_("Chọn cơ quan trong danh sách của bạn."))
    if agency != actor.agency:
        _record(actor, at, "agencies.acting.chosen", held[agency], {"from": actor.agency})
    return held[agency]


@transaction.atomic
def nominate_focal_point(
    *, actor: Actor, at: datetime, agency: str, values: Mapping[str, str], person: Person | None = None
) -> FocalPoint:
    """Name an agency's one focal officer (S20.1b, D7.1); ``values`` holds the fields of ``FOCAL_FIELDS``.

    While a focal officer is in force this nominates the successor: the old one ends when the new one is approved.
    """
    allow(policies.may_nominate(actor, agency))
    owner = queries.agency(agency)
    if not owner.holds(local_date(at)):
        raise RuleBroken(_("Cơ quan này đã kết thúc hoạt động."), article="S20.1", hint=_("Chọn cơ quan kế tục."))
    version = rules_on(local_date(at)).version
    _check_focal(values, agency, version)
    point = FocalPoint(agency=owner, person=person, rules=version, **{one: values[one] for one in FOCAL_FIELDS})
    try:
        with transaction.atomic():
            return cases.open_case(point, actor=actor, at=at, details={"agency": agency})
    except IntegrityError as error:
        raise RuleBroken(
            _("Cơ quan đang có một đề cử chờ xử lý; mỗi cơ quan chỉ cử một cán bộ."),
            article="S20.1b",
            hint=_("Rút đề cử cũ hoặc chờ kết quả rồi cử lại."),
        ) from error


def _check_focal(values: Mapping[str, str], agency: str, version: str) -> None:
    message = _("Thông tin đầu mối còn thiếu theo Điều 7 Nghị định 47/2020/NĐ-CP và Điều 20 Quy chế.")
    refuse_incomplete("focal_point", {**values, "agency": agency}, rules_version=version, message=message)
    if not str(values.get("expertise", "")).strip():
        text = _("Cần điền chuyên môn: đầu mối phải có khả năng tham mưu về quản trị dữ liệu (S20.2).")
        raise Invalid(text, fields={"expertise": [text]})


@transaction.atomic
def edit_focal_point(*, actor: Actor, at: datetime, point: FocalPoint, values: Mapping[str, str]) -> FocalPoint:
    """Correct a nomination, or the contact of an officer in force (published information is kept exact, D7.1)."""
    allow(policies.may_nominate(actor, point.agency.code))
    if FOCAL_POINT.state(point.state).final:
        raise RuleBroken(_("Đầu mối này đã hết hiệu lực, không sửa được."), article="nội bộ")
    _check_focal(values, point.agency.code, point.rules)
    changes = {name: values[name] for name in FOCAL_FIELDS}
    if point.state == "in_force" and changes["full_name"] != point.full_name:
        raise RuleBroken(
            _("Không đổi người bằng cách sửa thông tin."), article="S20.3", hint=_("Cử cán bộ khác để được phê duyệt.")
        )
    moved = FocalPoint.objects.filter(pk=point.pk, version=point.version).update(**changes, version=F("version") + 1)
    if not moved:
        raise StateMoved(_("Người khác vừa sửa thông tin này."), state=point.state, hint=_("Tải lại trang rồi sửa."))
    audit.record(
        actor=actor, at=at, action="agencies.focal_point.edited", object_type="agencies.focal_point",
        object_code=point.code, details={"changed": sorted(n for n in changes if changes[n] != getattr(point, n))},
    )  # fmt: skip
    point.refresh_from_db()
    return point


@transaction.atomic
def move_focal_point(
    *, actor: Actor, at: datetime, point: FocalPoint, transition: str, reason: str = "", version: int | None = None
) -> FocalPoint:
    """Return, resubmit, withdraw or end a focal point; approval is ``approve_focal_list`` (with the decision)."""
    if transition == "approve":
        raise RuleBroken(_("Phê duyệt theo danh sách kèm quyết định."), article="S20.3")
    allow(policies.may_move_focal(actor, point.agency.code, FOCAL_POINT.transition(transition).role))
    if transition == "end":
        return _end_point(point, actor=actor, at=at, on=local_date(at), reason=reason, version=version)
    return cases.advance(point, transition, actor=actor, at=at, reason=reason, version=version)


def _end_point(
    point: FocalPoint, *, actor: Actor, at: datetime, on: date, reason: str, version: int | None = None
) -> FocalPoint:
    return cases.advance(point, "end", actor=actor, at=at, reason=reason, changes={"valid_until": on}, version=version)


@transaction.atomic
def approve_focal_list(
    *,
    actor: Actor,
    at: datetime,
    codes: Sequence[str],
    number: str,
    signed_on: date,
    signer: str = "",
    valid_from: date | None = None,
) -> list[FocalPoint]:
    """Record the people's committee's decision on a list of nominations (S20.3): they become public at once (S20.4).

    The officer in force before ends on the same day, so an agency has no gap and never two.
    """
    allow(policies.may_approve_focal(actor))
    start = valid_from or signed_on
    _check_decision(codes, number, signed_on, at)
    points = list(FocalPoint.objects.filter(code__in=codes).order_by("code"))
    cases.hold(*points)
    if len(points) != len(set(codes)):
        raise NotFound(_("Có đề cử không tìm thấy trong danh sách."), hint=_("Tải lại trang rồi chọn lại."))
    paper = documents.register_paper(
        actor=actor, at=at, kind="QĐ", number=number, signed_on=signed_on, signer=signer,
        agency=queries.province_agency(local_date(at)).code,
        title=kept("Phê duyệt danh sách đầu mối quản lý, chia sẻ dữ liệu"),
    )  # fmt: skip
    return [
        _approve_one(one, actor=actor, at=at, number=number, signed_on=signed_on, paper=paper.code, start=start)
        for one in points
    ]


def _check_decision(codes: Sequence[str], number: str, signed_on: date, at: datetime) -> None:
    fields: dict[str, list[str]] = {}
    if not codes:
        fields["codes"] = [_("Chọn ít nhất một đề cử.")]
    if not number.strip():
        fields["number"] = [_("Cần số quyết định phê duyệt.")]
    if signed_on > local_date(at):
        fields["signed_on"] = [_("Ngày quyết định không thể ở tương lai.")]
    if fields:
        raise Invalid(_("Thông tin phê duyệt chưa đủ."), fields=fields)


def _approve_one(
    point: FocalPoint, *, actor: Actor, at: datetime, number: str, signed_on: date, paper: str, start: date
) -> FocalPoint:
    for old in FocalPoint.objects.filter(agency=point.agency, state="in_force"):
        _end_point(old, actor=actor, at=at, on=max(start, old.valid_from or start), reason=kept("Có người thay."))
    changes = {"decision_number": number, "decision_on": signed_on, "paper": paper, "valid_from": start}
    approved: FocalPoint = cases.advance(point, "approve", actor=actor, at=at, paper=paper, changes=changes)
    notices.notify(
        at=at, agency=point.agency.code, role="focal", title=kept("Đầu mối dữ liệu đã được phê duyệt"),
        body=point.full_name, link=f"/dau-moi/ho-so/{point.code}/", event="agencies.focal_point.approve",
    )  # fmt: skip
    return approved


@transaction.atomic
def approve_focal_point(
    *, actor: Actor, at: datetime, point: FocalPoint, number: str, signed_on: date, signer: str = "",
    version: int | None = None,
) -> FocalPoint:  # fmt: skip
    """Record the decision on one nomination: a list of one (S20.3)."""
    allow(policies.may_approve_focal(actor))
    if version is not None:
        point.version = version  # as the officer saw it: who moved it since is named before a paper is registered
    cases.must_be_open(point, "approve")
    return approve_focal_list(
        actor=actor, at=at, codes=[point.code], number=number, signed_on=signed_on, signer=signer
    )[0]


MOVES: dict[str, Callable[..., object]] = {
    "approve": approve_focal_point,
    **{name: partial(move_focal_point, transition=name) for name in ("return", "resubmit", "end", "withdraw")},
}
"""The deed behind each transition that somebody makes."""


@transaction.atomic
def record_national_posting(*, actor: Actor, at: datetime, point: FocalPoint, on: date) -> FocalPoint:
    """Record the day the focal point was posted on the national portal too (S20.4)."""
    allow(policies.may_approve_focal(actor))
    if point.state != "in_force":
        raise RuleBroken(_("Chỉ đăng đầu mối đã được phê duyệt."), article="S20.4")
    FocalPoint.objects.filter(pk=point.pk).update(national_on=on)
    audit.record(
        actor=actor, at=at, action="agencies.focal_point.posted", object_type="agencies.focal_point",
        object_code=point.code, details={"on": on.isoformat()},
    )  # fmt: skip
    point.refresh_from_db()
    return point


def _record(actor: Actor, at: datetime, action: str, agency: Agency, details: Mapping[str, Any]) -> None:
    audit.record(
        actor=actor, at=at, action=action, object_type="agencies.agency", object_code=agency.code, details=details
    )
