"""What the letters of suspension and termination say. Pure: the same facts give the same letter, in Vietnamese."""

from dataclasses import dataclass
from datetime import date, datetime

from nganam.documents.letters import Issuer, Letter, Signer
from nganam.documents.letters.content import paragraphs
from nganam.kernel.clock import VIETNAM
from nganam.law.articles import cite


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who writes, who signs, and on which day."""

    issuer: Issuer
    signer: Signer
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What a notice of a stop tells; ``force`` is the event of force majeure, "" for a planned one."""

    service: str
    work: str
    force: str
    planned_from: datetime
    planned_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Whose use of what a letter is about; agencies, application and service by name."""

    code: str
    account: str
    application: str
    service: str
    consumer: str
    lead: str = ""


def stop_notice(stop: Stop, desk: Desk) -> Letter:
    """Tell everybody that a service stops, from when, until when (D43.3, D43.4)."""
    why = (f"Sự kiện bất khả kháng: {stop.force}",) if stop.force else ()
    return _letter(
        "TB", desk, f"Về việc tạm ngừng dịch vụ {stop.service}",
        recipients=("Các cơ quan, đơn vị khai thác dịch vụ",),
        basis=(f"Căn cứ {cite('D43.4' if stop.force else 'D43.3')}",),
        body=(
            f"{desk.issuer.name} thông báo tạm ngừng dịch vụ {stop.service} với tất cả các bên khai thác.",
            *why,
            *paragraphs(f"Nội dung công việc: {stop.work}"),
            f"Thời điểm tạm ngừng: {_moment(stop.planned_from)}.",
            f"Dự kiến khôi phục: {_moment(stop.planned_until)}.",
        ),
        copies=("Như trên", "Cổng dữ liệu của tỉnh (để đăng)", "Lưu: VT"),
    )  # fmt: skip


def report_demand(use: Use, desk: Desk, *, demand: str, due_on: date) -> Letter:
    """Ask a consumer to report how it uses the data (D51.1b)."""
    return _letter(
        "CV", desk, f"báo cáo việc sử dụng dữ liệu theo tài khoản {use.account}",
        recipients=(use.consumer,),
        body=(
            f"Căn cứ {cite('D51.1b')}, {desk.issuer.name} đề nghị {use.consumer} báo cáo {_matter(use)}.",
            *paragraphs(f"Nội dung báo cáo: {demand}"),
            f"Hạn báo cáo: ngày {_day(due_on)}.",
        ),
    )  # fmt: skip


def breach_notice(use: Use, desk: Desk, *, breach: str, handling: str, requirements: str) -> Letter:
    """Tell a consumer of its breach with the two contents of D43.5."""
    return _letter(
        "TB", desk, f"Về việc tạm ngừng kết nối, chia sẻ dữ liệu với tài khoản {use.account}",
        recipients=(use.consumer,),
        basis=(f"Căn cứ {cite('D43.5')}",),
        body=(
            f"{desk.issuer.name} thông báo cho {use.consumer} về {_matter(use)} như sau.",
            *paragraphs(f"1. Nội dung vi phạm, nguy cơ: {breach}"),
            *paragraphs(f"Biện pháp xử lý: {handling}"),
            *paragraphs(f"2. Yêu cầu để duy trì, khôi phục kết nối: {requirements}"),
        ),
        copies=("Như trên", *((f"{use.lead} (để biết)",) if use.lead else ()), "Lưu: VT"),
    )  # fmt: skip


def termination_notice(use: Use, desk: Desk, *, ground: str, reason: str, must_delete: bool) -> Letter:
    """Tell a consumer and the agencies concerned that the sharing has ended (D44.3)."""
    duty = "Bên khai thác xóa, hủy dữ liệu đã nhận và báo cáo kèm bằng chứng trên nền tảng dữ liệu của tỉnh."
    return _letter(
        "TB", desk, f"Về việc chấm dứt kết nối, chia sẻ dữ liệu với tài khoản {use.account}",
        recipients=(use.consumer,),
        basis=(f"Căn cứ {cite('D44')}",),
        body=(
            f"{desk.issuer.name} thông báo chấm dứt {_matter(use)} của {use.consumer}.",
            f"Căn cứ chấm dứt: {ground}.",
            *paragraphs(f"Lý do: {reason}"),
            f"Tài khoản {use.account} đã được thu hồi kể từ ngày {_day(desk.on)}.",
            *((duty,) if must_delete else ()),
        ),
        copies=("Như trên", *((f"{use.lead} (để biết)",) if use.lead else ()), "Lưu: VT"),
    )  # fmt: skip


def later_restoration(stop: Stop, desk: Desk, *, reason: str) -> Letter:
    """Tell everybody that the service comes back later than was announced, and why (D43.3)."""
    return _to_everybody(
        desk, f"Về việc lùi thời điểm khôi phục dịch vụ {stop.service}",
        f"{desk.issuer.name} thông báo lùi thời điểm khôi phục dịch vụ {stop.service}.",
        *paragraphs(f"Lý do: {reason}"),
        f"Dự kiến khôi phục: {_moment(stop.planned_until)}.",
    )  # fmt: skip


def no_stop(stop: Stop, desk: Desk, *, reason: str) -> Letter:
    """Tell everybody that an announced stop will not be."""
    return _to_everybody(
        desk, f"Về việc không tạm ngừng dịch vụ {stop.service}",
        f"{desk.issuer.name} thông báo không tạm ngừng dịch vụ {stop.service} như đã báo "
        f"(từ {_moment(stop.planned_from)}).",
        *paragraphs(f"Lý do: {reason}"),
    )  # fmt: skip


def _to_everybody(desk: Desk, subject: str, *body: str) -> Letter:
    return _letter(
        "TB", desk, subject, recipients=("Các cơ quan, đơn vị khai thác dịch vụ",), body=body,
        basis=(f"Căn cứ {cite('D43.3')}",), copies=("Như trên", "Cổng dữ liệu của tỉnh (để đăng)", "Lưu: VT"),
    )  # fmt: skip


def upheld(use: Use, desk: Desk) -> Letter:
    """Tell a consumer whose connection was never stopped that it stays (D43)."""
    return _to_user(
        use, desk, f"Về việc duy trì kết nối, chia sẻ dữ liệu với tài khoản {use.account}", "D43",
        f"{desk.issuer.name} đã xem xét {_matter(use)} của {use.consumer} sau thông báo vi phạm và duy trì kết nối.",
        f"Tài khoản {use.account} không bị tạm ngừng và tiếp tục được khai thác trong phạm vi đã cấp.",
    )  # fmt: skip


def restored(use: Use, desk: Desk) -> Letter:
    """Tell a consumer that its connection is restored (D43)."""
    return _to_user(
        use, desk, f"Về việc khôi phục kết nối, chia sẻ dữ liệu với tài khoản {use.account}", "D43",
        f"{desk.issuer.name} thông báo khôi phục {_matter(use)} của {use.consumer}.",
        f"Tài khoản {use.account} được khai thác lại kể từ ngày {_day(desk.on)}, trong phạm vi đã cấp.",
    )  # fmt: skip


def not_enough(use: Use, desk: Desk, *, reason: str) -> Letter:
    """Tell a consumer that its remedy does not do, so that the connection stays suspended (D43.5)."""
    return _to_user(
        use, desk, f"Về việc chưa khôi phục kết nối, chia sẻ dữ liệu với tài khoản {use.account}", "D43.5",
        f"{desk.issuer.name} đã xem xét báo cáo khắc phục của {use.consumer} về {_matter(use)}.",
        *paragraphs(f"Việc khắc phục chưa đạt: {reason}"),
        f"Tài khoản {use.account} tiếp tục tạm ngừng cho đến khi khắc phục xong và được khôi phục.",
    )  # fmt: skip


def cleared(use: Use, desk: Desk, *, reason: str) -> Letter:
    """Tell a consumer that was asked to report that no breach was found (D51.1b)."""
    return _to_user(
        use, desk, f"Về kết quả xem xét việc sử dụng dữ liệu theo tài khoản {use.account}", "D51.1b",
        f"{desk.issuer.name} đã xem xét {_matter(use)} của {use.consumer} và kết luận không có vi phạm.",
        *paragraphs(f"Lý do: {reason}"),
    )  # fmt: skip


def _to_user(use: Use, desk: Desk, subject: str, clause: str, *body: str) -> Letter:
    return _letter(
        "TB", desk, subject, recipients=(use.consumer,), basis=(f"Căn cứ {cite(clause)}",), body=body,
        copies=("Như trên", *((f"{use.lead} (để biết)",) if use.lead else ()), "Lưu: VT"),
    )  # fmt: skip


def _letter(kind: str, desk: Desk, subject: str, **rest: tuple[str, ...]) -> Letter:
    return Letter(
        kind=kind, issuer=desk.issuer, signer=desk.signer, signed_on=desk.on, subject=subject, **rest  # type: ignore[arg-type]  # the members of Letter
    )  # fmt: skip


def _matter(use: Use) -> str:
    return f"việc sử dụng dữ liệu của dịch vụ {use.service} tại ứng dụng {use.application} (hồ sơ {use.code})"


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _moment(at: datetime) -> str:
    local = at.astimezone(VIETNAM)
    return f"{local:%H} giờ {local:%M} ngày {_day(local.date())}"
