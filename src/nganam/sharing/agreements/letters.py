"""What goes out on paper: the agreed text itself, and the answers that end a request or an agreement."""

from collections.abc import Sequence
from datetime import date

from nganam.agencies.correspondence import Words, basis_of, letter_of
from nganam.documents.letters import Letter, Table
from nganam.documents.letters.content import paragraphs
from nganam.documents.models import Paper
from nganam.kernel.clock import local_date
from nganam.sharing.agreements import content
from nganam.sharing.agreements.comparing import in_words
from nganam.sharing.agreements.models import Agreement, AgreementParty, AgreementVersion, Joining
from nganam.sharing.refusing import SETTLES, based

COPIES = ("Như trên", "Cơ quan đầu mối cấp tỉnh", "Lưu: VT")
ROLES = {"provider": "Bên cung cấp", "consumer": "Bên khai thác"}


def _asked(agreement: Agreement) -> str:
    received = agreement.received_at or agreement.created_at
    return (
        f"Xét yêu cầu chia sẻ dữ liệu đặc thù {agreement.code} của {agreement.consumer.name}, tiếp nhận ngày "
        f"{local_date(received):%d/%m/%Y}, về {agreement.about}"
    )


def agreed_text(agreement: Agreement, version: AgreementVersion, *, on: date, officer: str) -> Letter:
    """Return the text all agreed to, as it is signed: the twelve items of D38, the digest, a line for each party."""
    titles = content.offered_fields(agreement)
    words = Words(
        kind=Paper.Kind.AGREEMENT,
        subject=f"chia sẻ dữ liệu đặc thù {agreement.code}, bản số {version.number}: {agreement.about}"[:480],
        basis=basis_of(agreement, "D36", "D37", "D38"),
        body=(*_items(agreement, version, titles), f"Mã băm SHA-256 của bản này: {version.digest}"),
        table=_parties(agreement, version.parties),
        copies=("Các bên", "Cơ quan đầu mối cấp tỉnh", "Lưu: VT"),
    )
    return letter_of(words, agency=agreement.provider, on=on, signer="", officer=officer)


def _items(agreement: Agreement, version: AgreementVersion, titles: dict[str, str]) -> Sequence[str]:
    lines: list[str] = []
    more = {
        "data_content": [("Mục tin", in_words(", ".join(titles.get(n, n) for n in version.content["fields"]), {}))],
        "term": [
            ("Có hiệu lực từ ngày", in_words(version.content["effective_on"], {}) or "bên cuối cùng ký"),
            ("Có hiệu lực đến trước ngày", in_words(version.content["valid_until"], {}) or "không giới hạn"),
        ],
    }
    for number, one in enumerate(content.items_of(agreement), 1):
        lines += [f"{number}. {one.vi}:", *paragraphs(version.content[one.name])]
        lines += [f"{label}: {said}." for label, said in more.get(one.name, []) if said]
    return lines


def _parties(agreement: Agreement, codes: Sequence[str]) -> Table:
    known = {one.agency.code: one for one in agreement.parties.all()}
    rows = tuple(
        (str(number), known[code].agency.name, ROLES[known[code].side], "") for number, code in enumerate(codes, 1)
    )
    return Table(title="Các bên ký", head=("TT", "Cơ quan", "Vai trò", "Chữ ký của người đại diện"), rows=rows)


def to_default(agreement: Agreement, reason: str) -> Words:
    """Tell the requester that a default service serves what it asked (D36.1)."""
    service = agreement.default_service
    named = f"{service.code} {service.name}" if service else ""
    return Words(
        kind=Paper.Kind.LETTER,
        subject=f"chuyển yêu cầu {agreement.code} về chia sẻ dữ liệu mặc định",
        basis=basis_of(agreement, "D36.1"),
        recipients=(agreement.consumer.name,),
        body=(
            f"{_asked(agreement)}, {agreement.provider.name} nhận thấy chia sẻ mặc định đáp ứng được, vì:",
            *paragraphs(reason),
            f"Đề nghị cơ quan yêu cầu gửi yêu cầu kết nối tới dịch vụ {named}.",
        ),
        copies=COPIES,
    )


def not_agreed(agreement: Agreement, reason: str, legal_basis: str, *, by_provider: bool) -> Words:
    """Tell the other side that no agreement comes about, why, and on what legal basis (D37, D51.1a)."""
    here, there = agreement.consumer, agreement.provider
    if by_provider:
        here, there = there, here
    return Words(
        kind=Paper.Kind.LETTER,
        subject=f"không thống nhất chia sẻ dữ liệu đặc thù {agreement.code}",
        basis=basis_of(agreement, "D37", "D51.1a"),
        recipients=(there.name,),
        body=(
            f"{_asked(agreement)}, {here.name} không thống nhất được nội dung chia sẻ, vì:",
            *paragraphs(reason),
            *based(legal_basis),
            SETTLES,
        ),
        copies=COPIES,
    )


def terminated(agreement: Agreement, reason: str, others: Sequence[str]) -> Words:
    """Tell the other parties that the agreement ends, and what they have to do with the data (D44.3, D38.11)."""
    deletion = (agreement.in_force.content if agreement.in_force else {}).get("deletion", "")
    agreed = ("Việc xóa, hủy dữ liệu theo thỏa thuận:", *paragraphs(deletion)) if deletion else ()
    return Words(
        kind=Paper.Kind.NOTICE,
        subject=f"Chấm dứt thỏa thuận chia sẻ dữ liệu đặc thù {agreement.code}",
        basis=basis_of(agreement, "D44", "D38.11"),
        recipients=tuple(others),
        body=(
            f"Thỏa thuận {agreement.code} về {agreement.about} chấm dứt từ ngày {agreement.ended_on:%d/%m/%Y}, vì:",
            *paragraphs(reason),
            "Tài khoản kết nối theo thỏa thuận bị thu hồi. Bên khai thác xóa, hủy dữ liệu đã nhận và báo kèm chứng cứ.",
            *agreed,
        ),
        copies=COPIES,
    )


def left(agreement: Agreement, party: AgreementParty, reason: str, others: Sequence[str], *, on: date) -> Words:
    """Tell the parties that stay that one leaves, and what becomes of its account and of the data (D44, D38.11)."""
    deletion = (agreement.in_force.content if agreement.in_force else {}).get("deletion", "")
    agreed = ("Việc xóa, hủy dữ liệu theo thỏa thuận:", *paragraphs(deletion)) if deletion else ()
    return Words(
        kind=Paper.Kind.NOTICE,
        subject=f"{party.agency.name} rút khỏi thỏa thuận chia sẻ dữ liệu đặc thù {agreement.code}",
        basis=basis_of(agreement, "D39", "D44", "D38.11"),
        recipients=tuple(others),
        body=(
            f"{party.agency.name} rút khỏi thỏa thuận {agreement.code} về {agreement.about} từ ngày {on:%d/%m/%Y}, vì:",
            *paragraphs(reason),
            "Thỏa thuận tiếp tục có hiệu lực giữa các bên còn lại.",
            f"Tài khoản kết nối của {party.agency.name} bị thu hồi.",
            "Bên rút xóa, hủy dữ liệu đã nhận và báo kèm chứng cứ.",
            *agreed,
        ),
        copies=COPIES,
    )


def taken_in(joining: Joining) -> Words:
    """Tell an agency that asked to join that it is taken in, once all have signed the version that names it (D36.4)."""
    agreement = joining.agreement
    return Words(
        kind=Paper.Kind.LETTER,
        subject=f"chấp nhận đề nghị {joining.code} tham gia thỏa thuận {agreement.code}",
        basis=basis_of(joining, "D36.4", "D39"),
        recipients=(joining.agency.name,),
        body=(
            f"{joining.provider.name} chấp nhận đề nghị tham gia thỏa thuận về {agreement.about}.",
            f"{joining.agency.name} trở thành một bên khi mọi bên đã ký bản sửa đổi có tên cơ quan.",
        ),
        copies=("Như trên", "Các bên của thỏa thuận", "Cơ quan đầu mối cấp tỉnh", "Lưu: VT"),
    )


def not_taken_in(joining: Joining, reason: str, legal_basis: str) -> Words:
    """Tell an agency that asked to join why it is not taken in (D36.4, D51.1a)."""
    asked = (
        f"Xét đề nghị {joining.code} của {joining.agency.name} tham gia thỏa thuận {joining.agreement.code} về "
        f"{joining.agreement.about}, {joining.provider.name} không chấp nhận, vì:"
    )
    return Words(
        kind=Paper.Kind.LETTER,
        subject=f"không chấp nhận đề nghị {joining.code} tham gia thỏa thuận {joining.agreement.code}",
        basis=basis_of(joining, "D36.4", "D51.1a"),
        recipients=(joining.agency.name,),
        body=(asked, *paragraphs(reason), *based(legal_basis), SETTLES),
        copies=COPIES,
    )
