"""Pages of derived tables: a table's model, its editing and running, and all models in the order they run."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.kernel.actors import Role
from nganam.kernel.errors import NotFound
from nganam.warehouse import policies, queries
from nganam.warehouse.models import Load, Table
from nganam.warehouse.transforms import classing, operations, packing, planning
from nganam.warehouse.transforms.forms import ModelForm, PackForm, StopForm, TestFormSet, initial_model
from nganam.warehouse.transforms.models import ModelVersion
from nganam.warehouse.uploads import LimitedUploadHandler

OFFICERS = (Role.FOCAL, Role.LEAD, Role.ADMIN)
SHOWN = 20
SQL = "application/sql; charset=utf-8"


@door(Audience.OFFICER, roles=OFFICERS)
def models(request: HttpRequest) -> HttpResponse:
    """Show the models of the officer's tables in the order in which they run."""
    return _models(request, PackForm())


@csrf_exempt
@door(Audience.OFFICER, roles=(Role.FOCAL,))
def import_models(request: HttpRequest) -> HttpResponseBase:
    """Take the models of a zip, all or none (POST)."""
    if request.method != "POST":
        return redirect("warehouse:models")
    request.upload_handlers = [LimitedUploadHandler(request)]
    return _import_models(request)


@csrf_protect
def _import_models(request: HttpRequest) -> HttpResponse:
    form = PackForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        taken = attempt(form, lambda: packing.take(actor=request.actor, at=request.at, files=packing.unpacked(file)))
        if taken is not None:
            said = _("Đã lưu %(made)s mô hình; %(same)s mô hình như cũ.") % {
                "made": len(taken["new"]) + len(taken["changed"]), "same": len(taken["same"]),
            }  # fmt: skip
            return press(request, lambda: None, to="/kho/mo-hinh/", done=said)
    return _models(request, form)


def _models(request: HttpRequest, form: PackForm) -> HttpResponse:
    codes = set(queries.tables_for(request.actor).values_list("code", flat=True))
    held = [one for one in planning.places() if one.model.table.code in codes]
    may = not policies.may_declare(request.actor, request.actor.agency)
    context = {"places": held, "form": form, "may_import": may}
    return render(request, "warehouse/models.html", context, status=422 if form.errors else 200)


@door(Audience.OFFICER, roles=OFFICERS)
def packed_models(request: HttpRequest) -> HttpResponse:
    """Give the models of the officer's tables as a zip, one file each."""
    codes = set(queries.tables_for(request.actor).values_list("code", flat=True))
    answer = HttpResponse(
        packing.packed([one for one in planning.models_now() if one.table.code in codes]),
        content_type="application/zip",
    )
    answer["Content-Disposition"] = 'attachment; filename="mo-hinh.zip"'
    return answer


@door(Audience.OFFICER, roles=OFFICERS)
def model(request: HttpRequest, table: str) -> HttpResponse:
    """Show the model of a table: its SQL, what it reads, when it runs, its last runs, its versions."""
    return _model(request, queries.get_table_for(request.actor, table), StopForm())


def _model(request: HttpRequest, found: Table, stop: StopForm) -> HttpResponse:
    present = planning.model_of(found)
    place = next((one for one in planning.places() if one.model.table_id == found.pk), None)
    context = {
        "table": found,
        "model": present,
        "place": place,
        "inputs": _inputs(request, present) if present else [],
        "columns": _columns(found, present) if present else [],
        "loads": found.loads.filter(model__isnull=False).select_related("model", "made")[:SHOWN],
        "versions": found.model_versions.all()[:SHOWN],
        "below": [one.table for one in planning.models_now() if found.code in one.inputs],
        "mine": set(queries.tables_for(request.actor).values_list("code", flat=True)),
        "may_change": not policies.may_declare(request.actor, found.agency.code),
        "stop": stop,
    }
    return render(request, "warehouse/model.html", context, status=422 if stop.errors else 200)


def _inputs(request: HttpRequest, present: ModelVersion) -> list[dict[str, Any]]:
    """Return the tables a model reads, with their newest version; of those the officer may not open no link."""
    tables = {one.code: one for one in Table.objects.select_related("agency").filter(code__in=present.inputs)}
    mine = set(queries.tables_for(request.actor).filter(code__in=tables).values_list("code", flat=True))
    held = planning.present_versions(present.inputs)
    names = {code: name for name, code in present.names.items()}
    return [
        {"table": tables[code], "is_mine": code in mine, "version": held.get(code), "name": names[code]}
        for code in present.inputs
    ]


def _columns(found: Table, present: ModelVersion) -> list[dict[str, Any]]:
    """Return what each column stems from, and the lowest class it may have."""
    floors = classing.floors(present)
    return [
        {
            "column": one, "origins": present.origins.get(one.name, []), "floor": floors.get(one.name),
            "why": present.lowered.get(one.name, ""),
        }
        for one in found.shape.columns
    ]  # fmt: skip


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def change_model(request: HttpRequest, table: str) -> HttpResponse:
    """Write or change the model of a table."""
    found = queries.get_table_for(request.actor, table)
    present = planning.model_of(found)
    last = found.model_versions.first()
    form = ModelForm(request.POST or None, initial={**initial_model(present), "seen": last.number if last else ""})
    tests = TestFormSet(request.POST or None, initial=present.tests if present else [], prefix="kiem-thu")
    if request.method == "POST" and form.is_valid() and tests.is_valid():
        made = [test for test in (one.test() for one in tests) if test]
        if attempt(
            form,
            lambda: operations.save_model(
                actor=request.actor, at=request.at, table=found, tests=made, **form.cleaned_data
            ),
        ):  # fmt: skip
            return press(
                request, lambda: None, to=f"/kho/{found.code}/mo-hinh/",
                done=_("Đã lưu mô hình; mô hình chạy ngay khi đến lượt."),
            )  # fmt: skip
    others = queries.tables_for(request.actor).exclude(pk=found.pk).filter(agency=found.agency)[:200]
    named = [(one.code.replace("-", "_"), one) for one in others]
    context = {"table": found, "model": present, "form": form, "tests": tests, "named": named}
    return render(request, "warehouse/change_model.html", context, status=422 if request.POST else 200)


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def run_model(request: HttpRequest, table: str) -> HttpResponse:
    """Run the model of a table now (POST)."""
    found = queries.get_table_for(request.actor, table)
    started: list[Load] = []
    if request.method != "POST":
        return redirect("warehouse:model", table=found.code)

    def deed() -> None:
        started.append(operations.run_model(actor=request.actor, at=request.at, table=found))

    answer = press(request, deed, to=f"/kho/{found.code}/mo-hinh/", done=_("Đã bắt đầu chạy mô hình."))
    return redirect("warehouse:load", code=started[0].code) if started else answer


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def stop_model(request: HttpRequest, table: str) -> HttpResponse:
    """Let a table be no derived one any more (POST); the form stands on the model's page."""
    found = queries.get_table_for(request.actor, table)
    if request.method != "POST":
        return redirect("warehouse:model", table=found.code)
    form = StopForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        done = attempt(
            form, lambda: operations.stop_model(actor=request.actor, at=request.at, table=found, reason=reason)
        )
        if done:
            return redirect("warehouse:model", table=found.code)
    return _model(request, found, form)


@door(Audience.OFFICER, roles=OFFICERS)
def model_file(request: HttpRequest, table: str) -> HttpResponse:
    """Give the model of a table as a file."""
    found = queries.get_table_for(request.actor, table)
    present = planning.model_of(found)
    if present is None:
        raise NotFound(_("Bảng không có mô hình nào đang dùng."))
    answer = HttpResponse(packing.text_of(present), content_type=SQL)
    answer["Content-Disposition"] = f'attachment; filename="{found.code}.sql"'
    return answer
