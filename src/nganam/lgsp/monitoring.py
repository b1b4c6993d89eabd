"""Reads for monitoring: who called what, how often, how well (S15, D45). Each officer sees their own side only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from nganam.agencies.models import Agency
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import VIETNAM, local_date
from nganam.kernel.errors import NotFound
from nganam.lgsp.models import Exchange
from nganam.lgsp.queries import plain
from nganam.services.models import Service

# A provider's "no such record" is a good answer; the platform's 404 carries a fault.
ANSWERED = Q(status__lt=400) | Q(status=404, fault="")
FAILED = Q(status__gte=500)
PERIODS = (1, 7, 30)
BUSIEST = 30


def exchanges_for(actor: Actor) -> QuerySet[Exchange]:
    """Return what an officer sees: the lead agency everything, a party the calls to its services and its own calls."""
    if actor.has(Role.LEAD):
        return Exchange.objects.all()
    if not actor.has(Role.FOCAL):
        return Exchange.objects.none()
    return Exchange.objects.filter(Q(provider=actor.agency) | Q(consumer_agency=actor.agency))


def get_exchange_for(actor: Actor, request_id: str) -> Exchange:
    """Return one call by its request id; what is not theirs is not found."""
    found = exchanges_for(actor).filter(request_id=plain(request_id)).first()
    if found is None:
        raise NotFound(_("Không có giao dịch này."))
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of the monitoring page."""

    days: int = 1
    service: str = ""
    consumer: str = ""
    provider: str = ""
    result: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Asked":
        """Read the page's address; what is not known is left out."""
        days = query.get("ngay", "")
        return cls(
            days=int(days) if days in {str(one) for one in PERIODS} else 1,
            service=plain(query.get("dich-vu", "")),
            consumer=plain(query.get("ben-dung", "")),
            provider=plain(query.get("ben-cap", "")),
            result=query.get("ket-qua", ""),
        )

    def narrow(self, found: QuerySet[Exchange], at: datetime) -> QuerySet[Exchange]:
        """Return the exchanges the filters leave: whole Vietnamese days, today included."""
        first = local_date(at) - timedelta(days=self.days - 1)
        since = datetime.combine(first, datetime.min.time(), VIETNAM)
        wanted = {"service": self.service, "consumer_agency": self.consumer, "provider": self.provider}
        found = found.filter(at__gte=since, **{name: value for name, value in wanted.items() if value})
        return {
            "tra-loi": found.filter(ANSWERED),
            "tu-choi": found.exclude(ANSWERED).exclude(FAILED),
            "loi": found.filter(FAILED),
        }.get(self.result, found)


def summary(found: QuerySet[Exchange]) -> dict[str, Any]:
    """Return calls, how many were answered, refused, failed, the success rate, and the median and 95th percentile."""
    totals = found.aggregate(
        calls=Count("pk"), answered=Count("pk", filter=ANSWERED), failed=Count("pk", filter=FAILED),
        records=Sum("records"), sent=Sum("response_bytes"),
    )  # fmt: skip
    calls = totals["calls"]
    return {
        **totals,
        "refused": calls - totals["answered"] - totals["failed"],
        "rate": round(100 * totals["answered"] / calls, 1) if calls else None,
        "p50": percentile(found, calls, 0.5),
        "p95": percentile(found, calls, 0.95),
    }


def percentile(found: QuerySet[Exchange], count: int, share: float) -> int | None:
    """Return the duration in ms that ``share`` of the calls did not exceed; ``count`` is how many there are."""
    if not count:
        return None
    place = max(0, -(-int(count * share * 1000) // 1000) - 1)
    return found.order_by("duration_ms").values_list("duration_ms", flat=True)[place]


def by_day(found: QuerySet[Exchange], at: datetime, days: int) -> dict[str, Any]:
    """Return answered and other calls per Vietnamese day, as the chart wants them; days without calls are zero."""
    counted = {
        row["day"]: (row["answered"], row["calls"] - row["answered"])
        for row in found.annotate(day=TruncDate("at", tzinfo=VIETNAM))
        .order_by()
        .values("day")
        .annotate(calls=Count("pk"), answered=Count("pk", filter=ANSWERED))
    }
    today = local_date(at)
    span = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
    values = [counted.get(day, (0, 0)) for day in span]
    return {
        "kind": "bar",
        "stacked": True,
        "x": [f"{day:%d/%m}" for day in span],
        "series": [
            {"name": _("Trả lời"), "values": [one[0] for one in values]},
            {"name": _("Từ chối, lỗi"), "values": [one[1] for one in values]},
        ],
    }


def by_pair(found: QuerySet[Exchange]) -> list[dict[str, Any]]:
    """Return the busiest pairs of service and consumer with their figures and names."""
    rows = list(
        found.exclude(service="")
        .order_by()
        .values("service", "provider", "consumer")
        .annotate(calls=Count("pk"), answered=Count("pk", filter=ANSWERED), failed=Count("pk", filter=FAILED))
        .order_by("-calls", "service", "consumer")[:BUSIEST]
    )
    names = dict(Service.objects.filter(code__in={row["service"] for row in rows}).values_list("code", "name"))
    return [{**row, "name": names.get(row["service"], ""), **_quality(found, row)} for row in rows]


def _quality(found: QuerySet[Exchange], row: Mapping[str, Any]) -> dict[str, Any]:
    of_pair, calls = found.filter(service=row["service"], consumer=row["consumer"]), row["calls"]
    return {
        "rate": round(100 * row["answered"] / calls, 1),
        "p50": percentile(of_pair, calls, 0.5),
        "p95": percentile(of_pair, calls, 0.95),
    }


def choices(found: QuerySet[Exchange]) -> dict[str, list[tuple[str, str]]]:
    """Return what can be chosen in the filters: services, consumers, providers that occur, with names."""
    codes = {
        name: sorted(set(found.order_by().values_list(name, flat=True).distinct()) - {""})
        for name in ("service", "consumer_agency", "provider")
    }
    services = dict(Service.objects.filter(code__in=codes["service"]).values_list("code", "name"))
    parties = {*codes["consumer_agency"], *codes["provider"]}
    agencies = dict(Agency.objects.filter(code__in=parties).values_list("code", "name"))
    names = {**services, **agencies}
    return {kind: [(code, names.get(code, code)) for code in found_codes] for kind, found_codes in codes.items()}
