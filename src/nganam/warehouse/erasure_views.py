"""The pages on which rows are erased by decision: proposed, looked at by a second person, confirmed, told of."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.kernel.actors import Role
from nganam.kernel.errors import NganamError
from nganam.warehouse import erasing, policies, queries
from nganam.warehouse.erasure_models import Erasure
from nganam.warehouse.forms import ErasureForm, LiftForm

OFFICERS = (Role.FOCAL, Role.LEAD, Role.ADMIN)


@sensitive_post_parameters("values")
@door(Audience.OFFICER, roles=(Role.FOCAL,))
def propose(request: HttpRequest, table: str) -> HttpResponse:
    """Propose to erase rows of a table."""
    found = queries.get_table_for(request.actor, table)
    form = ErasureForm(request.POST or None, columns=erasing.columns(found))
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: erasing.propose(actor=request.actor, at=request.at, table=found, **form.wish()))
        if made:
            return redirect(made.get_absolute_url())
    status = 422 if form.is_bound else 200
    context = {"table": found, "form": form, "refused": policies.may_load(request.actor, found.agency.code)}
    return render(request, "warehouse/propose_erasure.html", context, status=status)


@door(Audience.OFFICER, roles=OFFICERS)
def erasure(request: HttpRequest, code: str) -> HttpResponse:
    """Show an erasure: what it would take while it waits, what has left when it is done."""
    found = queries.get_erasure_for(request.actor, code)
    return render(request, "warehouse/erasure.html", _context(request, found, LiftForm()))


def _context(request: HttpRequest, found: Erasure, form: LiftForm) -> dict[str, Any]:
    actor, agency = request.actor, found.table.agency.code
    may = not policies.may_confirm_erasure(actor, agency)
    context = {
        "erasure": found, "table": found.table, "lift_form": form,
        "column": {one.name: one.title for one in found.table.shape.columns}.get(found.column, found.column),
        "may_confirm": may and actor.code != found.proposer, "is_proposer": actor.code == found.proposer,
        "may_withdraw": not policies.may_load(actor, agency), "may_lift": may and found.holds_back,
    }  # fmt: skip
    return context | (_waiting(request, found) if found.is_proposed else {})


def _waiting(request: HttpRequest, found: Erasure) -> dict[str, Any]:
    """Return what a proposed erasure would take; its values for those who may read personal columns."""
    try:
        counts = erasing.found(found)
        shown = [] if policies.may_take_personal(request.actor, found.table.agency.code) else erasing.values_of(found)
    except NganamError as error:
        return {"fault": error}
    return {
        "counts": sorted(((number, rows) for number, rows in counts.items() if rows), reverse=True),
        "total": sum(counts.values()), "versions": len(counts), "values": shown,
    }  # fmt: skip


@door(Audience.OFFICER, roles=OFFICERS)
def confirm(request: HttpRequest, code: str) -> HttpResponse:
    """Confirm an erasure (POST): a load erases the rows."""
    found = queries.get_erasure_for(request.actor, code)
    if request.method != "POST":
        return redirect(found.get_absolute_url())

    def deed() -> None:
        erasing.confirm(actor=request.actor, at=request.at, erasure=found)

    return press(request, deed, to=found.get_absolute_url(), done=_("Đã xác nhận; worker đang xóa."))


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Withdraw a proposal (POST)."""
    found = queries.get_erasure_for(request.actor, code)
    if request.method != "POST":
        return redirect(found.get_absolute_url())

    def deed() -> None:
        erasing.withdraw(actor=request.actor, at=request.at, erasure=found)

    return press(request, deed, to=found.get_absolute_url(), done=_("Đã rút đề nghị; không có gì bị xóa."))


@door(Audience.OFFICER, roles=OFFICERS)
def lift(request: HttpRequest, code: str) -> HttpResponse:
    """Let erased values in again (POST); the form stands on the erasure's page."""
    found = queries.get_erasure_for(request.actor, code)
    if request.method != "POST":
        return redirect(found.get_absolute_url())
    form = LiftForm(request.POST)
    if form.is_valid():
        done = attempt(
            form,
            lambda: erasing.lift(actor=request.actor, at=request.at, erasure=found, reason=form.cleaned_data["reason"]),
        )
        if done:
            return redirect(found.get_absolute_url())
    return render(request, "warehouse/erasure.html", _context(request, found, form), status=422)
