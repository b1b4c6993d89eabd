"""Lets a case from outside go where its special agreement and that agreement's account go, within their deeds (D36)."""

from datetime import datetime

from nganam.agencies.queries import lead_agency
from nganam.cases import operations as cases
from nganam.kernel.actors import system
from nganam.kernel.clock import local_date
from nganam.notices import operations as notices
from nganam.sharing.accounts.models import Account
from nganam.sharing.agreements.models import Agreement
from nganam.sharing.outside.models import Inbound
from nganam.sharing.outside.workflow import INBOUND

DESK = system("sharing", "Hệ thống quản lý dịch vụ chia sẻ dữ liệu")
OF_AGREEMENT = {
    "take_effect": "take_effect", "to_default": "fall_through", "not_agree": "fall_through", "withdraw": "fall_through",
    "reopen": "take_up", "expire": "terminate", "terminate": "terminate", "leave": "terminate",
}  # fmt: skip
"""What a move of the agreement is to the case from outside."""
OF_ACCOUNT = {
    "lock": "suspend", "restore": "resume", "revoke": "disconnect", "give_up": "disconnect", "expire": "disconnect",
    "end_with_service": "disconnect", "end_with_agency": "disconnect",
}  # fmt: skip
"""What a move of an account is to it while the agreement holds."""


def follow_agreement(agreement: Agreement, transition: str, *, at: datetime, reason: str = "") -> None:
    """Move the case from outside that an agreement was begun for; harmless where there is none or it has gone on."""
    said = f"{agreement.code}: {reason}" if reason else agreement.code
    _follow(_of(agreement), OF_AGREEMENT[transition], agreement, at=at, reason=said)


def follow_account(account: Account, transition: str, *, at: datetime, reason: str = "") -> None:
    """Move the case from outside whose application calls by this account under its agreement."""
    inbound = _of(account.agreement) if account.agreement else None
    if inbound is None or account.agreement is None or account.application.agency != inbound.requester:
        return
    said = f"{account.code}: {reason}" if reason else account.code
    _follow(inbound, OF_ACCOUNT.get(transition, ""), account.agreement, at=at, reason=said)


def is_taken_up_by(agreement: Agreement) -> bool:
    """Say whether the case from outside, if there is one, still waits for what becomes of this very agreement."""
    inbound = _of(agreement)
    if inbound is None:
        return True
    return inbound.state == "failed" and inbound.agreements.latest("created_at") == agreement


def _of(agreement: Agreement) -> Inbound | None:
    if agreement.inbound_id is None:
        return None
    return Inbound.objects.filter(pk=agreement.inbound_id).select_related("requester", "provider", "service").first()


def _follow(inbound: Inbound | None, step: str, agreement: Agreement, *, at: datetime, reason: str) -> None:
    if inbound is None or not step or inbound.state not in INBOUND.transition(step).source:
        return
    moved = cases.advance(
        inbound, step, actor=DESK, at=at, reason=reason, details={"agreement": agreement.code},
        clock_agency=lead_agency(local_date(at)).code,
    )  # fmt: skip
    notices.notify(
        at=at, role="lead", title=f"{moved.code}: {moved.current.vi}", body=reason, link=moved.get_absolute_url(),
        event=f"sharing.inbound.{step}",
    )  # fmt: skip
