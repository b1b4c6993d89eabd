"""How stops are planned and files on breaches opened: one form and one deed for the page and the JSON interface."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nganam.cases.parties import Writing
from nganam.kernel.actors import Actor
from nganam.sharing.suspensions import breaching, maintaining, queries
from nganam.sharing.suspensions.forms import BreachForm, StopForm
from nganam.sharing.suspensions.models import Breach, Maintenance


def stop_form(
    *, actor: Actor, at: datetime, about: Mapping[str, str], case: Maintenance | None = None, data: Any = None
) -> StopForm:
    """Return the form of a plan: for the service in ``about`` if it names one, or for a plan that is changed."""
    del at
    if case is not None:
        return StopForm(data, initial={name: getattr(case, name) for name in maintaining.PLAN})
    services, code = queries.plannable_services(actor), about.get("service", "")
    return StopForm(data, services=services, initial={"services": [code] if code else []})


def plan(
    *, actor: Actor, at: datetime, about: Mapping[str, str], form: StopForm, case: Maintenance | None = None
) -> Maintenance:
    """Plan the stop a complete form describes, of each service chosen; return the first."""
    del about, case
    return maintaining.plan_stops(
        actor=actor, at=at, services=form.chosen(), values=form.plan(), announce=form.cleaned_data["announce"],
        signer=form.cleaned_data["signer"],
        once=form.key,
    )[0]  # fmt: skip


def change_plan(
    *, actor: Actor, at: datetime, about: Mapping[str, str], form: StopForm, case: Maintenance | None = None
) -> Maintenance:
    """Change a plan to what a complete form says."""
    del about
    if case is None:
        raise ValueError("there is no plan to change")
    return maintaining.edit_stop(actor=actor, at=at, stop=case, values=form.plan())


def breach_form(
    *, actor: Actor, at: datetime, about: Mapping[str, str], case: Breach | None = None, data: Any = None
) -> BreachForm:
    """Return the form that opens files: on every account of the service of the one in ``about``, or on any."""
    del at, case
    code, accounts = about.get("account", ""), queries.examinable_accounts(actor)
    if code:
        accounts = accounts.filter(service__in=accounts.filter(code=code).values("service"))
    return BreachForm(data, accounts=accounts, initial={"accounts": [code] if code else []})


def open_files(
    *, actor: Actor, at: datetime, about: Mapping[str, str], form: BreachForm, case: Breach | None = None
) -> Breach:
    """Open a file on each account chosen; return the first."""
    del about, case
    chosen, suspicion = list(form.cleaned_data["accounts"]), form.cleaned_data["suspicion"]
    return breaching.open_breaches(actor=actor, at=at, accounts=chosen, suspicion=suspicion, once=form.key)[0]


STOP_OPENING = Writing(StopForm, stop_form, plan)
STOP_EDITING = Writing(StopForm, stop_form, change_plan)
BREACH_OPENING = Writing(BreachForm, breach_form, open_files)
