"""Officers' pages: the lists of an agency, a draft from a file, publishing it."""

from typing import cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nganam.codelists import operations, policies, queries
from nganam.codelists.forms import ImportForm, ListForm
from nganam.codelists.models import CodeListVersion, Keeping
from nganam.codelists.reading import MOST_BYTES
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.face.paging import page_of
from nganam.kernel.actors import Role
from nganam.kernel.clock import local_date

keeper = door(Audience.OFFICER, roles=(Role.FOCAL, Role.LEAD, Role.ADMIN))
MOST_SHOWN = 200
"""Changes of a draft shown on its page; the file has all."""


@keeper
@require_safe
def lists(request: HttpRequest) -> HttpResponse:
    """List the code lists the officer works with."""
    context = {
        "lists": page_of(queries.lists_for(request.actor), request.GET),
        "may_declare": not policies.may_keep(request.actor, request.actor.agency),
    }
    return render(request, "codelists/lists.html", context)


@keeper
@require_http_methods(["GET", "POST"])
def declare(request: HttpRequest) -> HttpResponse:
    """Declare a list of the agency acted for."""
    form = ListForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: operations.declare_list(
                actor=request.actor, at=request.at, agency=request.actor.agency, **form.cleaned_data
            ),
        )
        if made:
            return redirect("codelists:keep", code=made.code)
    return render(request, "codelists/declare.html", {"form": form}, status=422 if form.errors else 200)


@keeper
@require_safe
def keep(request: HttpRequest, code: str) -> HttpResponse:
    """Show a list with all its versions, drafts too."""
    found = queries.get_list_for(request.actor, code)
    context = {
        "list": found,
        "versions": found.versions.all() if found.keeping == Keeping.HERE else [],
        "stages": queries.stages(found),
        "today": local_date(request.at),
        "may_keep": found.keeping == Keeping.HERE and not policies.may_keep(request.actor, found.agency.code),
    }
    return render(request, "codelists/keep.html", context)


@keeper
@require_http_methods(["GET", "POST"])
def import_version(request: HttpRequest, code: str) -> HttpResponse:
    """Read a file into a draft."""
    found = queries.get_list_for(request.actor, code)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        file = cast("UploadedFile[bytes]", said.pop("file"))
        content = file.read(MOST_BYTES + 1)
        made = attempt(
            form,
            lambda: operations.import_version(
                actor=request.actor, at=request.at, code=found.code, content=content, name=file.name or "", **said
            ),
        )
        if made:
            return redirect("codelists:version", code=found.code, number=made.number)
    context = {"list": found, "form": form, "limit": MOST_BYTES}
    return render(request, "codelists/import.html", context, status=422 if form.errors else 200)


@keeper
@require_safe
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show a version, draft or published: its codes, and in what it differs from the one before it."""
    found = queries.get_version_for(request.actor, code, number)
    told = queries.Stage(found.number, found.valid_from, found.valid_until, found)
    earlier = _before(found)
    difference = queries.difference_of(earlier, told, found.list) if earlier else None
    context = {
        "list": found.list,
        "version": found,
        "earlier": earlier,
        "difference": difference,
        "most": MOST_SHOWN,
        "successions": found.successions.all()[:MOST_SHOWN],
        "entries": page_of(queries.entries_of(found.list, told), request.GET),
        "may_keep": found.is_draft and not policies.may_keep(request.actor, found.list.agency.code),
    }
    return render(request, "codelists/version.html", context)


def _before(found: CodeListVersion) -> queries.Stage | None:
    """Return the version a draft takes the place of: the one it corrects, else the one in force until its day."""
    held = [one for one in queries.stages(found.list) if one.start <= found.valid_from and one.number != found.number]
    return held[-1] if held else None


@keeper
@require_POST
def publish(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Publish a draft."""
    found = queries.get_version_for(request.actor, code, number)
    return press(
        request,
        lambda: operations.publish_version(actor=request.actor, at=request.at, version=found),
        to=found.list.get_absolute_url(),
        done=_("Đã công bố phiên bản."),
    )


@keeper
@require_POST
def withdraw(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Drop a draft."""
    found = queries.get_version_for(request.actor, code, number)
    return press(
        request,
        lambda: operations.withdraw_draft(actor=request.actor, at=request.at, version=found),
        to=found.list.get_absolute_url(),
        done=_("Đã bỏ bản thảo."),
    )
