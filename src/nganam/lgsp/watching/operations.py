"""Every deed of watching: judge by the rules, acknowledge, note, set thresholds, promise."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from nganam.agencies import queries as agencies
from nganam.audit import operations as audit
from nganam.cases.operations import next_code
from nganam.kernel.actors import Actor, Role, system
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, StateMoved
from nganam.lgsp import terms
from nganam.lgsp.watching import looking, policies, queries, rules
from nganam.lgsp.watching.models import AlertRule, Incident, IncidentNote, Promise
from nganam.lgsp.watching.rules import Finding
from nganam.notices import operations as notices
from nganam.notices.operations import send_mail
from nganam.services.models import Service

WATCH = system("lgsp.watch", "Giám sát LGSP")
PREFIX = "SC"
LONGEST_NOTE = 4000
OPENED = {
    "platform": gettext_noop("%(code)s: nền tảng LGSP không hoạt động"),
    "down": gettext_noop("%(code)s: dịch vụ %(service)s không phục vụ được"),
    "errors": gettext_noop("%(code)s: dịch vụ %(service)s lỗi tăng đột biến"),
    "refusals": gettext_noop("%(code)s: %(consumer)s bị từ chối nhiều lần"),
    "volume": gettext_noop("%(code)s: %(consumer)s gọi %(service)s với lượng bất thường"),
    "hours": gettext_noop("%(code)s: %(consumer)s gọi %(service)s vào giờ bất thường"),
    "quota": gettext_noop("%(code)s: %(consumer)s hết hạn mức gọi %(service)s"),
}
OVER = gettext_noop("%(code)s: sự cố đã hết")
OVER_OF = gettext_noop("%(code)s: sự cố đã hết (%(about)s)")
NOBODY_CALLED = gettext_noop("%(code)s: đóng vì lâu không có đủ cuộc gọi tốt để kết luận (%(about)s)")
RULE_OFF = gettext_noop("%(code)s: đóng vì quy tắc đã tắt")
SENTENCES = (*OPENED.values(), OVER, OVER_OF, NOBODY_CALLED, RULE_OFF)


# -- judging --


def judge(*, at: datetime, platform: str = "", is_late: bool = False) -> tuple[int, int]:
    """Open incidents of what the rules newly hold of, close those that have been calm; return how many of each.

    One incident of a thing is open at a time, and its parties are told once when it opens and once when it ends. While
    the tallies are behind the calls (``is_late``) none is closed: that nothing is seen is no sign of calm.
    """
    # Before the transaction: looking takes a while, and writes must not wait for it.
    return _write(rules.in_force(), looking.findings(at, platform, is_late=is_late), at, is_late=is_late)


@transaction.atomic
def _write(now: dict[str, rules.Rule], findings: list[Finding], at: datetime, *, is_late: bool) -> tuple[int, int]:
    open_now = {_thing(one): one for one in _open_incidents()}
    found = {one.thing: one for one in findings}
    down = {thing for thing in (*found, *open_now) if thing[0] == "down"}
    # A service that is down has faults, and has them still in the longer window after it came back: one incident.
    covered = {("errors", service, consumer) for _rule, service, consumer in down}
    new = [one for thing, one in found.items() if thing not in open_now and thing not in covered]
    lasting = {thing for thing in open_now if thing in found or thing in covered}
    Incident.objects.filter(pk__in=[open_now[thing].pk for thing in lasting]).update(seen_at=at)
    quiet = [one for thing, one in open_now.items() if thing not in lasting] if not is_late else []
    ends = [(one, why) for one in quiet if (why := _end_of(one, now.get(one.rule), at))]
    for one in new:
        _open(one, now[one.rule], at)
    for incident, why in ends:
        _close(incident, why, at)
    return len(new), len(ends)


def _open_incidents() -> list[Incident]:
    return list(Incident.objects.select_for_update(no_key=True).filter(closed_at__isnull=True))


def _thing(incident: Incident) -> tuple[str, str, str]:
    return (incident.rule, incident.service, incident.consumer)


def _end_of(incident: Incident, rule: rules.Rule | None, at: datetime) -> str:
    """Return why an incident is over that is not seen any more, "" while it is not."""
    if rule is None or not rule.is_on:
        return RULE_OFF
    calm = at - incident.seen_at
    if calm < timedelta(minutes=rule.calm_minutes):
        return ""
    if incident.rule not in queries.OF_SERVICE or looking.serves_again(incident.service, incident.seen_at):
        return OVER_OF if incident.service or incident.consumer else OVER
    return NOBODY_CALLED if calm >= terms.span(terms.UNSURE.key) else ""


def _open(found: Finding, rule: rules.Rule, at: datetime) -> Incident:
    incident = Incident.objects.create(
        code=next_code(PREFIX, at), rule=found.rule, service=found.service, provider=found.provider,
        consumer=found.consumer, consumer_agency=found.consumer.partition("/")[0],
        began_at=at - timedelta(minutes=rule.minutes), opened_at=at, seen_at=at,
        figures={name: _plain(value) for name, value in found.figures},
    )  # fmt: skip
    _record("lgsp.incident.opened", incident, at=at, details={"rule": found.rule, **incident.figures})
    if rule.is_told:
        _tell(incident, OPENED[found.rule], at)
    return incident


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _close(incident: Incident, why: str, at: datetime) -> None:
    Incident.objects.filter(pk=incident.pk).update(closed_at=at)
    _record("lgsp.incident.closed", incident, at=at, details={"rule": incident.rule, "why": _said(why, incident)})
    if why == RULE_OFF:
        IncidentNote.objects.create(incident=incident, at=at, by=WATCH.name, agency="", text=_said(why, incident))
    elif rules.BY_KEY[incident.rule].is_told:
        _tell(incident, why, at)


def _said(sentence: str, incident: Incident) -> str:
    about = " · ".join(one for one in (incident.service, incident.consumer) if one)
    return sentence % {
        "code": incident.code, "service": incident.service, "consumer": incident.consumer or "–", "about": about,
    }  # fmt: skip


def _record(
    action: str, incident: Incident, *, at: datetime, actor: Actor = WATCH, details: dict[str, Any] | None = None
) -> None:
    audit.record(
        actor=actor, at=at, action=action, object_type="lgsp.incident", object_code=incident.code, details=details or {}
    )


def _tell(incident: Incident, sentence: str, at: datetime) -> None:
    """Tell the province, the provider and whom it concerns: in the inbox and, who left an address, by mail."""
    title, link, day = _said(sentence, incident), incident.get_absolute_url(), local_date(at)
    with translation.override("vi"):
        body = "\n".join(f"{name}: {value}" for name, value in queries.told_figures(incident))
    notify = partial(notices.notify, at=at, title=title, body=body, link=link, event="lgsp.incident")
    notify(role=Role.LEAD)
    addresses = set(_addresses(agencies.people_in_role(Role.LEAD, day)))
    for agency in queries.agencies_told(incident):
        notify(role=Role.FOCAL, agency=agency)
        addresses |= set(_addresses(agencies.people_with_role(agency, Role.FOCAL, day)))
    address = f"{settings.NGANAM_PUBLIC_URL.rstrip('/')}{link}"
    for to in sorted(addresses):
        send_mail(to=to, subject=title, body=f"{body}\n\n{address}".strip(), at=at)


def _addresses(people: Sequence[Any]) -> list[str]:
    return sorted({one.email for one in people if one.email})


# -- deeds of officers --


@transaction.atomic
def acknowledge(incident: Incident, *, actor: Actor, at: datetime, note: str) -> Incident:
    """Say that the officer's agency deals with an incident, and how; once."""
    _may(policies.may_handle(actor, incident))
    text = _text(note)
    taken = Incident.objects.filter(pk=incident.pk, acknowledged_at__isnull=True)
    if not taken.update(acknowledged_at=at, acknowledged_by=actor.name):
        raise StateMoved(_("Sự cố %(code)s đã có người nhận xử lý.") % {"code": incident.code}, state="acknowledged")
    _note(incident, actor, at, text)
    _record("lgsp.incident.acknowledged", incident, at=at, actor=actor)
    incident.refresh_from_db()
    return incident


@transaction.atomic
def add_note(incident: Incident, *, actor: Actor, at: datetime, note: str) -> Incident:
    """Write down something about an incident: what was found, done, agreed; also after it is over."""
    _may(policies.may_handle(actor, incident))
    _note(incident, actor, at, _text(note))
    _record("lgsp.incident.noted", incident, at=at, actor=actor)
    return incident


def _note(incident: Incident, actor: Actor, at: datetime, text: str) -> None:
    IncidentNote.objects.create(incident=incident, at=at, by=actor.name, agency=actor.agency, text=text)


def _text(note: str) -> str:
    text = note.replace("\0", "\ufffd").strip()
    if not text or len(text) > LONGEST_NOTE:
        words = _("Ghi nội dung, không quá %(most)s ký tự.") % {"most": LONGEST_NOTE}
        raise Invalid(words, fields={"note": [words]})
    return text


def _may(refusal: str) -> None:
    if refusal:
        raise NotAllowed(refusal)


LIMITS = {"minutes": (1, 1440), "least": (0, 1_000_000), "threshold": (0, 1000), "calm_minutes": (0, 1440)}


@transaction.atomic
def set_rule(
    key: str, *, actor: Actor, at: datetime, is_on: bool, minutes: int, least: int, threshold: int, calm_minutes: int
) -> AlertRule:
    """Set the thresholds of a rule: a local choice of the lead agency, in force from the next minute."""
    _may(policies.may_change_rule(actor))
    if key not in rules.BY_KEY:
        raise NotFound(_("Không có quy tắc này."))
    values = {"minutes": minutes, "least": least, "threshold": threshold, "calm_minutes": calm_minutes}
    _check_limits(values)
    before = {name: getattr(rules.in_force()[key], name) for name in rules.SET}
    row, _new = AlertRule.objects.update_or_create(
        key=key, defaults={**values, "is_on": is_on, "changed_at": at, "changed_by": actor.name}
    )
    audit.record(
        actor=actor, at=at, action="lgsp.alert_rule.set", object_type="lgsp.alert_rule", object_code=key,
        details={"before": before, "after": {**values, "is_on": is_on}, "article": "nội bộ"},
    )  # fmt: skip
    return row


def _check_limits(values: dict[str, int]) -> None:
    wrong = {
        name: [_("Từ %(low)s đến %(high)s.") % {"low": low, "high": high}]
        for name, (low, high) in LIMITS.items()
        if not low <= values[name] <= high
    }
    if wrong:
        raise Invalid(_("Ngưỡng không hợp lệ."), fields=wrong)


@transaction.atomic
def promise(service: Service, *, actor: Actor, at: datetime, availability: Decimal, p95_ms: int) -> Promise:
    """Write down in figures what the provider promises of a service."""
    _may(policies.may_promise(actor, service))
    if not 0 < availability <= 100:  # noqa: PLR2004 - per cent
        raise Invalid(_("Tỷ lệ sẵn sàng từ trên 0 đến 100."), fields={"availability": [_("Trên 0, không quá 100.")]})
    if not 0 < p95_ms <= 300_000:  # noqa: PLR2004 - no call lasts longer at the gateway
        raise Invalid(_("Thời gian từ 1 đến 300000 ms."), fields={"p95_ms": [_("Từ 1 đến 300000.")]})
    row, _new = Promise.objects.update_or_create(
        service=service,
        defaults={"availability": availability, "p95_ms": p95_ms, "changed_at": at, "changed_by": actor.name},
    )
    audit.record(
        actor=actor, at=at, action="lgsp.promise.set", object_type="services.service", object_code=service.code,
        details={"availability": str(availability), "p95_ms": p95_ms, "article": "nội bộ"},
    )  # fmt: skip
    return row
