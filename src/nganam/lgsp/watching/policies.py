"""Who may do what with incidents, thresholds and promises. Each answer is "" when allowed, else the reason."""

from django.utils.translation import gettext as _

from nganam.agencies.queries import acts_for
from nganam.kernel.actors import Actor, Role
from nganam.lgsp.watching.models import Incident
from nganam.services.models import Service


def may_change_rule(actor: Actor) -> str:
    """The lead agency, which runs the LGSP."""
    return "" if actor.has(Role.LEAD) else _("Chỉ đơn vị vận hành LGSP được đổi ngưỡng cảnh báo.")


def may_promise(actor: Actor, service: Service) -> str:
    """The provider's focal officer: a promise is the provider's."""
    if actor.has(Role.FOCAL) and acts_for(actor, service.provider):
        return ""
    return _("Chỉ cơ quan cung cấp dịch vụ được ghi cam kết chất lượng.")


def may_handle(actor: Actor, incident: Incident) -> str:
    """The provider of the service, or who runs the LGSP; consumers read."""
    if actor.has(Role.LEAD) or (actor.has(Role.FOCAL) and bool(actor.agency) and actor.agency == incident.provider):
        return ""
    return _("Chỉ cơ quan cung cấp dịch vụ hoặc đơn vị vận hành LGSP được nhận xử lý, ghi chú sự cố.")
