"""The daily job of agreements: what begins today begins, what ends today ends."""

from django.utils import timezone

from nganam.jobs.api import job
from nganam.sharing.agreements import ending, signing


@job(cron="5 0 * * *", max_attempts=5, backoff=60)
def keep_agreements() -> dict[str, int]:
    """Put signed agreements in force on their day and end those whose term is over (D38.4); return how many."""
    at = timezone.now()
    return {"begun": signing.begin_due(at=at), "ended": ending.expire_due(at=at)}
