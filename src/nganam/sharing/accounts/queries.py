"""Every read of connection accounts."""

from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Role
from nganam.kernel.errors import NotFound
from nganam.sharing.accounts.models import OVER, Account
from nganam.sharing.requests.queries import parties_of


def _accounts() -> QuerySet[Account]:
    return Account.objects.select_related("application__agency", "service__provider", "request", "agreement")


def accounts_for(actor: Actor) -> QuerySet[Account]:
    """Return the accounts an officer sees: the lead agency all, others those they are party to."""
    if actor.has(Role.LEAD):
        return _accounts()
    return _accounts().filter(parties_of(actor)) if actor.has(Role.FOCAL) else _accounts().none()


def get_account_for(actor: Actor, code: str) -> Account:
    """Return an account the officer is party to; what is not theirs is not found."""
    found = accounts_for(actor).filter(code=code).select_related("service__table").first()
    if found is None:
        raise NotFound(_("Không có tài khoản kết nối này."))
    return found


def over_on(day: date) -> QuerySet[Account]:
    """Return the accounts whose term is over on ``day`` but which nobody has ended."""
    return _accounts().filter(valid_until__lte=day).exclude(state__in=OVER).order_by("code")


def ending_by(day: date) -> QuerySet[Account]:
    """Return the accounts in use whose term ends by ``day``, the nearest first."""
    return _accounts().filter(valid_until__lte=day, state__in=["active", "locked"]).order_by("valid_until", "code")


def synchronising() -> QuerySet[Account]:
    """Return the accounts in use whose data must be synchronised again within a term (D41b)."""
    return _accounts().filter(
        state="active", service__method="sync", service__usage_term_days__gt=0, synced_at__isnull=False
    )


def beyond_purpose() -> frozenset[int]:
    """Return the keys of the accounts bound to a purpose that their request or agreement does not approve (any more).

    What is approved together is read once for all accounts alike: this is asked several times a second.
    """
    bound = Account.objects.exclude(purpose_code="").order_by()
    pairs = bound.values_list("purpose_code", "request__purpose_codes", "agreement__purpose_codes").distinct()
    wrong = {code for code, *approved in pairs if _is_beyond(code, *approved)}
    if not wrong:
        return frozenset()
    chosen = bound.filter(purpose_code__in=wrong).values_list(
        "pk", "purpose_code", "request__purpose_codes", "agreement__purpose_codes"
    )
    return frozenset(pk for pk, *said in chosen if _is_beyond(*said))


def _is_beyond(code: str, asked: list[str] | None, agreed: list[str] | None) -> bool:
    return code not in (asked if asked is not None else agreed or [])


def live_accounts(on: date) -> QuerySet[Account]:
    """Return the accounts that may call on a day: active, not expired, their service open."""
    valid = Q(valid_until__isnull=True) | Q(valid_until__gt=on)
    return _accounts().filter(valid, state="active", service__state="published")
