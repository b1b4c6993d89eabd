"""Who the parties of suspension and termination are, and what their guards ask."""

from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from nganam.agencies.queries import acts_for
from nganam.deadlines.queries import calendar
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import VIETNAM, local_date
from nganam.kernel.workdays import Calendar
from nganam.law.rules import RuleSet, rules_on
from nganam.services.models import Service
from nganam.sharing import policies
from nganam.sharing.accounts import policies as accounts
from nganam.sharing.accounts.models import Account
from nganam.sharing.suspensions.models import Breach, Maintenance, Termination

ONE_DAY = timedelta(days=1)


def may_plan(actor: Actor, service: Service) -> str:
    """The focal officer of the agency that provides a service plans its stops (D43.1)."""
    if acts_for(actor, service.provider):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan cung cấp được lập kế hoạch tạm ngừng dịch vụ.")


def may_examine(actor: Actor, account: Account) -> str:
    """Whoever issued an account, or runs the LGSP, looks into its use (D43.2, D51.1b)."""
    return "" if actor.has(Role.LEAD) else accounts.may_issue(actor, account)


# -- a stop for everybody --


def notice_days(rule_set: RuleSet) -> int:
    """Return the working days a planned stop is announced before (D43.3)."""
    return int(rule_set.term("maint_notice").value)


def last_notice_day(stop_on: date, days: int, working: Calendar) -> date:
    """Return the last working day to announce a stop on ``stop_on``: ``days`` of them pass whole before it begins."""
    return working.subtract(stop_on - ONE_DAY, days)


def earliest_stop(today: date, days: int, working: Calendar) -> date:
    """Return the first day a stop announced today may begin."""
    return working.add(today, days) + ONE_DAY


def notice_term(stop: Maintenance, actor: Actor, at: datetime) -> str:
    """A planned stop is announced working days before, counted back; a forced one at once (D43.3, D43.4)."""
    del actor
    if stop.is_forced:
        return "" if stop.force.strip() else _("Phải nêu sự kiện bất khả kháng.")
    today, working = local_date(at), calendar()
    days = notice_days(rules_on(today))
    first = earliest_stop(today, days, working)
    if local_date(stop.planned_from) >= first:
        return ""
    earliest = f"{first:%d/%m/%Y}"
    return _(
        "Phải thông báo trước ít nhất %(days)02d ngày làm việc: thông báo hôm nay thì sớm nhất được tạm ngừng từ ngày "
        "%(earliest)s."
    ) % {"days": days, "earliest": earliest}


def service_running(stop: Maintenance, actor: Actor, at: datetime) -> str:
    """Only what is provided can be stopped."""
    del actor, at
    return "" if stop.service.state == "published" else _("Dịch vụ hiện không ở trạng thái đang cung cấp.")


def no_overlap(stop: Maintenance, actor: Actor, at: datetime) -> str:
    """A service has one stop at a time: what was announced first is changed or cancelled first."""
    del actor, at
    others = Maintenance.objects.filter(service=stop.service_id, state__in=["announced", "stopped"]).exclude(pk=stop.pk)
    other = others.filter(planned_from__lt=stop.planned_until, planned_until__gt=stop.planned_from).first()
    if other is None:
        return ""
    return _("Đã có đợt tạm ngừng %(code)s trong thời gian này.") % {"code": other.code}


def time_reached(stop: Maintenance, actor: Actor, at: datetime) -> str:
    """Nobody is stopped before the time that was announced."""
    del actor
    if at >= stop.planned_from:
        return ""
    when = f"{stop.planned_from.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
    return _("Chưa đến thời điểm tạm ngừng đã thông báo: %(when)s.") % {"when": when}


# -- a breach of one user --


def account_in_use(breach: Breach, actor: Actor, at: datetime) -> str:
    """Only an account that was handed over and has not ended can be suspended."""
    del actor, at
    return "" if breach.account.state in {"active", "locked"} else _("Tài khoản không còn hoặc chưa được khai thác.")


def in_term(breach: Breach, actor: Actor, at: datetime) -> str:
    """A connection whose term is over is not restored (D41)."""
    return accounts.in_term(breach.account, actor, at)


# -- the end --


def account_over(termination: Termination, actor: Actor, at: datetime) -> str:
    """The result is told when it has come about."""
    del actor, at
    return "" if termination.account.state in {"revoked", "archived"} else _("Tài khoản chưa được thu hồi.")


MAINTENANCE_PARTIES = {"provider": policies.may_act_as_provider, "lead": policies.may_act_as_lead}
MAINTENANCE_GUARDS = {
    "notice_term": notice_term,
    "service_running": service_running,
    "no_overlap": no_overlap,
    "time_reached": time_reached,
}
PARTIES = {
    "consumer": policies.may_act_as_consumer,
    "issuer": accounts.may_issue,
    "lead": policies.may_act_as_lead,
}
BREACH_GUARDS = {"account_in_use": account_in_use, "in_term": in_term}
TERMINATION_GUARDS = {"account_over": account_over}
