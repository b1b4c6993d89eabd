"""Pages of the text of an agreement: the editor of the twelve items, one version, two versions compared, signing."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from nganam.cases import parties
from nganam.cases.forms import form_for
from nganam.cases.operations import must_be_open
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.kernel.actors import Role
from nganam.sharing.agreements import comparing, content, drafting, ending, queries, signing
from nganam.sharing.agreements.models import Agreement, AgreementVersion


def rows_of(agreement: Agreement) -> list[tuple[str, str, str]]:
    """Return what is compared: name, label and article of the items, and of what is acted on."""
    english = (get_language() or "vi").startswith("en")
    rows = [(one.name, f"{number}. {one.en if english else one.vi}", one.article)
            for number, one in enumerate(content.items_of(agreement), 1)]  # fmt: skip
    more = [
        ("fields", _("Mục tin được chia sẻ"), "D38.2"),
        ("effective_on", _("Có hiệu lực từ ngày"), "D38.4"),
        ("valid_until", _("Có hiệu lực đến trước ngày"), "D38.4"),
    ]
    return [*rows, *more]


def _changes(agreement: Agreement, old: dict[str, Any], new: dict[str, Any]) -> list[comparing.Change]:
    return comparing.compare(old, new, rows_of(agreement), content.offered_fields(agreement))


@door(Audience.OFFICER, roles=(Role.FOCAL, Role.LEAD))
def draft(request: HttpRequest, code: str) -> HttpResponse:
    """Write the next version of the text; when another side saved meanwhile, show both and let it be saved on top."""
    found = queries.get_agreement_for(request.actor, code)
    name = drafting.step_of(found, "save")
    parties.check(request.actor, found, found.MACHINE.transition(name))
    must_be_open(found, name)
    form = form_for(found, name, request.POST or None)
    clash: list[comparing.Change] = []
    if request.method == "POST" and form.is_valid():
        saved = attempt(
            form, lambda: drafting.save_version(actor=request.actor, at=request.at, agreement=found, **form.inputs())
        )
        if saved:
            messages.success(request, _("Đã lưu; các bên khác được báo để đồng ý hoặc sửa tiếp."))
            return redirect(saved)
        clash = _clash(found, form)
    context = {
        "case": found, "form": form, "clash": clash, "on_table": queries.on_table(found),
        "last": queries.latest(found),
    }  # fmt: skip
    return render(request, "sharing/agreement_draft.html", context, status=422 if form.errors else 200)


def _clash(found: Agreement, form: Any) -> list[comparing.Change]:
    """Return how what was typed differs from what somebody saved meanwhile, and let the form be sent again on top."""
    seen = form.cleaned_data.get("version")
    found.refresh_from_db()
    if seen in {None, found.version}:
        return []
    form.data = form.data.copy()
    form.data["version"] = str(found.version)
    before = queries.on_table(found) or found.in_force
    typed = {key: str(value) if key in content.DATES and value else value for key, value in form.text().items()}
    return _changes(found, dict(before.content) if before else {}, typed)


@door(Audience.OFFICER)
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show one version whole, with its digest, who agreed and who signed."""
    found = queries.get_agreement_for(request.actor, code)
    chosen = queries.version_of(found, number)
    titles = content.offered_fields(found)
    rows = [
        {"label": label, "article": article, "words": comparing.in_words(chosen.content.get(name), titles).strip()}
        for name, label, article in rows_of(found)
    ]
    context = {"case": found, "version": chosen, "rows": rows, "names": queries.agency_names_in(found)}
    return render(request, "sharing/agreement_version.html", context)


@door(Audience.OFFICER)
def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Compare two versions (``?tu=1&den=2``; without them the last two)."""
    found = queries.get_agreement_for(request.actor, code)
    versions = list(queries.versions_of(found))
    old, new = _chosen(request, versions)
    context = {
        "case": found, "versions": versions, "old": old, "new": new,
        "changes": _changes(found, old.content, new.content) if old and new else [],
    }  # fmt: skip
    return render(request, "sharing/agreement_compare.html", context)


def _chosen(
    request: HttpRequest, versions: list[AgreementVersion]
) -> tuple[AgreementVersion | None, AgreementVersion | None]:
    by_number = {str(one.number): one for one in versions}
    last, before = (versions[-1], versions[-2]) if len(versions) > 1 else (None, None)
    return by_number.get(request.GET.get("tu", ""), before), by_number.get(request.GET.get("den", ""), last)


@door(Audience.OFFICER, roles=(Role.FOCAL, Role.CHAIRMAN, Role.LEAD))
def sign(request: HttpRequest, code: str) -> HttpResponse:
    """Sign the version all agreed to, by a deed on the platform."""
    found = queries.get_agreement_for(request.actor, code)
    name = drafting.step_of(found, "sign")
    parties.check(request.actor, found, found.MACHINE.transition(name))
    must_be_open(found, name)
    form = form_for(found, name, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        signed = attempt(
            form, lambda: signing.sign(actor=request.actor, at=request.at, agreement=found, **form.inputs())
        )
        if signed:
            messages.success(request, _("Đã ghi nhận chữ ký của bên bạn."))
            return redirect(signed)
    return show_signing(request, found, form)


def show_signing(request: HttpRequest, found: Agreement, form: Any) -> HttpResponse:
    """Draw the page of signing."""
    table = queries.on_table(found)
    context = {
        "case": found, "form": form, "version": table, "names": queries.agency_names_in(found),
        "papers": [table.paper] if table and table.paper else [], "waiting": queries.not_signed_yet(found),
    }  # fmt: skip
    return render(request, "sharing/agreement_sign.html", context, status=422 if form.errors else 200)


@door(Audience.OFFICER, roles=(Role.FOCAL, Role.LEAD))
def delete(request: HttpRequest, code: str) -> HttpResponse:
    """Report that the data were deleted or destroyed, with evidence (D38.11)."""
    found = queries.get_agreement_for(request.actor, code)
    parties.check(request.actor, found, found.MACHINE.transition("report_deletion"))
    must_be_open(found, "report_deletion")
    form = form_for(found, "report_deletion", request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        told = attempt(
            form, lambda: ending.report_deletion(actor=request.actor, at=request.at, agreement=found, **form.inputs())
        )
        if told:
            messages.success(request, _("Đã báo; cơ quan cung cấp sẽ xác nhận."))
            return redirect(told)
    agreed = (found.in_force.content if found.in_force else {}).get("deletion", "")
    context = {"case": found, "form": form, "agreed": agreed}
    return render(request, "sharing/agreement_delete.html", context, status=422 if form.errors else 200)
