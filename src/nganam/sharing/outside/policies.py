"""Who the parties of sharing beyond the province are, and what its guards ask."""

from datetime import datetime
from typing import cast

from django.utils.translation import gettext as _

from nganam.agencies.queries import acts_for
from nganam.catalogue.policies import lacks_regulation
from nganam.kernel.actors import Actor, Kind, Role
from nganam.kernel.clock import local_date
from nganam.law.rules import rules_on
from nganam.sharing import policies
from nganam.sharing.accounts.policies import may_issue
from nganam.sharing.outside.content import outbound_content
from nganam.sharing.outside.models import Form, Inbound, Opinion, Outbound
from nganam.sharing.outside.queries import account_of


def may_keep_outside(actor: Actor) -> str:
    """The lead agency registers what comes from outside and tells of outside services (S14.4, S17.1)."""
    return policies.may_act_as_lead(actor, None)


def may_act_as_chairman(actor: Actor, case: object) -> str:
    """The Chairman decides when the two opinions differ (S17.3)."""
    del case
    return "" if actor.has(Role.CHAIRMAN) else _("Chỉ Chủ tịch UBND tỉnh được quyết định việc này.")


def may_act_as_owner(actor: Actor, inbound: Inbound) -> str:
    """The agency that manages the data says whether it agrees (S17.3)."""
    if acts_for(actor, inbound.provider):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan chủ quản dữ liệu được cho ý kiến.")


def may_issue_to_outside(actor: Actor, inbound: Inbound) -> str:
    """The owner issues the account, or the operator of the LGSP to whom it was delegated (D40.2)."""
    if inbound.service is None:
        return may_act_as_owner(actor, inbound)
    return may_issue(actor, cast("policies.OverService", inbound))


def may_act_as_proposer(actor: Actor, outbound: Outbound) -> str:
    """The focal officer of the unit that needs the data (S9.3, S21.1)."""
    if acts_for(actor, outbound.proposer):
        return ""
    return _("Chỉ cán bộ đầu mối của đơn vị đề xuất được làm việc này.")


# ---- guards of an inbound request ----


def opinions_of(inbound: Inbound) -> dict[str, Opinion]:
    """Return the opinions given so far, by side."""
    return {one.side: one for one in inbound.opinions.all()}


def owner_silent(inbound: Inbound, actor: Actor, at: datetime) -> str:
    """An opinion is given once."""
    del actor, at
    return _("Cơ quan chủ quản đã cho ý kiến.") if "owner" in opinions_of(inbound) else ""


def lead_silent(inbound: Inbound, actor: Actor, at: datetime) -> str:
    """An opinion is given once."""
    del actor, at
    return _("Cơ quan đầu mối đã cho ý kiến.") if "lead" in opinions_of(inbound) else ""


def another_person(inbound: Inbound, actor: Actor, at: datetime) -> str:
    """Two opinions of one person would be one opinion, also where the lead agency itself owns the data."""
    del at
    if actor.kind is Kind.PERSON and actor.code in {one.by for one in inbound.opinions.all()}:
        return _("Bạn đã ghi một ý kiến; ý kiến còn lại phải do người khác ghi.")
    return ""


def two_opinions(inbound: Inbound, actor: Actor, at: datetime) -> str:
    """Nothing is decided before both opinions are recorded (S17.3)."""
    del actor, at
    given = opinions_of(inbound)
    missing = [str(label) for side, label in Opinion.Side.choices if side not in given]
    return _("Chưa có ý kiến của: %(names)s.") % {"names": ", ".join(missing)} if missing else ""


def consent(inbound: Inbound, actor: Actor, at: datetime) -> str:
    """Data go outside when both agree, or when the Chairman permitted it (S17.3)."""
    del actor, at
    given = opinions_of(inbound)
    both = len(given) == len(Opinion.Side) and all(one.agrees for one in given.values())
    if inbound.state == "permitted" or both:
        return ""
    return _("Hai bên chưa thống nhất và Chủ tịch chưa cho phép chia sẻ.")


def default_data(case: Inbound | Outbound, actor: Actor, at: datetime) -> str:
    """Only default data have the simple way (D33)."""
    del actor, at
    return "" if case.form == Form.DEFAULT else _("Đây là dữ liệu đặc thù, phải thống nhất bằng thỏa thuận.")


def special_data(case: Outbound, actor: Actor, at: datetime) -> str:
    """Special data are agreed on; no term runs (D36, D37)."""
    del actor, at
    return "" if case.form == Form.SPECIAL else _("Đây là dữ liệu mặc định, có thời hạn trả lời theo luật.")


def service_open(inbound: Inbound, actor: Actor, at: datetime) -> str:
    """The owner keeps ready what it shares outside: a published service (S17.2)."""
    del actor, at
    if inbound.service is None or inbound.service.state != "published":
        return _("Dịch vụ chưa công khai hoặc đang tạm ngừng nên chưa cấp được tài khoản.")
    return ""


def regulation(inbound: Inbound, actor: Actor, at: datetime) -> str:
    """Data are shared by a published usage regulation (D22); a service over no declared database has its own terms."""
    del actor, at
    return lacks_regulation(inbound.service.database if inbound.service else None)


def service_over(inbound: Inbound, actor: Actor, at: datetime) -> str:
    """What was asked for is no more: the answer waits for no opinion any longer (D44)."""
    del actor, at
    if inbound.service is not None and inbound.service.state == "ended":
        return ""
    return _("Dịch vụ được yêu cầu chưa ngừng cung cấp.")


def handed_over(inbound: Inbound, actor: Actor, at: datetime) -> str:
    """A connection is recorded once the outside agency has its key and the account may call."""
    del actor, at
    account = account_of(inbound)
    if account is not None and account.state == "active":
        return ""
    return _("Tài khoản chưa bàn giao hoặc đang bị khóa; cơ quan đầu mối nhận khóa thay cơ quan ngoài tỉnh trước.")


def agreement_over(inbound: Inbound, actor: Actor, at: datetime) -> str:
    """While a dispute about the agreement before is open, its settlement is waited for (D50)."""
    del actor, at
    if inbound.state == "failed" and _agreement_is_disputed(inbound):
        return _("Thỏa thuận đang được giải quyết vướng mắc; chờ kết quả.")
    return ""


def _agreement_is_disputed(inbound: Inbound) -> bool:
    """Say whether an agreement begun from the request is in dispute; asked once for the steps of a page."""
    if "agreement_is_disputed" not in inbound.__dict__:
        inbound.__dict__["agreement_is_disputed"] = inbound.agreements.filter(state="disputed").exists()
    return bool(inbound.__dict__["agreement_is_disputed"])


# ---- guards of an outbound proposal ----


def complete(outbound: Outbound, actor: Actor, at: datetime) -> str:
    """A proposal says everything the outside provider will have to be told (D35.2), and of whom it is asked."""
    del actor
    missing = [one.vi for one in rules_on(local_date(at)).missing("sharing.request", outbound_content(outbound))]
    if not outbound.asked_of.strip():
        missing.append(_("cơ quan cung cấp"))
    return _("Đề xuất còn thiếu: %(names)s.") % {"names": ", ".join(missing)} if missing else ""


INBOUND_PARTIES = {
    "owner": may_act_as_owner,
    "lead": policies.may_act_as_lead,
    "chairman": may_act_as_chairman,
    "issuer": may_issue_to_outside,
}
INBOUND_GUARDS = {
    "owner_silent": owner_silent,
    "lead_silent": lead_silent,
    "another_person": another_person,
    "two_opinions": two_opinions,
    "consent": consent,
    "default_data": default_data,
    "service_open": service_open,
    "service_over": service_over,
    "regulation": regulation,
    "agreement_over": agreement_over,
    "handed_over": handed_over,
}
OUTBOUND_PARTIES = {"proposer": may_act_as_proposer, "lead": policies.may_act_as_lead}
OUTBOUND_GUARDS = {"complete": complete, "default_data": default_data, "special_data": special_data}
