"""The list of cases of every kind, what is done for several of them at once, and views of one's own."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from nganam.agencies.queries import agency_names
from nganam.cases.parties import conduct_of
from nganam.desk import bulk, operations, queries
from nganam.desk.forms import ViewForm
from nganam.desk.models import Place, SavedView
from nganam.desk.views import named_kinds
from nganam.desk.worklist import ALL, LATE, LATER, ME, NEVER, OTHERS, SOON, Desk, read, works
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.kernel.errors import Invalid

officer = door(Audience.OFFICER)


@officer
@require_safe
def cases(request: HttpRequest) -> HttpResponse:
    """List the cases the officer has a part in: theirs to take further, others', or all; narrowed by the address."""
    wanted, desk = read(request.GET), Desk(request.actor, request.at)
    page = desk.page(wanted, request.GET)
    shown = works(page.object_list)
    conduct = conduct_of(wanted.kind) if wanted.kind else None
    names = agency_names() if desk.roles else {}
    context = {
        # Read once: the page's own labels would read them again.
        **({"agency_names": names} if names else {}),
        "page": page,
        "works": shown,
        "wanted": wanted,
        "whose": WHOSE,
        "dues": DUES,
        "kinds": named_kinds(desk.kinds(wanted)),
        "states": conduct.machine.states if conduct else (),
        "parties": sorted(conduct.parties) if conduct else (),
        "agencies": sorted(names.items(), key=lambda one: one[1]),
        "choices": bulk.choices(shown),
        "today": desk.today,
        **saving(request, Place.CASES),
    }
    return render(request, "desk/cases.html", context)


WHOSE = (ALL, ME, OTHERS)
DUES = (LATE, SOON, LATER, NEVER)


def saving(request: HttpRequest, place: str) -> dict[str, object]:
    """Return what a list needs to offer views of one's own: those there are, and the form that saves this one."""
    query = queries.tidied(place, request.GET.urlencode())
    return {
        "views": [one for one in queries.views_of(request.actor) if one.place == place],
        "query_now": query,
        "view_form": ViewForm(initial={"place": place, "query": query}),
    }


@officer
@require_POST
def move_many(request: HttpRequest) -> HttpResponse:
    """Make one move for the cases that were marked, and say of each what came of it."""
    try:
        outcomes = bulk.move_all(
            actor=request.actor, at=request.at, move=request.POST.get("viec", ""), keys=request.POST.getlist("ho-so")
        )
    except Invalid as error:
        messages.error(request, f"{error.message} {error.hint}".strip())
        return redirect(_back(request, Place.CASES))
    return outcome_page(request, outcomes, _back(request, Place.CASES))


def outcome_page(request: HttpRequest, outcomes: list[bulk.Outcome], back: str) -> HttpResponse:
    """Show what came of a deed on each of several cases."""
    done = sum(one.is_done for one in outcomes)
    context = {"outcomes": outcomes, "done": done, "refused": len(outcomes) - done, "back": back}
    return render(request, "desk/outcomes.html", context, status=200 if done else 422)


def _back(request: HttpRequest, place: str) -> str:
    query = queries.tidied(place, request.POST.get("query", ""))
    return reverse(place) + (f"?{query}" if query else "")


@officer
@require_safe
def views(request: HttpRequest) -> HttpResponse:
    """Show the views the officer saved, to be renamed or removed."""
    return render(request, "desk/views.html", {"views": queries.views_of(request.actor)})


@officer
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep a list as it is filtered now, under a name."""
    form, place = ViewForm(request.POST), request.POST.get("place", "")
    made: SavedView | None = None
    if form.is_valid():
        made = attempt(form, lambda: operations.save_view(actor=request.actor, at=request.at, **form.cleaned_data))
    if made:
        messages.success(request, _("Đã lưu bộ lọc “%(name)s”.") % {"name": made.name})
    else:
        said = " ".join(str(text) for texts in form.errors.values() for text in texts)
        messages.error(request, said)
    return redirect(_back(request, place if place in Place.values else Place.CASES))


@officer
@require_POST
def rename_view(request: HttpRequest) -> HttpResponse:
    """Give one's own view another name."""
    name, new_name = request.POST.get("name", ""), request.POST.get("new_name", "")
    return press(
        request, lambda: operations.rename_view(actor=request.actor, name=name, new_name=new_name),
        to="desk:views", done=_("Đã đổi tên bộ lọc."),
    )  # fmt: skip


@officer
@require_POST
def drop_view(request: HttpRequest) -> HttpResponse:
    """Remove one's own view."""
    name = request.POST.get("name", "")
    return press(
        request, lambda: operations.drop_view(actor=request.actor, name=name), to="desk:views",
        done=_("Đã xóa bộ lọc."),
    )  # fmt: skip
