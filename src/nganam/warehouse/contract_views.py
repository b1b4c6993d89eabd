"""Pages of contracts: what is agreed, its versions and their differences, rules, ODCS documents, drift admitted."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.face.paging import page_of
from nganam.kernel.actors import Role
from nganam.kernel.errors import NotFound
from nganam.warehouse import agreeing, contracting, drifting, policies, queries
from nganam.warehouse.contract_forms import (
    AdmitForm,
    ContractFileForm,
    ContractTextForm,
    RuleFormSet,
    TermsForm,
)
from nganam.warehouse.engine.rules import OUTCOMES
from nganam.warehouse.models import Admission, ContractVersion, Load, Table
from nganam.warehouse.uploads import LimitedUploadHandler

OFFICERS = (Role.FOCAL, Role.LEAD, Role.ADMIN)
YAML = "application/yaml; charset=utf-8"


@door(Audience.OFFICER, roles=OFFICERS)
def contract(request: HttpRequest, table: str) -> HttpResponse:
    """Show a table's contract: what holds now, its versions, and in what any two differ."""
    found = queries.get_table_for(request.actor, table)
    present = contracting.present(found)
    made = list(contracting.versions(found)[:200])
    older, newer = _chosen(request, made)
    context = {
        "table": found,
        "present": present,
        "contract": contracting.snapshot(found),
        "versions": page_of(contracting.versions(found), request.GET),
        "choices": made,
        "older": older,
        "newer": newer,
        "changes": [one.tell(gettext) for one in contracting.compared(older, newer)] if older and newer else [],
        "may_change": not policies.may_declare(request.actor, found.agency.code),
    }
    return render(request, "warehouse/contract.html", context)


@door(Audience.OFFICER, roles=OFFICERS)
def contract_file(request: HttpRequest, table: str, number: str) -> HttpResponse:
    """Send a version of a contract as ODCS v3.1.0."""
    found = queries.get_table_for(request.actor, table)
    made = contracting.version(found, number)
    answer = HttpResponse(agreeing.document(made), content_type=YAML)
    answer["Content-Disposition"] = f'attachment; filename="{found.code}-{made.number}.odcs.yaml"'
    return answer


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def change_contract(request: HttpRequest, table: str) -> HttpResponse:
    """Change quality rules and terms."""
    found = queries.get_table_for(request.actor, table)
    told = contracting.snapshot(found)
    others = queries.tables_for(request.actor).exclude(pk=found.pk).filter(agency=found.agency)
    known = {"table": found, "tables": [(one.code, one.title) for one in others]}
    form = TermsForm(request.POST or None, initial={**told["terms"], "seen": contracting.in_force(found).number})
    rules = RuleFormSet(request.POST or None, initial=told["rules"], prefix="quy-tac", form_kwargs=known)
    if request.method == "POST" and form.is_valid() and rules.is_valid():
        made = [rule for rule in (one.rule() for one in rules) if rule]
        if attempt(
            form,
            lambda: agreeing.change_terms(
                actor=request.actor, at=request.at, table=found, rules=made, terms=form.terms(),
                reason=form.cleaned_data["reason"], seen=form.cleaned_data["seen"],
            ),
        ):  # fmt: skip
            return redirect("warehouse:contract", table=found.code)
    context = {"table": found, "form": form, "rules": rules}
    return render(request, "warehouse/change_contract.html", context, status=422 if request.POST else 200)


@csrf_exempt
@door(Audience.OFFICER, roles=(Role.FOCAL,))
def import_contract(request: HttpRequest, table: str) -> HttpResponseBase:
    """Look at an ODCS document, then take it."""
    if request.method == "POST":
        request.upload_handlers = [LimitedUploadHandler(request)]
    return _import_contract(request, table)


@csrf_protect
def _import_contract(request: HttpRequest, code: str) -> HttpResponse:
    found = queries.get_table_for(request.actor, code)
    if request.method == "POST" and "text" in request.POST:
        return _take(request, found)
    form = ContractFileForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"table": found, "form": form}
    if form.is_valid():
        text = form.text()
        seen = attempt(form, lambda: agreeing.preview(actor=request.actor, table=found, text=text))
        if seen:
            written_on = contracting.in_force(found).number
            context |= _seen(seen) | {"taking": ContractTextForm(initial={"text": text, "seen": written_on})}
    return render(request, "warehouse/import_contract.html", context, status=422 if form.errors else 200)


def _take(request: HttpRequest, found: Table) -> HttpResponse:
    taking = ContractTextForm(request.POST)
    context: dict[str, Any] = {"table": found, "taking": taking, "form": ContractFileForm()}
    if taking.is_valid():
        said = taking.cleaned_data
        if attempt(taking, lambda: agreeing.import_document(actor=request.actor, at=request.at, table=found, **said)):
            return redirect("warehouse:contract", table=found.code)
    fresh = queries.get_table_for(request.actor, found.code)  # a refused deed has written into its own copy
    text = str(request.POST["text"])
    seen = attempt(taking, lambda: agreeing.preview(actor=request.actor, table=fresh, text=text))
    return render(request, "warehouse/import_contract.html", context | (_seen(seen) if seen else {}), status=422)


def _seen(seen: agreeing.Preview) -> dict[str, Any]:
    return {"seen": seen, "changes": [one.tell(gettext) for one in seen.changes]}


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def admit(request: HttpRequest, code: str) -> HttpResponse:
    """Decide to load what was stopped at the door."""
    found = queries.get_load_for(request.actor, code)
    if not drifting.may_admit(request.actor, found):
        raise NotFound(gettext("Lượt nạp này không có sai khác để chấp nhận."))
    form = AdmitForm(request.POST or None, always=found.fault == "new_columns")
    if request.method == "POST" and form.is_valid():
        again = attempt(
            form,
            lambda: drifting.admit(actor=request.actor, at=request.at, load=found, **form.cleaned_data),
        )
        if again:
            return redirect("warehouse:load", code=again.code)
    context = {"load": found, "form": form, "drift": drifting.drift_of(found), "checks": checks_of(found)}
    return render(request, "warehouse/admit.html", context, status=422 if form.errors else 200)


def checks_of(load: Load, *, withheld: bool = False) -> list[dict[str, Any]]:
    """Return what the rules of quality found in a load, in words; ``withheld``: without any value from the rows."""
    if not withheld:
        return [{**one, "text": _outcome(one["code"], one["params"])} for one in load.checks]
    return [
        {**one, "examples": [], "text": _outcome(one["code"], one["params"] | _hidden(one["code"]))}
        for one in load.checks
    ]


def _hidden(code: str) -> dict[str, str]:
    """Return what of a rule's sentence may be a value of a row: a failed cast names the value it failed on."""
    return dict.fromkeys({"sql_failed": ["why"], "sql_value": ["found"], "freshness": ["newest"]}.get(code, []), "…")


def _outcome(code: str, params: dict[str, str]) -> str:
    sentence = OUTCOMES[code]
    return gettext(sentence).format_map(params)


def beside(request: HttpRequest, load: Load) -> dict[str, Any]:
    """Return what a load's page shows of drift, rules and decisions."""
    return {
        "drift": drifting.drift_of(load),
        "checks": checks_of(load, withheld=bool(policies.may_see_rejected(request.actor, load))),
        "decision": Admission.objects.select_related("stopped").filter(load=load).first(),
        "admitted_by": Admission.objects.select_related("load").filter(stopped=load).first(),
        "may_admit": drifting.waits(request.actor, load),
    }


def _chosen(request: HttpRequest, made: list[ContractVersion]) -> tuple[ContractVersion | None, ContractVersion | None]:
    """Return the two versions asked for (``tu``, ``den``), else the last two."""
    by_number = {one.number: one for one in made}
    newer = by_number.get(request.GET.get("den", "")) or (made[0] if made else None)
    older = by_number.get(request.GET.get("tu", "")) or (made[1] if len(made) > 1 else None)
    return older, newer
