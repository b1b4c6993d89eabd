"""Jobs of the room itself."""

from django.utils import timezone

from nganam.jobs import operations
from nganam.jobs.api import job


@job(cron="43 2 * * *", max_attempts=3)
def prune_finished() -> int:
    """Forget jobs that were done long ago; return how many."""
    return operations.prune(at=timezone.now())
