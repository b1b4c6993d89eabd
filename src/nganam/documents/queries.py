"""Reads of papers and files."""

from typing import BinaryIO

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from nganam.documents import files
from nganam.documents.letters.content import Issued, digest, thawed
from nganam.documents.models import Paper, StoredFile
from nganam.kernel.errors import NotFound, Unavailable


def paper(code: str) -> Paper:
    """Return the paper with this public code; raise ``NotFound`` if there is none."""
    found = Paper.objects.select_related("file").filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có văn bản mang mã %(code)s.") % {"code": code})
    return found


def papers(*, agency: str = "", kind: str = "") -> QuerySet[Paper]:
    """Return papers, latest signed first."""
    wanted = {name: value for name, value in (("agency", agency), ("kind", kind)) if value}
    return Paper.objects.filter(**wanted).select_related("file")


def papers_of(object_type: str, object_code: str) -> QuerySet[Paper]:
    """Return the papers issued or registered for a thing, first to last; who may see them is for its room to say."""
    found = Paper.objects.filter(object_type=object_type, object_code=object_code)
    return found.select_related("file", "replaced_by").order_by("registered_at", "pk")


def paper_by_token(token: str) -> Paper:
    """Return the issued paper that a verification address leads to; raise ``NotFound`` for any other token."""
    found = Paper.objects.select_related("file", "replaced_by").filter(token=token.strip().lower()).first()
    if found is None:
        raise NotFound(
            _("Không có văn bản nào mang mã xác minh này."),
            hint=_("So lại từng ký tự của địa chỉ với địa chỉ in trên văn bản, hoặc quét lại mã QR."),
        )
    return found


def issued(paper: Paper) -> Issued:
    """Return what an issued paper says; ``NotFound`` for one only registered, ``Unavailable`` if it was changed."""
    if paper.content is None:
        raise NotFound(
            _("Văn bản %(number)s được ký ở ngoài nền tảng, ở đây chỉ có số và ngày.") % {"number": paper.number},
            hint=_("Mở tệp đính kèm nếu có, hoặc hỏi cơ quan ban hành."),
        )
    if digest(paper.content) != paper.content_sha256:
        raise Unavailable(
            _("Nội dung lưu của văn bản %(number)s không khớp mã băm lúc phát hành.") % {"number": paper.number},
            hint=_("Báo người quản trị đối chiếu với nhật ký và bản sao lưu."),
        )
    return thawed(paper.content)


def stored_file(sha256: str) -> StoredFile:
    """Return what is known of the file with this digest; raise ``NotFound`` if it was never kept."""
    found = StoredFile.objects.filter(sha256=sha256).first()
    if found is None:
        raise NotFound(_("Không có tệp này trong kho tệp."))
    return found


def open_file(sha256: str) -> BinaryIO:
    """Open the kept content for reading; who may read it is for the asking room's policy to say.

    Raises ``NotFound`` for an unknown digest and ``Unavailable`` when the row exists but the content is gone.
    """
    stored = stored_file(sha256)
    try:
        return files.place(stored.sha256).open("rb")
    except FileNotFoundError as error:
        raise Unavailable(
            _("Tệp “%(name)s” hiện không đọc được trong kho tệp.") % {"name": stored.name},
            hint=_("Báo người quản trị khôi phục tệp từ bản sao lưu."),
        ) from error
