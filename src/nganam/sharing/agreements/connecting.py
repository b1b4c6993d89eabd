"""The connection accounts of an agreement (D37.4, D40): opened, kept to what is agreed, ended with it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.cases import operations as cases
from nganam.cases import parties
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, RuleBroken
from nganam.services.models import Service
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.accounts.models import OVER
from nganam.sharing.agreements import queries
from nganam.sharing.agreements.models import Agreement, AgreementParty
from nganam.sharing.agreements.telling import KEEPER, tell_parties, tell_provider
from nganam.sharing.agreements.workflow import AGREEMENT
from nganam.sharing.policies import is_gone


def follow(agreement: Agreement, *, at: datetime) -> None:
    """Let the accounts follow the version now in force; whoever has none gets one where the service is open.

    An account that cannot be opened by itself (the pair has one already) does not undo the signatures: the provider
    is told and opens it by ``connect``.
    """
    names = agreed_fields(agreement)
    for account in queries.accounts_of(agreement).exclude(state__in=OVER):
        accounts.keep_to_agreement(
            account, names or account.granted_fields, actor=KEEPER, at=at, valid_until=agreement.valid_until
        )
    if agreement.service is None or agreement.service.state != "published":
        return
    try:
        open_accounts(agreement, agreement.service, names, actor=KEEPER, at=at)
    except RuleBroken as error:
        title = kept("chưa mở được tài khoản kết nối")
        tell_provider(agreement, at=at, event="connect", title=title, body=f"{error.message} {error.hint}")


def agreed_fields(agreement: Agreement) -> list[str]:
    """Return the data fields of the version in force."""
    return list(agreement.in_force.content.get("fields", [])) if agreement.in_force else []


@transaction.atomic
def open_accounts(
    agreement: Agreement, service: Service, names: Sequence[str], *, actor: Actor, at: datetime
) -> list[str]:
    """Open an account for each exploiting party without one; return their codes."""
    opened = [
        accounts.open_agreed_account(
            agreement, party.application, service, names, actor=actor, at=at, valid_until=agreement.valid_until
        )
        for party in queries.unconnected(agreement)
        if party.application is not None and not is_gone(party.agency, local_date(at))
    ]
    return [one.code for one in opened]


@transaction.atomic
def connect(
    *, actor: Actor, at: datetime, agreement: Agreement, names: Sequence[str] = (), version: int | None = None
) -> Agreement:
    """Open the accounts that are still missing.

    For an agreement over an item that had no service, ``names`` are ``SERVICE:field`` of the one service that serves it
    now; for any other they are what the text says.
    """
    step = AGREEMENT.transition("connect")
    parties.check(actor, agreement, step)
    cases.must_be_open(agreement, step.name)
    parties.check_guards(actor, agreement, step, at)
    service, fields = _chosen(agreement, names)
    moved = cases.advance(
        agreement, "connect", actor=actor, at=at, version=version, changes={"service": service},
        details={"service": service.code, "fields": fields},
    )  # fmt: skip
    opened = open_accounts(moved, service, fields, actor=actor, at=at)
    body = kept("Tài khoản %(codes)s") % {"codes": ", ".join(opened)}
    tell_parties(moved, actor=actor, at=at, event="connect", body=body)
    return moved


def _chosen(agreement: Agreement, names: Sequence[str]) -> tuple[Service, list[str]]:
    if agreement.service is not None:
        return agreement.service, agreed_fields(agreement)
    codes = {name.partition(":")[0] for name in names}
    fields = [name.partition(":")[2] for name in names]
    found = queries.services_to_connect(agreement).filter(code__in=codes)
    service = found.first()
    known = set(service.fields.values_list("name", flat=True)) if service else set()
    if len(codes) != 1 or service is None or not set(fields) <= known:
        text = _("Chọn các mục tin của cùng một dịch vụ.")
        raise Invalid(text, fields={"names": [text]})
    return service, fields


def end_accounts_of(agreement: Agreement, party: AgreementParty, *, at: datetime, reason: str) -> int:
    """Take the accounts of one party that left from it, and return how many; the others keep theirs (D44)."""
    mine = list(queries.accounts_of(agreement).filter(application__agency=party.agency_id).exclude(state__in=OVER))
    for account in mine:
        accounts.move_account(actor=KEEPER, at=at, account=account, transition="end_with_agreement", reason=reason)
    return len(mine)


def end_accounts(agreement: Agreement, *, at: datetime, reason: str) -> None:
    """Take every account of an agreement that ended from its holder (D44)."""
    for account in queries.accounts_of(agreement).exclude(state__in=OVER):
        accounts.move_account(actor=KEEPER, at=at, account=account, transition="end_with_agreement", reason=reason)
