"""What is wrong with the platform itself: no gateway answers, no evidence is written, the disk is nearly full."""

import time
from datetime import datetime, timedelta

from django.utils import timezone

from nganam.face.telling import kept
from nganam.lgsp import proving
from nganam.lgsp.evidence import log as evidence
from nganam.lgsp.logbook import folder
from nganam.lgsp.models import Intake
from nganam.lgsp.snapshots.watching import node_states

SECOND_LOOK = 6.0
"""Seconds after which trouble is looked at again: a gateway that starts anew is no incident."""
MOST_BEHIND = 10_000
STALLED = timedelta(minutes=2)
"""Entries not taken into rows, and for how long none was taken, from which on the tallies are behind."""
NO_GATEWAY = kept("Không nút nào của cổng LGSP trả lời.")


def trouble() -> str:
    """Return what is wrong now, or ""."""
    if not any(one.health.live for one in node_states()):
        return NO_GATEWAY
    return proving.collector_status(timezone.now()).stops


def is_late(at: datetime) -> bool:
    """Say whether calls may have been made that the tallies do not know yet: what is not seen is then no sign."""
    if proving.collector_status(at).is_late:
        return True
    taken = Intake.objects.order_by("-updated_at").values_list("following", "updated_at").first()
    if taken is None:
        return False
    behind = evidence.read_state(folder()).size - taken[0]
    return behind > MOST_BEHIND or (behind > 0 and at - taken[1] > STALLED)


def lasting_trouble(pause: float = SECOND_LOOK) -> str:
    """Return what is wrong now and still is after a pause, or ""."""
    if not trouble():
        return ""
    time.sleep(pause)
    return trouble()
