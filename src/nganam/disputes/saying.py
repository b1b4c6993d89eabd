"""Writes beside the machine: what a side says with its evidence, and the terms it offers (D50.1c)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.audit import operations as audit
from nganam.cases import seats
from nganam.cases.requirements import allow
from nganam.disputes import policies
from nganam.disputes.events import STATED, TERMS_OFFERED
from nganam.disputes.models import Dispute, Evidence, Outcome, Statement
from nganam.disputes.telling import tell
from nganam.disputes.workflow import UNDECIDED
from nganam.documents import media
from nganam.documents.files import Stream
from nganam.documents.models import StoredFile
from nganam.documents.operations import MEGABYTE, store_file
from nganam.face import telling
from nganam.kernel.actors import Actor
from nganam.kernel.digest import sha256_hex
from nganam.kernel.errors import Invalid, RuleBroken, StateMoved

TYPES = frozenset({media.PDF, media.XLSX, media.DOCX, "image/png", "image/jpeg"})
FILE_LIMIT = 20 * MEGABYTE
AT_ONCE = 5
IN_ALL = 40
"""Files a side may attach to one dispute."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file as it was sent."""

    name: str
    stream: Stream


def state_view(*, actor: Actor, at: datetime, dispute: Dispute, text: str, files: Sequence[Attached] = ()) -> Statement:
    """Say something for one's side, with evidence; the other side, and whoever handles the case, can read it.

    Files are kept before the transaction begins; a refusal after that leaves content nobody refers to, no row.
    """
    allow(policies.may_speak(actor, dispute))
    if not text.strip():
        words = _("Ghi ý kiến, hoặc nói tài liệu gửi kèm chứng minh điều gì.")
        raise Invalid(words, fields={"text": [words]})
    _check_number(actor, dispute, len(files))
    kept = [
        (one.name, store_file(one.name, one.stream, actor=actor, at=at, allowed_types=TYPES, limit=FILE_LIMIT))
        for one in files
    ]
    return _write(actor, at, dispute, text.strip(), kept)


def _check_number(actor: Actor, dispute: Dispute, sent: int) -> None:
    side = policies.side_of(actor, dispute)
    known = Evidence.objects.filter(statement__dispute=dispute, statement__side=side).count()
    text = ""
    if sent > AT_ONCE:
        text = _("Mỗi lần gửi tối đa %(number)s tệp.") % {"number": AT_ONCE}
    elif sent and known + sent > IN_ALL:
        text = _("Mỗi bên gửi tối đa %(number)s tệp cho một vướng mắc.") % {"number": IN_ALL}
    if text:
        raise Invalid(text, fields={"evidence": [text]})


@transaction.atomic
def _write(
    actor: Actor, at: datetime, dispute: Dispute, text: str, kept: Sequence[tuple[str, StoredFile]]
) -> Statement:
    # The row is locked, so two who speak at once get numbers one after the other and none speaks on a closed case.
    now = (
        Dispute.objects.select_for_update(of=("self",), no_key=True)
        .select_related("opener", "respondent")
        .get(pk=dispute.pk)
    )
    allow(policies.may_speak(actor, now))
    statement = Statement.objects.create(
        dispute=now, number=now.statements.count() + 1, side=policies.side_of(actor, now), agency=actor.agency,
        by=actor.code, by_name=actor.name, at=at, text=text,
    )  # fmt: skip
    files = {stored.pk: Evidence(statement=statement, file=stored, name=name[-255:]) for name, stored in kept}
    Evidence.objects.bulk_create(files.values())
    # The record of deeds proves what was said and sent; what it says is the sides' own and is not repeated there.
    audit.record(
        actor=actor, at=at, action=STATED, object_type="disputes.statement",
        object_code=f"{now.code}/{statement.number}", agency=actor.agency,
        details={"sha256": sha256_hex(text.encode()), "files": [stored.sha256 for _name, stored in kept]},
    )  # fmt: skip
    tell(now, actor=actor, at=at, event="stated", body=telling.kept("Có ý kiến, tài liệu mới của một bên."))
    return statement


@transaction.atomic
def offer_terms(
    *, actor: Actor, at: datetime, dispute: Dispute, terms: str, outcome: str = Outcome.FOR, version: int | None = None
) -> Dispute:
    """Offer the other side terms to settle it between them (D50.1c); a later offer of either side replaces it.

    It counts as a change of the case, so who agrees agrees to the terms they saw.
    """
    allow(policies.may_speak(actor, dispute))
    side = policies.side_of(actor, dispute)
    _check_terms(dispute, terms, outcome)
    same = Dispute.objects.filter(pk=dispute.pk, version=dispute.version, state__in=UNDECIDED)
    written = {"terms": terms.strip(), "terms_outcome": outcome, "terms_side": side, "updated_at": at}
    if version not in {None, dispute.version} or not same.update(**written, version=dispute.version + 1):
        raise StateMoved(_("Hồ sơ vừa thay đổi."), state=dispute.state, hint=_("Tải lại trang rồi đề nghị lại."))
    dispute.refresh_from_db()
    audit.record(
        actor=actor, at=at, action=TERMS_OFFERED, object_type=dispute.MACHINE.code, object_code=dispute.code,
        agency=actor.agency, details={"reason": terms.strip(), "outcome": outcome, "version": dispute.version},
    )  # fmt: skip
    seats.write(dispute, at=at)
    tell(
        dispute, actor=actor, at=at, event="terms_offered", body=telling.kept("Một bên đề nghị nội dung tự thỏa thuận.")
    )
    return dispute


def _check_terms(dispute: Dispute, terms: str, outcome: str) -> None:
    if dispute.state not in UNDECIDED:
        raise RuleBroken(_("Hai bên chỉ tự thỏa thuận khi vướng mắc chưa được giải quyết."), article="D50.1c")
    errors = {} if terms.strip() else {"terms": [_("Ghi nội dung thỏa thuận.")]}
    if outcome not in Outcome.values:
        errors["outcome"] = [_("Chọn kết quả.")]
    if errors:
        raise Invalid(_("Chưa đề nghị thỏa thuận được."), fields=errors)
