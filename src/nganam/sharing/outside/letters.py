"""What the letters across the border of the province say (S17.3, D35.3, N194.16). On paper: always Vietnamese."""

from collections.abc import Sequence
from datetime import date

from nganam.agencies.correspondence import Words, basis_of
from nganam.agencies.models import Agency
from nganam.documents.letters import Table
from nganam.documents.letters.content import paragraphs
from nganam.documents.models import Paper
from nganam.law.rules import rules
from nganam.sharing.accounts.models import Account
from nganam.sharing.outside.models import Form, Inbound, Opinion, Outbound
from nganam.sharing.requests.letters import withheld

BY = {"national": "trên Cổng dữ liệu quốc gia, mã hồ sơ", "document": "tại văn bản số"}
SIDES = {"owner": "Cơ quan chủ quản", "lead": "Cơ quan đầu mối"}
NO_FEE = "Việc chia sẻ dữ liệu giữa các cơ quan nhà nước không thu phí."


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _came(inbound: Inbound) -> str:
    """Say by what the outside agency asked for what."""
    return (
        f"yêu cầu của {inbound.requester.name} {BY[inbound.channel]} {inbound.document_number} "
        f"ngày {_day(inbound.document_on)} (mã {inbound.code}) về khai thác {_what(inbound)}"
    )


def _what(inbound: Inbound) -> str:
    if inbound.service is None:
        return f"dữ liệu của {inbound.provider.name}"
    return f"dịch vụ {inbound.service.code} “{inbound.service.name}” của {inbound.provider.name}"


def submission(inbound: Inbound, opinions: Sequence[Opinion], *, lead: Agency, province: Agency, reason: str) -> Words:
    """Return the tờ trình that puts differing opinions before the Chairman (S17.3)."""
    rows = tuple(
        (SIDES[one.side], "đồng ý" if one.agrees else "không đồng ý", f"{one.reason}\n{one.legal_basis}".strip())
        for one in opinions
    )
    return Words(
        kind=Paper.Kind.SUBMISSION,
        subject=f"chia sẻ dữ liệu cho {inbound.requester.name} theo yêu cầu {inbound.code}",
        recipients=(f"Chủ tịch {province.name}",),
        basis=basis_of(inbound, "S17.3"),
        body=(
            f"{lead.name} tiếp nhận {_came(inbound)}; mục đích: {inbound.purpose}",
            "Ý kiến của cơ quan chủ quản dữ liệu và của cơ quan đầu mối khác nhau, như bảng dưới đây.",
            *paragraphs(reason),
            "Kính trình Chủ tịch xem xét, quyết định.",
        ),
        table=Table(head=("Bên cho ý kiến", "Ý kiến", "Lý do, căn cứ"), rows=rows),
        copies=("Như trên", inbound.provider.name, "Lưu: VT"),
    )  # fmt: skip


def decision(inbound: Inbound, *, permits: bool, province: Agency, reason: str) -> Words:
    """Return the Chairman's decision to permit the sharing, or not."""
    said = paragraphs(reason)
    verb = "Cho phép" if permits else "Không cho phép"
    given = f"Tờ trình số {inbound.submission_number}"
    if inbound.submission_on:
        given += f" ngày {_day(inbound.submission_on)}"
    return Words(
        kind=Paper.Kind.DECISION,
        subject=f"{verb.lower()} chia sẻ dữ liệu cho {inbound.requester.name}",
        authority=f"Chủ tịch {province.name}",
        basis=(*basis_of(inbound, "S17.3"), f"Theo {given}"),
        articles=(
            f"{verb} chia sẻ {_what(inbound)} cho {inbound.requester.name} theo yêu cầu {inbound.code}.",
            *((f"Lý do, điều kiện: {'; '.join(said)}.",) if said else ()),
            f"Cơ quan đầu mối cấp tỉnh và {inbound.provider.name} chịu trách nhiệm thi hành Quyết định này từ ngày ký.",
        ),
        copies=("Như Điều cuối", inbound.requester.name, "Lưu: VT"),
    )  # fmt: skip


def refusal(inbound: Inbound, *, lead: Agency, reason: str, legal_basis: str) -> Words:
    """Return the answer that the data are not shared, with the reason and the legal basis (N194.16)."""
    decided: tuple[str, ...] = ()
    if inbound.state == "forbidden" and inbound.decision_on:
        paper = f"Quyết định số {inbound.decision_number} ngày {_day(inbound.decision_on)}"
        decided = (f"Chủ tịch Ủy ban nhân dân không cho phép chia sẻ tại {paper}.",)
    restricts = paragraphs(legal_basis)
    return Words(
        kind=Paper.Kind.LETTER,
        subject=f"từ chối yêu cầu khai thác dữ liệu {inbound.document_number}",
        recipients=(inbound.requester.name,),
        basis=basis_of(inbound, "S17.3", *_term(inbound)),
        body=(
            f"{lead.name} nhận được {_came(inbound)}.",
            *decided,
            f"Yêu cầu không được chấp thuận. Lý do: {'; '.join(paragraphs(reason))}",
            *((f"Căn cứ pháp lý hạn chế chia sẻ: {'; '.join(restricts)}",) if restricts else ()),
            "Nếu không thống nhất, quý cơ quan đề nghị giải quyết vướng mắc theo pháp luật về chia sẻ dữ liệu.",
        ),
        copies=("Như trên", inbound.provider.name, "Lưu: VT"),
    )  # fmt: skip


def grant(inbound: Inbound, account: Account, *, issuer: Agency) -> Words:
    """Return the notice that the account is there, for which items and until when (D35.3)."""
    titles = dict(account.service.fields.values_list("name", "title"))
    rows = tuple((str(n), name, titles.get(name, name)) for n, name in enumerate(account.granted_fields, 1))
    request = account.request
    until = f"đến trước ngày {_day(account.valid_until)}" if account.valid_until else "không giới hạn thời hạn"
    return Words(
        kind=Paper.Kind.NOTICE,
        subject=f"Cấp tài khoản kết nối {account.code} theo yêu cầu {inbound.document_number}",
        recipients=(inbound.requester.name,),
        basis=basis_of(inbound, "S17.3", *_term(inbound)),
        body=(
            f"{issuer.name} trả lời {_came(inbound)} như sau.",
            f"Cấp tài khoản {account.code} cho ứng dụng {inbound.application_code}, hiệu lực {until}.",
            "Tài khoản được khai thác các mục tin trong bảng dưới đây, đúng mục đích đã nêu.",
            *(withheld(request.withheld, titles, request.refusal_reason, request.legal_basis) if request else ()),
            f"Cơ quan đầu mối cấp tỉnh bàn giao khóa truy cập; kết nối qua LGSP. {NO_FEE}",
        ),
        table=Table(title="Các mục tin được cấp", head=("TT", "Mã mục tin", "Tên mục tin"), rows=rows),
        copies=("Như trên", "Cơ quan đầu mối cấp tỉnh", "Lưu: VT"),
    )  # fmt: skip


def _term(inbound: Inbound) -> tuple[str, ...]:
    """Return the clause that sets the term of the answer; special data have none."""
    return (rules(inbound.rules).term("acct_issue").article,) if inbound.form == Form.DEFAULT else ()


def agreement(inbound: Inbound, *, lead: Agency, reason: str) -> Words:
    """Return the answer that the data are special and have to be agreed on (D36)."""
    return Words(
        kind=Paper.Kind.LETTER,
        subject=f"thống nhất nội dung chia sẻ dữ liệu đặc thù theo yêu cầu {inbound.document_number}",
        recipients=(inbound.requester.name,),
        basis=basis_of(inbound, "D36"),
        body=(
            f"{lead.name} nhận được {_came(inbound)}.",
            *paragraphs(reason),
            f"Đề nghị quý cơ quan cùng {inbound.provider.name} thống nhất nội dung chia sẻ bằng văn bản.",
        ),
        copies=("Như trên", inbound.provider.name, "Lưu: VT"),
    )  # fmt: skip


def answered(outbound: Outbound, *, lead: Agency, rejected: bool, reason: str) -> Words:
    """Return what the lead agency answers a unit whose proposal it does not take up, or gives back (S9.3)."""
    verb = "không chấp nhận" if rejected else "đề nghị bổ sung"
    return Words(
        kind=Paper.Kind.LETTER,
        subject=f"{verb} đề xuất khai thác dữ liệu ngoài tỉnh {outbound.code}",
        recipients=(outbound.proposer.name,),
        basis=basis_of(outbound, "S9.3"),
        body=(
            f"{lead.name} đã rà soát đề xuất {outbound.code} về khai thác {outbound.service_name} và {verb}, vì:",
            *paragraphs(reason),
            *(() if rejected else ("Đơn vị bổ sung rồi gửi lại đề xuất.",)),
        ),
    )  # fmt: skip


def asking(outbound: Outbound, *, lead: Agency) -> Words:
    """Return the request to an outside provider, with the content of D35.2."""
    form = "mặc định" if outbound.form == Form.DEFAULT else "đặc thù"
    application = f"{outbound.application.code} {outbound.application.name}" if outbound.application else "–"
    rows = (
        ("Cơ quan yêu cầu", f"{outbound.proposer.name} (mã {outbound.proposer.code})"),
        ("Ứng dụng", application),
        ("Dịch vụ, dữ liệu", f"{outbound.service_name} (chia sẻ {form})"),
        ("Mục đích", outbound.purpose),
        ("Giải pháp sử dụng", outbound.solution),
        (f"Mục tin ({len(outbound.fields)})", "; ".join(outbound.fields)),
        ("Tần suất", outbound.frequency),
        ("Căn cứ pháp lý", outbound.review.get("legal_basis", outbound.basis)),
        *((("Thông tin khác", outbound.other),) if outbound.other else ()),
    )
    return Words(
        kind=Paper.Kind.LETTER,
        subject=f"đề nghị cung cấp dữ liệu cho {outbound.proposer.name}",
        recipients=(outbound.asked_of,),
        body=(
            f"{lead.name} đề nghị {outbound.asked_of} cung cấp dữ liệu như dưới đây, kết nối qua LGSP. {NO_FEE}",
        ),
        table=Table(head=("Nội dung", "Chi tiết"), rows=rows),
        copies=("Như trên", outbound.proposer.name, "Lưu: VT"),
    )  # fmt: skip
