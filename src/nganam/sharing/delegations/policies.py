"""Who may delegate the issuing of accounts. Each answer is "" when allowed, else the reason."""

from django.utils.translation import gettext as _

from nganam.agencies.queries import acts_for
from nganam.kernel.actors import Actor, Role
from nganam.sharing.accounts.models import Delegation


def may_delegate(actor: Actor) -> str:
    """The owner of data leaves the issuing to the operator of the LGSP, who has nothing to ask itself (D40.2)."""
    if actor.has(Role.FOCAL) and actor.agency:
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan chủ quản dữ liệu được ủy quyền cấp tài khoản.")


def may_end(actor: Actor, delegation: Delegation) -> str:
    """Either side ends it: who gave it, or the operator who no longer takes it."""
    if actor.has(Role.LEAD) or acts_for(actor, delegation.provider):
        return ""
    return _("Chỉ bên ủy quyền hoặc đơn vị vận hành LGSP được kết thúc ủy quyền.")
