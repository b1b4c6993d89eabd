"""Who may do what with platforms beyond the province. Each answer is "" when allowed, else the reason."""

from django.utils.translation import gettext as _

from nganam.agencies.models import Agency
from nganam.agencies.queries import lineage
from nganam.kernel.actors import Actor, Role
from nganam.lgsp.beyond.models import Access
from nganam.sharing import policies as sharing
from nganam.sharing.outside.models import Outbound

APPROVED = ("granted", "configured", "in_use")
"""States of a proposal whose provider has said yes and that has not ended."""


def may_connect(actor: Actor) -> str:
    """The lead agency runs the LGSP and its connection to the national platform (S9.1, S17.4)."""
    return "" if actor.has(Role.LEAD) else _("Chỉ đơn vị vận hành LGSP được quản lý kết nối với nền tảng ngoài tỉnh.")


def may_certify(actor: Actor, access: Access) -> str:
    """The focal officer of the unit whose proposal was approved receives its application's certificate."""
    if sharing.acts_for_consumer(actor, access.outbound.proposer):
        return ""
    return _("Chỉ cán bộ đầu mối của đơn vị đề xuất được nhận chứng thư của ứng dụng.")


def is_of(one: Agency | None, other: Agency | None) -> bool:
    """Say whether two agencies are one, or one descends from the other: a grant outlives a merger of ministries."""
    if one is None or other is None:
        return False
    return one == other or one.code in lineage(other.code) or other.code in lineage(one.code)


def is_approved(outbound: Outbound) -> str:
    """Nobody calls outside without the provider's grant (S17.4, D35.3)."""
    if outbound.state not in APPROVED:
        return _("Đề xuất %(code)s chưa được cơ quan cung cấp chấp thuận, hoặc đã kết thúc.") % {"code": outbound.code}
    if outbound.application_id is None:
        return _("Đề xuất %(code)s chưa nêu ứng dụng sẽ gọi.") % {"code": outbound.code}
    return ""
