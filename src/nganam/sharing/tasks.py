"""Jobs of the room: what comes about by itself when its time comes."""

from django.utils import timezone

from nganam.jobs.api import job
from nganam.sharing.accounts import reminders
from nganam.sharing.agreements.tasks import keep_agreements
from nganam.sharing.delegations import operations as delegations
from nganam.sharing.suspensions import breaching, maintaining, operations

__all__ = ["end_terms", "keep_agreements", "remind_of_terms", "stop_services"]


@job(cron="* * * * *", max_attempts=3, backoff=5)
def stop_services() -> int:
    """Stop each service whose announced time has come; return how many stops moved."""
    return maintaining.stop_due(at=timezone.now())


@job(cron="1 0 * * *", max_attempts=5, backoff=60)
def end_terms() -> dict[str, int]:
    """End what is over since midnight: accounts, delegations, files on accounts that ended; return how many of each."""
    at = timezone.now()
    return {
        "accounts": operations.expire_accounts(at=at),
        "delegations": delegations.end_overdue(at=at),
        "breaches": breaching.close_outlived(at=at),
    }


@job(cron="40 7 * * *", max_attempts=5, backoff=60)
def remind_of_terms() -> dict[str, int]:
    """Tell of accounts about to end and of data to synchronise again; return how many of each."""
    at = timezone.now()
    return {"ends": reminders.remind_of_ends(at=at), "syncs": reminders.remind_of_syncs(at=at)}
