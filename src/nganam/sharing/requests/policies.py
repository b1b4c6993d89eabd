"""Who the parties of a default request are, and what its guards ask."""

from datetime import datetime

from django.utils.translation import gettext as _

from nganam.cases.queries import came_from
from nganam.catalogue.policies import lacks_regulation
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.law.rules import rules_on
from nganam.sharing import policies
from nganam.sharing.accounts.policies import may_issue
from nganam.sharing.requests.content import content_of
from nganam.sharing.requests.models import Request


def complete(request: Request, actor: Actor, at: datetime) -> str:
    """A request says everything D35.2 asks under the rules of the day it is sent."""
    del actor
    missing = rules_on(local_date(at)).missing("sharing.request", content_of(request))
    if not missing:
        return ""
    return _("Yêu cầu còn thiếu: %(names)s.") % {"names": ", ".join(one.vi for one in missing)}


def service_open(request: Request, actor: Actor, at: datetime) -> str:
    """Only a service of the public register takes requests (D33)."""
    del actor, at
    return "" if request.service.state == "published" else _("Dịch vụ chưa công khai nên chưa nhận yêu cầu.")


def default_form(request: Request, actor: Actor, at: datetime) -> str:
    """Data shared as special are asked for by another way (D33, D36)."""
    del actor, at
    if request.service.form == "default":
        return ""
    return _("Dịch vụ này chia sẻ theo hình thức đặc thù; hãy gửi yêu cầu chia sẻ dữ liệu đặc thù.")


def regulation(request: Request, actor: Actor, at: datetime) -> str:
    """Data are shared by a published usage regulation (D22); a service over no declared database has its own terms."""
    del actor, at
    return lacks_regulation(request.service.database)


def not_ended(request: Request, actor: Actor, at: datetime) -> str:
    """A service that has ended gives no accounts (D44)."""
    del actor, at
    return _("Dịch vụ đã ngừng cung cấp nên không cấp tài khoản.") if request.service.state == "ended" else ""


def was_in_use(request: Request, actor: Actor, at: datetime) -> str:
    """What is resumed goes on from where it was suspended (D43): in use only what was in use."""
    del actor, at
    return "" if came_from(request) == "in_use" else _("Kết nối chưa được đưa vào khai thác khi bị tạm ngừng.")


def was_testing(request: Request, actor: Actor, at: datetime) -> str:
    """A connection suspended in its test has still to be tested."""
    del actor, at
    return "" if came_from(request) == "testing" else _("Kết nối không ở bước kiểm thử khi bị tạm ngừng.")


PARTIES = {
    "consumer": policies.may_act_as_consumer,
    "provider": policies.may_act_as_provider,
    "issuer": may_issue,
    "lead": policies.may_act_as_lead,
}
GUARDS = {
    "complete": complete,
    "service_open": service_open,
    "default_form": default_form,
    "regulation": regulation,
    "not_ended": not_ended,
    "was_in_use": was_in_use,
    "was_testing": was_testing,
}
