"""Letters that stories about papers begin with."""

from datetime import UTC, date, datetime
from typing import Any

AT = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
MARKUP = "- Mục đích: *xác nhận* #nơi_khám $x$ @đầu <b>ban đầu</b> & \\u{41} {{ x }} {% y %}"
ADDRESS = "https://dulieu.example.vn/van-ban/xac-minh/mfrggzdfmztwq2lkmfrggzdfmz/"


def issuer(**changes: Any) -> Any:
    """Return the lead agency as the head of its letters names it."""
    from nganam.documents.letters import Issuer

    values = {
        "code": "CT-SKHCN", "name": "Sở Khoa học và Công nghệ", "sign": "SKHCN", "place": "Cần Thơ",
        "superior": "UBND thành phố Cần Thơ",
    }  # fmt: skip
    return Issuer(**values | changes)


def decision(**changes: Any) -> Any:
    """Return a decision that grants an account, with a table, and with signs that other programs would act on."""
    from nganam.documents.letters import Letter, Signer, Table

    values: dict[str, Any] = {
        "kind": "QĐ",
        "issuer": issuer(),
        "signed_on": date(2026, 11, 3),
        "subject": "Về việc cấp tài khoản kết nối dịch vụ Tra cứu cơ sở khám chữa bệnh",
        "authority": "Giám đốc Sở Khoa học và Công nghệ",
        "basis": (
            "Căn cứ Nghị định số 47/2020/NĐ-CP ngày 09 tháng 4 năm 2020 của Chính phủ;",
            "Theo yêu cầu kết nối YC-2026-0001 của Ủy ban nhân dân phường Sóc Trăng",
        ),
        "articles": (
            "Cấp tài khoản kết nối cho ứng dụng Một cửa điện tử theo bảng kèm theo.\n" + MARKUP,
            "Điều 2. Quyết định này có hiệu lực kể từ ngày ký.",
            "Ủy ban nhân dân phường Sóc Trăng chịu trách nhiệm thi hành Quyết định này.",
        ),
        "table": Table(
            title="Các mục tin được cấp",
            head=("TT", "Mã", "Tên mục tin"),
            rows=(("1", "ma_co_so", "Mã cơ sở"), ("2", "ten_co_so", "Tên cơ sở")),
        ),
        "signer": Signer(prefix="KT. GIÁM ĐỐC", title="PHÓ GIÁM ĐỐC", name="Trần Văn Minh"),
        "copies": ("Như Điều 3", "UBND thành phố (để b/c)", "Lưu: VT, CNTT"),
    }
    return Letter(**values | changes)


def official_letter(**changes: Any) -> Any:
    """Return a công văn that refuses a request."""
    from nganam.documents.letters import Letter, Signer

    values: dict[str, Any] = {
        "kind": "CV",
        "issuer": issuer(),
        "signed_on": date(2026, 2, 5),
        "subject": "từ chối yêu cầu kết nối YC-2026-0001",
        "recipients": ("Ủy ban nhân dân phường Sóc Trăng",),
        "body": (
            "Sở Khoa học và Công nghệ nhận được yêu cầu kết nối YC-2026-0001 ngày 03 tháng 02 năm 2026.",
            "Sở từ chối yêu cầu vì mục đích khai thác ngoài chức năng, nhiệm vụ được giao.",
        ),
        "signer": Signer(title="GIÁM ĐỐC", name="Trần Văn Minh"),
    }
    return Letter(**values | changes)


def issued(letter: Any, number: str = "12/QĐ-SKHCN") -> Any:
    """Return a letter as it is frozen, without a database."""
    from nganam.documents.letters import Issued, content

    return Issued(letter=content.tidied(letter), number=number, address=ADDRESS)


def paper(actor: Any, letter: Any = None, **values: Any) -> Any:
    """Issue a letter for request YC-2026-0001."""
    from nganam.documents.operations import issue_letter

    where = {"object_type": "sharing.request", "object_code": "YC-2026-0001"}
    return issue_letter(actor=actor, at=AT, letter=letter or decision(), **where | values)
