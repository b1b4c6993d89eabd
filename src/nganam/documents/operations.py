"""Every write of the room: draw numbers, issue letters, register papers, keep files."""

import base64
import secrets
from collections.abc import Callable, Collection
from datetime import date, datetime
from pathlib import PurePath

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from nganam.audit import operations as audit
from nganam.documents import files, leaks, media, tasks
from nganam.documents.events import FILE_STORED, PAPER_ISSUED, PAPER_REGISTERED, PAPER_WITHDRAWN
from nganam.documents.letters import checking, content
from nganam.documents.letters.numbering import number_and_sign
from nganam.documents.models import NumberRegister, Paper, StoredFile
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.codes import public_code
from nganam.kernel.errors import Invalid, RuleBroken

MEGABYTE = 1024 * 1024
PAPER_PREFIX = "VB"
PAPER = "documents.paper"
FIRST_DAY = date(1945, 9, 2)
"""No agency of this state signed anything before: an earlier day is a slip of the pen."""
NUMBER_LENGTH = 60


@transaction.atomic
def next_number(*, agency: str, kind: str, year: int) -> int:
    """Draw the next number of ``agency`` for ``kind`` in ``year``, without gaps: the row stays locked until commit."""
    audit.take_turn()  # whoever has a number wants the record next; whoever has the record may want a number
    register, _made = NumberRegister.objects.get_or_create(agency=agency, kind=kind, year=year)
    NumberRegister.objects.filter(pk=register.pk).update(last=F("last") + 1)
    return NumberRegister.objects.values_list("last", flat=True).get(pk=register.pk)


@transaction.atomic
def register_paper(
    *,
    actor: Actor,
    at: datetime,
    kind: str,
    number: str,
    signed_on: date,
    agency: str,
    title: str,
    signer: str = "",
    file: StoredFile | None = None,
    object_type: str = "",
    object_code: str = "",
) -> Paper:
    """Enter a paper signed elsewhere; ``number`` "" draws the agency's next one (``12/QĐ``) for the year of signing.

    ``object_type`` and ``object_code`` tie it to the thing it decides on, as ``queries.papers_of`` finds it.
    """
    number = number.strip()
    _check_paper(kind, number, signed_on, title, today=local_date(at))
    drawn = number or _draw(agency, kind, signed_on.year)
    paper = Paper(
        code=_paper_code(signed_on.year), kind=kind, number=drawn, year=signed_on.year, signed_on=signed_on,
        agency=agency, title=title.strip(), signer=signer, file=file, registered_at=at, registered_by=actor.code,
        object_type=object_type, object_code=object_code,
    )  # fmt: skip
    _insert(paper)
    audit.record(
        actor=actor, at=at, action=PAPER_REGISTERED, object_type=PAPER, object_code=paper.code, agency=agency,
        details={"number": drawn, "signed_on": signed_on, "title": paper.title, "sha256": file.sha256 if file else ""},
    )  # fmt: skip
    return paper


def _draw(agency: str, kind: str, year: int, write: Callable[[int], str] | None = None) -> str:
    """Return the agency's next number not already entered by hand, as ``write`` writes it (``12/QĐ``)."""
    while True:
        drawn = next_number(agency=agency, kind=kind, year=year)
        number = write(drawn) if write else f"{drawn}/{kind}"
        if not Paper.objects.filter(agency=agency, year=year, number=number).exists():
            return number


def _paper_code(year: int) -> str:
    return public_code(PAPER_PREFIX, year, next_number(agency="", kind=PAPER_PREFIX, year=year))


@transaction.atomic
def issue_letter(
    *, actor: Actor, at: datetime, letter: content.Letter, object_type: str, object_code: str, unit_sign: str = ""
) -> Paper:
    """Give a letter its number in the agency's register of the year, freeze what it says, and return the paper.

    Call it within the deed it belongs to: a deed rolled back takes its number with it, so the register has no gaps.
    ``unit_sign`` is the drafting unit in a công văn's sign (``CNTT`` in 15/SKHCN-CNTT). Who may sign is the room's
    policy to have said before; ``Invalid`` names what the letter lacks.
    """
    letter = content.tidied(letter)
    checking.check(letter, unit_sign=unit_sign, today=local_date(at))
    issuer, year = letter.issuer, letter.signed_on.year
    number = _draw(
        issuer.code, letter.kind, year,
        lambda drawn: number_and_sign(drawn, kind=letter.kind, agency_sign=issuer.sign, unit_sign=unit_sign),
    )  # fmt: skip
    token = _token()
    issued = content.Issued(letter=letter, number=number, address=verification_address(token))
    paper = Paper(
        code=_paper_code(year), kind=letter.kind, number=number, year=year, signed_on=letter.signed_on,
        agency=issuer.code, title=letter.subject, signer=letter.signer.name, registered_at=at,
        registered_by=actor.code, object_type=object_type, object_code=object_code,
        content=content.frozen(issued), content_sha256=content.digest(issued), token=token,
    )  # fmt: skip
    _insert(paper)
    audit.record(
        actor=actor, at=at, action=PAPER_ISSUED, object_type=PAPER, object_code=paper.code, agency=issuer.code,
        details={
            "number": number, "signed_on": letter.signed_on, "title": letter.subject, "sha256": paper.content_sha256,
            "of": f"{object_type} {object_code}",
        },
    )  # fmt: skip
    tasks.keep_letter.enqueue(paper.code)
    return paper


def verification_address(token: str) -> str:
    """Return the public page that confirms the paper with this token; it is printed as a QR code."""
    return f"{settings.NGANAM_PUBLIC_URL.rstrip('/')}/van-ban/xac-minh/{token}/"


def _token() -> str:
    """Return 128 random bits in letters and digits that can be read off paper and typed."""
    return base64.b32encode(secrets.token_bytes(16)).decode("ascii").rstrip("=").lower()


@transaction.atomic
def withdraw_paper(*, actor: Actor, at: datetime, paper: Paper, reason: str, replaced_by: Paper | None = None) -> Paper:
    """Mark a paper withdrawn, or replaced by a later one; its public page says so from then on.

    The reason stays in the audit record: it may name people, and the page is public.
    """
    if not reason.strip():
        text = _("Ghi lý do thu hồi văn bản.")
        raise Invalid(text, fields={"reason": [text]})
    if replaced_by is not None and replaced_by.pk == paper.pk:
        raise Invalid(_("Văn bản không thể thay thế chính nó."), hint=_("Chọn văn bản ban hành sau."))
    if not Paper.objects.filter(pk=paper.pk, withdrawn_at=None).update(withdrawn_at=at, replaced_by=replaced_by):
        raise RuleBroken(
            _("Văn bản %(number)s đã được thu hồi hoặc thay thế trước đó.") % {"number": paper.number},
            article="nội bộ", hint=_("Tải lại trang để xem tình trạng hiện nay của văn bản."),
        )  # fmt: skip
    paper.refresh_from_db()
    audit.record(
        actor=actor, at=at, action=PAPER_WITHDRAWN, object_type=PAPER, object_code=paper.code, agency=paper.agency,
        details={"number": paper.number, "reason": reason.strip(), "by": replaced_by.code if replaced_by else ""},
    )  # fmt: skip
    return paper


def _check_paper(kind: str, number: str, signed_on: date, title: str, *, today: date) -> None:
    errors: dict[str, list[str]] = {}
    if kind not in Paper.Kind.values:
        errors["kind"] = [_("Chọn loại văn bản trong danh sách.")]
    if signed_on > today:
        errors["signed_on"] = [_("Ngày ký không thể ở sau hôm nay.")]
    if signed_on < FIRST_DAY:
        errors["signed_on"] = [_("Xem lại năm ký: không có văn bản nào trước năm 1945.")]
    if not title.strip():
        errors["title"] = [_("Ghi trích yếu của văn bản.")]
    if len(number) > NUMBER_LENGTH:
        errors["number"] = [_("Số, ký hiệu quá dài.")]
    if errors:
        raise Invalid(_("Chưa vào sổ được văn bản."), fields=errors, hint=_("Sửa các mục được đánh dấu rồi gửi lại."))


def _insert(paper: Paper) -> None:
    try:
        with transaction.atomic():
            paper.save(force_insert=True)
    except IntegrityError as error:
        other = Paper.objects.filter(agency=paper.agency, year=paper.year, number=paper.number).first()
        if other is None:
            raise
        text = _("Số %(number)s năm %(year)s đã vào sổ ngày %(date)s: “%(title)s”.") % {
            "number": other.number, "year": other.year, "date": f"{other.signed_on:%d/%m/%Y}", "title": other.title,
        }  # fmt: skip
        raise Invalid(text, fields={"number": [text]}, hint=_("Kiểm tra lại số và ngày ký.")) from error


def store_file(
    name: str,
    stream: files.Stream,
    *,
    actor: Actor,
    at: datetime,
    allowed_types: Collection[str],
    limit: int,
) -> StoredFile:
    """Keep the stream's content by its digest and return it; at most ``limit`` bytes of one of ``allowed_types``.

    Call it outside a transaction: it reads and writes files. The type is told by content and must agree with the name.
    Bytes kept before come back as the row they have.
    """
    name = PurePath(name.replace("\\", "/")).name[-255:] or "tep"
    try:
        with files.received(stream, limit) as file:
            media_type = _checked_type(name, file, allowed_types)
            _refuse_leaks(name, file, media_type, at)
            files.keep(file)
    except files.TooLarge as error:
        raise _refused(
            _("Tệp “%(name)s” lớn hơn mức cho phép %(limit)s MB.") % {"name": name, "limit": limit // MEGABYTE or 1},
            _("Chia nhỏ tệp hoặc nén bớt ảnh rồi tải lại."),
        ) from error
    return _remember(name, file, media_type, actor=actor, at=at)


def _refuse_leaks(name: str, file: files.Received, media_type: str, at: datetime) -> None:
    """Refuse a file that holds a credential: what and where is told, the secret itself stands nowhere."""
    found = leaks.find(file.path, media_type, at)
    if not found:
        return
    told = "; ".join(f"{leaks.words(one.kind)} ({one.place})" for one in found)
    raise _refused(
        _("Tệp “%(name)s” có thông tin xác thực: %(found)s.") % {"name": name, "found": told},
        _("Che hoặc bỏ phần đó rồi tải lại; khóa, mật khẩu đã lộ ra ngoài thì thu hồi và cấp lại."),
    )


def _checked_type(name: str, file: files.Received, allowed: Collection[str]) -> str:
    if file.size == 0:
        raise _refused(_("Tệp “%(name)s” rỗng.") % {"name": name}, _("Kiểm tra lại tệp trên máy rồi tải lại."))
    found = media.sniff(file.path, name)
    wanted = ", ".join(media.name_of(one) for one in sorted(allowed))
    if found not in allowed:
        raise _refused(
            _("Tệp “%(name)s” có nội dung là %(found)s, không thuộc loại được nhận.")
            % {"name": name, "found": media.name_of(found)},
            _("Chỉ nhận: %(wanted)s.") % {"wanted": wanted},
        )
    if not media.suffix_agrees(name, found):
        raise _refused(
            _("Đuôi của tệp “%(name)s” không khớp nội dung (%(found)s).")
            % {"name": name, "found": media.name_of(found)},
            _("Đặt lại đuôi tệp cho đúng loại rồi tải lại."),
        )
    return found


def _refused(message: str, hint: str) -> Invalid:
    return Invalid(message, fields={"file": [message]}, hint=hint)


@transaction.atomic
def _remember(name: str, file: files.Received, media_type: str, *, actor: Actor, at: datetime) -> StoredFile:
    stored, made = StoredFile.objects.get_or_create(
        sha256=file.sha256,
        defaults={
            "size": file.size, "name": name, "media_type": media_type, "stored_at": at, "stored_by": actor.code,
        },
    )  # fmt: skip
    if made:
        audit.record(
            actor=actor, at=at, action=FILE_STORED, object_type="documents.file", object_code=file.sha256,
            details={"name": name, "size": file.size, "media_type": media_type},
        )  # fmt: skip
    return stored
