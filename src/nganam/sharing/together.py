"""Which cases of sharing move together, so that a deed on one of them holds them all from its beginning."""

from collections.abc import Iterable

from nganam.cases.models import Case
from nganam.sharing.accounts.models import OVER, Account
from nganam.sharing.agreements.models import Agreement, Joining
from nganam.sharing.outside.models import Inbound
from nganam.sharing.suspensions import queries as suspensions
from nganam.sharing.suspensions.models import Breach, Maintenance, Termination


def with_account(account: Account) -> Iterable[Case | None]:
    """Yield the request an account was opened for, the file on a breach, the case from outside that follows it."""
    yield account.request
    if account.pk is not None:
        yield suspensions.open_breach(account)
    yield account.agreement.inbound if account.agreement else None


def with_agreement(agreement: Agreement) -> Iterable[Case | None]:
    """Yield the accounts, the parties that want to join, and the case from outside of an agreement."""
    if agreement.pk is not None:
        calling = Account.objects.filter(agreement=agreement).exclude(state__in=OVER)
        yield from calling.select_related("request", "agreement__inbound")
        yield from Joining.objects.filter(agreement=agreement)
    yield agreement.inbound


def with_joining(joining: Joining) -> Iterable[Case | None]:
    """Yield the agreement somebody wants to join."""
    yield joining.agreement


def with_its_account(case: Breach | Termination) -> Iterable[Case | None]:
    """Yield the account a suspension or an end is about."""
    yield case.account


def with_stop(stop: Maintenance) -> Iterable[Case | None]:
    """Yield the service that is stopped."""
    yield stop.service


def with_inbound(inbound: Inbound) -> Iterable[Case | None]:
    """Yield the request a case from outside is connected by."""
    yield inbound.request
