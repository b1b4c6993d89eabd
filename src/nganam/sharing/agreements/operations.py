"""The first half of SM2: ask, check the conditions, send to default sharing, review, give up; then who may read it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.agencies import correspondence
from nganam.agencies import queries as agencies
from nganam.agencies.models import Agency
from nganam.audit import operations as audit
from nganam.cases import operations as cases
from nganam.cases import parties
from nganam.cases.requirements import allow
from nganam.catalogue.models import SharedDatabase
from nganam.documents.operations import withdraw_paper
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken
from nganam.law.rules import rules_on
from nganam.services.models import Service
from nganam.sharing import policies as room
from nganam.sharing import purposes, refusing
from nganam.sharing.agreements import content, letters, policies, queries
from nganam.sharing.agreements.models import Agreement, AgreementParty, AgreementReader
from nganam.sharing.agreements.telling import KEEPER, tell_lead, tell_parties
from nganam.sharing.agreements.workflow import AGREEMENT
from nganam.sharing.outside.following import follow_agreement
from nganam.sharing.outside.models import Inbound
from nganam.sharing.requests.models import Application, Request


@transaction.atomic
def ask_agreement(
    *, actor: Actor, at: datetime, application: Application, values: Mapping[str, Any], service: Service | None = None,
    database: SharedDatabase | None = None, item: str = "", once: str = "",
) -> Agreement:  # fmt: skip
    """Draft a request for special data: of a service shared by agreement, or of an item of a database (D36).

    ``values`` holds what ``content.ASKED`` names.
    """
    allow(room.may_work_for_agency(actor))
    if application.agency.code != actor.agency:
        raise NotAllowed(_("Ứng dụng này không thuộc cơ quan của bạn."))
    if (service is None) == (database is None):
        raise Invalid(_("Chọn một dịch vụ, hoặc một hạng mục của cơ sở dữ liệu."))
    provider = service.provider if service else _owner(database)
    agreement = Agreement(
        consumer=application.agency, provider=provider, application=application, service=service, database=database,
        item=item, **_asked(values),
    )  # fmt: skip
    return open_drafted(agreement, actor=actor, at=at, once=once)


def _owner(database: SharedDatabase | None) -> Agency:
    if database is None:
        raise Invalid(_("Chọn cơ sở dữ liệu."))
    return database.owner


def _asked(values: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: values[name] for name in content.ASKED if name in values}
    if "purpose_codes" in found:
        found["purpose_codes"] = purposes.read_codes(found["purpose_codes"])
    return found


def _check_asked(agreement: Agreement, names: Sequence[str]) -> None:
    if agreement.provider.code == agreement.consumer.code:
        raise RuleBroken(_("Dữ liệu này là của chính cơ quan bạn; không cần thỏa thuận."), article="D36")
    unknown = set(names) - content.offered_fields(agreement).keys()
    if unknown:
        text = _("Dịch vụ không có mục tin: %(names)s.") % {"names": ", ".join(sorted(unknown))}
        raise Invalid(text, fields={"fields": [text]})


def open_drafted(agreement: Agreement, *, actor: Actor, at: datetime, once: str = "", reason: str = "") -> Agreement:
    """Open the draft of an agreement between its two first sides; called within a deed that asked who may."""
    _check_asked(agreement, agreement.fields)
    opened = cases.open_case(
        agreement, actor=actor, at=at, details={"provider": agreement.provider.code}, once=once, reason=reason
    )  # fmt: skip
    for agency, side in ((opened.provider, "provider"), (opened.consumer, "consumer")):
        AgreementParty.objects.get_or_create(
            agreement=opened, agency=agency,
            defaults={"side": side, "application": opened.application if side == "consumer" else None},
        )  # fmt: skip
    return opened


def open_from_request(request: Request, *, at: datetime, reason: str) -> Agreement:
    """Open the draft of an agreement with what a default request said, for its requester to complete and send (D36).

    Called within the deed that moves the request to special sharing.
    """
    titles = {one.name: one.title for one in request.service.fields.all()}
    wanted = ", ".join(titles[name] for name in request.fields if name in titles)
    agreement = Agreement(
        consumer=request.consumer, provider=request.provider, application=request.application,
        service=request.service, request=request, wanted=f"{request.service.name}: {wanted}", fields=request.fields,
        purpose=request.purpose, purpose_codes=request.purpose_codes, solution=request.solution,
        frequency=request.frequency, why=reason,
    )  # fmt: skip
    return open_drafted(agreement, actor=KEEPER, at=at)


def for_outside(inbound: Inbound, application: Application, said: Mapping[str, Any]) -> Agreement:
    """Return the agreement, not saved yet, that an outside agency is to make with the owner of the data (D36, S17)."""
    return Agreement(
        consumer=inbound.requester, provider=inbound.provider, application=application, service=inbound.service,
        inbound=inbound, representative=said.get("representative", ""), **_asked(said),
    )  # fmt: skip


@transaction.atomic
def edit_asked(
    *, actor: Actor, at: datetime, agreement: Agreement, values: Mapping[str, Any], version: int | None = None
) -> Agreement:
    """Change a draft request; what has been sent is not changed any more."""
    allow(room.may_act_as_consumer(actor, agreement))
    changes = _asked(values)
    if agreement.inbound_id and "representative" in values:
        changes["representative"] = values["representative"]
    _check_asked(agreement, changes.get("fields", agreement.fields))
    return cases.edit(agreement, actor=actor, at=at, changes=changes, states=("draft",), version=version)


@transaction.atomic
def submit(*, actor: Actor, at: datetime, agreement: Agreement, version: int | None = None) -> Agreement:
    """Send the request to the provider; the rules of this day hold for the whole agreement."""
    rule_set = rules_on(local_date(at)).version
    sent = cases.advance(
        agreement, "submit", actor=actor, at=at, version=version, clock_agency=agreement.provider.code,
        changes={"rules": rule_set, "received_at": at},
    )  # fmt: skip
    tell_parties(sent, actor=actor, at=at, event="submit", body=sent.purpose)
    return sent


@transaction.atomic
def confirm_special(
    *, actor: Actor, at: datetime, agreement: Agreement, reason: str, version: int | None = None
) -> Agreement:
    """Find that default sharing cannot serve what is asked (D36.1); ``reason`` says why."""
    moved = cases.advance(agreement, "confirm_special", actor=actor, at=at, reason=reason, version=version)
    tell_parties(moved, actor=actor, at=at, event="confirm_special", body=reason)
    return moved


@transaction.atomic
def send_to_default(
    *, actor: Actor, at: datetime, agreement: Agreement, default_service: str, reason: str, signer: str = "",
    version: int | None = None,
) -> Agreement:  # fmt: skip
    """Find that a default service serves what is asked: the requester gets the way to a filled-in request (D36.1)."""
    parties.check(actor, agreement, AGREEMENT.transition("to_default"))
    chosen = queries.default_services(agreement).filter(code=default_service).first()
    if chosen is None:
        text = _("Chọn một dịch vụ mặc định đang công khai của cơ quan bạn.")
        raise Invalid(text, fields={"default_service": [text]})
    moved = cases.advance(
        agreement, "to_default", actor=actor, at=at, reason=reason, version=version,
        changes={"default_service": chosen}, details={"service": chosen.code},
    )  # fmt: skip
    send_for_side(letters.to_default(moved, reason), moved, actor=actor, at=at, signer=signer)
    body = kept("Gửi yêu cầu mặc định tới dịch vụ %(code)s. %(reason)s") % {
        "code": chosen.code,
        "reason": reason,
    }
    tell_parties(moved, actor=actor, at=at, event="to_default", body=body)
    follow_agreement(moved, "to_default", at=at, reason=body)
    return moved


@transaction.atomic
def record_review(
    *, actor: Actor, at: datetime, agreement: Agreement, needs: str, regulations: str, conditions: str, tasks: str,
    version: int | None = None,
) -> Agreement:  # fmt: skip
    """Record what the review of needs, rules, conditions and tasks found (D37.1); drafting together begins."""
    review = {"needs": needs, "regulations": regulations, "conditions": conditions, "tasks": tasks}
    blank = [name for name, text in review.items() if not text.strip()]
    if blank:
        raise Invalid(_("Kết quả rà soát còn thiếu."), fields={name: [_("Cần điền mục này.")] for name in blank})
    moved = cases.advance(
        agreement, "review", actor=actor, at=at, version=version, changes={"review": review}, details=review
    )
    tell_parties(moved, actor=actor, at=at, event="review", body=conditions)
    return moved


@transaction.atomic
def not_agree(
    *, actor: Actor, at: datetime, agreement: Agreement, reason: str, legal_basis: str = "", signer: str = "",
    version: int | None = None,
) -> Agreement:  # fmt: skip
    """Say that no agreement comes about: a refusal when the provider says so, with its legal basis (N194.16)."""
    _need_basis(actor, agreement, legal_basis)
    moved = cases.advance(
        agreement, "not_agree", actor=actor, at=at, reason=reason, legal_basis=legal_basis, version=version
    )
    set_aside(moved, actor=actor, at=at, reason=reason)
    words = letters.not_agreed(moved, reason, legal_basis, by_provider=not room.may_act_as_provider(actor, moved))
    send_for_side(words, moved, actor=actor, at=at, signer=signer)
    tell_parties(moved, actor=actor, at=at, event="not_agree", body=reason)
    if moved.inbound_id is None:  # else it was told as a side
        tell_lead(moved, at=at, event="not_agree", body=reason)
    follow_agreement(moved, "not_agree", at=at, reason=reason)
    return moved


def _need_basis(actor: Actor, agreement: Agreement, legal_basis: str) -> None:
    if not room.may_act_as_provider(actor, agreement):
        refusing.need_basis(agreement, legal_basis)


def set_aside(agreement: Agreement, *, actor: Actor, at: datetime, reason: str) -> None:
    """Take the text that lies on the table away: consents, signatures and its paper count for nothing from now on."""
    version = queries.on_table(agreement)
    if version is None:
        return
    agreement.versions.filter(pk=version.pk).update(set_aside_at=at)
    if version.paper is not None:
        withdraw_paper(actor=actor, at=at, paper=version.paper, reason=reason)


def send_for_side(
    words: correspondence.Words, agreement: Agreement, *, actor: Actor, at: datetime, signer: str = ""
) -> None:
    """Issue the letter of a deed by the side that did it, within the deed's transaction; for one outside the lead's."""
    side = queries.side_of(actor, agreement)
    party = next((one for one in agreement.parties.all() if one.agency.code == side), None)
    agency = agencies.agency(room.officers_of(party.agency, at)) if party else agreement.provider
    correspondence.send(words, actor=actor, at=at, case=agreement, agency=agency, signer=signer)


@transaction.atomic
def withdraw(*, actor: Actor, at: datetime, agreement: Agreement, version: int | None = None) -> Agreement:
    """Take a request back at any time before all have signed."""
    was_draft = agreement.state == AGREEMENT.initial
    moved = cases.advance(agreement, "withdraw", actor=actor, at=at, version=version)
    if not was_draft:
        tell_parties(moved, actor=actor, at=at, event="withdraw", body=moved.purpose)
    follow_agreement(moved, "withdraw", at=at)
    return moved


@transaction.atomic
def send_to_authority(*, actor: Actor, at: datetime, agreement: Agreement, agency: str, basis: str) -> AgreementReader:
    """Send the agreement to an authority on its request: its officers may read it from now on (D36)."""
    allow(policies.may_disclose(actor, agreement))
    found = queries.readable_agencies(agreement, at).filter(code=agency).first()
    errors = {
        "agency": [] if found else [_("Chọn cơ quan chưa được gửi thỏa thuận này.")],
        "basis": [] if basis.strip() else [_("Ghi văn bản yêu cầu hoặc căn cứ.")],
    }
    if agreement.state == AGREEMENT.initial or found is None or any(errors.values()):
        raise Invalid(_("Chưa gửi được thỏa thuận."), fields={key: texts for key, texts in errors.items() if texts})
    reader = AgreementReader.objects.create(
        agreement=agreement, agency=found, basis=basis.strip(), sent_by=actor.name, at=at
    )
    audit.record(
        actor=actor, at=at, action="sharing.agreement.sent_to_authority", object_type=AGREEMENT.code,
        object_code=agreement.code, agency=actor.agency,
        details={"to": found.code, "reason": f"{found.name}: {basis.strip()}"},
    )  # fmt: skip
    return reader
