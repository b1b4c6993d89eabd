"""Jobs of the room: what comes about by itself when its time comes."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from nganam.cases.sweeping import Sweep
from nganam.jobs.api import job
from nganam.sharing import erasures
from nganam.sharing.accounts import reminders
from nganam.sharing.agreements.tasks import keep_agreements, tell_taken_up
from nganam.sharing.delegations import operations as delegations
from nganam.sharing.suspensions import breaching, closing, maintaining, operations, winding_up

__all__ = [
    "end_terms",
    "follow_agency_end",
    "follow_service_end",
    "keep_agreements",
    "remind_of_terms",
    "stop_services",
    "tell_of_erasure",
    "tell_taken_up",
]


@job(cron="* * * * *", max_attempts=3, backoff=5)
def stop_services() -> int:
    """Stop each service whose announced time has come; return how many stops moved."""
    return maintaining.stop_due(at=timezone.now())


@job(cron="1 0 * * *", max_attempts=5, backoff=60)
def end_terms() -> dict[str, int]:
    """End what is over since midnight: accounts, delegations, files on accounts that ended; return how many of each."""
    at = timezone.now()
    steps: dict[str, Callable[[], int]] = {
        "accounts": lambda: operations.expire_accounts(at=at),
        "delegations": lambda: delegations.end_overdue(at=at),
        "breaches": lambda: breaching.close_outlived(at=at),
        "agencies": lambda: sum(closing.follow_closed(at=at).values()),
        "services": lambda: winding_up.wind_up_services(at=at),
    }
    sweep = Sweep()
    done = {name: sweep.step(name, deed) for name, deed in steps.items()}
    sweep.report()
    return done


@job(max_attempts=5, backoff=5)
def follow_service_end(code: str, payload: dict[str, Any]) -> dict[str, int]:  # noqa: ARG001 - a reaction gets both
    """React to the end of a service: end the sharing with its users, answer who still asks for it."""
    return winding_up.follow_service_end(code, at=timezone.now())


@job(max_attempts=5, backoff=5)
def follow_agency_end(code: str, payload: dict[str, Any]) -> dict[str, int]:  # noqa: ARG001 - a reaction gets both
    """React to the end of an agency: end what it used, or let the lead agency record who takes it over."""
    return closing.follow_closed(at=timezone.now())


@job(max_attempts=5, backoff=5)
def tell_of_erasure(code: str, payload: dict[str, Any]) -> int:
    """React to an erasure in a table: who was given its data erases too."""
    return erasures.tell(at=timezone.now(), erasure=code, table=payload["table"], rows=payload["rows"])


@job(cron="40 7 * * *", max_attempts=5, backoff=60)
def remind_of_terms() -> dict[str, int]:
    """Tell of accounts about to end and of data to synchronise again; return how many of each."""
    at = timezone.now()
    return {"ends": reminders.remind_of_ends(at=at), "syncs": reminders.remind_of_syncs(at=at)}
