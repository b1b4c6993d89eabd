"""By what two sides are connected: the intermediary first, directly only on a finding (S17.4, D46, N194.20, N278)."""

from django.utils.translation import gettext as _

from nganam.kernel.errors import Invalid
from nganam.law.rules import rules
from nganam.sharing.outside.models import Inbound, Outbound, Route


def asks_for_ndop(case: Inbound | Outbound) -> bool:
    """Say whether the rules of the case make mandatory sharing go through NDOP."""
    return rules(case.rules).flag("ndop_mandatory")


def check_route(case: Inbound | Outbound, route: str, finding: str, *, ndop_checked: bool) -> None:
    """Refuse a direct connection without the finding, and a record that did not look whether NDOP is mandatory."""
    wrong: dict[str, list[str]] = {}
    if route not in Route.values:
        wrong["route"] = [_("Chọn đường kết nối.")]
    if route == Route.DIRECT and not finding.strip():
        wrong["finding"] = [
            _("Kết nối trực tiếp chỉ khi trung gian chưa sẵn sàng hoặc không đáp ứng; ghi rõ ai xác định, khi nào.")
        ]
    if asks_for_ndop(case) and route != Route.NDOP and not ndop_checked:
        wrong["ndop_checked"] = [_("Xác nhận dữ liệu không thuộc diện bắt buộc chia sẻ qua NDOP, hoặc chọn NDOP.")]
    if wrong:
        raise Invalid(_("Chưa ghi nhận được kết nối."), fields=wrong)
