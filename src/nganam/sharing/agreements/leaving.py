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
from nganam.deadlines.operations import start_clock
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid
from nganam.sharing.agreements import connecting, letters, queries
from nganam.sharing.agreements.models import Agreement, AgreementParty, DeletionReport
from nganam.sharing.agreements.operations import send_for_side, set_aside
from nganam.sharing.agreements.telling import KEEPER, tell_parties, tell_party
from nganam.sharing.agreements.workflow import AGREEMENT
from nganam.sharing.outside.following import follow_agreement
from nganam.sharing.policies import officers_of


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
        agreement, step.name, actor=actor, at=at, reason=said, version=version,
        clock_agency=officers_of(party.agency, at), details={"party": party.agency.code},
    )  # fmt: skip
    others = [one.agency.name for one in queries.staying(moved) if one.pk != party.pk]
    on = local_date(at)
    words = letters.left(moved, party, reason, others, on=on)
    send_for_side(words, moved, actor=actor, at=at, signer=signer)
    AgreementParty.objects.filter(pk=party.pk).update(left_on=on)
    return _gone(moved, party, actor=actor, at=at, reason=said)


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
    _go_on_waiting(moved, at=at)
    seats.write(moved, at=at)
    tell_party(moved, party, at=at, event="accept_deletion", body=named)
    return moved


def _go_on_waiting(agreement: Agreement, *, at: datetime) -> None:
    """Let the term run on for another party that left and has not deleted yet: from now, as it has one clock."""
    for party in queries.leavers(agreement)[:1]:
        start_clock(
            key="special_deletion", object_type=AGREEMENT.code, object_code=agreement.code, at=at,
            agency=officers_of(party.agency, at), rules=agreement.rules, actor=KEEPER,
        )  # fmt: skip
