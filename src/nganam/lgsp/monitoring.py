"""Reads for monitoring: who called what, how often, how well (S15, D45). Each officer sees their own side only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Role
from nganam.kernel.errors import NotFound
from nganam.lgsp.models import Exchange
from nganam.lgsp.queries import plain
from nganam.lgsp.watching import measuring
from nganam.lgsp.watching.models import FAILED
from nganam.lgsp.watching.tallying import ANSWERED, STOPPED

PERIODS = (0, 1, 7, 30, 365)
PER_PAGE = 20
LONGEST_NUMBER = 18


def exchanges_for(actor: Actor) -> QuerySet[Exchange]:
    """Return what an officer sees: the lead agency everything, a party the calls to its services and its own calls."""
    if actor.has(Role.LEAD):
        return Exchange.objects.all()
    # Calls of nobody known have no agency, and are not those of an officer who has none.
    if not actor.has(Role.FOCAL) or not actor.agency:
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
    """The filters of the monitoring page; 0 days are the last sixty minutes."""

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

    def window(self, at: datetime) -> measuring.Window:
        """Return the time asked for."""
        return measuring.Window.of(self.days, at)

    def chosen(self) -> dict[str, str]:
        """Return what tallies and calls are narrowed to."""
        wanted = {"service": self.service, "consumer_agency": self.consumer, "provider": self.provider}
        return {name: value for name, value in wanted.items() if value}

    def narrow(self, found: QuerySet[Exchange], at: datetime) -> QuerySet[Exchange]:
        """Return the calls the filters leave."""
        found = found.filter(at__gte=self.window(at).since, **self.chosen())
        return {
            "tra-loi": found.filter(ANSWERED),
            "tu-choi": found.exclude(ANSWERED).exclude(FAILED),
            "loi": found.filter(FAILED).exclude(fault=STOPPED),
            "tam-ngung": found.filter(FAILED, fault=STOPPED),
        }.get(self.result, found)


def picture(actor: Actor, asked: Asked, at: datetime) -> measuring.Picture:
    """Return the figures of an officer's side, from tallies: rows of calls are not counted."""
    found = measuring.tallies_for(actor).filter(**asked.chosen())
    return measuring.picture(found, asked.window(at), asked.result)


@dataclass(frozen=True, slots=True)
class Recent:
    """A page of calls, the latest first; ``older`` is the number from which the next one goes back, if there is one."""

    calls: list[Exchange]
    older: int | None


def recent(actor: Actor, asked: Asked, at: datetime, before: str = "") -> Recent:
    """Return some calls of an officer's side, those before the call of number ``before``; never counts them all.

    Each side is asked by its own index and the two put together: "or" over both would sort everything.
    """
    edge = _edge(before)
    found: dict[int, Exchange] = {}
    for side in _sides(actor):
        rows = asked.narrow(side, at)
        if edge is not None:
            rows = rows.filter(at__lte=edge.at).exclude(at=edge.at, seq__gte=edge.seq)
        found |= {one.seq: one for one in rows.order_by("-at", "-seq")[: PER_PAGE + 1]}
    calls = sorted(found.values(), key=lambda one: (one.at, one.seq), reverse=True)
    return Recent(calls[:PER_PAGE], calls[PER_PAGE - 1].seq if len(calls) > PER_PAGE else None)


def _edge(before: str) -> Exchange | None:
    is_number = before.isascii() and before.isdecimal() and len(before) <= LONGEST_NUMBER
    return Exchange.everything.filter(pk=int(before)).first() if is_number else None


def _sides(actor: Actor) -> list[QuerySet[Exchange]]:
    if actor.has(Role.LEAD):
        return [Exchange.objects.all()]
    if not actor.has(Role.FOCAL) or not actor.agency:
        return []
    return [Exchange.objects.filter(provider=actor.agency), Exchange.objects.filter(consumer_agency=actor.agency)]
