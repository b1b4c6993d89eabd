"""What an agency that was closed with no successor provided: its services end, descriptions on their way are dropped.

The decree ends accounts (D44), not services, when an agency is no more. That the decision to close it is the request of
a competent authority (D44c) is a local reading.
"""

from datetime import datetime

from nganam.agencies.queries import closed_by
from nganam.cases.sweeping import each
from nganam.face.telling import kept
from nganam.kernel.actors import system
from nganam.kernel.clock import local_date
from nganam.services import operations
from nganam.services.models import Service
from nganam.services.workflow import SERVICE

REGISTER = system("services", "Hệ thống quản lý dịch vụ chia sẻ dữ liệu")
GROUND = "authority"
WAYS = ("end", "abandon")


def end_services_of_closed(*, at: datetime) -> list[str]:
    """End what agencies closed by now provided, and return the codes; what is over is not found again.

    A description in the hands of the appraiser is dropped when it has been returned or has passed. One that cannot be
    ended keeps no other from its end; ``Unfinished`` names it afterwards.
    """
    open_ones = [name for way in WAYS for name in SERVICE.transition(way).source]
    closed = closed_by(local_date(at)).values("pk")
    left = Service.objects.select_related("provider").filter(provider__in=closed, state__in=open_ones)
    return each(left.order_by("code"), lambda service: _end(service, at))


def _end(service: Service, at: datetime) -> str:
    reason = kept("Cơ quan cung cấp %(name)s đã kết thúc hoạt động, không có cơ quan kế tục.") % {
        "name": service.provider.name
    }
    if service.state in SERVICE.transition("end").source:
        operations.end_service(actor=REGISTER, at=at, service=service, reason=reason, ground=GROUND)
    else:
        operations.abandon_service(actor=REGISTER, at=at, service=service, reason=reason)
    return service.code
