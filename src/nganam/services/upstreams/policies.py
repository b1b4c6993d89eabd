"""Who may declare and change agencies' systems. Each answer is "" when allowed, else the reason in Vietnamese."""

from django.utils.translation import gettext as _

from nganam.agencies.queries import acts_for
from nganam.kernel.actors import Actor, Role
from nganam.services.models import Upstream


def may_declare(actor: Actor) -> str:
    """A focal officer declares systems of the agency acted for."""
    if actor.has(Role.FOCAL) and actor.agency:
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan được khai báo hệ thống.")


def may_change(actor: Actor, upstream: Upstream) -> str:
    """The focal officer of the agency whose system it is."""
    return "" if acts_for(actor, upstream.agency) else _("Chỉ cán bộ đầu mối của cơ quan có hệ thống được sửa.")
