"""Drafting together (D37.2, D39): each save is a numbered version of one side, which the others agree to or amend."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.cases import operations as cases
from nganam.cases import parties, seats
from nganam.documents.operations import issue_letter
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.clock import VIETNAM, local_date
from nganam.kernel.errors import Invalid, StateMoved
from nganam.sharing.agreements import content as texts
from nganam.sharing.agreements import letters, queries
from nganam.sharing.agreements.models import Agreement, AgreementConsent, AgreementParty, AgreementVersion, Joining
from nganam.sharing.agreements.operations import set_aside
from nganam.sharing.agreements.telling import KEEPER, tell_of_joining, tell_parties
from nganam.sharing.agreements.workflow import AGREEMENT
from nganam.sharing.policies import officers_of

CHANGES = {
    "save": "save_change", "agree": "agree_change", "settle": "settle_change", "sign": "sign_change",
    "back_to_draft": "back_to_amend", "take_effect": "take_change", "wait_for_day": "wait_for_change",
}  # fmt: skip
"""What a move of the first text is called when a text already in force is amended."""
AMENDED = ("amending", "amend_signing", "amend_signed")


def step_of(agreement: Agreement, name: str) -> str:
    """Return the transition for a move: of the first text, or of an amendment."""
    return CHANGES[name] if agreement.state in AMENDED else name


@transaction.atomic
def save_version(
    *, actor: Actor, at: datetime, agreement: Agreement, content: Mapping[str, Any], note: str = "",
    version: int | None = None,
) -> Agreement:  # fmt: skip
    """Save the text as the next numbered version: the saving side's word, for the others to agree to or amend.

    ``version`` is the state of the agreement the writer saw: of two who save at once the second gets ``StateMoved``.
    """
    step = step_of(agreement, "save")
    parties.check(actor, agreement, AGREEMENT.transition(step))
    text = texts.tidied(agreement, content)
    sides = [one.agency.code for one in queries.staying(agreement)]
    _must_differ(agreement, text, sides)
    last = queries.latest(agreement)
    number = last.number + 1 if last else 1
    digest = texts.digest_of(agreement, number, sides, text)
    moved = cases.advance(
        agreement, step, actor=actor, at=at, reason=_numbered(number, note), version=version,
        details={"number": number, "digest": digest},
    )  # fmt: skip
    made = AgreementVersion.objects.create(
        agreement=moved, number=number, content=text, parties=sides, digest=digest, note=note.strip(),
        agency=queries.side_of(actor, moved), author_code=actor.code, author_name=actor.name, created_at=at,
    )  # fmt: skip
    _consent(made, actor, moved, at)
    tell_parties(moved, actor=actor, at=at, event="save", body=_numbered(number, note))
    return moved


def _numbered(number: int, note: str = "") -> str:
    said = kept("Bản số %(number)s") % {"number": number}
    return f"{said}: {note.strip()}" if note.strip() else said


def _must_differ(agreement: Agreement, text: Mapping[str, Any], sides: list[str]) -> None:
    before = queries.on_table(agreement) or agreement.in_force
    if before is not None and (before.content, before.parties) == (text, sides):
        raise Invalid(
            _("Không có gì khác bản số %(number)s.") % {"number": before.number},
            hint=_("Sửa nội dung rồi lưu, hoặc đồng ý với bản ấy."),
        )


def _consent(version: AgreementVersion, actor: Actor, agreement: Agreement, at: datetime) -> None:
    AgreementConsent.objects.create(
        version=version, agency=queries.side_of(actor, agreement), person_code=actor.code, person_name=actor.name, at=at
    )
    seats.write(agreement, at=at)  # this party has spoken: the step waits for the others


@transaction.atomic
def agree(*, actor: Actor, at: datetime, agreement: Agreement, digest: str, version: int | None = None) -> Agreement:
    """Agree to the version with this digest; when every party has, the text is settled and waits for signatures."""
    step = step_of(agreement, "agree")
    parties.check(actor, agreement, AGREEMENT.transition(step))
    text = must_be_on_table(agreement, digest)
    side = queries.side_of(actor, agreement)
    if any(one.agency == side for one in text.consents.all()):
        raise Invalid(_("Bên của bạn đã đồng ý với bản số %(number)s.") % {"number": text.number})
    moved = cases.advance(
        agreement, step, actor=actor, at=at, reason=_numbered(text.number), version=version,
        details={"number": text.number, "digest": digest},
    )  # fmt: skip
    _consent(text, actor, moved, at)
    if not queries.not_agreed_yet(moved):
        moved = _settle(moved, text, actor=actor, at=at)
    tell_parties(moved, actor=actor, at=at, event="agree", body=_numbered(text.number))
    return moved


def _settle(agreement: Agreement, text: AgreementVersion, *, actor: Actor, at: datetime) -> Agreement:
    """Close the text all agreed to and put it on paper, with the number the parties sign."""
    moved = cases.advance(
        agreement, step_of(agreement, "settle"), actor=KEEPER, at=at, reason=_numbered(text.number),
        clock_agency=agreement.provider.code, details={"number": text.number, "digest": text.digest},
    )  # fmt: skip
    letter = letters.agreed_text(moved, text, on=local_date(at), officer=actor.name)
    paper = issue_letter(actor=actor, at=at, letter=letter, object_type=AGREEMENT.code, object_code=moved.code)
    AgreementVersion.objects.filter(pk=text.pk).update(paper=paper)
    return moved


def must_be_on_table(agreement: Agreement, digest: str) -> AgreementVersion:
    """Return the version on the table if it is the one meant; else ``StateMoved`` says who saved another."""
    text = queries.on_table(agreement)
    if text is not None and text.digest == digest:
        return text
    if text is None:
        raise StateMoved(
            _("Chưa có bản dự thảo nào đang chờ các bên."), state=agreement.state, hint=_("Lưu một bản trước.")
        )
    when = f"{text.created_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
    said = _("Bản bạn xem không còn là bản mới nhất: %(name)s đã lưu bản số %(number)s lúc %(when)s.")
    raise StateMoved(
        said % {"name": text.author_name, "number": text.number, "when": when}, state=agreement.state,
        by=text.author_name, at=text.created_at, hint=_("Tải lại trang, xem so sánh rồi đồng ý hoặc sửa."),
    )  # fmt: skip


@transaction.atomic
def return_to_drafting(
    *, actor: Actor, at: datetime, agreement: Agreement, reason: str, version: int | None = None
) -> Agreement:
    """Take a settled text back before all have signed; whoever signed it has signed nothing."""
    step = step_of(agreement, "back_to_draft")
    moved = cases.advance(agreement, step, actor=actor, at=at, reason=reason, version=version)
    set_aside(moved, actor=actor, at=at, reason=reason)
    tell_parties(moved, actor=actor, at=at, event="back_to_draft", body=reason)
    return moved


@transaction.atomic
def begin_amendment(
    *, actor: Actor, at: datetime, agreement: Agreement, reason: str, version: int | None = None
) -> Agreement:
    """Open an amendment; the version in force stays in force until the new one is signed by all (D39)."""
    moved = cases.advance(agreement, "amend", actor=actor, at=at, reason=reason, version=version)
    tell_parties(moved, actor=actor, at=at, event="amend", body=reason)
    return moved


@transaction.atomic
def drop_amendment(
    *, actor: Actor, at: datetime, agreement: Agreement, reason: str, version: int | None = None
) -> Agreement:
    """Give an amendment up: the agreement goes on as it was, whoever was to join by it waits again."""
    moved = cases.advance(agreement, "drop_change", actor=actor, at=at, reason=reason, version=version)
    set_aside(moved, actor=actor, at=at, reason=reason)
    tell_parties(moved, actor=actor, at=at, event="drop_change", body=reason)
    release_joining(moved, "drop", at=at, reason=reason)
    return moved


def release_joining(agreement: Agreement, step: str, *, at: datetime, reason: str) -> None:
    """Take back the parties that were to come by an amendment which will not be; their requests ``step`` on."""
    AgreementParty.objects.filter(agreement=agreement, joining__isnull=False, since__isnull=True).delete()
    states = Joining.MACHINE.transition(step).source
    provider = officers_of(agreement.provider, at)
    for joining in Joining.objects.filter(agreement=agreement, state__in=states):
        moved = cases.advance(joining, step, actor=KEEPER, at=at, reason=reason, clock_agency=provider)
        tell_of_joining(moved, at=at, event=step, agency=officers_of(moved.agency, at), body=reason)
    agreement.refresh_from_db()


@transaction.atomic
def add_party(*, actor: Actor, at: datetime, joining: Joining, note: str) -> Agreement:
    """Put one party more on the table: opens an amendment if none is open and saves a version that names it (D36.4)."""
    agreement = Agreement.objects.get(pk=joining.agreement_id)
    AgreementParty.objects.create(
        agreement=agreement, agency=joining.agency, side="consumer", application=joining.application, joining=joining
    )
    if agreement.state == "in_force":
        agreement = begin_amendment(actor=actor, at=at, agreement=agreement, reason=note)
    base = queries.on_table(agreement) or agreement.in_force
    text = dict(base.content) if base else {}
    text["parties"] = f"{text.get('parties', '')}\n{joining.agency.name} ({joining.agency.code})".strip()
    return save_version(actor=actor, at=at, agreement=agreement, content=text, note=note)
