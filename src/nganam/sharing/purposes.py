"""Purposes data are used for: the code list (nội bộ), and which of them a request or an agreement has approved.

D35.2 and D38 ask for the purpose in words, which stay; the codes are what a token, the log and reports can hold. An
account never reaches beyond those of the request or agreement it comes from.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from nganam.kernel.errors import Invalid

if TYPE_CHECKING:
    from nganam.sharing.accounts.models import Account

PURPOSES = {
    "TTHC": gettext_noop("Giải quyết thủ tục hành chính"),
    "QLNN": gettext_noop("Quản lý nhà nước theo chức năng, nhiệm vụ"),
    "TKBC": gettext_noop("Thống kê, báo cáo"),
    "TTKT": gettext_noop("Thanh tra, kiểm tra, giám sát"),
    "ATXH": gettext_noop("An sinh xã hội"),
    "KHAN": gettext_noop("Ứng phó thiên tai, dịch bệnh, khẩn cấp"),
    "KHAC": gettext_noop("Mục đích khác, nêu trong yêu cầu"),
}
"""A local list (nội bộ), so that calls of one purpose can be told from others."""
FIELD = "purpose_codes"


def read_codes(codes: Iterable[str]) -> list[str]:
    """Return codes in the order of the list, each once; raise ``Invalid`` for what is none."""
    given = set(codes)
    unknown = given - PURPOSES.keys()
    if unknown:
        raise _wrong(FIELD, _("Không có mã mục đích %(code)s.") % {"code": ", ".join(sorted(unknown))})
    return [code for code in PURPOSES if code in given]


def in_words(codes: Iterable[str]) -> list[str]:
    """Return codes with what they mean, as pages tell them."""
    return [f"{code} · {_(PURPOSES[code])}" if code in PURPOSES else code for code in codes]


def choices(codes: Iterable[str]) -> list[tuple[str, Any]]:
    """Return codes to choose one from, or none."""
    return [("", gettext_lazy("Không nêu")), *((code, f"{code} · {gettext_lazy(PURPOSES[code])}") for code in codes)]


def field() -> forms.Field:
    """Return the field by which a request or an agreement names its purposes."""
    return forms.MultipleChoiceField(
        label=gettext_lazy("Mã mục đích"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=lambda: choices(PURPOSES)[1:],
        help_text=gettext_lazy("Danh mục nội bộ. Tài khoản và mã truy cập chỉ mang mục đích được chấp thuận ở đây."),
    )  # fmt: skip


def approved(account: "Account") -> list[str]:
    """Return the purposes that the request or agreement of an account has approved."""
    origin: Any = account.request if account.request_id else account.agreement
    return list(origin.purpose_codes)


def granted(account: "Account") -> tuple[str, ...]:
    """Return the purposes a token of the account may name: the one it is bound to, else every approved one."""
    return (account.purpose_code,) if account.purpose_code else tuple(approved(account))


def breaks_chain(account: "Account") -> str:
    """Return why an account's purpose is not one its request or agreement has approved, or ""."""
    if not account.purpose_code or account.purpose_code in approved(account):
        return ""
    origin: Any = account.request if account.request_id else account.agreement
    words = _("Mục đích %(code)s của tài khoản không thuộc mục đích được chấp thuận ở %(origin)s.")
    return words % {"code": account.purpose_code, "origin": origin.code}


def must_be_approved(code: str, codes: Sequence[str]) -> None:
    """Raise ``Invalid`` when an account would be bound to a purpose nobody has approved."""
    if code and code not in codes:
        text = _("Mục đích %(code)s không thuộc mục đích được chấp thuận: %(approved)s.")
        hint = _("Chọn một mục đích được chấp thuận, hoặc để yêu cầu, thỏa thuận chấp thuận mục đích này trước.")
        raise _wrong("purpose_code", text % {"code": code, "approved": ", ".join(codes) or "–"}, hint)


def _wrong(name: str, text: str, hint: str = "") -> Invalid:
    return Invalid(text, fields={name: [text]}, hint=hint)
