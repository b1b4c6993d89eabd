"""The end of an agreement (D44) and the duty that outlives it: to delete or destroy what was received (D38.11)."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.agencies.queries import agency_names
from nganam.cases import operations as cases
from nganam.cases import parties, seats
from nganam.documents.models import StoredFile
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid
from nganam.law.rules import rules
from nganam.sharing import evidence
from nganam.sharing.agreements import connecting, letters, queries
from nganam.sharing.agreements.drafting import release_joining
from nganam.sharing.agreements.models import Agreement, AgreementVersion, DeletionReport
from nganam.sharing.agreements.operations import send_for_side, set_aside
from nganam.sharing.agreements.telling import KEEPER, tell_parties, tell_party
from nganam.sharing.agreements.workflow import AGREEMENT
from nganam.sharing.outside.following import follow_agreement
from nganam.sharing.policies import officers_of


def expire_due(*, at: datetime) -> int:
    """End every agreement whose term is over; return how many."""
    found = list(queries.due_to_expire(local_date(at)))
    for one in found:
        expire(one, at=at)
    return len(found)


@transaction.atomic
def expire(agreement: Agreement, *, at: datetime) -> Agreement:
    """End an agreement whose term is over."""
    ended_on = agreement.valid_until
    moved = cases.advance(agreement, "expire", actor=KEEPER, at=at, changes={"ended_on": ended_on})
    reason = kept("Hết thời hạn thỏa thuận")
    follow_agreement(moved, "expire", at=at, reason=reason)
    return _wind_down(moved, actor=KEEPER, at=at, reason=reason)


@transaction.atomic
def terminate(
    *, actor: Actor, at: datetime, agreement: Agreement, ground: str, reason: str, signer: str = "",
    version: int | None = None,
) -> Agreement:  # fmt: skip
    """End an agreement before its term, on one of the grounds of D44."""
    parties.check(actor, agreement, AGREEMENT.transition("terminate"))
    word = next((one for one in rules(agreement.rules).vocabulary("termination_ground") if one.code == ground), None)
    if word is None:
        text = _("Chọn căn cứ chấm dứt.")
        raise Invalid(text, fields={"ground": [text]})
    said = f"{word.vi}: {reason.strip()}" if reason.strip() else ""
    moved = cases.advance(
        agreement, "terminate", actor=actor, at=at, reason=said, version=version,
        changes={"ended_on": local_date(at)}, details={"ground": ground},
    )  # fmt: skip
    others = [name for code, name in queries.agency_names_in(moved).items() if code != queries.side_of(actor, moved)]
    send_for_side(letters.terminated(moved, said, others), moved, actor=actor, at=at, signer=signer)
    follow_agreement(moved, "terminate", at=at, reason=said)
    return _wind_down(moved, actor=actor, at=at, reason=said)


@transaction.atomic
def end_with_party(agreement: Agreement, *, at: datetime, reason: str) -> Agreement:
    """End an agreement that has lost its provider, or the last who exploits, with no successor."""
    moved = cases.advance(
        agreement, "end_with_party", actor=KEEPER, at=at, reason=reason, changes={"ended_on": local_date(at)}
    )
    follow_agreement(moved, "terminate", at=at, reason=reason)
    return _wind_down(moved, actor=KEEPER, at=at, reason=reason)


@transaction.atomic
def drop_unsigned(agreement: Agreement, *, at: datetime, reason: str) -> Agreement:
    """Withdraw a request for special data of which a side is no more, before all have signed."""
    moved = cases.advance(agreement, "withdraw", actor=KEEPER, at=at, reason=reason)
    follow_agreement(moved, "withdraw", at=at, reason=reason)
    tell_parties(moved, actor=KEEPER, at=at, event="withdraw", body=reason)
    return moved


def _wind_down(agreement: Agreement, *, actor: Actor, at: datetime, reason: str) -> Agreement:
    """Take accounts away, let what was under way lapse, begin the duty to delete."""
    tell_parties(agreement, actor=actor, at=at, event="end", body=reason)
    connecting.end_accounts(agreement, at=at, reason=reason)
    set_aside(agreement, actor=actor, at=at, reason=reason)
    release_joining(agreement, "lapse", at=at, reason=reason)
    if agreement.in_force is not None:
        AgreementVersion.objects.filter(pk=agreement.in_force.pk).update(in_force_until=agreement.ended_on)
    return cases.advance(
        agreement, "start_deletion", actor=KEEPER, at=at, clock_agency=officers_of(queries.asker(agreement), at),
        reason=reason,
    )  # fmt: skip


def report_deletion(
    *, actor: Actor, at: datetime, agreement: Agreement, deleted_on: date, text: str,
    file: evidence.Upload | None = None, version: int | None = None,
) -> Agreement:  # fmt: skip
    """Say how the data were deleted or destroyed; ``file`` is the evidence (minutes, log), kept with the report."""
    parties.check(actor, agreement, AGREEMENT.transition("report_deletion"))
    cases.must_be_open(agreement, "report_deletion")
    kept = None
    if file is not None:
        kept = evidence.keep(file, actor=actor, at=at)
    return _reported(
        actor=actor, at=at, agreement=agreement, deleted_on=deleted_on, text=text, file=kept, version=version
    )


@transaction.atomic
def _reported(
    *, actor: Actor, at: datetime, agreement: Agreement, deleted_on: date, text: str, file: StoredFile | None,
    version: int | None,
) -> Agreement:  # fmt: skip
    party = queries.receiver_of(actor, agreement)
    side = party.agency.code if party else actor.agency
    _check_report(agreement, side, deleted_on, text, today=local_date(at))
    moved = cases.advance(
        agreement, "report_deletion", actor=actor, at=at, reason=text, version=version,
        details={"deleted_on": deleted_on, "sha256": file.sha256 if file else ""},
    )  # fmt: skip
    DeletionReport.objects.create(
        agreement=moved, agency=side, deleted_on=deleted_on, text=text.strip(), file=file, reported_by=actor.name, at=at
    )
    seats.write(moved, at=at)
    tell_parties(moved, actor=actor, at=at, event="report_deletion", body=text)
    return moved


def _check_report(agreement: Agreement, side: str, deleted_on: date, text: str, *, today: date) -> None:
    errors: dict[str, list[str]] = {}
    if not text.strip():
        errors["text"] = [_("Ghi đã xóa, hủy những gì và bằng cách nào.")]
    if deleted_on > today:
        errors["deleted_on"] = [_("Ngày xóa, hủy không thể ở sau hôm nay.")]
    if errors:
        raise Invalid(_("Báo cáo chưa đủ."), fields=errors, hint=_("Sửa các mục được đánh dấu rồi gửi lại."))
    if any(one.agency == side for one in queries.standing_deletions(agreement)):
        raise Invalid(_("Bên của bạn đã báo xóa, hủy dữ liệu; chờ cơ quan cung cấp xác nhận."))


@transaction.atomic
def return_deletion(
    *, actor: Actor, at: datetime, agreement: Agreement, agency: str, reason: str, version: int | None = None
) -> Agreement:
    """Return a party's report that does not show the data are gone; it has to report again."""
    parties.check(actor, agreement, AGREEMENT.transition("return_deletion"))
    standing = agreement.deletions.filter(agency=agency, returned_at__isnull=True, accepted_at__isnull=True)
    if not standing.exists():
        text = _("Chọn báo cáo đang chờ xác nhận.")
        raise Invalid(text, fields={"agency": [text]})
    said = f"{agency_names().get(agency, agency)}: {reason.strip()}" if reason.strip() else ""
    moved = cases.advance(agreement, "return_deletion", actor=actor, at=at, reason=said, version=version)
    standing.update(returned_at=at, returned_why=reason.strip())
    seats.write(moved, at=at)
    tell_parties(moved, actor=actor, at=at, event="return_deletion", body=said)
    for party in queries.leavers(moved):
        if party.agency.code == agency:
            tell_party(moved, party, at=at, event="return_deletion", body=said)
    return moved


@transaction.atomic
def confirm_deletion(*, actor: Actor, at: datetime, agreement: Agreement, version: int | None = None) -> Agreement:
    """Confirm that everything was deleted as agreed and close the file."""
    moved = cases.advance(agreement, "confirm_deletion", actor=actor, at=at, version=version)
    tell_parties(moved, actor=actor, at=at, event="confirm_deletion")
    return moved
