"""Who may do what to an open dataset. Each answer is "" when allowed, else the reason in Vietnamese."""

from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Role
from nganam.opendata.models import Dataset


def may_propose(actor: Actor, agency: str) -> str:
    """The focal officer of the agency that owns the table proposes (S21.5)."""
    if actor.has(Role.FOCAL) and actor.agency == agency:
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan sở hữu dữ liệu được đề xuất mở.")


def may_act(actor: Actor, dataset: Dataset, role: str) -> str:
    """The lead agency assesses and approves; the owner prepares and updates. The submitter is never the approver."""
    if role == "owner":
        return may_propose(actor, dataset.publisher.code)
    if not actor.has(Role.LEAD):
        return _("Chỉ cơ quan đầu mối cấp tỉnh được đánh giá và duyệt đăng.")
    if actor.code == dataset.opened_by:  # not by name: two people may bear one, and one may change it
        return _("Người đề xuất không được tự duyệt.")
    return ""


def owner(actor: Actor, dataset: Dataset) -> str:
    """The focal officer of the agency whose data it is (S21.5)."""
    return may_act(actor, dataset, "owner")


def lead(actor: Actor, dataset: Dataset) -> str:
    """The lead agency, by another than who proposed (S10.3)."""
    return may_act(actor, dataset, "lead")


PARTIES = {"owner": owner, "lead": lead}
