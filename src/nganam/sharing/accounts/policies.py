"""Who may do what to a connection account."""

from datetime import date, datetime

from django.utils.translation import gettext as _

from nganam.agencies.queries import current_successors
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import local_date
from nganam.services.models import Service
from nganam.sharing import policies
from nganam.sharing.accounts.models import Account, Delegation


def may_issue(actor: Actor, thing: policies.OverService) -> str:
    """The owner of the data issues accounts, or the operator of the LGSP to whom it was delegated (D40.2)."""
    if actor.has(Role.LEAD) and Delegation.objects.in_force(thing.service).exists():
        return ""
    return policies.may_act_as_provider(actor, thing)


def delegated_on(service: Service, day: date) -> bool:
    """Say whether the issuing for a service is left to the operator of the LGSP on ``day`` (D40.2)."""
    return Delegation.objects.in_force(service).covering(day).exists()


def may_hold_credentials(actor: Actor, account: Account) -> str:
    """The consumer's focal officer receives its application's credential; the lead agency for one outside (S17.1)."""
    if policies.acts_for_consumer(actor, account.consumer):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan sử dụng được nhận khóa của tài khoản.")


def in_term(account: Account, actor: Actor, at: datetime) -> str:
    """An account whose term is over is not restored (D41)."""
    del actor
    if account.valid_until is None or local_date(at) < account.valid_until:
        return ""
    return _("Tài khoản đã hết thời hạn sử dụng; gửi yêu cầu mới.")


def limited(account: Account, actor: Actor, at: datetime) -> str:
    """What has no end needs no new one (D41)."""
    del actor, at
    return _("Tài khoản này không giới hạn thời hạn nên không cần gia hạn.") if account.valid_until is None else ""


def service_offered(account: Account, actor: Actor, at: datetime) -> str:
    """An account to a service that has ended is not renewed (D44)."""
    del actor, at
    return _("Dịch vụ đã ngừng cung cấp.") if account.service.state == "ended" else ""


def succeeded(account: Account, actor: Actor, at: datetime) -> str:
    """Only the account of an agency that is no more goes to another, and only to one that took over from it.

    The parties of an agreement are those who signed it: they amend it (D39).
    """
    del actor
    day, agency = local_date(at), account.consumer
    if account.request_id is None:
        return _("Tài khoản theo thỏa thuận đặc thù: các bên sửa đổi thỏa thuận.")
    if agency.holds(day):
        return _("Cơ quan sử dụng vẫn đang hoạt động.")
    return "" if current_successors(agency.code, day) else _("Không có cơ quan kế tục cơ quan sử dụng.")


def duties_done(account: Account, actor: Actor, at: datetime) -> str:
    """An account is filed away when nothing is left to do about the data it received (D42)."""
    del actor, at
    if not account.terminations.exclude(state="closed").exists():
        return ""
    return _("Hồ sơ chấm dứt còn chờ xóa, hủy dữ liệu đã nhận.")


PARTIES = {
    "consumer": policies.may_act_as_consumer,
    "issuer": may_issue,
    "lead": policies.may_act_as_lead,
}
GUARDS = {
    "limited": limited, "in_term": in_term, "service_offered": service_offered, "succeeded": succeeded,
    "duties_done": duties_done,
}  # fmt: skip
