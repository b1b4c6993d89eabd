"""What is wrong with the platform itself: no gateway answers, no evidence is written, the disk is nearly full."""

import time

from django.utils import timezone

from nganam.face.telling import kept
from nganam.lgsp import proving
from nganam.lgsp.snapshots.watching import node_states

SECOND_LOOK = 6.0
"""Seconds after which trouble is looked at again: a gateway that starts anew is no incident."""
NO_GATEWAY = kept("Không nút nào của cổng LGSP trả lời.")


def trouble() -> str:
    """Return what is wrong now, or ""."""
    if not any(one.health.live for one in node_states()):
        return NO_GATEWAY
    return proving.collector_status(timezone.now()).trouble


def lasting_trouble(pause: float = SECOND_LOOK) -> str:
    """Return what is wrong now and still is after a pause, or ""."""
    if not trouble():
        return ""
    time.sleep(pause)
    return trouble()
