"""What the provider writes on a default request (SM1): the grant, the refusal, the move to special data."""

from collections.abc import Mapping, Sequence

from nganam.agencies.correspondence import Words, basis_of
from nganam.documents.letters import Table
from nganam.documents.letters.content import paragraphs
from nganam.documents.models import Paper
from nganam.kernel.clock import local_date
from nganam.sharing.accounts.models import Account
from nganam.sharing.purposes import PURPOSES
from nganam.sharing.refusing import SETTLES, based
from nganam.sharing.requests.models import Request

HANDED_OVER = (
    "Tài khoản được khai thác các mục tin trong bảng dưới đây, đúng mục đích đã đăng ký. Khóa truy cập được giao cho "
    "cán bộ đầu mối của cơ quan yêu cầu trên hệ thống, hiển thị một lần."
)


def _about(request: Request) -> str:
    received = request.received_at or request.created_at
    return (
        f"Xét yêu cầu kết nối, khai thác dữ liệu {request.code} của {request.consumer.name}, tiếp nhận ngày "
        f"{local_date(received):%d/%m/%Y}, đối với dịch vụ {request.service.code} {request.service.name}"
    )


def granted(request: Request, account: Account, term: str) -> Words:
    """Tell the requester of the account, what it may read and until when (D35.3); ``term`` is the term's clause."""
    until = f"đến trước ngày {account.valid_until:%d/%m/%Y}" if account.valid_until else "không giới hạn thời hạn"
    titles = dict(request.service.fields.values_list("name", "title"))
    return Words(
        kind=Paper.Kind.NOTICE,
        subject=f"Cấp tài khoản kết nối {account.code} theo yêu cầu {request.code}",
        basis=basis_of(request, term, "D40", *(("D51.1a",) if request.withheld else ())),
        recipients=(request.consumer.name,),
        body=(
            f"{_about(request)}, {request.provider.name} thông báo:",
            f"Cấp tài khoản kết nối {account.code} cho ứng dụng {request.application}, hiệu lực {until}.",
            *told_scope(account),
            HANDED_OVER,
            *withheld(request.withheld, titles, request.refusal_reason, request.legal_basis),
        ),
        table=_items(account.granted_fields, titles),
        copies=("Như trên", "Cơ quan đầu mối cấp tỉnh", "Lưu: VT"),
    )


def told_scope(account: Account) -> tuple[str, ...]:
    """Return what a letter says of how far an account reaches, beside its items: a sentence for each limit."""
    rows = "; ".join(f"{name} thuộc {', '.join(values)}" for name, values in sorted(account.rows.items()))
    numbers = (
        (account.rate_per_minute, "cuộc gọi mỗi phút"), (account.burst, "cuộc gọi dồn một lúc"),
        (account.concurrent, "cuộc gọi cùng lúc"), (account.per_day, "cuộc gọi mỗi ngày"),
        (account.per_month, "cuộc gọi mỗi tháng"),
    )  # fmt: skip
    most = ", ".join(f"{number} {words}" for number, words in numbers if number)
    sentences = (
        (account.granted_operations, f"Thao tác được gọi: {', '.join(account.granted_operations)}."),
        (rows, f"Chỉ xem bản ghi có {rows}."),
        (account.hours, f"Chỉ gọi trong giờ: {account.hours} (giờ Việt Nam)."),
        (account.purpose_code, f"Mục đích: {account.purpose_code}, {PURPOSES.get(account.purpose_code, '')}."),
        (most, f"Hạn mức: {most}."),
    )
    return tuple(sentence for said, sentence in sentences if said)


def withheld(names: Sequence[str], titles: Mapping[str, str], reason: str, legal_basis: str) -> tuple[str, ...]:
    """Return what a grant says of the items it leaves out: which, why and on what basis (D35.3, N194.16)."""
    if not names:
        return ()
    said = f"Không cấp các mục tin: {', '.join(titles.get(name, name) for name in names)}. Lý do:"
    return (said, *paragraphs(reason), *based(legal_basis), SETTLES)


def _items(names: Sequence[str], titles: dict[str, str]) -> Table:
    rows = tuple((str(number), name, titles.get(name, name)) for number, name in enumerate(names, 1))
    return Table(title="Các mục tin được cấp", head=("TT", "Mã mục tin", "Tên mục tin"), rows=rows)


def refused(request: Request, reason: str, legal_basis: str, term: str) -> Words:
    """Tell the requester why not, with the legal basis where one is due; the settling body gets a copy (D51.1a)."""
    return Words(
        kind=Paper.Kind.LETTER,
        subject=f"từ chối yêu cầu kết nối {request.code}",
        basis=basis_of(request, term, "D51.1a"),
        recipients=(request.consumer.name,),
        body=(
            f"{_about(request)}, {request.provider.name} từ chối cấp tài khoản kết nối với lý do:",
            *paragraphs(reason),
            *based(legal_basis),
            SETTLES,
        ),
        copies=("Như trên", "Cơ quan đầu mối cấp tỉnh (để biết)", "Lưu: VT"),
    )


def lapsed(request: Request, reason: str, term: str) -> Words:
    """Answer that nothing is left to grant: the service asked for has ended (D35.3)."""
    return Words(
        kind=Paper.Kind.NOTICE,
        subject=f"Trả lời yêu cầu kết nối {request.code}",
        basis=basis_of(request, term, "D44"),
        recipients=(request.consumer.name,),
        body=(
            f"{_about(request)}, {request.provider.name} thông báo đóng yêu cầu vì dịch vụ đã ngừng cung cấp:",
            *paragraphs(reason),
        ),
        copies=("Như trên", "Cơ quan đầu mối cấp tỉnh (để biết)", "Lưu: VT"),
    )


def special(request: Request, reason: str, legal_basis: str, term: str) -> Words:
    """Tell the requester that the data are special and must be agreed on (D36): no account, so a refusal (D51.1a)."""
    return Words(
        kind=Paper.Kind.LETTER,
        subject=f"chuyển yêu cầu kết nối {request.code} sang chia sẻ dữ liệu đặc thù",
        basis=basis_of(request, term, "D36", "D51.1a"),
        recipients=(request.consumer.name,),
        body=(
            f"{_about(request)}, {request.provider.name} nhận thấy dữ liệu được yêu cầu là dữ liệu đặc thù, vì:",
            *paragraphs(reason),
            *based(legal_basis),
            "Đề nghị cơ quan yêu cầu cùng thống nhất nội dung chia sẻ theo thủ tục đối với dữ liệu đặc thù.",
            SETTLES,
        ),
        copies=("Như trên", "Cơ quan đầu mối cấp tỉnh (để biết)", "Lưu: VT"),
    )
