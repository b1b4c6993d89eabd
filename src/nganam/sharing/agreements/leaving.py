"""One exploiting party leaves, the others stay: its account goes, the data it received are deleted (D38.11, D44).

The decree names the end of sharing with one user (D44) and the change of an agreement (D39), not how one of several
parties leaves: that it needs nobody's signature is a local choice.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.agencies.queries import agency_names
from nganam.cases import operations as cases
from nganam.cases import parties, seats
from nganam.deadlines.operations import start_clock, stop_clocks
from nganam.deadlines.terms import length_of
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid
from nganam.sharing.agreements import connecting, letters, queries
from nganam.sharing.agreements.models import Agreement, AgreementParty, DeletionReport, Joining
from nganam.sharing.agreements.operations import send_for_side, set_aside
from nganam.sharing.agreements.telling import KEEPER, tell_of_joining, tell_parties, tell_party
from nganam.sharing.agreements.workflow import AGREEMENT
from nganam.sharing.outside.following import follow_agreement
from nganam.sharing.policies import officers_of

DELETION = "special_deletion"


@transaction.atomic
def leave(
    *, actor: Actor, at: datetime, agreement: Agreement, reason: str, signer: str = "", version: int | None = None
) -> Agreement:
    """Leave an agreement that goes on between the others: the notice goes out, the account ends, deletion is owed.

    A text under amendment that names the leaver is set aside; the next one is saved without it.
    """
    step = AGREEMENT.transition("leave")
    parties.check(actor, agreement, step)
    cases.must_be_open(agreement, step.name)
    parties.check_guards(actor, agreement, step, at)
    party = _leaver(actor, agreement)
    said = f"{party.agency.name}: {reason.strip()}" if reason.strip() else ""
    moved = cases.advance(
        agreement, step.name, actor=actor, at=at, reason=said, version=version, details={"party": party.agency.code}
    )
    _start_term(moved, party, at=at)
    others = [one.agency.name for one in queries.staying(moved) if one.pk != party.pk]
    on = local_date(at)
    words = letters.left(moved, party, reason, others, on=on)
    send_for_side(words, moved, actor=actor, at=at, signer=signer)
    AgreementParty.objects.filter(pk=party.pk).update(left_on=on)
    return _gone(moved, party, actor=actor, at=at, reason=said)


@transaction.atomic
def let_go(agreement: Agreement, party: AgreementParty, *, at: datetime, reason: str) -> Agreement:
    """Take a party out that was closed with no successor; what it owes the lead agency sees to."""
    moved = cases.advance(
        agreement, "party_closed", actor=KEEPER, at=at, reason=reason, details={"party": party.agency.code}
    )
    _start_term(moved, party, at=at)
    AgreementParty.objects.filter(pk=party.pk).update(left_on=local_date(at))
    return _gone(moved, party, actor=KEEPER, at=at, reason=reason)


@transaction.atomic
def turn_away(agreement: Agreement, party: AgreementParty, *, at: datetime, reason: str) -> Agreement:
    """Take out a party that was closed before it joined: it received nothing, the others draft the amendment anew."""
    moved = cases.advance(
        agreement, "joiner_closed", actor=KEEPER, at=at, reason=reason,
        clock_agency=officers_of(agreement.provider, at), details={"party": party.agency.code},
    )  # fmt: skip
    set_aside(moved, actor=KEEPER, at=at, reason=reason)
    AgreementParty.objects.filter(pk=party.pk).delete()
    moved = Agreement.objects.get(pk=moved.pk)
    tell_parties(moved, actor=KEEPER, at=at, event="joiner_closed", body=reason)
    seats.write(moved, at=at)
    if party.joining is not None:
        lapse_joining(party.joining, at=at, reason=reason)
    return moved


@transaction.atomic
def lapse_joining(joining: Joining, *, at: datetime, reason: str) -> Joining:
    """Close the request to join of an agency that was closed, and tell who was to answer it."""
    moved = cases.advance(joining, "lapse", actor=KEEPER, at=at, reason=reason)
    tell_of_joining(moved, at=at, event="lapse", agency=officers_of(moved.provider, at), body=reason)
    return moved


@transaction.atomic
def cut_off(agreement: Agreement, party: AgreementParty, *, at: datetime, reason: str) -> int:
    """Take its accounts from a closed party while a text is being signed; return how many.

    It leaves, and owes the deletion of what it received, once the text has come to rest.
    """
    cases.hold(agreement)
    return connecting.end_accounts_of(agreement, party, at=at, reason=reason)


def _leaver(actor: Actor, agreement: Agreement) -> AgreementParty:
    inside = queries.exploiters(agreement)
    mine = queries.side_of(actor, agreement)
    return next(one for one in inside if one.agency.code == mine)


def _gone(agreement: Agreement, party: AgreementParty, *, actor: Actor, at: datetime, reason: str) -> Agreement:
    """Let what hangs on a party that left follow: the text on the table, its account, a case from outside."""
    set_aside(agreement, actor=actor, at=at, reason=reason)
    agreement = Agreement.objects.get(pk=agreement.pk)
    connecting.end_accounts_of(agreement, party, at=at, reason=reason)
    if agreement.inbound_id and party.agency_id == agreement.consumer_id:
        follow_agreement(agreement, "leave", at=at, reason=reason)
    tell_parties(agreement, actor=actor, at=at, event="leave", body=reason)
    seats.write(agreement, at=at)
    return agreement


@transaction.atomic
def accept_deletion(
    *, actor: Actor, at: datetime, agreement: Agreement, agency: str, version: int | None = None
) -> Agreement:
    """Confirm that a party that left deleted what it received: it has nothing to do with the agreement any more."""
    step = AGREEMENT.transition("accept_deletion")
    parties.check(actor, agreement, step)
    cases.must_be_open(agreement, step.name)
    parties.check_guards(actor, agreement, step, at)
    party = next((one for one in queries.leavers(agreement) if one.agency.code == agency), None)
    standing = DeletionReport.objects.filter(
        agreement=agreement, agency=agency, returned_at__isnull=True, accepted_at__isnull=True
    )
    if party is None or not standing.exists():
        text = _("Chọn báo cáo của bên đã rút đang chờ xác nhận.")
        raise Invalid(text, fields={"agency": [text]})
    named = agency_names().get(agency, agency)
    moved = cases.advance(agreement, step.name, actor=actor, at=at, reason=named, version=version)
    standing.update(accepted_at=at)
    AgreementParty.objects.filter(pk=party.pk).update(deletion_confirmed_at=at)
    moved = Agreement.objects.get(pk=moved.pk)
    _end_term(moved, party, at=at)
    seats.write(moved, at=at)
    tell_party(moved, party, at=at, event="accept_deletion", body=named)
    return moved


def _start_term(agreement: Agreement, party: AgreementParty, *, at: datetime) -> None:
    """Start the term in which one party deletes; each that left has its own, from the day it left."""
    start_clock(
        key=_key(party), object_type=AGREEMENT.code, object_code=agreement.code, at=at,
        agency=officers_of(party.agency, at), rules=agreement.rules, actor=KEEPER,
        length=length_of(DELETION, agreement.rules),
    )  # fmt: skip


def _key(party: AgreementParty) -> str:
    return f"{DELETION}:{party.agency.code}"


def _end_term(agreement: Agreement, party: AgreementParty, *, at: datetime) -> None:
    """Stop the term of one party; who left when all shared one term has its own from here on."""
    stop_clocks([_key(party)], AGREEMENT.code, agreement.code, at=at)
    for other in queries.leavers(agreement):
        _start_term(agreement, other, at=at)
