"""Scenes of agreements on special data, each built through the real operations."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import remembered
import scenes
from nganam.kernel.actors import Actor, Kind, Role

AT = scenes.AT
LAN, PHUC, MINH = scenes.LAN, scenes.PHUC, scenes.MINH
TU = Actor(Kind.PERSON, "tu", "Trương Tú", "CT-STC", frozenset({Role.FOCAL}))
"""Focal officer of Sở Tài chính: the third agency."""
LATER = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
ASKED: dict[str, Any] = {
    "wanted": "Danh sách cơ sở khám chữa bệnh kèm số điện thoại, cập nhật hằng ngày.",
    "fields": ["ma_co_so", "ten_co_so", "dien_thoai"],
    "purpose": "Liên hệ cơ sở khi có ca bệnh khẩn trên địa bàn phường.",
    "solution": "Phần mềm một cửa đồng bộ mỗi đêm, chỉ cán bộ trực xem.",
    "frequency": "Hằng ngày",
    "why": "Dịch vụ mặc định không có số điện thoại và không cho đồng bộ.",
}
REVIEW: dict[str, Any] = {
    "needs": "Phường cần số điện thoại trực của cơ sở y tế.",
    "regulations": "Luật Khám bệnh, chữa bệnh; Luật Bảo vệ dữ liệu cá nhân.",
    "conditions": "Chỉ dùng khi có tình huống khẩn; không chuyển cho bên thứ ba.",
    "tasks": "Sở mở dịch vụ đồng bộ; phường phân quyền cán bộ trực.",
}
TEXT: dict[str, Any] = {
    "parties": "Bên cung cấp: Sở Y tế thành phố Cần Thơ\nBên khai thác: UBND phường Sóc Trăng",
    "data_content": "Mã, tên, điện thoại trực của cơ sở khám chữa bệnh.",
    "places": "Kho dữ liệu dùng chung; phần mềm một cửa của phường.",
    "term": "Hai năm kể từ ngày có hiệu lực.",
    "method": "Đồng bộ hằng đêm qua LGSP.",
    "processing": "Chỉ nạp vào bảng tra cứu của phần mềm một cửa.",
    "limits": "Chỉ dùng khi có tình huống khẩn.",
    "commitment": "Mỗi bên cử một đầu mối, báo nhau trong ngày khi có sự cố.",
    "security": "Tài khoản ứng dụng riêng, khóa đổi mỗi sáu tháng.",
    "storage": "Lưu tối đa 30 ngày; không tạo dữ liệu phái sinh.",
    "deletion": "Xóa bảng tra cứu, lập biên bản có hai bên ký.",
    "other": "Không có.",
    "fields": ["ma_co_so", "ten_co_so", "dien_thoai"],
    "effective_on": "",
    "valid_until": "2028-11-03",
}
SIGNERS = {"CT-SYT": "Trần Thị Giám Đốc", "CT-X31507": "Lý Văn Chủ Tịch", "CT-STC": "Võ Tài Chính"}


@remembered.scene
def special_service() -> Any:
    """Publish a service that is shared by agreement only."""
    from nganam.services.models import Service

    service = scenes.published_service()
    Service.objects.filter(pk=service.pk).update(form="special")
    service.refresh_from_db()
    return service


@remembered.scene
def drafted(service: Any = None, **changes: Any) -> Any:
    """Draft Phúc's request for special data."""
    from nganam.sharing.agreements import operations

    return operations.ask_agreement(
        actor=PHUC, at=AT, application=scenes.application(), service=service or special_service(),
        values=ASKED | changes,
    )  # fmt: skip


@remembered.scene
def submitted(**changes: Any) -> Any:
    """Send it."""
    from nganam.sharing.agreements import operations

    return operations.submit(actor=PHUC, at=AT, agreement=drafted(**changes))


@remembered.scene
def confirmed() -> Any:
    """Lan finds that default sharing does not serve."""
    from nganam.sharing.agreements import operations

    return operations.confirm_special(actor=LAN, at=AT, agreement=submitted(), reason="Có dữ liệu cá nhân.")


@remembered.scene
def drafting() -> Any:
    """Lan records the review: both sides draft now."""
    from nganam.sharing.agreements import operations

    return operations.record_review(actor=LAN, at=AT, agreement=confirmed(), **REVIEW)


def save(agreement: Any, actor: Actor = PHUC, at: datetime = AT, **changes: Any) -> Any:
    """Save a version of the text with some items changed."""
    from nganam.sharing.agreements import drafting as texts

    return texts.save_version(actor=actor, at=at, agreement=agreement, content=TEXT | changes, note="Theo trao đổi")


def table(agreement: Any) -> Any:
    """Return the version on the table."""
    from nganam.sharing.agreements import queries

    return queries.on_table(agreement)


def agree(agreement: Any, actor: Actor, at: datetime = AT) -> Any:
    """Agree to the version on the table."""
    from nganam.sharing.agreements import drafting as texts

    return texts.agree(actor=actor, at=at, agreement=agreement, digest=table(agreement).digest)


@remembered.scene
def signing(**changes: Any) -> Any:
    """Phúc saves a whole text, Lan agrees: it waits for signatures."""
    return agree(save(drafting(), **changes), LAN)


def sign(agreement: Any, actor: Actor, at: datetime = AT) -> Any:
    """Sign the version on the table."""
    from nganam.sharing.agreements import signing as signatures

    return signatures.sign(
        actor=actor, at=at, agreement=agreement, digest=table(agreement).digest, signer=SIGNERS[actor.agency],
        position="Thủ trưởng cơ quan",
    )  # fmt: skip


@remembered.scene
def in_force(**changes: Any) -> Any:
    """Both sides sign: the agreement holds and its account is open."""
    return sign(sign(signing(**changes), PHUC), LAN)


@remembered.scene
def amending(agreement: Any = None) -> Any:
    """Lan opens an amendment."""
    from nganam.sharing.agreements import drafting as texts

    return texts.begin_amendment(actor=LAN, at=LATER, agreement=agreement or in_force(), reason="Bỏ điện thoại")


@remembered.scene
def deleting() -> Any:
    """Phúc ends the agreement: the duty to delete runs."""
    from nganam.sharing.agreements import ending

    return ending.terminate(
        actor=PHUC, at=LATER, agreement=in_force(), ground="ended", reason="Phường không còn nhu cầu."
    )


@remembered.scene
def joining(agreement: Any = None, actor: Actor = TU) -> Any:
    """Tú asks to join."""
    from nganam.sharing.agreements import joining as joinings

    return joinings.ask_to_join(
        actor=actor, at=LATER, agreement=agreement or in_force(), application=scenes.application(actor, "NSNN"),
        purpose="Đối chiếu cơ sở được cấp ngân sách.",
    )  # fmt: skip


def fresh(thing: Any) -> Any:
    """Read a row anew, as another request would."""
    return type(thing).objects.get(pk=thing.pk)


def days(number: int) -> timedelta:
    """Return a number of days."""
    return timedelta(days=number)


END = date(2028, 11, 3)
CASES: dict[str, Any] = {"sharing.agreement": drafted, "sharing.joining": joining}
