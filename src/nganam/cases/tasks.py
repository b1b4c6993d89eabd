"""Jobs of the room: reminders. They live here because clocks and notices do not know each other."""

from django.utils import timezone

from nganam.cases import reminders, seats
from nganam.jobs.api import job


@job(cron="30 7 * * *", max_attempts=5, backoff=60)
def remind() -> int:
    """Tell each agency of its clocks due by the next working day or overdue, once each; return how many."""
    return reminders.remind(at=timezone.now())


@job(cron="12 3 * * *", max_attempts=3, backoff=300)
def set_seats_right() -> int:
    """Write every seat anew: what changed without a move (a delegation, a name) is then right on every desk."""
    return seats.rebuild(at=timezone.now())
