"""Every write of delegations: record one with its paper, end it."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from nganam.agencies.models import Agency
from nganam.audit import operations as audit
from nganam.cases.operations import next_code
from nganam.cases.requirements import allow
from nganam.cases.sweeping import each
from nganam.catalogue.models import SharedDatabase
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken, StateMoved
from nganam.notices import operations as notices
from nganam.sharing.accounts.models import Delegation
from nganam.sharing.accounts.operations import KEEPER
from nganam.sharing.delegations import policies, queries

PREFIX = "UQ"
LINK = "/tai-khoan-ket-noi/uy-quyen/"


@transaction.atomic
def record_delegation(
    *, actor: Actor, at: datetime, paper: str, valid_from: date, valid_until: date | None = None,
    database: SharedDatabase | None = None,
) -> Delegation:  # fmt: skip
    """Leave the issuing of accounts to the operator of the LGSP, for one database or, with none, for all (D40.2)."""
    allow(policies.may_delegate(actor))
    if database is not None and database.owner.code != actor.agency:
        raise NotAllowed(_("Cơ sở dữ liệu này không thuộc cơ quan của bạn."))
    _check(paper, valid_from, valid_until, local_date(at))
    delegation = Delegation(
        code=next_code(PREFIX, at), provider=Agency.objects.get(code=actor.agency), database=database,
        paper=paper.strip(), valid_from=valid_from, valid_until=valid_until, created_at=at,
    )  # fmt: skip
    try:
        with transaction.atomic():
            delegation.save(force_insert=True)
    except IntegrityError as error:
        raise RuleBroken(
            _("Đang có một ủy quyền cho phạm vi này."), article="D40.2",
            hint=_("Kết thúc ủy quyền đang có trước khi ghi nhận ủy quyền mới."),
        ) from error  # fmt: skip
    _record("recorded", delegation, actor=actor, at=at)
    _tell(delegation, at=at, title=kept("%(code)s: được ủy quyền cấp tài khoản"), role="lead")
    return delegation


def _check(paper: str, valid_from: date, valid_until: date | None, today: date) -> None:
    faults: dict[str, list[str]] = {}
    if not paper.strip():
        faults["paper"] = [_("Ghi số, ký hiệu văn bản ủy quyền.")]
    if valid_until is not None and valid_until <= max(valid_from, today):
        faults["valid_until"] = [_("Ngày kết thúc phải sau ngày bắt đầu và sau hôm nay.")]
    if faults:
        raise Invalid(_("Ủy quyền chưa hợp lệ."), fields=faults)


@transaction.atomic
def end_delegation(*, actor: Actor, at: datetime, delegation: Delegation) -> Delegation:
    """End a delegation now: from here on the owner issues again. Accounts that were issued stay."""
    allow(policies.may_end(actor, delegation))
    ended = _end(delegation, actor, at)
    if actor.agency != ended.provider.code:
        _tell(ended, at=at, title=kept("%(code)s: đã kết thúc ủy quyền"), agency=ended.provider.code)
    _tell(ended, at=at, title=kept("%(code)s: đã kết thúc ủy quyền"), role="lead")
    return ended


def end_overdue(*, at: datetime) -> int:
    """End each delegation whose last day is over; return how many."""
    return len(each(queries.overdue(local_date(at)), lambda one: _end_overdue(one, at)))


def _end_overdue(delegation: Delegation, at: datetime) -> Delegation:
    ended = _end(delegation, KEEPER, at)
    title = kept("%(code)s: ủy quyền cấp tài khoản đã hết hạn")
    _tell(ended, at=at, title=title, agency=ended.provider.code)
    _tell(ended, at=at, title=title, role="lead")
    return ended


def _end(delegation: Delegation, actor: Actor, at: datetime) -> Delegation:
    if not Delegation.objects.filter(pk=delegation.pk, ended_at__isnull=True).update(ended_at=at):
        raise StateMoved(_("Ủy quyền này đã kết thúc."), state="ended", hint=_("Tải lại trang."))
    delegation.refresh_from_db()
    _record("ended", delegation, actor=actor, at=at)
    return delegation


def _record(deed: str, delegation: Delegation, *, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor, at=at, action=f"sharing.delegation.{deed}", object_type="sharing.delegation",
        object_code=delegation.code, agency=delegation.provider.code,
        details={
            "database": delegation.database.code if delegation.database else "", "number": delegation.paper,
            "valid_from": delegation.valid_from, "valid_until": delegation.valid_until,
        },
    )  # fmt: skip


def _tell(delegation: Delegation, *, at: datetime, title: str, agency: str = "", role: str = "") -> None:
    scope = delegation.database.name if delegation.database else kept("mọi dịch vụ của cơ quan")
    notices.notify(
        at=at, agency=agency, role=role, title=title % {"code": delegation.code}, link=LINK,
        body=f"{delegation.provider.name}: {scope} ({delegation.paper})", event="sharing.delegation",
    )  # fmt: skip
