"""Officers' pages of open data."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from nganam.cases.story import record_of
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.face.paging import page_of
from nganam.kernel.actors import Role
from nganam.opendata import operations, queries
from nganam.opendata.forms import DatasetForm, ReasonForm, ReviewForm
from nganam.opendata.models import Dataset
from nganam.warehouse import queries as warehouse

OFFICERS = (Role.FOCAL, Role.LEAD)


@door(Audience.OFFICER, roles=OFFICERS)
def datasets(request: HttpRequest) -> HttpResponse:
    """List the datasets the officer works with, and the tables that are not open yet."""
    found = page_of(queries.datasets_for(request.actor), request.GET)
    tables = warehouse.tables_for(request.actor).filter(dataset=None) if request.actor.has(Role.FOCAL) else []
    return render(request, "opendata/datasets.html", {"datasets": found, "tables": tables})


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def propose(request: HttpRequest) -> HttpResponse:
    """Propose that a table be opened (``?bang=`` its code)."""
    table = warehouse.get_table_for(request.actor, request.GET.get("bang", ""))
    form = DatasetForm(request.POST or None, table=table)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: operations.propose_dataset(
                actor=request.actor, at=request.at, table=table, slug=form.cleaned_data["slug"], values=form.content()
            ),
        )
        if made:
            return redirect("opendata:dataset", code=made.code)
    return render(request, "opendata/propose.html", {"form": form, "table": table})


@door(Audience.OFFICER, roles=OFFICERS)
def dataset(request: HttpRequest, code: str) -> HttpResponse:
    """Show one dataset: state, reviews, releases, history, and what may be done now."""
    found = queries.get_dataset_for(request.actor, code)
    context = {
        "dataset": found,
        "machine": Dataset.MACHINE,
        "steps": {step["name"] for step in queries.steps_for(request.actor, found)},
        "review_form": ReviewForm(),
        "reason_form": ReasonForm(),
        "releases": found.releases.prefetch_related("distributions").select_related("version"),
        **record_of(found),
    }
    return render(request, "opendata/dataset.html", context)


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def step(request: HttpRequest, code: str, transition: str) -> HttpResponse:
    """Make one move of SM7."""
    found = queries.get_dataset_for(request.actor, code)
    who: dict[str, Any] = {"actor": request.actor, "at": request.at, "dataset": found}
    deeds = {
        "assess": lambda: operations.assess_dataset(
            **who, privacy=request.POST.get("privacy", ""), safety=request.POST.get("safety", "")
        ),
        "prepare": lambda: operations.prepare_dataset(**who),
        "publish": lambda: operations.publish_dataset(**who),
        "update": lambda: operations.update_dataset(**who),
    }
    deed = deeds.get(transition) or (
        lambda: operations.move_dataset(**who, transition=transition, reason=request.POST.get("reason", ""))
    )
    return press(request, deed, to=f"/du-lieu-mo/{code}/", done=_("Đã ghi nhận."))
