"""An officer's home and the audit page."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from nganam.audit import queries as audit
from nganam.audit import registry
from nganam.desk import queries
from nganam.desk.worklist import ME, OTHERS, Desk, Wanted, machines, works
from nganam.face.doors import Audience, door
from nganam.kernel.actors import Role
from nganam.kernel.machine import Machine
from nganam.notices.queries import unread

PAGE = 50
SHOWN, NEAREST, NEWEST = 10, 5, 5


@door(Audience.OFFICER)
def home(request: HttpRequest) -> HttpResponse:
    """Show what waits for the officer, what is due, what others have to do, and the newest notices."""
    actor, desk = request.actor, Desk(request.actor, request.at)
    clocks = desk.clocks()
    waiting, others = (desk.top(Wanted(whose=whose), SHOWN) for whose in (ME, OTHERS))
    shown, load = works([*waiting, *others]), desk.load()
    late, soon = queries.due_by(clocks, request.at)
    context = {
        "waiting": shown[: len(waiting)],
        "others": shown[len(waiting) :],
        "kinds": named_kinds({kind: own for kind, own, _other in load if own}),
        "other_kinds": named_kinds({kind: other for kind, _own, other in load if other}),
        "waiting_count": sum(own for _kind, own, _other in load),
        "others_count": sum(other for _kind, _own, other in load),
        "due": queries.due(desk, clocks, NEAREST),
        "late": late,
        "soon": soon,
        "views": queries.views_of(actor),
        "notices": unread(actor)[:NEWEST],
        "today": desk.today,
        "may_urge": actor.has(Role.LEAD, Role.CHAIRMAN),
    }
    return render(request, "desk/home.html", context)


def named_kinds(counts: dict[str, int]) -> list[tuple[Machine, int]]:
    """Return kinds of case with how many there are, most first; a kind that is no more is left out."""
    known = machines()
    found = [(known[code], number) for code, number in counts.items() if code in known]
    return sorted(found, key=lambda one: (-one[1], one[0].code))


@door(Audience.OFFICER, roles=queries.OVERSIGHT)
def audit_page(request: HttpRequest) -> HttpResponse:
    """Show the record of deeds, filtered by action, object and person."""
    asked = {name: request.GET.get(word, "").strip() for name, word in FILTERS.items()}
    found = queries.audit_entries(request.actor, **asked)
    page = Paginator(found, PAGE).get_page(request.GET.get("trang"))
    links = queries.links_of(request.actor, page.object_list)
    context = {
        "page": page,
        "rows": [(entry, links.get((entry.object_type, entry.object_code), "")) for entry in page],
        "asked": asked,
        "actions": registry.actions(),
    }
    return render(request, "desk/audit.html", context)


FILTERS = {"action": "hanh-dong", "object_code": "ma", "actor_code": "nguoi"}


@require_POST
@door(Audience.OFFICER, roles=queries.OVERSIGHT)
def verify_audit(request: HttpRequest) -> HttpResponse:
    """Check the whole hash chain and say what was found."""
    return render(request, "desk/audit_check.html", {"finding": audit.verify_chain()})
