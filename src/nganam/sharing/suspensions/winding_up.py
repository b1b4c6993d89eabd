"""What is left when a service is no more: its users' accounts end, who still asks is answered (D44, D44.3, D42).

What the parties of an agreement signed is theirs to amend or end: they are told, and nothing is done over their heads.
Every deed may be repeated: what is over is not found again.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from nganam.cases import seats
from nganam.cases.queries import last_move
from nganam.cases.sweeping import Sweep
from nganam.face.telling import kept
from nganam.kernel.actors import Kind
from nganam.notices import operations as notices
from nganam.services import operations as services
from nganam.services.models import Service
from nganam.sharing.accounts.models import OVER, Account
from nganam.sharing.accounts.operations import KEEPER
from nganam.sharing.agreements.models import Agreement
from nganam.sharing.agreements.telling import tell_parties
from nganam.sharing.agreements.workflow import LIVE, OPEN
from nganam.sharing.outside.models import Inbound
from nganam.sharing.outside.workflow import BEFORE_GRANT
from nganam.sharing.requests import operations as requests
from nganam.sharing.requests.models import Request
from nganam.sharing.suspensions import terminating

UNKNOWN = "unrecoverable"
"""The ground of a service that ended before the ground was asked for (D44b): what has ended is not restored."""


def follow_service_end(code: str, *, at: datetime) -> dict[str, int]:
    """End what hangs on a service that has ended, and tell those who have to act themselves."""
    service = Service.objects.select_related("provider").filter(code=code, state="ended").first()
    if service is None:
        return {}
    sweep = Sweep()
    done = _wind_up(service, sweep, at=at)
    told = sweep.step(code, lambda: _tell_those_who_act(service, at))
    sweep.report()
    return {**done, "told": told}


def wind_up_services(*, at: datetime) -> int:
    """End what is still left of services that have ended: a request taken up again, what was there long before.

    Those who act are told here of an end nobody told them of, because the reaction to it failed.
    """
    live = Account.objects.filter(service=OuterRef("pk"), request__isnull=False).exclude(state__in=OVER)
    asked = Request.objects.filter(service=OuterRef("pk"), state__in=["draft", "received"])
    left = Service.objects.filter(Exists(live.order_by()) | Exists(asked.order_by()), state="ended")
    sweep = Sweep()
    rows = left.select_related("provider").order_by("code")
    done = sum(sum(_wind_up(service, sweep, at=at).values()) for service in rows)
    untold = Service.objects.filter(state="ended", end_told_at__isnull=True).order_by("code")
    told = sum(sweep.each(untold, lambda service: _tell_those_who_act(service, at)))
    sweep.report()
    return done + told


def _wind_up(service: Service, sweep: Sweep, *, at: datetime) -> dict[str, int]:
    end = last_move(service)
    said = end.reason if end and end.reason else kept("Dịch vụ đã ngừng cung cấp.")
    officer = end.actor_name if end and end.actor_kind == str(Kind.PERSON) else ""
    ground = service.end_ground or UNKNOWN

    def close(account: Account) -> object:
        return terminating.end_sharing(
            actor=KEEPER, at=at, account=account, transition="end_with_service", ground=ground, reason=said,
            officer=officer, signer=service.end_signer,
        )  # fmt: skip

    def answer(request: Request) -> object:
        return requests.lapse_request(at=at, request=request, reason=said, officer=officer, signer=service.end_signer)

    return {
        "accounts": len(sweep.each(_accounts(service), close)),
        "requests": len(sweep.each(_requests(service), answer)),
    }


def _accounts(service: Service) -> QuerySet[Account]:
    rows = Account.objects.select_related("application__agency", "service__provider", "request", "agreement")
    return rows.filter(service=service, request__isnull=False).exclude(state__in=OVER).order_by("code")


def _requests(service: Service) -> QuerySet[Request]:
    rows = Request.objects.select_related("application__agency", "service__provider")
    return rows.filter(service=service, state__in=["draft", "received"]).order_by("code")


@transaction.atomic
def _tell_those_who_act(service: Service, at: datetime) -> int:
    """Tell the parties of agreements, and the lead agency of requests from outside that it has to answer (S17.1); once.

    Return how many cases somebody was told of.
    """
    if not services.note_end_told(service, at=at):
        return 0
    agreements = Agreement.objects.filter(service=service, state__in=[*OPEN, "signed", *LIVE]).order_by("code")
    body = kept("Dịch vụ %(code)s đã ngừng cung cấp. Các bên sửa đổi hoặc chấm dứt thỏa thuận.") % {
        "code": service.code
    }
    for one in agreements:
        tell_parties(one, actor=KEEPER, at=at, event="service_ended", body=body)
    waiting = Inbound.objects.filter(service=service, state__in=BEFORE_GRANT).order_by("code")
    for inbound in waiting:
        seats.write(inbound, at=at)  # the lead agency's answer waits, though nobody has moved the case
        notices.notify(
            at=at, role="lead", title=kept("%(code)s: dịch vụ được yêu cầu đã ngừng") % {"code": inbound.code},
            body=kept("Trả lời cơ quan ngoài tỉnh bằng văn bản."), link=inbound.get_absolute_url(),
            event="sharing.inbound.service_ended",
        )  # fmt: skip
    return len(agreements) + len(waiting)
