"""Who may do what with the open tier, and what may be in it. Each answer is "" when allowed, else the reason."""

from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Role
from nganam.lgsp.open_tier.models import OpenKey, OpenTier
from nganam.services.models import Service
from nganam.services.policies import may_act_as_provider

PUBLISHED = "published"


def may_offer(actor: Actor, service: Service) -> str:
    """The provider's focal officer, of its own service (S21.5)."""
    return may_act_as_provider(actor, service)


def may_open(actor: Actor, tier: OpenTier) -> str:
    """The lead agency, by another than who offered (S10.3)."""
    if not actor.has(Role.LEAD):
        return _("Chỉ cơ quan đầu mối cấp tỉnh được duyệt tầng mở.")
    return _("Người đề nghị không được tự duyệt.") if actor.code == tier.offered_by_code else ""


def may_close(actor: Actor, tier: OpenTier) -> str:
    """The provider, or who runs the LGSP."""
    return "" if actor.has(Role.LEAD) else may_act_as_provider(actor, tier.service)


def may_hold(actor: Actor) -> str:
    """Whoever has an account here: a key opens nothing that is not open to everybody."""
    return "" if actor.is_person else _("Chỉ người có tài khoản trên cổng được nhận khóa truy cập mở.")


def may_revoke(actor: Actor, key: OpenKey) -> str:
    """Its holder, or who runs the LGSP."""
    if actor.has(Role.LEAD) or (actor.code and actor.code == key.holder_code):
        return ""
    return _("Chỉ người nhận khóa hoặc đơn vị vận hành LGSP được thu hồi khóa.")


def is_open_data(service: Service) -> str:
    """The register says that data are open by a published open dataset over the service's table (D17, D20)."""
    if service.table is None:
        return _("Chỉ dịch vụ đọc từ kho dữ liệu có tầng mở.")
    if service.form == "special":
        return _("Dịch vụ chia sẻ đặc thù không có tầng mở.")
    dataset = getattr(service.table, "dataset", None)
    if dataset is None or dataset.state != PUBLISHED:
        return _("Bảng nguồn chưa được công bố là dữ liệu mở; đề nghị mở bộ dữ liệu trước.")
    return ""


def personal(service: Service) -> set[str]:
    """Return the columns that hold personal data, by the service's description or by the table's contract."""
    by_contract = {str(one["name"]) for one in service.source.contract["columns"] if one.get("personal")}
    return by_contract | {one.name for one in service.fields.all() if one.personal}


def openable(service: Service) -> list[str]:
    """Return the fields of a service that may be open at all, in its order."""
    hidden = personal(service)
    return [one.name for one in service.fields.all() if one.name not in hidden]
