"""What of platforms beyond the province is refused at once, whether or not the rest can be published.

A right beyond the province stands in the routes and in the table of members, not in a token that runs out. While Envoy
refuses a new snapshot the old routes and the old table stay; what has ended since is therefore a denial, and remains
one until every node has confirmed a snapshot from after it. Two reads of short tables: this is asked four times a
second.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.db.models import Q, QuerySet

from nganam.lgsp.beyond.models import Access, BeyondService, Member, Platform
from nganam.lgsp.beyond.queries import live_accesses
from nganam.lgsp.envoy.decided import Closed, Dismissed, identity_of

Ending = TypeVar("Ending", Access, BeyondService, Member)


def closed(confirmed: datetime | None = None) -> Iterator[Closed]:
    """Yield the services nobody may call, then those that somebody may call no longer.

    What ended before ``confirmed`` is in no node's routes any more.
    """
    shut = Q(ended_at__isnull=False) | Q(platform__outgoing_at__isnull=True)
    nobodys = BeyondService.objects.filter(shut)
    everybody = set(nobodys.values_list("code", flat=True))
    yield from (Closed(code) for code in sorted(_lately(nobodys, confirmed).values_list("code", flat=True)))
    live = set(live_accesses().values_list("service__code", "outbound__application"))
    callers: dict[str, set[str]] = {}
    chosen = _lately(Access.objects.all(), confirmed)
    chosen = chosen.exclude(service__code__in=everybody).exclude(outbound__application=None)
    for one in chosen.select_related("service", "outbound__application__agency"):
        application = one.outbound.application
        if application is not None and (one.service.code, application.pk) not in live:
            callers.setdefault(one.service.code, set()).add(identity_of(settings.NGANAM_INSTANCE, application.subject))
    yield from (Closed(code, tuple(sorted(callers[code]))) for code in sorted(callers))


def dismissed(confirmed: datetime | None = None) -> Iterator[Dismissed]:
    """Yield the platforms nobody calls in from, then the members who were dismissed, by every name they had."""
    stopped = set(Platform.objects.filter(incoming_at__isnull=True).values_list("code", flat=True))
    yield from (Dismissed(code) for code in sorted(stopped))
    live: set[Dismissed] = set()
    gone: set[Dismissed] = set()
    chosen = _lately(Member.objects.all(), confirmed).exclude(platform__code__in=stopped)
    for one in chosen.select_related("platform", "application__agency"):
        told = {Dismissed(one.platform.code, name, one.application.subject) for name in (one.named, one.client) if name}
        (live if one.ended_at is None else gone).update(told)
    yield from sorted(gone - live, key=lambda one: (one.platform, one.named, one.subject))


def _lately(rows: QuerySet[Ending], confirmed: datetime | None) -> QuerySet[Ending]:
    return rows if confirmed is None else rows.filter(Q(ended_at__isnull=True) | Q(ended_at__gte=confirmed))
