"""Every write of code lists: declare, import a draft, publish or withdraw it. What is published stays."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from nganam.agencies.queries import agency as agency_by_code
from nganam.audit.operations import record
from nganam.cases.requirements import allow
from nganam.codelists import policies, queries
from nganam.codelists.models import (
    CodeEntry,
    CodeList,
    CodeListVersion,
    CodeSuccession,
    Keeping,
    ListKind,
    VersionState,
)
from nganam.codelists.reading import Faults, Line, read
from nganam.kernel.actors import Actor
from nganam.kernel.digest import canonical_json, sha256_hex
from nganam.kernel.errors import Invalid, RuleBroken, StateMoved
from nganam.kernel.text import fold, slug

RESERVED = frozenset({"quan-ly"})
"""Words that stand in addresses where a list's code would."""
EARLIEST = date(1900, 1, 1)
CODE_TAKEN = gettext_noop("Mã danh mục đã dùng; chọn mã khác.")


@transaction.atomic
def declare_list(
    *, actor: Actor, at: datetime, agency: str, code: str, title: str, kind: str, basis: str = "", title_en: str = "",
    description: str = "", description_en: str = "", keeping: str = Keeping.HERE,
) -> CodeList:  # fmt: skip
    """Declare a list. Only a local list goes without the paper that makes it binding."""
    allow(policies.may_keep(actor, agency))
    owner = agency_by_code(agency)
    made = CodeList(
        code=slug(code or title)[:63].strip("-"), title=title.strip(), title_en=title_en.strip(), agency=owner,
        kind=kind, basis=basis.strip(), description=description.strip(), description_en=description_en.strip(),
        keeping=keeping, created_at=at,
    )  # fmt: skip
    _check_list(made)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:  # somebody declared the same code since it was looked for
        raise _refused({"code": [_(CODE_TAKEN)]}) from error
    details = {"title": made.title, "kind": kind, "basis": made.basis, "keeping": str(keeping)}
    record(
        actor=actor, at=at, action="codelists.list.declared", object_type="codelists.list", object_code=made.code,
        agency=agency, details=details,
    )  # fmt: skip
    return made


def _check_list(made: CodeList) -> None:
    found: dict[str, list[str]] = {}
    if not made.title:
        found["title"] = [_("Đặt tên cho danh mục.")]
    if not made.code or made.code in RESERVED:
        found["code"] = [_("Mã danh mục không dùng được; chọn mã khác.")]
    elif CodeList.objects.filter(code=made.code).exists():
        found["code"] = [_(CODE_TAKEN)]
    if made.kind not in ListKind.values:
        found["kind"] = [_("Chọn một loại danh mục.")]
    elif made.kind != ListKind.LOCAL and not made.basis:
        found["basis"] = [_("Ghi văn bản ban hành; danh mục không có văn bản thì chọn loại nội bộ của tỉnh.")]
    if made.keeping not in Keeping.values:
        found["keeping"] = [_("Chọn nơi giữ mã.")]
    if found:
        raise _refused(found)


def _refused(fields: dict[str, list[str]]) -> Invalid:
    return Invalid(_("Khai báo danh mục chưa đúng."), fields=fields)


@transaction.atomic
def import_version(
    *, actor: Actor, at: datetime, code: str, content: bytes, name: str, valid_from: date,
    valid_until: date | None = None, paper: str = "", note: str = "",
) -> CodeListVersion:  # fmt: skip
    """Read a file into a draft of the list's next version; raise ``Invalid`` naming each faulty line.

    A correction is a version from the same day as the one it corrects. One draft of a list stands at a time.
    """
    found = queries.get_list_for(actor, code)
    allow(policies.may_keep(actor, found.agency.code))
    _check_kept_here(found)
    _check_days(valid_from, valid_until)
    lines = read(content, name)
    _check_old(found, valid_from, lines)
    CodeList.objects.select_for_update().get(pk=found.pk)  # two imports do not draw one number
    waiting = found.versions.filter(state=VersionState.DRAFT).first()
    if waiting is not None:
        raise RuleBroken(
            _("Danh mục đang có bản thảo %(number)s.") % {"number": waiting.number},
            article="nội bộ",
            hint=_("Công bố hoặc bỏ bản thảo đó rồi nhập tệp mới."),
        )
    number = (found.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    made = CodeListVersion.objects.create(
        list=found, number=number, valid_from=valid_from, valid_until=valid_until, paper=paper.strip()[:300],
        note=note.strip()[:500], size=len(lines), imported_at=at, imported_by=actor.name,
    )  # fmt: skip
    _write_entries(made, lines)
    _record("imported", made, actor=actor, at=at, file=name[:255])
    return made


def _check_kept_here(found: CodeList) -> None:
    if found.keeping != Keeping.HERE:
        raise RuleBroken(
            _("Mã của danh mục này lấy từ sổ đơn vị hành chính, không nhập ở đây."),
            article="nội bộ",
            hint=_("Cập nhật đơn vị hành chính thì danh mục đổi theo."),
        )


def _check_days(valid_from: date, valid_until: date | None) -> None:
    fields: dict[str, list[str]] = {}
    if valid_from < EARLIEST:
        fields["valid_from"] = [_("Ngày hiệu lực quá sớm.")]
    if valid_until is not None and valid_until <= valid_from:
        fields["valid_until"] = [_("Ngày kết thúc phải sau ngày bắt đầu.")]
    if fields:
        raise Invalid(_("Thời hạn của phiên bản chưa đúng."), fields=fields)


def _check_old(found: CodeList, valid_from: date, lines: Sequence[Line]) -> None:
    """Refuse old codes that the version before does not have: a mapping to nothing would look like knowledge."""
    known = queries.codes_before(found, valid_from)
    faults = Faults()
    for one in lines:
        for old in one.old:
            if old not in known:
                faults.blame(
                    one.line,
                    _("mã cũ “%(code)s” không có trong phiên bản có hiệu lực trước ngày %(day)s.")
                    % {"code": old, "day": f"{valid_from:%d/%m/%Y}"},
                )
    faults.refuse()


def _write_entries(made: CodeListVersion, lines: Sequence[Line]) -> None:
    CodeEntry.objects.bulk_create(
        [
            CodeEntry(
                version=made, code=one.code, name=one.name, name_en=one.name_en, parent=one.parent, position=at,
                extra=one.extra, folded=fold(f"{one.code} {one.name} {one.name_en}")[:700],
            )
            for at, one in enumerate(lines, 1)
        ],
        batch_size=500,
    )  # fmt: skip
    CodeSuccession.objects.bulk_create(
        [CodeSuccession(version=made, old=old, new=one.code) for one in lines for old in one.old], batch_size=500
    )


@transaction.atomic
def publish_version(*, actor: Actor, at: datetime, version: CodeListVersion) -> CodeListVersion:
    """Publish a draft: from its day on it is what codes are checked by. It never changes again."""
    found = version.list
    allow(policies.may_keep(actor, found.agency.code))
    CodeList.objects.select_for_update().get(pk=found.pk)
    known = queries.codes_before(found, version.valid_from)
    unknown = sorted(set(version.successions.values_list("old", flat=True)) - known)
    if unknown:
        raise RuleBroken(
            _("Mã cũ không còn trong phiên bản trước: %(codes)s.") % {"codes": ", ".join(unknown[:10])},
            article="nội bộ",
            hint=_("Phiên bản trước đã đổi sau khi nhập bản thảo; bỏ bản thảo rồi nhập lại."),
        )
    digest = content_digest(version)
    moved = CodeListVersion.objects.filter(pk=version.pk, state=VersionState.DRAFT).update(
        state=VersionState.PUBLISHED, sha256=digest, published_at=at, published_by=actor.name
    )
    if not moved:
        raise _moved(version)
    version.refresh_from_db()
    _record("published", version, actor=actor, at=at, sha256=digest)
    return version


@transaction.atomic
def withdraw_draft(*, actor: Actor, at: datetime, version: CodeListVersion) -> None:
    """Drop a draft with its entries; its number is free again, and the record keeps that it was there."""
    allow(policies.may_keep(actor, version.list.agency.code))
    held = CodeListVersion.objects.select_for_update().filter(pk=version.pk).first()
    if held is None or not held.is_draft:
        raise _moved(version)
    _record("withdrawn", version, actor=actor, at=at)
    held.delete()


def _moved(version: CodeListVersion) -> StateMoved:
    state = CodeListVersion.objects.filter(pk=version.pk).values_list("state", flat=True).first() or ""
    return StateMoved(
        _("Phiên bản này đã được công bố hoặc đã bỏ."), state=state, hint=_("Tải lại trang để xem trạng thái.")
    )


def content_digest(version: CodeListVersion) -> str:
    """Return the SHA-256 of what a version says: its days, entries and successions."""
    entries = version.entries.values_list("code", "name", "name_en", "parent", "extra")
    told = {
        "list": version.list.code,
        "from": version.valid_from.isoformat(),
        "until": version.valid_until.isoformat() if version.valid_until else "",
        "entries": [list(one) for one in entries],
        "replaces": [list(one) for one in version.successions.values_list("old", "new")],
    }
    return sha256_hex(canonical_json(told))


def _record(deed: str, version: CodeListVersion, *, actor: Actor, at: datetime, **more: str) -> None:
    details = {
        "list": version.list.code, "version": version.number, "valid_from": version.valid_from.isoformat(),
        "paper": version.paper, "entries": version.size, **more,
    }  # fmt: skip
    record(
        actor=actor, at=at, action=f"codelists.version.{deed}", object_type="codelists.version",
        object_code=str(version), agency=version.list.agency.code, details=details,
    )  # fmt: skip
