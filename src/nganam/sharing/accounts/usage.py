"""How long data received may be used, by the method they came by (D41): what is said of an account on a day."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from nganam.kernel.clock import local_date
from nganam.services.models import Service
from nganam.sharing.accounts.models import Account


class Standing(StrEnum):
    """Whether what an account received may still be used."""

    UNLIMITED = "unlimited"
    VALID = "valid"
    UNSYNCED = "unsynced"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Usage:
    """The term of use: ``until`` is the first day the data are no longer valid, ``days`` the service's own term."""

    method: str
    days: int | None
    until: date | None
    standing: Standing

    @property
    def must_sync(self) -> bool:
        """Say whether the term is counted from each synchronisation (D41b)."""
        return self.method == "sync"


def caps_account(service: Service) -> bool:
    """Say whether the service's term limits the account itself: not where each synchronisation begins it anew."""
    return bool(service.usage_term_days) and service.method != "sync"


def usage_of(account: Account, today: date) -> Usage:
    """Return the term of use of what ``account`` received: of the account, or counted from its last synchronisation."""
    service = account.service
    days = service.usage_term_days
    until = _resync_before(account) if service.method == "sync" else account.valid_until
    return Usage(service.method, days, until, _standing(account, until, today))


def _resync_before(account: Account) -> date | None:
    days = account.service.usage_term_days
    if not days or account.synced_at is None:
        return None
    # The day of the synchronisation is not counted (Civil Code 2015, Article 147).
    return local_date(account.synced_at) + timedelta(days=days + 1)


def _standing(account: Account, until: date | None, today: date) -> Standing:
    if until is not None:
        return Standing.VALID if today < until else Standing.INVALID
    waits = account.service.method == "sync" and account.service.usage_term_days
    return Standing.UNSYNCED if waits else Standing.UNLIMITED
