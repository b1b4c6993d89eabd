"""Scenes that stories about disputes begin with, each built through the real operations."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import remembered
import scenes
from nganam.kernel.actors import Actor, Kind, Role

AT = scenes.AT
LAN, MINH, PHUC = scenes.LAN, scenes.MINH, scenes.PHUC
KHANH = Actor(Kind.PERSON, "khanh", "Lê Quốc Khánh", "CT-UBND", frozenset({Role.CHAIRMAN}))
TAM = Actor(Kind.PERSON, "tam", "Võ Minh Tâm", "CT-SKHCN", frozenset({Role.FOCAL}))
"""Of the lead agency's own data unit."""
LATE = AT + timedelta(days=20)
"""Well past seven working days."""
SOON = date(2026, 12, 31)
VALUES = {
    "kind": "rights",
    "summary": "Từ chối cấp dữ liệu cơ sở khám chữa bệnh",
    "content": "Sở Y tế từ chối, nêu căn cứ không liên quan đến dữ liệu này.",
    "wish": "Đề nghị xem xét lại và cấp tài khoản.",
}
ERROR = {
    "summary": "Tên cơ sở của bản ghi 00123",
    "content": "Dịch vụ trả tên cũ của trạm y tế.",
    "wish": "Trạm y tế Phường Sóc Trăng, theo quyết định đổi tên.",
}
TERMS: dict[str, Any] = {
    "reason": "Cấp lại tài khoản với các mục tin không phải dữ liệu cá nhân.",
    "outcome": "for",
    "obliged": "respondent",
    "carry_out_by": SOON,
}


def subject(actor: Actor, case: Any, at: datetime = AT) -> Any:
    """Return the thing as the actor may dispute it."""
    from nganam.disputes.subjects import subject_for
    from nganam.kernel.clock import local_date

    return subject_for(actor, f"{case.MACHINE.code}:{case.code}", local_date(at))


@remembered.scene
def refused_request() -> Any:
    """Have Lan refuse Phúc's request."""
    from nganam.sharing.requests import operations

    return operations.refuse_request(
        actor=LAN, at=AT, request=scenes.sent_request(), reason="Không thuộc phạm vi.", legal_basis="Điều 5 Luật X"
    )


@remembered.scene
def dispute(case: Any = None, *, at: datetime = AT, **changes: Any) -> Any:
    """Have Phúc dispute a thing: by default the refusal of the request."""
    from nganam.disputes import operations

    about = subject(PHUC, case or refused_request(), at)
    return operations.open_dispute(actor=PHUC, at=at, values=VALUES | changes, subject=about)


@remembered.scene
def against(agency: str = "CT-SYT", *, actor: Actor = PHUC, at: datetime = AT, **changes: Any) -> Any:
    """Raise a difficulty with an agency, about no thing."""
    from nganam.agencies.queries import agency as agency_of
    from nganam.disputes import operations

    return operations.open_dispute(actor=actor, at=at, values=VALUES | changes, respondent=agency_of(agency))


@remembered.scene
def error(account: Any = None) -> Any:
    """Have Phúc report wrong data received through the account."""
    from nganam.disputes import operations

    about = subject(PHUC, account or scenes.account())
    return operations.report_error(actor=PHUC, at=AT, values=ERROR, subject=about)


@remembered.scene
def unresolved(case: Any = None) -> Any:
    """Have level 1 say that it cannot."""
    from nganam.disputes import operations

    return operations.fail(actor=LAN, at=AT, dispute=case or dispute(), reason="Giữ nguyên ý kiến.")


@remembered.scene
def at_level_two(case: Any = None) -> Any:
    """Have Phúc take it to the lead agency."""
    from nganam.disputes import operations

    return operations.escalate(actor=PHUC, at=AT, dispute=unresolved(case), reason="Căn cứ không đúng.")


@remembered.scene
def at_level_three(case: Any = None) -> Any:
    """Have Minh put it to the Chairman with a plan."""
    from nganam.disputes import operations

    return operations.propose(
        actor=MINH, at=AT, dispute=at_level_two(case), reason="Đã nghe hai bên.", plan="Cấp ba mục tin.",
        opinions="Công an thành phố: đồng ý.",
    )  # fmt: skip


@remembered.scene
def decided(case: Any = None, **changes: Any) -> Any:
    """Have Khánh decide."""
    from nganam.disputes import operations

    given = TERMS | {"decided_on": AT.date(), "paper": "15/QĐ-UBND"} | changes
    return operations.decide(actor=KHANH, at=AT, dispute=at_level_three(case), **given)


@remembered.scene
def referred(case: Any = None) -> Any:
    """Have Khánh write to the ministry."""
    from nganam.disputes import operations

    return operations.refer(
        actor=KHANH, at=AT, dispute=case or at_level_three(), reason="Vượt thẩm quyền.", central_body="ministry",
        central_name="Bộ Khoa học và Công nghệ", decided_on=AT.date(), paper="20/UBND-KGVX",
    )  # fmt: skip


@remembered.scene
def reported(case: Any = None) -> Any:
    """Have Lan report that the Chairman's decision is carried out."""
    from nganam.disputes import operations

    return operations.report_done(actor=LAN, at=AT, dispute=case or decided(), reason="Đã cấp tài khoản.")


CASES: dict[str, Callable[[], Any]] = {"disputes.dispute": dispute}
