"""Scenes of sharing beyond the province: Bộ Y tế asks for Lan's service, Phúc asks for a service of Bộ Tài chính."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import remembered
import scenes
from nganam.cases.models import Case
from nganam.kernel.actors import Actor, Kind, Role
from nganam.kernel.clock import local_date

KHANH = Actor(Kind.PERSON, "khanh", "Lê Quốc Khánh", "CT-UBND", frozenset({Role.CHAIRMAN}))
LAN, MINH, PHUC, AT = scenes.LAN, scenes.MINH, scenes.PHUC, scenes.AT
TODAY = local_date(AT)
ASKED: dict[str, Any] = {
    "channel": "document",
    "document_number": "1234/BYT-CNTT",
    "document_on": date(2025, 8, 1),
    "application_code": "HSSK",
    "application_name": "Hồ sơ sức khỏe điện tử",
    "purpose": "Đối chiếu cơ sở khám chữa bệnh trong hồ sơ sức khỏe.",
    "solution": "Gọi dịch vụ theo mã cơ sở, không lưu kết quả.",
    "fields": ["ma_co_so", "ten_co_so", "dien_thoai"],
    "frequency": "Hằng ngày",
    "other": "",
}
PROPOSED: dict[str, Any] = {
    "service_name": "DNQG-01 Tra cứu đăng ký doanh nghiệp",
    "provider_name": "Bộ Tài chính",
    "purpose": "Xác nhận doanh nghiệp khi tiếp nhận hồ sơ một cửa.",
    "solution": "Phần mềm một cửa gọi theo mã số doanh nghiệp, không lưu kết quả.",
    "fields": ["Mã số doanh nghiệp", "Tên doanh nghiệp"],
    "frequency": "Theo từng hồ sơ phát sinh",
    "basis": "Điều 9 Quy chế của tỉnh",
    "other": "",
}
REVIEW = {
    "form": "default",
    "catalogue": "Có trong danh mục dịch vụ của Bộ Tài chính, mã DNQG-01.",
    "legal_basis": "Nghị định về đăng ký doanh nghiệp.",
    "duplicate": "Chưa có kết nối nào của tỉnh tới dịch vụ này.",
}
BASIS = "Khoản 1 Điều 5 Luật X"


def ministry(code: str = "BO-YT", name: str = "Bộ Y tế") -> Any:
    """Enter an agency outside the province, once."""
    from nganam.agencies import operations
    from nganam.agencies.models import Agency

    known = Agency.objects.filter(code=code).first()
    return known or operations.open_agency(
        actor=MINH, at=AT, code=code, name=name, kind="central", valid_from=date(2020, 1, 1)
    )


@remembered.scene
def registered(*, at: datetime = AT, received_on: date | None = None, service: Any = None, **changes: Any) -> Any:
    """Register Bộ Y tế's request for Lan's service: both opinions are being waited for."""
    from nganam.sharing.outside import inbound

    return inbound.register_inbound(
        actor=MINH, at=at, requester=ministry(), service=service or scenes.published_service(),
        values=ASKED | changes, received_on=received_on or local_date(at),
    )  # fmt: skip


@remembered.scene
def registered_special(**changes: Any) -> Any:
    """Register a request for data of Lan's that no service shares."""
    from nganam.agencies.models import Agency
    from nganam.sharing.outside import inbound

    return inbound.register_inbound(
        actor=MINH, at=AT, requester=ministry(), provider=Agency.objects.get(code="CT-SYT"),
        values=ASKED | {"fields": ["Số ca bệnh theo tuần"]} | changes, received_on=TODAY,
    )  # fmt: skip


def opine(case: Any, side: str, agrees: bool, *, at: datetime = AT, actor: Actor | None = None) -> Any:
    """Give one opinion, by default by the cast."""
    from nganam.sharing.outside import inbound
    from nganam.sharing.outside.models import Inbound

    words = {} if agrees else {"reason": f"{side} thấy chưa nên", "legal_basis": BASIS}
    return inbound.give_opinion(
        actor=actor or {"owner": LAN, "lead": MINH}[side], at=at, inbound=Inbound.objects.get(pk=case.pk),
        transition=f"{side}_{'agrees' if agrees else 'disagrees'}", **words,
    )  # fmt: skip


@remembered.scene
def weighed(*, owner: bool = True, lead: bool = True, case: Any = None, at: datetime = AT) -> Any:
    """Give both opinions."""
    return opine(opine(case or registered(at=at), "owner", owner, at=at), "lead", lead, at=at)


@remembered.scene
def submitted() -> Any:
    """Submit differing opinions to the Chairman."""
    from nganam.sharing.outside import inbound

    return inbound.submit_inbound(
        actor=MINH, at=AT, inbound=weighed(owner=False), reason="Chủ quản chưa đồng ý, đề nghị cho phép.",
        paper="12/TTr-SKHCN", signed_on=TODAY,
    )  # fmt: skip


@remembered.scene
def decided(transition: str) -> Any:
    """Let the Chairman permit or forbid."""
    from nganam.sharing.outside import inbound

    return inbound.decide_inbound(
        actor=KHANH, at=AT, inbound=submitted(), transition=transition, paper="99/QĐ-UBND", signed_on=TODAY,
        reason="Theo ý kiến các bên",
    )  # fmt: skip


@remembered.scene
def granted(case: Any = None, **words: Any) -> Any:
    """Grant an agreed request; returns the account."""
    from nganam.sharing.outside import inbound

    return inbound.grant_inbound(
        actor=LAN, at=AT, inbound=case or weighed(), granted=["ma_co_so", "ten_co_so"], **scenes.WITHHELD, **words
    )


@remembered.scene
def connected() -> Any:
    """Take an inbound request all the way into use."""
    from nganam.sharing.accounts import operations as accounts
    from nganam.sharing.outside import inbound
    from nganam.sharing.outside.models import Inbound

    accounts.hand_over(actor=MINH, at=AT, account=granted())
    return inbound.connect_inbound(
        actor=MINH, at=AT, inbound=Inbound.objects.get(), route="ndxp", ndop_checked=True, reason="Đã gọi thử 3 lần."
    )


@remembered.scene
def drafted(**changes: Any) -> Any:
    """Draft Phúc's proposal to use a service of Bộ Tài chính."""
    from nganam.sharing.outside import outbound

    return outbound.draft_outbound(
        actor=PHUC, at=AT, values={**PROPOSED, "application": scenes.application(), **changes}
    )


@remembered.scene
def proposed(**changes: Any) -> Any:
    """Send Phúc's proposal to the lead agency."""
    from nganam.sharing.outside import outbound

    return outbound.propose(actor=PHUC, at=AT, outbound=drafted(**changes))


@remembered.scene
def accepted(**changes: Any) -> Any:
    """Accept it after the review."""
    from nganam.sharing.outside import outbound

    return outbound.accept(
        actor=MINH, at=AT, outbound=proposed(), provider=ministry("BO-TC", "Bộ Tài chính"), **REVIEW | changes
    )


@remembered.scene
def sent(*, at: datetime = AT, sent_on: date | None = None) -> Any:
    """Send it to the outside provider."""
    from nganam.sharing.outside import outbound

    return outbound.send(
        actor=MINH, at=at, outbound=accepted(), channel="national", paper="45/SKHCN-CNTT", sent_on=sent_on or TODAY
    )


@remembered.scene
def special(case: Any = None) -> Any:
    """Find that an agreed request needs an agreement: one for a special service, unless ``case`` is given."""
    import scenes_agreements
    from nganam.sharing.outside import inbound

    found = case or registered(service=scenes_agreements.special_service(), representative="Ông Đỗ Văn A, Cục trưởng")
    return inbound.move_to_agreement(
        actor=MINH, at=AT, inbound=weighed(case=found), reason="Có số điện thoại, cần điều kiện riêng."
    )


@remembered.scene
def agreeing(case: Any = None) -> Any:
    """Begin the agreement for Bộ Y tế as its request says; returns the draft."""
    from nganam.sharing.outside import inbound

    return inbound.begin_agreement(actor=MINH, at=AT, inbound=case or special())


@remembered.scene
def signed_outside(agreement: Any = None) -> Any:
    """Take that agreement into force, Minh acting for Bộ Y tế."""
    import scenes_agreements as texts
    from nganam.sharing.agreements import operations, signing

    found = operations.submit(actor=MINH, at=AT, agreement=agreement or agreeing())
    found = operations.confirm_special(actor=LAN, at=AT, agreement=found, reason="Có dữ liệu cá nhân.")
    found = operations.record_review(actor=LAN, at=AT, agreement=found, **texts.REVIEW)
    found = texts.agree(texts.save(found, LAN), MINH)
    for actor, signer in ((MINH, "Đỗ Văn A"), (LAN, "Trần Thị Giám Đốc")):
        found = signing.sign(
            actor=actor, at=AT, agreement=found, digest=texts.table(found).digest, signer=signer, position="Thủ trưởng"
        )
    return found


@remembered.scene
def refused() -> Any:
    """Record that the outside provider refused."""
    from nganam.sharing.outside import outbound

    return outbound.record_refusal(
        actor=MINH, at=AT, outbound=sent(), paper="77/BTC-CNTT", answered_on=TODAY, reason="Chưa có quy chế"
    )


@remembered.scene
def used() -> Any:
    """Take an outbound proposal all the way into use."""
    from nganam.sharing.outside import outbound

    case = outbound.record_grant(
        actor=MINH, at=AT, outbound=sent(), paper="77/BTC-CNTT", answered_on=TODAY, account_reference="CTHO-01"
    )
    case = outbound.configure(
        actor=MINH, at=AT, outbound=case, route="ndop", reason="Đã khai báo địa chỉ trên LGSP, thử tốt."
    )
    return outbound.start_use(actor=PHUC, at=AT, outbound=case, reason="Đã nhận được dữ liệu.")


@remembered.scene
def listed(**changes: Any) -> Any:
    """List a service of Bộ Tài chính for everybody."""
    from nganam.sharing.outside import external

    values = {
        "name": "Tra cứu đăng ký doanh nghiệp", "provider": ministry("BO-TC", "Bộ Tài chính"),
        "purpose": "Thông tin đăng ký doanh nghiệp theo mã số.", "how_to_ask": "Đề xuất qua Sở Khoa học và Công nghệ.",
        "address": "", "form": "default",
    }  # fmt: skip
    return external.list_service(actor=MINH, at=AT, values=values | changes)


def _fresh_inbound() -> Case:
    """Return an inbound request in the state every one begins in: the system moves it on at once."""
    from nganam.cases.operations import open_case
    from nganam.sharing.outside.models import Inbound

    service = scenes.published_service()
    return open_case(
        Inbound(requester=ministry(), provider=service.provider, service=service, received_at=AT, **ASKED),
        actor=MINH, at=AT,
    )  # fmt: skip


CASES: dict[str, Callable[[], Case]] = {"sharing.inbound": _fresh_inbound, "sharing.outbound": drafted}
BOTH = replace(MINH, roles=frozenset({Role.LEAD, Role.FOCAL}))
"""Minh where the lead agency itself owns the data: both roles in one person."""
