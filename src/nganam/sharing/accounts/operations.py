"""Every write of connection accounts: the moves of SM10, and what a request in use learns of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from nganam.agencies.queries import acts_for
from nganam.audit import operations as audit
from nganam.cases import operations as cases
from nganam.cases import parties
from nganam.face.telling import kept
from nganam.kernel.actors import Actor, Role, system
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken
from nganam.notices import operations as notices
from nganam.services.models import Service
from nganam.sharing import purposes
from nganam.sharing.accounts.models import Account, Delegation
from nganam.sharing.accounts.policies import delegated_on
from nganam.sharing.accounts.scope import SCOPE, is_narrower, read_scope
from nganam.sharing.accounts.usage import caps_account
from nganam.sharing.accounts.workflow import ACCOUNT
from nganam.sharing.agreements.models import Agreement
from nganam.sharing.outside import following
from nganam.sharing.policies import agencies_here
from nganam.sharing.requests.models import Application, Request

KEEPER = system("sharing", "Hệ thống quản lý dịch vụ chia sẻ dữ liệu")
FOLLOWED = {
    "hand_over": ("start_test",), "lock": ("suspend",), "restore": ("resume", "resume_test"),
    "revoke": ("terminate",), "give_up": ("terminate",), "expire": ("terminate",),
    "end_with_service": ("terminate",), "end_with_agency": ("terminate",),
}  # fmt: skip
"""What a move of an account may be to the request it was opened for: the first whose state and conditions fit."""


def term_of(service: Service, wanted: date | None, today: date) -> date | None:
    """Return the first day an account granted today is over: as asked, within the term the service declares (D41).

    Where data are synchronised that term begins anew each time, so the account has none of its own.
    """
    days = service.usage_term_days
    last = today + timedelta(days=days) if days and caps_account(service) else None
    text = ""
    if wanted is not None and wanted <= today:
        text = _("Ngày hết hiệu lực phải sau hôm nay.")
    elif wanted is not None and last is not None and wanted > last:
        text = _("Dịch vụ chỉ cho sử dụng %(days)s ngày kể từ ngày cấp.") % {"days": days}
    if text:
        raise Invalid(text, fields={"valid_until": [text]})
    return wanted or last


def open_account(
    request: Request, names: Sequence[str], *, actor: Actor, at: datetime, valid_until: date | None,
    scope: Mapping[str, Any] | None = None,
) -> Account:  # fmt: skip
    """Open the account of a granted request; raise ``RuleBroken`` when the pair has one already (D40).

    Called within the deed that grants, which has asked who may; a delegation is asked here for its days too.
    """
    _check_delegation(request.service, actor, at)
    account = Account(
        application=request.application, service=request.service, request=request, granted_fields=list(names),
        valid_until=valid_until, rules=request.rules, **read_scope(request.service, scope or {}),
    )  # fmt: skip
    _bind_purpose(account)
    return _opened(account, actor=actor, at=at, hint=_("Thu hồi tài khoản cũ trước, hoặc từ chối yêu cầu này."))


def open_agreed_account(
    agreement: Agreement, application: Application, service: Service, names: Sequence[str], *, actor: Actor,
    at: datetime, valid_until: date | None,
) -> Account:  # fmt: skip
    """Open an account that an agreement in force gives one of its parties; ``RuleBroken`` when the pair has one (D40).

    Its term is the agreement's, which the parties signed, not the one the service declares.
    """
    account = Account(
        application=application, service=service, agreement=agreement, granted_fields=list(names),
        valid_until=valid_until, rules=agreement.rules, **read_scope(service, {}),
    )  # fmt: skip
    _bind_purpose(account)
    return _opened(account, actor=actor, at=at, hint=_("Thu hồi tài khoản cũ trước rồi cấp lại theo thỏa thuận."))


def _bind_purpose(account: Account) -> None:
    """Bind an account to the only purpose that was approved; one it was bound to must be among the approved."""
    codes = purposes.approved(account)
    purposes.must_be_approved(account.purpose_code, codes)
    if len(codes) == 1:
        account.purpose_code = codes[0]


def _opened(account: Account, *, actor: Actor, at: datetime, hint: str) -> Account:
    try:
        with transaction.atomic():
            return cases.open_case(account, actor=actor, at=at, details=_granted(account))
    except IntegrityError as error:
        text = _("Ứng dụng này đang có tài khoản còn hiệu lực cho dịch vụ.")
        raise RuleBroken(text, article="D40", hint=hint) from error


def _granted(account: Account) -> dict[str, Any]:
    """Return what the record keeps of a grant: the items, and every limit that was set."""
    limits = {name: getattr(account, name) for name in SCOPE}
    return {"granted": account.granted_fields, **{name: value for name, value in limits.items() if value}}


@transaction.atomic
def adjust_account(
    *, actor: Actor, at: datetime, account: Account, reason: str, version: int | None = None,
    transition: str = "adjust", **scope: Any,
) -> Account:  # fmt: skip
    """Set anew how far an account reaches; what is left out is without limit of its own (``scope.read_scope``).

    Who loses an operation gets a new token before the next call: the tokens given out still name it.
    """
    parties.check(actor, account, ACCOUNT.transition(transition))
    _check_delegation(account.service, actor, at)
    found = read_scope(account.service, scope)
    purposes.must_be_approved(found["purpose_code"], purposes.approved(account))
    before = {name: getattr(account, name) for name in SCOPE}
    changed = sorted(name for name in SCOPE if before[name] != found[name])
    if not changed:
        raise Invalid(_("Chưa có gì thay đổi so với phạm vi đang áp dụng."), hint=_("Sửa ít nhất một mục rồi lưu."))
    if is_narrower(account.granted_operations, found["granted_operations"]):
        found["restricted_at"] = at
    adjusted = cases.advance(
        account, transition, actor=actor, at=at, reason=reason, version=version, changes=found,
        details={"changed": changed, "before": {name: before[name] for name in changed}, **_said(found, changed)},
    )  # fmt: skip
    title = _("%(code)s: đã điều chỉnh phạm vi, hạn mức") % {"code": adjusted.code}
    _tell_others(adjusted, actor, at=at, title=title, body=reason, event="adjust")
    return adjusted


def _said(found: Mapping[str, Any], changed: Sequence[str]) -> dict[str, Any]:
    return {"after": {name: found[name] for name in changed}}


@transaction.atomic
def keep_to_agreement(
    account: Account, names: Sequence[str], *, actor: Actor, at: datetime, valid_until: date | None
) -> Account:
    """Let an account follow its agreement as amended (D39): fields and term; the gateway learns of it."""
    if (account.granted_fields, account.valid_until) == (list(names), valid_until):
        return account
    Account.objects.filter(pk=account.pk).update(
        granted_fields=list(names), valid_until=valid_until, version=F("version") + 1, updated_at=at
    )
    details = {"granted": list(names), "valid_until": valid_until}
    audit.record(
        actor=actor, at=at, action="sharing.account.amended", object_type=ACCOUNT.code, object_code=account.code,
        details=details,
    )  # fmt: skip
    notices.announce("sharing.account.amended", at=at, object_type=ACCOUNT.code, object_code=account.code)
    account.refresh_from_db()
    return account


def _check_delegation(service: Service, actor: Actor, at: datetime) -> None:
    """Refuse who issues by a delegation whose days are over, though nobody has ended it yet (D40.2)."""
    by_delegation = not acts_for(actor, service.provider) and Delegation.objects.in_force(service).exists()
    if not by_delegation or delegated_on(service, local_date(at)):
        return
    raise NotAllowed(_("Ủy quyền cấp tài khoản cho đơn vị vận hành LGSP không có hiệu lực hôm nay."))


@transaction.atomic
def move_account(
    *, actor: Actor, at: datetime, account: Account, transition: str, reason: str = "", paper: str = "",
    version: int | None = None, tell: bool = True,
) -> Account:  # fmt: skip
    """Make one move of SM10; the gateway learns of it by the announced event.

    ``tell`` is off where a notice of the deed around it says more.
    """
    moved = cases.advance(account, transition, actor=actor, at=at, reason=reason, paper=paper, version=version)
    _move_request(moved, transition, at=at, reason=reason)
    if tell:
        title = f"{moved.code}: {moved.current.vi}"
        _tell_others(moved, actor, at=at, title=title, body=reason, event=transition)
    return moved


def _tell_others(account: Account, actor: Actor, *, at: datetime, title: str, body: str, event: str) -> None:
    """Tell the sides but the actor's own; the lead agency stands for one that has no officers here."""
    here = agencies_here(account, local_date(at))
    told = [{"agency": code} for code in sorted(here - {actor.agency})]
    if {account.consumer.code, account.provider.code} - here and not actor.has(Role.LEAD):
        told.append({"role": "lead"})
    for whom in told:
        notices.notify(
            at=at, title=title, body=body, link=account.get_absolute_url(), event=f"sharing.account.{event}", **whom
        )


@transaction.atomic
def renew_account(
    *, actor: Actor, at: datetime, account: Account, reason: str, valid_until: date | None = None,
    version: int | None = None,
) -> Account:  # fmt: skip
    """Give an account a new term from today on, within what its service allows; the calls never stop (D41)."""
    parties.check(actor, account, ACCOUNT.transition("renew"))
    _check_delegation(account.service, actor, at)
    until = term_of(account.service, valid_until, local_date(at))
    _check_longer(account, until)
    before = f"{account.valid_until:%Y-%m-%d}" if account.valid_until else ""
    renewed = cases.advance(
        account, "renew", actor=actor, at=at, reason=reason, version=version,
        changes={"valid_until": until, "reminded": {}}, details={"before": before, "valid_until": f"{until or ''}"},
    )  # fmt: skip
    body = kept("Có hiệu lực đến trước ngày %(day)s.") % {"day": f"{until:%d/%m/%Y}"} if until else reason
    title = kept("%(code)s: đã gia hạn") % {"code": renewed.code}
    _tell_others(renewed, actor, at=at, title=title, body=body, event="renew")
    return renewed


def _check_longer(account: Account, until: date | None) -> None:
    if account.valid_until is None or until is None or until > account.valid_until:
        return
    text = _("Thời hạn mới phải sau thời hạn đang có.")
    raise Invalid(text, fields={"valid_until": [text]})


def note_syncs(seen: Mapping[str, datetime]) -> None:
    """Keep when each account last read pages: its term of use is counted from then (D41b). Called by the log's intake.

    No deed: ``updated_at`` and ``version`` stay, the gateway has nothing to learn.
    """
    for account in Account.objects.filter(code__in=seen, service__method="sync"):
        later = Q(synced_at__isnull=True) | Q(synced_at__lt=seen[account.code])
        Account.objects.filter(later, pk=account.pk).update(synced_at=seen[account.code])


@transaction.atomic
def hand_over(*, actor: Actor, at: datetime, account: Account) -> Account:
    """Note that the consumer has received its first key: the account may call, its request is being tested."""
    if account.state != ACCOUNT.initial:
        return account
    return move_account(actor=actor, at=at, account=account, transition="hand_over")


def _move_request(account: Account, transition: str, *, at: datetime, reason: str) -> None:
    """Let the request follow its account: handed over, suspended, resumed, terminated."""
    request = account.request
    if request is None:
        following.follow_account(account, transition, at=at, reason=reason)
        return
    request.refresh_from_db()
    steps = (request.MACHINE.transition(name) for name in FOLLOWED.get(transition, ()))
    fitting = (one for one in steps if request.state in one.source and not parties.unmet(KEEPER, request, one, at))
    step = next(fitting, None)
    if step is not None:
        cases.advance(request, step.name, actor=KEEPER, at=at, reason=reason)


MOVES: dict[str, Callable[..., object]] = {
    "hand_over": partial(move_account, transition="hand_over"),
    "renew": renew_account,
    "adjust": adjust_account,
    "adjust_new": partial(adjust_account, transition="adjust_new"),
    "archive": partial(move_account, transition="archive"),
}
"""The deeds that concern the account alone; to lock and to end it belong to suspension (``suspensions``)."""
