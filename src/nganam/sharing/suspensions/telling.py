"""Tells of stops of services: one notice to each agency, however many of the services it uses."""

from collections.abc import Sequence
from datetime import datetime

from nganam.agencies.queries import OUTSIDE_KINDS
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.clock import VIETNAM
from nganam.notices import operations as notices
from nganam.sharing.accounts.models import OVER, Account
from nganam.sharing.suspensions.models import Maintenance

LIST = "/tam-ngung/quan-ly/"
LABELS = {
    "announce": kept("thông báo tạm ngừng dịch vụ"),
    "stop": kept("dịch vụ đã tạm ngừng"),
    "restore": kept("dịch vụ đã được khôi phục"),
    "extend": kept("lùi thời điểm khôi phục dịch vụ"),
    "cancel": kept("không tạm ngừng dịch vụ nữa"),
}


def tell_users(stops: Sequence[Maintenance], actor: Actor, *, at: datetime, event: str) -> None:
    """Tell the agencies whose applications call the services, the provider and the lead agency: each of its own."""
    concerned: dict[str, list[Maintenance]] = {}
    for stop in stops:
        for agency in _users_of(stop):
            concerned.setdefault(agency, []).append(stop)
    for agency in sorted(concerned.keys() - {actor.agency}):
        _tell(concerned[agency], at=at, event=event, agency=agency)
    if stops:
        _tell(stops, at=at, event=event, role="lead")


def _users_of(stop: Maintenance) -> set[str]:
    users = Account.objects.filter(service=stop.service_id).exclude(state__in=OVER)
    users = users.exclude(application__agency__kind__in=OUTSIDE_KINDS)  # the lead agency, told anyway, reaches them
    return set(users.values_list("application__agency__code", flat=True)) | {stop.provider.code}


def _tell(stops: Sequence[Maintenance], *, at: datetime, event: str, agency: str = "", role: str = "") -> None:
    first, more = stops[0], len(stops) - 1
    subject = kept("%(code)s và %(more)s đợt khác") % {"code": first.code, "more": more} if more else first.code
    notices.notify(
        at=at, agency=agency, role=role, title=f"{subject}: {LABELS[event]}",
        body="\n".join(_said(one, with_code=bool(more)) for one in stops),
        link=LIST if more else first.get_absolute_url(), event=f"sharing.maintenance.{event}",
    )  # fmt: skip


def _said(stop: Maintenance, *, with_code: bool) -> str:
    said = kept("%(service)s: tạm ngừng từ %(start)s, dự kiến khôi phục %(end)s. %(work)s") % {
        "service": stop.service.name, "start": _when(stop.planned_from), "end": _when(stop.planned_until),
        "work": stop.work,
    }  # fmt: skip
    return f"{stop.code} · {said}" if with_code else said


def _when(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
