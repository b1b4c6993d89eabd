"""Pages of the catalogue: the owner's, the lead agency's, the Chairman's and the public ones."""

from collections.abc import Callable

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nganam.cases.story import record_of
from nganam.catalogue import operations, proposing, queries
from nganam.catalogue.forms import DatabaseForm, EditionForm, ItemFormSet, PaperForm, items_of
from nganam.catalogue.models import DefaultProposal, Edition, SharedDatabase
from nganam.catalogue.workflow import DATABASE, EDITION
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.face.paging import NUMBER, PAGE, page_of
from nganam.kernel.actors import Role
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotFound
from nganam.law.rules import rules_on

KEEPERS = (Role.FOCAL, Role.LEAD)
ISSUERS = (Role.LEAD, Role.CHAIRMAN)
public = door(Audience.PUBLIC)
keeper = door(Audience.OFFICER, roles=KEEPERS)
owner = door(Audience.OFFICER, roles=(Role.FOCAL,))
lead = door(Audience.OFFICER, roles=(Role.LEAD,))
issuer = door(Audience.OFFICER, roles=ISSUERS)
chairman = door(Audience.OFFICER, roles=(Role.CHAIRMAN,))


# ---- entries ----


@keeper
@require_safe
def databases(request: HttpRequest) -> HttpResponse:
    """List the entries the officer works with."""
    found = page_of(queries.databases_for(request.actor), request.GET)
    return render(request, "catalogue/databases.html", {"databases": found, "is_owner": request.actor.has(Role.FOCAL)})


@lead
@require_safe
def to_assess(request: HttpRequest) -> HttpResponse:
    """List proposals waiting for the lead agency."""
    return render(request, "catalogue/to_assess.html", {"databases": page_of(queries.to_assess(), request.GET)})


@owner
@require_http_methods(["GET", "POST"])
def declare(request: HttpRequest) -> HttpResponse:
    """Declare a database of the agency acted for."""
    version = rules_on(local_date(request.at)).version
    form = DatabaseForm(request.POST or None, rules_version=version)
    rows = ItemFormSet(request.POST or None, prefix="items", form_kwargs={"rules_version": version})
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        made = attempt(
            form,
            lambda: operations.declare_database(
                actor=request.actor, at=request.at, values=form.description(), items=items_of(rows)
            ),
        )
        if made:
            return redirect("catalogue:database", code=made.code)
    return _form_page(request, form, rows)


@owner
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a draft, returned or reopened entry."""
    shown = queries.get_database_for(request.actor, code)
    items = list(shown.items.values("name", "form", "audience", "ground"))
    told = {"rules_version": shown.rules}
    rows = ItemFormSet(request.POST or None, prefix="items", initial=items, form_kwargs=told)
    form = DatabaseForm(request.POST or None, instance=shown, rules_version=shown.rules)
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        fresh = queries.get_database_for(request.actor, code)
        changed = attempt(
            form,
            lambda: operations.edit_database(
                actor=request.actor, at=request.at, database=fresh, values=form.description(), items=items_of(rows)
            ),
        )
        if changed:
            return redirect("catalogue:database", code=code)
    return _form_page(request, form, rows, shown)


def _form_page(
    request: HttpRequest, form: DatabaseForm, rows: object, database: SharedDatabase | None = None
) -> HttpResponse:
    context = {"form": form, "rows": rows, "database": database}
    return render(request, "catalogue/declare.html", context, status=422 if form.errors else 200)


@keeper
@require_safe
def database(request: HttpRequest, code: str) -> HttpResponse:
    """Show one entry: content, what is missing, state, story, and what may be done now."""
    found = queries.get_database_for(request.actor, code)
    context = {
        "database": found,
        "machine": DATABASE,
        "entry": queries.copy_of(found),
        "missing": queries.missing_of(found),
        "editable": queries.is_editable_by(request.actor, found),
        "steps": queries.database_steps_for(request.actor, found),
        **record_of(found),
        "listed": queries.in_issued_catalogue(found, request.at),
    }
    return render(request, "catalogue/database.html", context)


@keeper
@require_POST
def step(request: HttpRequest, code: str, transition: str) -> HttpResponse:
    """Make one move of an entry."""
    found = queries.get_database_for(request.actor, code)
    _known(DATABASE.transitions, transition)
    reason = request.POST.get("reason", "").strip()
    return press(
        request,
        lambda: operations.move_database(
            actor=request.actor, at=request.at, database=found, transition=transition, reason=reason
        ),
        to="/danh-muc/co-so-du-lieu/" if transition == "abandon" else found.get_absolute_url(),
        done=_("Đã ghi nhận."),
    )


def _known(transitions: object, name: str) -> None:
    if name not in {one.name for one in transitions}:  # type: ignore[attr-defined]  # a machine's table
        raise NotFound(_("Không có bước này."))


# ---- editions ----


@issuer
@require_safe
def editions(request: HttpRequest) -> HttpResponse:
    """List editions with the state of each."""
    page = page_of(queries.editions_for(request.actor), request.GET)
    return render(request, "catalogue/editions.html", {"page": page, "is_lead": request.actor.has(Role.LEAD)})


@lead
@require_http_methods(["GET", "POST"])
def compile_edition(request: HttpRequest) -> HttpResponse:
    """Compile a draft edition of one of the two lists (``?loai=``)."""
    kind = request.POST.get("kind") or request.GET.get("loai", Edition.Kind.DATABASES)
    if kind not in Edition.Kind.values:
        raise NotFound(_("Không có loại danh mục này."))
    offered = queries.candidates(kind)
    initial = {"kind": kind, "codes": [one.code for one in offered], "title": _suggested(request, kind)}
    form = EditionForm(request.POST or None, databases=offered, proposals=_proposals(kind), initial=initial)
    del form.fields["version"]  # nothing was there to be changed
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form, lambda: operations.compile_edition(actor=request.actor, at=request.at, **form.cleaned_data)
        )
        if made:
            return redirect("catalogue:work_edition", code=made.code)
    return render(request, "catalogue/compile.html", {"form": form, "kind": kind, "offered": offered})


def _proposals(kind: str, edition: Edition | None = None) -> list[DefaultProposal]:
    """Return the proposals a draft of the list may take up: only the default list has any (D34.2)."""
    return list(proposing.offered_to(edition)) if kind == Edition.Kind.DEFAULT_DATA else []


def _suggested(request: HttpRequest, kind: str) -> str:
    return f"{Edition.Kind(kind).label} {local_date(request.at).year}"


@lead
@require_http_methods(["GET", "POST"])
def edit_edition(request: HttpRequest, code: str) -> HttpResponse:
    """Change title and content of a draft edition."""
    found = queries.get_edition_for(request.actor, code)
    offered = queries.candidates(found.kind)
    initial = {
        "kind": found.kind,
        "version": found.version,
        "title": found.title,
        "codes": [one.database.code for one in queries.entries_of(found)],
        "proposals": [one.source for one in proposing.proposals_of(found)],
    }
    waiting = _proposals(found.kind, found)
    form = EditionForm(request.POST or None, databases=offered, proposals=waiting, initial=initial)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        changed = attempt(
            form,
            lambda: operations.edit_edition(
                actor=request.actor,
                at=request.at,
                edition=found,
                title=chosen["title"],
                codes=chosen["codes"],
                proposals=chosen["proposals"],
                version=chosen["version"],
            ),
        )
        if changed:
            return redirect("catalogue:work_edition", code=code)
    context = {"form": form, "kind": found.kind, "offered": offered, "edition": found}
    return render(request, "catalogue/compile.html", context)


@issuer
@require_safe
def work_edition(request: HttpRequest, code: str) -> HttpResponse:
    """Show an edition to those who prepare and issue it."""
    return _work_page(request, queries.get_edition_for(request.actor, code))


def _work_page(request: HttpRequest, edition: Edition, form: PaperForm | None = None) -> HttpResponse:
    entries = list(queries.entries_of(edition))
    context = {
        "edition": edition,
        "machine": EDITION,
        "entries": Paginator(entries, PAGE).get_page(request.GET.get(NUMBER)),
        "steps": queries.edition_steps_for(request.actor, edition),
        "paper_form": form or PaperForm(initial={"signed_on": local_date(request.at)}),
        **record_of(edition),
        "changes": queries.changes_of(edition, entries),
        "proposals": proposing.proposals_of(edition),
        "waiting": _proposals(edition.kind) if edition.state == "draft" else [],
    }
    return render(request, "catalogue/work_edition.html", context, status=422 if form else 200)


def _with_paper(request: HttpRequest, code: str, verb: Callable[..., Edition]) -> HttpResponse:
    """Do a deed that rests on a paper; refused, the page comes back with what was typed."""
    edition, form = queries.get_edition_for(request.actor, code), PaperForm(request.POST)
    if form.is_valid():
        done = attempt(form, lambda: verb(actor=request.actor, at=request.at, edition=edition, **form.cleaned_data))
        if done:
            return redirect("catalogue:work_edition", code=code)
    return _work_page(request, queries.get_edition_for(request.actor, code), form)


@lead
@require_POST
def submit(request: HttpRequest, code: str) -> HttpResponse:
    """Submit an edition to the Chairman with the number and date of the tờ trình."""
    return _with_paper(request, code, operations.submit_edition)


@chairman
@require_POST
def issue(request: HttpRequest, code: str) -> HttpResponse:
    """Issue an edition with the number and date of the decision."""
    return _with_paper(request, code, operations.issue_edition)


@lead
@require_POST
def publish(request: HttpRequest, code: str) -> HttpResponse:
    """Publish an issued edition."""
    edition = queries.get_edition_for(request.actor, code)
    return press(
        request,
        lambda: operations.publish_edition(actor=request.actor, at=request.at, edition=edition),
        to=edition.get_absolute_url(),
        done=_("Đã công bố danh mục."),
    )


@issuer
@require_POST
def step_edition(request: HttpRequest, code: str, transition: str) -> HttpResponse:
    """Send an edition back or abandon a draft."""
    edition = queries.get_edition_for(request.actor, code)
    reason = request.POST.get("reason", "").strip()
    return press(
        request,
        lambda: operations.move_edition(
            actor=request.actor, at=request.at, edition=edition, transition=transition, reason=reason
        ),
        to="/danh-muc/dot/",
        done=_("Đã ghi nhận."),
    )


# ---- public ----


@public
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """Show the catalogue in force and the issued editions."""
    current = queries.current_edition()
    context = {
        "current": current,
        "entries": queries.frozen_entries(current) if current else [],
        "editions": queries.issued_editions(),
    }
    return render(request, "catalogue/catalogue.html", context)


@public
@require_safe
def edition(request: HttpRequest, code: str) -> HttpResponse:
    """Show an issued edition as it was frozen."""
    found = queries.issued_edition(code)
    context = {"edition": found, "entries": queries.frozen_entries(found)}
    return render(request, "catalogue/edition.html", context)


@public
@require_safe
def edition_csv(request: HttpRequest, code: str) -> HttpResponse:
    """Download an issued edition; ``?bom=1`` for spreadsheet programs."""
    text = queries.edition_csv(queries.issued_edition(code))
    response = HttpResponse(
        ("\ufeff" if request.GET.get("bom") == "1" else "") + text, content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{code}.csv"'
    return response


@public
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Compare two issued editions (``?a=…&b=…``)."""
    codes = request.GET.get("a", ""), request.GET.get("b", "")
    context: dict[str, object] = {"a": codes[0], "b": codes[1], "editions": queries.issued_editions()}
    status = 200
    if all(codes):
        try:
            context["earlier"], context["later"], context["difference"] = queries.compare(*codes)
        except Invalid as error:
            context["problem"], status = error.message, error.status
    return render(request, "catalogue/compare.html", context, status=status)


@public
@require_safe
def public_database(request: HttpRequest, code: str) -> HttpResponse:
    """Show a database as the edition in force has it."""
    found, entry = queries.public_entry(code)
    return render(request, "catalogue/public_database.html", {"edition": found, "entry": entry})
