"""The deeds behind the moves of an account that suspend or end its use: each keeps the file the law asks for."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from nganam.cases import parties
from nganam.cases.sweeping import each
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.accounts.models import Account
from nganam.sharing.accounts.queries import over_on
from nganam.sharing.accounts.workflow import ACCOUNT
from nganam.sharing.suspensions import breaching, papers, terminating

RISK, ENDED = "risk", "ended"


@transaction.atomic
def lock_account(
    *, actor: Actor, at: datetime, account: Account, reason: str, ground: str = RISK, version: int | None = None
) -> Account:
    """Lock an account at once; a file is opened, and the notice with its two contents is due within a day (D43.5)."""
    locked = accounts.move_account(
        actor=actor, at=at, account=account, transition="lock", reason=reason, version=version
    )
    breaching.follow_lock(locked, actor=actor, at=at, reason=reason, ground=ground)
    return locked


@transaction.atomic
def restore_account(*, actor: Actor, at: datetime, account: Account, version: int | None = None) -> Account:
    """Let an account call again, and close the file for which it was locked."""
    parties.check(actor, account, ACCOUNT.transition("restore"))
    number = papers.restored(account, actor=actor, at=at)
    restored = accounts.move_account(
        actor=actor, at=at, account=account, transition="restore", paper=number, version=version
    )
    breaching.follow_restore(restored, at=at)
    return restored


@transaction.atomic
def revoke_account(
    *, actor: Actor, at: datetime, account: Account, ground: str, reason: str, signer: str = "",
    version: int | None = None,
) -> Account:  # fmt: skip
    """End the sharing for one of the grounds of D44."""
    return terminating.end_sharing(
        actor=actor, at=at, account=account, transition="revoke", ground=ground, reason=reason, signer=signer,
        version=version,
    ).account  # fmt: skip


@transaction.atomic
def give_up_account(
    *, actor: Actor, at: datetime, account: Account, reason: str, version: int | None = None
) -> Account:
    """End the sharing because the consumer no longer needs it (D44)."""
    return terminating.end_sharing(
        actor=actor, at=at, account=account, transition="give_up", ground=ENDED, reason=reason, version=version
    ).account


def expire_accounts(*, at: datetime) -> int:
    """End each account whose term is over; return how many. The gateway refused them since midnight already."""
    return len(each(over_on(local_date(at)), lambda account: _expire(account, at)))


def _expire(account: Account, at: datetime) -> Account:
    reason = kept("Hết thời hạn sử dụng ngày %(day)s.") % {"day": f"{account.valid_until:%d/%m/%Y}"}
    terminating.end_sharing(
        actor=accounts.KEEPER, at=at, account=account, transition="expire", ground=ENDED, reason=reason
    )
    return account


MOVES: dict[str, Callable[..., object]] = {
    "lock": lock_account,
    "restore": restore_account,
    "revoke": revoke_account,
    "give_up": give_up_account,
}
"""The deeds behind the account's moves that belong to suspension; the others are the account's own."""
