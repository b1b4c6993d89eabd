"""Who may open a table to pushed records. Each answer is "" when allowed, else the reason in Vietnamese."""

from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Role
from nganam.lgsp.pushes.models import PushRight
from nganam.sharing import policies as parties
from nganam.warehouse import policies as warehouse
from nganam.warehouse.models import Table


def may_grant(actor: Actor, table: Table) -> str:
    """Who may load the table lets an application of the same agency do so (nội bộ)."""
    return warehouse.may_load(actor, table.agency.code)


def may_end(actor: Actor, right: PushRight) -> str:
    """The owner of the table, or who runs the LGSP."""
    return "" if actor.has(Role.LEAD) else warehouse.may_load(actor, right.door.table.agency.code)


def may_certify(actor: Actor, right: PushRight) -> str:
    """The officer of the application's agency, while the right is in force: it may have no account that would do it."""
    if not right.is_live:
        return _("Quyền đẩy dữ liệu đã đóng.")
    if parties.acts_for_consumer(actor, right.application.agency):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan có ứng dụng được xin chứng thư.")
