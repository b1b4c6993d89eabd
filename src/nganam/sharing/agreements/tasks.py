"""Jobs of agreements: what begins today begins, what ends today ends; who may ask by default is told so."""

from typing import Any

from django.utils import timezone

from nganam.jobs.api import job
from nganam.sharing.agreements import defaulting, ending, signing


@job(cron="5 0 * * *", max_attempts=5, backoff=60)
def keep_agreements() -> dict[str, int]:
    """Put signed agreements in force on their day and end those whose term is over (D38.4); return how many."""
    at = timezone.now()
    return {"begun": signing.begin_due(at=at), "ended": ending.expire_due(at=at)}


@job(max_attempts=5, backoff=5)
def tell_taken_up(code: str, payload: dict[str, Any]) -> int:  # noqa: ARG001 - a reaction gets both
    """React to an issued edition: the parties whose data it took up learn how to ask by default (D34.2)."""
    return defaulting.tell_taken_up(at=timezone.now(), edition=code)
