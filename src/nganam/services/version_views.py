"""Officers' pages of versions: draft one, see what it changes and whom it would break, carry it through."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from nganam.cases.forms import StepForm, offers, stray
from nganam.cases.pages import take_step
from nganam.cases.story import record_of
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.kernel.actors import Role
from nganam.kernel.errors import NotFound
from nganam.services import policies, queries, revising, sheet, writing
from nganam.services.comparing import compare as compared
from nganam.services.consumers import consumers_of
from nganam.services.content import content_ahead, content_of
from nganam.services.models import Revision, RevisionKind
from nganam.services.views import OFFICERS

OTHER_WAY = {RevisionKind.MINOR: {"submit"}, RevisionKind.MAJOR: {"apply"}}
"""The way a draft of this kind does not go: what breaks nobody is not appraised, the rest is not applied at once."""


def _found(request: HttpRequest, code: str, revision: str) -> Revision:
    """Return the version the address names, if the officer works with it."""
    found = queries.get_revision_for(request.actor, revision)
    if found.service.code != code:
        raise NotFound(_("Không có phiên bản này."))
    return found


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def new_revision(request: HttpRequest, code: str) -> HttpResponse:
    """Draft a new version of a published service."""
    service = queries.get_service_for(request.actor, code)
    doing: dict[str, Any] = {"actor": request.actor, "at": request.at, "about": {"service": code}}
    form = writing.revision_form(**doing, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        drafted = attempt(form, lambda: writing.draft_revision(**doing, form=form))
        if drafted:
            return redirect(drafted)
    return render(request, "services/revise.html", {"form": form, "service": service})


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def edit_revision(request: HttpRequest, code: str, revision: str) -> HttpResponse:
    """Change a draft or returned version."""
    found = _found(request, code, revision)
    doing: dict[str, Any] = {"actor": request.actor, "at": request.at, "about": {}, "case": found}
    form = writing.revision_form(**doing, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        changed = attempt(form, lambda: writing.change_revision(**doing, form=form))
        if changed:
            return redirect(changed)
    return render(request, "services/revise.html", {"form": form, "service": found.service, "case": found})


@door(Audience.OFFICER, roles=OFFICERS)
def revision(request: HttpRequest, code: str, revision: str) -> HttpResponse:
    """Show one version: what it changes, who would break, its appraisal, and what may be done now."""
    return _show(request, _found(request, code, revision))


def _show(request: HttpRequest, found: Revision, tried: StepForm | None = None) -> HttpResponse:
    service = found.service
    action = f"{found.get_absolute_url()}buoc/%s/"
    without = OTHER_WAY.get(RevisionKind(found.kind), set())
    offered = offers(request.actor, found, request.at, action, tried=tried, without=without)
    users = consumers_of(service)
    context = {
        "case": found,
        "service": service,
        "comparison": compared(*_sides(found), found.rules, users if found.is_pending else ()),
        **sheet.parts(found, offered),
        "stray": stray(offered, tried),
        "may_edit": found.state in policies.EDITABLE and not policies.may_act_as_provider(request.actor, found),
        "earliest": revising.earliest_day(request.at, is_used=bool(users)) if found.state == "passed" else None,
        "users": users,
        **record_of(found),
    }
    return render(request, "services/revision.html", context, status=422 if tried else 200)


def _sides(found: Revision) -> tuple[dict[str, object], dict[str, object]]:
    """Return what a version is compared with, and what it says: a past one with the one before it."""
    if found.is_pending:
        return content_of(found.service), content_ahead(found)
    if not found.content:
        return {}, {}
    before = (
        found.service.revisions.filter(in_force_at__lt=found.in_force_at).order_by("-in_force_at", "-pk").first()
        if found.in_force_at
        else None
    )
    return (before.content if before else found.content), found.content


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def step(request: HttpRequest, code: str, revision: str, transition: str) -> HttpResponse:
    """Make one move of a version."""
    found = _found(request, code, revision)
    return take_step(
        request, found, transition, to=found.get_absolute_url(), done=_said(transition),
        again=lambda tried: _show(request, _found(request, code, revision), tried),
    )  # fmt: skip


def _said(transition: str) -> str:
    return {
        "submit": _("Đã gửi cơ quan đầu mối thẩm định; phiên bản đang áp dụng vẫn phục vụ."),
        "apply": _("Đã áp dụng; mô tả công khai và các cơ quan khai thác được cập nhật ngay."),
        "announce": _("Đã báo các cơ quan khai thác."),
        "take_effect": _("Phiên bản đã có hiệu lực."),
    }.get(transition) or _("Đã ghi nhận.")


@door(Audience.OFFICER, roles=OFFICERS)
def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Compare two versions that were in force (``?tu=1.0&den=1.1``)."""
    service = queries.get_service_for(request.actor, code)
    versions = list(queries.public_versions(service))
    after = queries.public_version(service, request.GET.get("den") or service.number)
    before = queries.public_version(service, request.GET.get("tu") or queries.version_before(versions, after))
    context = {
        "service": service,
        "versions": versions,
        "before": before,
        "after": after,
        "comparison": compared(before.content, after.content, service.rules),
    }
    return render(request, "services/compare.html", context)
