"""Refuses a letter that could not be issued: what is missing, what is too long, in words for its writer."""

import re
from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _

from nganam.documents.letters.content import Letter, Table, canonical
from nganam.documents.models import Paper
from nganam.kernel.errors import Invalid

SIGN = re.compile(r"[A-ZĐ][A-Za-zĐđ0-9&]{0,14}([.-][A-ZĐ0-9&]{1,15})?")
SUBJECT = 500
LINE = 300
COLUMNS = 10
ROWS = 2_000
CONTENT = 400_000
"""Bytes of a letter at most: some hundred pages, and a second to draw."""

Fault = tuple[str, str]


def check(letter: Letter, *, unit_sign: str, today: date) -> None:
    """Raise ``Invalid`` naming everything wrong with a (tidied) letter."""
    faults: dict[str, list[str]] = {}
    for name, text in (*_head(letter, unit_sign, today), *_text(letter), *_foot(letter)):
        faults.setdefault(name, []).append(text)
    if faults:
        raise Invalid(
            _("Chưa phát hành được văn bản."), fields=faults, hint=_("Sửa các mục được nêu rồi thực hiện lại.")
        )


def _head(letter: Letter, unit_sign: str, today: date) -> Iterator[Fault]:
    issuer = letter.issuer
    if letter.kind not in Paper.Kind.values:
        yield "kind", _("Chọn loại văn bản trong danh sách.")
    if letter.signed_on > today:
        yield "signed_on", _("Ngày ký không thể ở sau hôm nay.")
    for name, text in (("code", issuer.code), ("name", issuer.name), ("place", issuer.place)):
        if not text or len(text) > LINE:
            yield (
                "issuer",
                _("Thiếu hoặc quá dài: mã, tên hoặc địa danh của cơ quan ban hành (%(name)s).") % {"name": name},
            )
    for sign in (issuer.sign, *([unit_sign] if unit_sign else [])):
        if not SIGN.fullmatch(sign):
            text = _(
                "Chữ viết tắt “%(sign)s” trong ký hiệu phải bắt đầu bằng chữ in hoa, không dấu, không khoảng trắng."
            )
            yield "issuer", text % {"sign": sign}


def _text(letter: Letter) -> Iterator[Fault]:
    if not letter.subject:
        yield "subject", _("Ghi trích yếu của văn bản.")
    if len(letter.subject) > SUBJECT:
        yield "subject", _("Trích yếu dài quá %(limit)s ký tự.") % {"limit": SUBJECT}
    if not (letter.body or letter.articles or letter.table):
        yield "body", _("Văn bản chưa có nội dung.")
    if letter.kind == Paper.Kind.LETTER and not letter.recipients:
        yield "recipients", _("Công văn phải có nơi kính gửi.")
    if letter.kind == Paper.Kind.DECISION and not letter.basis:
        yield "basis", _("Quyết định phải nêu căn cứ ban hành.")
    if letter.kind == Paper.Kind.DECISION and not letter.articles:
        yield "articles", _("Quyết định phải có ít nhất một điều.")
    if letter.table is not None:
        yield from _table(letter.table)
    if len(canonical(letter)) > CONTENT:  # type: ignore[arg-type]  # any dataclass of the file can be written
        yield "body", _("Văn bản quá dài.")


def _table(table: Table) -> Iterator[Fault]:
    if not 0 < len(table.head) <= COLUMNS:
        yield "table", _("Bảng phải có từ 1 đến %(limit)s cột.") % {"limit": COLUMNS}
    if len(table.rows) > ROWS:
        yield "table", _("Bảng có quá %(limit)s dòng.") % {"limit": ROWS}
    if any(len(row) != len(table.head) for row in table.rows):
        yield "table", _("Mỗi dòng của bảng phải có đủ số ô như dòng tiêu đề.")


def _foot(letter: Letter) -> Iterator[Fault]:
    signer = letter.signer
    if not signer.title:
        yield "signer", _("Ghi chức vụ của người ký.")
    if not signer.name:
        yield "signer", _("Ghi họ tên của người ký.")
    if any(len(text) > LINE for text in (signer.title, signer.name, signer.prefix, letter.authority)):
        yield "signer", _("Chức vụ hoặc họ tên của người ký quá dài.")
