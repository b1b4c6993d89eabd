"""Reads of incidents, and of what is wrong with the platform itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import VIETNAM
from nganam.kernel.errors import NotFound
from nganam.lgsp.models import AlertRule, Exchange, Incident, Tally
from nganam.lgsp.queries import plain
from nganam.lgsp.watching import measuring, rules
from nganam.lgsp.watching.models import FAILED
from nganam.lgsp.watching.tallying import ANSWERED, start_of
from nganam.sharing.accounts.models import Account

AROUND = timedelta(minutes=30)
LONGEST_CHART = timedelta(hours=6)
MOST_CALLS = 20
OF_SERVICE = ("down", "errors")
"""Rules whose incidents concern everybody who uses the service."""


def incidents_for(actor: Actor) -> QuerySet[Incident]:
    """Return the incidents an officer sees: the lead's all; of own services, of own calls, of services one uses."""
    if actor.has(Role.LEAD):
        return Incident.objects.all()
    if not actor.has(Role.FOCAL) or not actor.agency:
        return Incident.objects.none()
    used = Account.objects.filter(application__agency__code=actor.agency).values("service__code")
    of_service = Q(rule__in=OF_SERVICE, service__in=used)
    return Incident.objects.filter(Q(provider=actor.agency) | Q(consumer_agency=actor.agency) | of_service)


def get_incident_for(actor: Actor, code: str) -> Incident:
    """Return an incident; what is not theirs is not found."""
    found = incidents_for(actor).filter(code=plain(code, 20)).first()
    if found is None:
        raise NotFound(gettext("Không có sự cố này."))
    return found


def open_for(actor: Actor) -> QuerySet[Incident]:
    """Return the open incidents an officer sees."""
    return incidents_for(actor).filter(closed_at__isnull=True)


def agencies_told(incident: Incident) -> list[str]:
    """Return the agencies beside the lead that an incident concerns."""
    told = {incident.provider}
    if incident.rule in OF_SERVICE:
        live = Account.objects.filter(service__code=incident.service, state="active")
        told |= set(live.values_list("application__agency__code", flat=True)) if incident.rule == "down" else set()
    elif rules.BY_KEY[incident.rule].for_consumers:
        told.add(incident.consumer_agency)
    return sorted(told - {""})


@dataclass(frozen=True, slots=True)
class Story:
    """What the page of an incident tells: the calls around it, who was met, some of the calls that went wrong."""

    picture: measuring.Picture | None
    affected: list[dict[str, Any]]
    calls: list[Exchange]


def story(incident: Incident, actor: Actor, at: datetime) -> Story:
    """Return the story of an incident; consumers see their own calls only, as everywhere."""
    ended = min(incident.closed_at or at, incident.began_at + LONGEST_CHART)
    since = start_of(Tally.Grain.MINUTE, incident.began_at - AROUND)
    window = measuring.Window(Tally.Grain.MINUTE, since, ended)
    rows = measuring.tallies_for(actor).filter(**_of(incident))
    made = measuring.picture(rows, window) if incident.service or incident.consumer else None
    affected = [
        {"service": service, "consumer": consumer, "figures": figures}
        for (service, _provider, consumer), figures in sorted((made.pairs if made else {}).items())
        if figures.failed or figures.refused or incident.rule in {"volume", "hours", "quota"}
    ]
    return Story(made, affected, _wrong(incident, actor, ended))


def _of(incident: Incident) -> dict[str, str]:
    """Return whose calls an incident is about; one of an unknown consumer is about that of nobody else."""
    service = {"service": incident.service} if incident.service else {}
    return service if incident.rule in (*OF_SERVICE, "platform") else {**service, "consumer": incident.consumer}


def _wrong(incident: Incident, actor: Actor, until: datetime) -> list[Exchange]:
    """Return the last calls of the incident's time that show it."""
    if not (incident.service or incident.consumer):
        return []
    chosen = Exchange.objects.filter(at__gte=incident.began_at, at__lte=until, **_of(incident))
    if not actor.has(Role.LEAD):
        chosen = chosen.filter(Q(provider=actor.agency) | Q(consumer_agency=actor.agency))
    if incident.rule in OF_SERVICE:
        chosen = chosen.filter(FAILED)
    elif incident.rule == "refusals":
        chosen = chosen.filter(status__gte=400, status__lt=500).exclude(ANSWERED)
    return list(chosen.order_by("-at", "-seq")[:MOST_CALLS])


def listed_for(actor: Actor) -> QuerySet[Incident]:
    """Return the incidents an officer sees, open ones first, then the latest."""
    return incidents_for(actor).order_by(F("closed_at").desc(nulls_first=True), "-opened_at", "-pk")


FIGURES = {
    "trouble": _("Tình trạng"), "calls": _("Cuộc gọi"), "failed": _("Lỗi"), "refused": _("Từ chối"),
    "share": _("Tỷ lệ (%)"), "usual": _("Thường có"), "deviation": _("Lệch (σ)"), "hour": _("Giờ xét"),
    "days": _("Số ngày có gọi"), "days_at_hour": _("Số ngày gọi vào giờ này"), "most": _("Hạn mức"),
    "period": _("Kỳ"),
}  # fmt: skip


def told_figures(incident: Incident) -> list[tuple[Any, Any]]:
    """Return the figures at opening with their names, in the order they were seen in."""
    return [(FIGURES.get(name, name), _value(name, value)) for name, value in incident.figures.items()]


def _value(name: str, value: Any) -> Any:
    if name == "hour":
        return f"{datetime.fromisoformat(value).astimezone(VIETNAM):%H:%M %d/%m/%Y}"
    return value


def rule_changes() -> QuerySet[AlertRule]:
    """Return the rules somebody has set, the latest first."""
    return AlertRule.objects.order_by("-changed_at")
