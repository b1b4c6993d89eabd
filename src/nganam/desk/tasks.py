"""Jobs of the room."""

from django.utils import timezone

from nganam.desk import digest
from nganam.jobs.api import job


@job(cron="0 7 * * *", max_attempts=5, backoff=120)
def send_digests() -> int:
    """Send each officer's mail of the morning; return how many. Run again on the same day it sends only what lacks."""
    return digest.send_digests(at=timezone.now())
