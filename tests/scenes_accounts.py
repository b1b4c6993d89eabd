"""Scenes of suspension and termination, each built through the real operations."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import remembered
import scenes
from nganam.kernel.actors import Actor, Kind, Role
from scenes import AT, LAN, PHUC

TU = Actor(Kind.PERSON, "tu", "Trương Tú", "CT-STC", frozenset({Role.FOCAL}))
# Announced on Tuesday 3 November 2026, seven working days pass until Thursday the 12th: Friday the 13th is free.
STOP_FROM = datetime(2026, 11, 13, 15, 0, tzinfo=UTC)
STOP_UNTIL = STOP_FROM + timedelta(hours=6)
PLAN: dict[str, Any] = {
    "ground": "maintenance",
    "work": "Nâng cấp máy chủ cơ sở dữ liệu.",
    "force": "",
    "planned_from": STOP_FROM,
    "planned_until": STOP_UNTIL,
}
FORCED: dict[str, Any] = {
    "ground": "force_majeure",
    "work": "Khắc phục hệ thống điện của trung tâm dữ liệu.",
    "force": "Mất điện diện rộng do bão từ 8 giờ sáng.",
    "planned_from": AT,
    "planned_until": AT + timedelta(hours=5),
}


@remembered.scene
def planned_stop(service: Any = None, *, at: datetime = AT, **changes: Any) -> Any:
    """Plan a stop of Lan's service."""
    from nganam.sharing.suspensions import maintaining

    return maintaining.plan_stop(actor=LAN, at=at, service=service or scenes.published_service(), values=PLAN | changes)


@remembered.scene
def announced_stop(service: Any = None, **changes: Any) -> Any:
    """Plan a stop and announce it in time."""
    from nganam.sharing.suspensions import maintaining

    return maintaining.announce_stop(actor=LAN, at=AT, stop=planned_stop(service, **changes))


@remembered.scene
def suspected_breach(account: Any = None) -> Any:
    """Open a file on the use of Phúc's account."""
    from nganam.sharing.suspensions import breaching

    (breach,) = breaching.open_breaches(
        actor=LAN, at=AT, accounts=[account or scenes.account()], suspicion="Tra cứu ngoài giờ, số lượng bất thường."
    )
    return breach


@remembered.scene
def determined_breach(account: Any = None, *, at: datetime = AT, **changes: Any) -> Any:
    """Determine that Phúc's use breaks the regulation."""
    from nganam.sharing.suspensions import breaching

    values = {"ground": "breach", "finding": "Chuyển dữ liệu cho bên thứ ba, trái Điều 8 quy chế."} | changes
    return breaching.determine_breach(actor=LAN, at=at, breach=suspected_breach(account), **values)


@remembered.scene
def notified_breach(account: Any = None) -> Any:
    """Tell Phúc of the breach with the two contents of the notice."""
    from nganam.sharing.suspensions import breaching

    return breaching.notify_breach(
        actor=LAN, at=AT, breach=determined_breach(account), handling="Tạm ngừng kết nối.",
        requirements="Xóa dữ liệu đã chuyển; cam kết bằng văn bản.",
    )  # fmt: skip


@remembered.scene
def suspended_breach(account: Any = None) -> Any:
    """Lock Phúc's account after the notice."""
    from nganam.sharing.suspensions import breaching

    return breaching.suspend_use(actor=LAN, at=AT, breach=notified_breach(account))


def second_account(service: Any) -> Any:
    """Grant another application of Phúc's agency the same service, and hand the account over."""
    from nganam.sharing.accounts.operations import hand_over
    from nganam.sharing.requests import operations

    asked = operations.draft_request(
        actor=PHUC, at=AT, application=scenes.application(code="HSSK"), service=service, values=scenes.REQUEST
    )
    sent = operations.send_request(actor=PHUC, at=AT, request=asked)
    made = operations.grant_request(actor=LAN, at=AT, request=sent, granted=["ma_co_so"], **scenes.WITHHELD)
    return hand_over(actor=PHUC, at=AT, account=made)


@remembered.scene
def synchronised_account(*, days: int = 30, method: str = "sync", valid_until: date | None = None) -> Any:
    """Grant an account to a service whose data are synchronised or packaged."""
    account = scenes.account(valid_until=valid_until)
    account.service.method, account.service.usage_term_days = method, days
    account.service.save(update_fields=["method", "usage_term_days"])
    return account


@remembered.scene
def ended_sharing(account: Any = None) -> Any:
    """End the sharing with Phúc for ground c of D44."""
    from nganam.sharing.suspensions import terminating

    return terminating.end_sharing(
        actor=LAN, at=AT, account=account or synchronised_account(), transition="revoke", ground="authority",
        reason="Theo yêu cầu của cơ quan có thẩm quyền.",
    )  # fmt: skip


@remembered.scene
def decided_termination() -> Any:
    """Return an end of sharing as it stands before anybody is told: no deed stops there."""
    from nganam.cases.operations import open_case
    from nganam.sharing.models import Termination

    values = {"account": scenes.created_account(), "ground": "authority", "explanation": "Theo yêu cầu."}
    return open_case(Termination(**values), actor=LAN, at=AT)


@remembered.scene
def delegation(*, at: datetime = AT, valid_until: date | None = None) -> Any:
    """Leave the issuing for all of Lan's services to the operator of the LGSP."""
    from nganam.sharing.delegations import operations

    return operations.record_delegation(
        actor=LAN, at=at, paper="12/QĐ-SYT", valid_from=date(2026, 11, 1), valid_until=valid_until
    )


CASES: dict[str, Any] = {
    "sharing.maintenance": planned_stop,
    "sharing.breach": suspected_breach,
    "sharing.termination": decided_termination,
}
"""A fresh case of each machine, for the tests that go through every state and every member of the cast."""
