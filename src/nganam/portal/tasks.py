"""Jobs of the portal."""

from typing import Any

from django.utils import timezone

from nganam.jobs.api import job
from nganam.portal.indexing import rebuild_index
from nganam.portal.warming import warm


@job(max_attempts=5, backoff=2)
def reindex(object_code: str = "", payload: dict[str, Any] | None = None) -> int:
    """Rebuild the search index after something public changed (a province has at most some ten thousand things)."""
    del object_code, payload
    return rebuild_index(timezone.now())


@job(max_attempts=1, cron="23 1 * * *")
def reindex_nightly() -> int:
    """Rebuild once a night: agencies come and go by date, without an event."""
    return rebuild_index(timezone.now())


@job(max_attempts=3, backoff=5)
def prepare_views(object_code: str = "", payload: dict[str, Any] | None = None) -> int:
    """Work out map, chart and profile of a dataset's newest release, so that its first reader need not wait."""
    del payload
    return warm(object_code)
