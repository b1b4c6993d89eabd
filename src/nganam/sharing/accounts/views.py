"""Officers' pages of connection accounts."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from nganam.agencies.queries import acts_for
from nganam.cases.forms import StepForm, offers, stray
from nganam.cases.lists import listed
from nganam.cases.pages import take_step
from nganam.cases.story import record_of
from nganam.face.doors import Audience, door
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import local_date
from nganam.law.rules import rules
from nganam.sharing import purposes
from nganam.sharing.accounts import policies, queries
from nganam.sharing.accounts.models import OVER, Account
from nganam.sharing.accounts.usage import usage_of
from nganam.sharing.accounts.workflow import ACCOUNT
from nganam.sharing.suspensions import queries as suspensions
from nganam.sharing.suspensions.policies import may_examine

OFFICERS = (Role.FOCAL, Role.LEAD)


@door(Audience.OFFICER, roles=OFFICERS)
def accounts(request: HttpRequest) -> HttpResponse:
    """List the connection accounts the officer's agency holds or serves."""
    found = listed(queries.accounts_for(request.actor), ACCOUNT, request.GET, request.at)
    return render(request, "sharing/accounts.html", {"list": found})


@door(Audience.OFFICER, roles=OFFICERS)
def account(request: HttpRequest, code: str) -> HttpResponse:
    """Show one account: granted fields, state, story, and what may be done now."""
    return _show(request, queries.get_account_for(request.actor, code))


def _show(request: HttpRequest, found: Account, tried: StepForm | None = None) -> HttpResponse:
    titles, method = {one.name: one for one in found.service.fields.all()}, found.service.method
    # Handing over happens where the key is shown.
    offered = offers(
        request.actor, found, request.at, f"/tai-khoan-ket-noi/{found.code}/buoc/%s/", tried=tried,
        without=("hand_over", *(() if found.consumer.valid_until else ("take_over",))),
    )  # fmt: skip
    context = {
        "account": found,
        "machine": ACCOUNT,
        "granted": [titles[name] for name in found.granted_fields if name in titles],
        "purposes": purposes.in_words(purposes.granted(found)),
        "limits": limits_of(found),
        "offers": offered,
        "stray": stray(offered, tried),
        "may_hold_credentials": found.state not in OVER and not policies.may_hold_credentials(request.actor, found),
        **record_of(found),
        "usage": usage_of(found, local_date(request.at)),
        "method": next((one for one in rules(found.rules).vocabulary("sharing_method") if one.code == method), None),
        **suspension_of(request.actor, found),
        "asks": acts_for(request.actor, found.consumer),
        "provides": acts_for(request.actor, found.provider),
    }
    return render(request, "sharing/account.html", context, status=422 if tried else 200)


def limits_of(account: Account) -> list[str]:
    """Return how much an account may call, in words."""
    rate = account.rate_per_minute or account.service.rate_per_minute
    said = [(rate, _("%(most)s cuộc gọi mỗi phút")), (account.burst, _("dồn một lúc %(most)s"))]
    said += [(account.concurrent, _("%(most)s cuộc gọi cùng lúc")), (account.per_day, _("%(most)s mỗi ngày"))]
    said += [(account.per_month, _("%(most)s mỗi tháng"))]
    return [words % {"most": f"{number:,}".replace(",", ".")} for number, words in said if number]


def suspension_of(actor: Actor, account: Account) -> dict[str, Any]:
    """Return what stands against the use of an account: an open file, stops of its service, its end."""
    breach = suspensions.not_closed(suspensions.breaches_for(actor).filter(account=account)).first()
    in_use = account.state in {"active", "locked"}
    return {
        "breach": breach,
        "stops": () if account.state in OVER else suspensions.stops_ahead(account.service),
        "end": suspensions.terminations_for(actor).filter(account=account).first(),
        "may_examine": in_use and breach is None and not may_examine(actor, account),
    }


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def step(request: HttpRequest, code: str, transition: str) -> HttpResponse:
    """Make one move of SM10; what was typed stays on the page when the move is refused."""
    found = queries.get_account_for(request.actor, code)
    return take_step(
        request, found, transition, to=found.get_absolute_url(), done=_("Đã ghi nhận; cổng LGSP đang cập nhật."),
        again=lambda tried: _show(request, queries.get_account_for(request.actor, code), tried),
    )  # fmt: skip
