"""Jobs of sharing beyond the province."""

from typing import Any

from django.utils import timezone

from nganam.jobs.api import job
from nganam.sharing.outside import inbound


@job(max_attempts=5, backoff=1)
def follow_request(code: str, payload: dict[str, Any]) -> str:  # noqa: ARG001 - a reaction gets both
    """React to a connection request that was suspended, resumed or terminated: its case from outside follows."""
    return inbound.follow_request(at=timezone.now(), code=code)
