"""Signing (D36, D37.3) and what follows the last signature: in force, accounts open (D37.4), reviewed (D34.2)."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.agencies.queries import agency, lead_agency
from nganam.cases import operations as cases
from nganam.cases import parties, seats
from nganam.cases.sweeping import each
from nganam.documents.operations import withdraw_paper
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotFound
from nganam.sharing.agreements import connecting, defaulting, queries, uploads
from nganam.sharing.agreements import content as texts
from nganam.sharing.agreements.drafting import AMENDED, must_be_on_table, step_of
from nganam.sharing.agreements.models import (
    Agreement,
    AgreementParty,
    AgreementSignature,
    AgreementVersion,
    DefaultReview,
    Joining,
)
from nganam.sharing.agreements.policies import day_come
from nganam.sharing.agreements.telling import KEEPER, tell_lead, tell_of_joining, tell_parties
from nganam.sharing.agreements.workflow import AGREEMENT
from nganam.sharing.evidence import Upload
from nganam.sharing.outside.following import follow_agreement

RECORD = AgreementSignature.Method.RECORD
PDF = AgreementSignature.Method.PDF


def sign(
    *, actor: Actor, at: datetime, agreement: Agreement, digest: str, signer: str, position: str,
    file: Upload | None = None, version: int | None = None,
) -> Agreement:  # fmt: skip
    """Sign the version with this digest for the party's leader named ``signer`` (D36): by this deed, or by ``file``.

    ``file`` is the PDF of the agreed text with a digital signature, which is verified and kept with its report.
    """
    step = step_of(agreement, "sign")
    parties.check(actor, agreement, AGREEMENT.transition(step))
    cases.must_be_open(agreement, step)
    text = must_be_on_table(agreement, digest)
    proof = None
    if file is not None:
        who = uploads.Signatory(signer, agency(queries.side_of(actor, agreement)).name)
        proof = uploads.keep_signed(file, text, who, actor=actor, at=at)
    return _signed(
        actor=actor, at=at, agreement=agreement, digest=digest, signer=signer, position=position, proof=proof,
        version=version,
    )  # fmt: skip


@transaction.atomic
def _signed(
    *, actor: Actor, at: datetime, agreement: Agreement, digest: str, signer: str, position: str,
    proof: uploads.Proof | None, version: int | None,
) -> Agreement:  # fmt: skip
    """Write a party's signature under the version on the table; with the last one the text is in force."""
    step = step_of(agreement, "sign")
    text, side = must_be_on_table(agreement, digest), queries.side_of(actor, agreement)
    _check_signature(text, side, signer, position)
    said = kept("Bản số %(number)s (mã băm %(digest)s…); người ký: %(signer)s, %(position)s") % {
        "number": text.number, "digest": digest[:12], "signer": signer.strip(), "position": position.strip(),
    }  # fmt: skip
    moved = cases.advance(
        agreement, step, actor=actor, at=at, reason=said, version=version,
        details={"number": text.number, "digest": digest, "method": PDF if proof else RECORD},
    )  # fmt: skip
    AgreementSignature.objects.create(
        version=text, agency=side, method=PDF if proof else RECORD, signer=signer.strip(), position=position.strip(),
        digest=digest, file=proof.file if proof else None, report=dict(proof.report) if proof else None,
        recorded_by=actor.code, recorded_name=actor.name, at=at,
    )  # fmt: skip
    seats.write(moved, at=at)
    tell_parties(moved, actor=actor, at=at, event="sign", body=said)
    return moved if queries.not_signed_yet(moved) else _all_signed(moved, text, at=at)


def _check_signature(text: AgreementVersion, side: str, signer: str, position: str) -> None:
    if any(one.agency == side for one in text.signatures.all()):
        raise Invalid(_("Bên của bạn đã ký bản số %(number)s.") % {"number": text.number})
    blank = {"signer": signer, "position": position}
    wrong = {name: [_("Cần điền mục này.")] for name, value in blank.items() if not value.strip()}
    if wrong:
        raise Invalid(_("Ghi người ký và chức vụ."), fields=wrong)


def _all_signed(agreement: Agreement, text: AgreementVersion, *, at: datetime) -> Agreement:
    AgreementVersion.objects.filter(pk=text.pk).update(signed_at=at)
    stated = texts.day_in(text, "effective_on")
    if stated is None or stated <= local_date(at):
        return take_effect(agreement, at=at)
    moved = cases.advance(agreement, step_of(agreement, "wait_for_day"), actor=KEEPER, at=at)
    tell_parties(moved, actor=KEEPER, at=at, event="wait_for_day")
    return moved


@transaction.atomic
def take_effect(agreement: Agreement, *, at: datetime) -> Agreement:
    """Put the version all have signed in force: it replaces the one before, names the parties, opens accounts."""
    text = queries.on_table(agreement)
    if text is None:
        raise NotFound(_("Không có bản nào để có hiệu lực."))
    amended, before = agreement.state in AMENDED, agreement.in_force
    start = max(texts.day_in(text, "effective_on") or local_date(at), local_date(at))
    changes = {
        "in_force": text, "valid_until": texts.day_in(text, "valid_until"),
        "effective_on": agreement.effective_on if amended else start,
    }  # fmt: skip
    moved = cases.advance(
        agreement, step_of(agreement, "take_effect"), actor=KEEPER, at=at, changes=changes,
        reason=kept("Bản số %(number)s") % {"number": text.number}, clock_agency=reviewer(at),
        details={"number": text.number, "digest": text.digest},
    )  # fmt: skip
    _date_versions(moved, text, before, start)
    if before is not None and before.paper is not None:
        words = _("Được thay bằng bản số %(number)s") % {"number": text.number}
        withdraw_paper(actor=KEEPER, at=at, paper=before.paper, reason=words, replaced_by=text.paper)
    _take_in(moved, start, at=at)
    tell_parties(moved, actor=KEEPER, at=at, event="take_effect")
    connecting.follow(moved, at=at)
    follow_agreement(moved, "take_effect", at=at)
    return moved


def reviewer(at: datetime) -> str:
    """Return the agency that keeps the default list and reviews what might belong to it (D34.2)."""
    try:
        return lead_agency(local_date(at)).code
    except NotFound:
        return ""


def _date_versions(agreement: Agreement, text: AgreementVersion, before: AgreementVersion | None, start: date) -> None:
    AgreementVersion.objects.filter(pk=text.pk).update(in_force_from=start)
    if before is not None:
        AgreementVersion.objects.filter(pk=before.pk).update(in_force_until=start)
    agreement.refresh_from_db()


def _take_in(agreement: Agreement, start: date, *, at: datetime) -> None:
    """Make parties of those the version names; what they asked for is done."""
    AgreementParty.objects.filter(agreement=agreement, since__isnull=True).update(since=start)
    for joining in Joining.objects.filter(agreement=agreement, state="accepted"):
        moved = cases.advance(joining, "take_part", actor=KEEPER, at=at)
        tell_of_joining(moved, at=at, event="take_part", agency=moved.agency.code)
    agreement.refresh_from_db()


def begin_due(*, at: datetime) -> int:
    """Put every signed text in force whose day has come; return how many."""
    return len(each(queries.due_to_begin(), lambda one: None if day_come(one, KEEPER, at) else take_effect(one, at=at)))


@transaction.atomic
def review_default(
    *, actor: Actor, at: datetime, agreement: Agreement, outcome: str, reason: str, version: int | None = None
) -> Agreement:
    """Record whether the data should become default data (D34.2); the next six months begin.

    What should is listed for the next edition of the default list, until a later review says otherwise.
    """
    parties.check(actor, agreement, AGREEMENT.transition("review_default"))
    if outcome not in DefaultReview.Outcome.values:
        text = _("Chọn kết quả xét.")
        raise Invalid(text, fields={"outcome": [text]})
    said = f"{DefaultReview.Outcome(outcome).label}: {reason.strip()}" if reason.strip() else ""
    moved = cases.advance(
        agreement, "review_default", actor=actor, at=at, reason=said, version=version, clock_agency=reviewer(at),
        details={"outcome": outcome},
    )  # fmt: skip
    DefaultReview.objects.create(
        agreement=moved, outcome=outcome, reason=reason.strip(), agency=actor.agency, person_name=actor.name, at=at
    )
    tell_parties(moved, actor=actor, at=at, event="review_default", body=said)
    if outcome == DefaultReview.Outcome.CONVERT:
        defaulting.propose(moved, actor=actor, at=at, reason=reason)
        tell_lead(moved, at=at, event="review_default", body=said)
    else:
        defaulting.drop(moved, actor=actor, at=at, reason=reason)
    return moved
