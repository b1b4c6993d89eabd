"""An account whose agency was merged: it goes on until the lead agency records who takes it over, or it is revoked.

An account is bound to the code of its agency (SM10), and that code is closed with it. The decree does not say what
becomes of the account; that one which served people yesterday still does today, while somebody decides within a local
term, is a local choice.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from nganam.agencies.models import Agency
from nganam.agencies.queries import current_successors, lead_agency, succeeded_by
from nganam.cases import operations as cases
from nganam.cases import parties
from nganam.cases.sweeping import Sweep
from nganam.deadlines.models import Clock
from nganam.deadlines.terms import LocalDefault
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotFound, RuleBroken
from nganam.notices import operations as notices
from nganam.sharing.accounts.models import OVER, Account
from nganam.sharing.accounts.operations import KEEPER
from nganam.sharing.accounts.workflow import ACCOUNT
from nganam.sharing.policies import officers_of
from nganam.sharing.requests.models import Application
from nganam.sharing.requests.operations import application_of

TAKEOVER = LocalDefault(
    "account_takeover", 20, "Ghi nhận cơ quan kế tục tiếp nhận tài khoản", "Record who takes an account over"
)
CODE_LENGTH = 20


def await_takeovers(*, at: datetime, sweep: Sweep) -> int:
    """Put the accounts of agencies that were succeeded before the lead agency, each once; return how many."""
    running = Clock.objects.filter(
        key=TAKEOVER.key, object_type=ACCOUNT.code, object_code=OuterRef("code"), stopped_at__isnull=True
    )
    ended = succeeded_by(local_date(at)).values("pk")
    left = Account.objects.select_related("application__agency", "service__provider", "request").filter(
        ~Exists(running.order_by()), application__agency__in=ended, request__isnull=False
    )
    return len(sweep.each(left.exclude(state__in=OVER).order_by("code"), lambda account: _await(account, at)))


def _await(account: Account, at: datetime) -> Account | None:
    names = ", ".join(one.name for one in current_successors(account.consumer.code, local_date(at)))
    reason = kept("%(before)s đã kết thúc hoạt động; cơ quan kế tục: %(after)s.") % {
        "before": account.consumer.name, "after": names,
    }  # fmt: skip
    if not names:
        return None
    moved = cases.advance(account, "await_takeover", actor=KEEPER, at=at, reason=reason, clock_agency=_lead_on(at))
    title = kept("%(code)s: ghi nhận cơ quan kế tục hoặc thu hồi") % {"code": moved.code}
    notices.notify(
        at=at, role="lead", title=title, body=reason, link=moved.get_absolute_url(),
        event="sharing.account.await_takeover",
    )  # fmt: skip
    return moved


def _lead_on(at: datetime) -> str:
    try:
        return lead_agency(local_date(at)).code
    except NotFound:
        return ""


@transaction.atomic
def take_over_account(
    *, actor: Actor, at: datetime, account: Account, successor: str, reason: str, version: int | None = None
) -> Account:
    """Record which successor takes an account over: from now on its calls are that agency's.

    The keys stay; the tokens given out before name the agency that is no more, so the next call needs a new one.
    """
    step = ACCOUNT.transition("take_over")
    parties.check(actor, account, step)
    parties.check_guards(actor, account, step, at)
    found = {one.code: one for one in current_successors(account.consumer.code, local_date(at))}
    if successor not in found:
        text = _("Chọn một cơ quan kế tục.")
        raise Invalid(text, fields={"successor": [text]})
    cases.hold(account)  # an application registered anew is recorded before the account moves
    before = account.application
    after = _application_at(found[successor], before, actor=actor, at=at)
    moved = _handed_to(after, account, actor=actor, at=at, reason=reason, version=version)
    for agency in sorted({successor, officers_of(moved.provider, at)} - {actor.agency}):
        notices.notify(
            at=at, agency=agency, title=kept("%(code)s: cơ quan kế tục tiếp nhận") % {"code": moved.code},
            body=f"{before.agency.name} → {moved.consumer.name}. {reason}", link=moved.get_absolute_url(),
            event="sharing.account.take_over",
        )  # fmt: skip
    return moved


def _handed_to(
    application: Application, account: Account, *, actor: Actor, at: datetime, reason: str, version: int | None
) -> Account:
    before = account.application
    try:
        with transaction.atomic():
            return cases.advance(
                account, "take_over", actor=actor, at=at, reason=reason, version=version,
                changes={"application": application, "restricted_at": at},
                details={"before": before.subject, "after": application.subject},
            )  # fmt: skip
    except IntegrityError as error:
        text = _("Ứng dụng của cơ quan kế tục đã có tài khoản còn hiệu lực cho dịch vụ.")
        raise RuleBroken(text, article="D40", hint=_("Thu hồi một trong hai tài khoản.")) from error


def _application_at(agency: Agency, before: Application, *, actor: Actor, at: datetime) -> Application:
    """Return the application of the successor that goes on with the work: the same one, by the first code free."""
    for number in range(1, 100):
        tail = "" if number == 1 else f"-{number}"
        code = f"{before.code[: CODE_LENGTH - len(tail)]}{tail}"
        known = Application.objects.select_related("agency").filter(agency=agency, code=code).first()
        if known is None or known.name == before.name:
            return application_of(agency, (code, before.name), actor=actor, at=at)
    raise Invalid(_("Cơ quan kế tục đã dùng hết mã cho ứng dụng này."))


MOVES: dict[str, Callable[..., object]] = {"take_over": take_over_account}
"""The deed behind the transition that somebody makes."""
