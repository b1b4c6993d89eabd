"""Officers' pages: focal points (SM9), postings, the agency acted for. The public pages are the portal's."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nganam.accounts.queries import people
from nganam.agencies import operations, queries
from nganam.agencies.forms import ApprovalForm, FocalPointForm, NationalForm, PostingForm
from nganam.agencies.models import FocalPoint
from nganam.agencies.policies import roles_named_by
from nganam.agencies.workflow import FOCAL_POINT
from nganam.cases.story import record_of
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.face.paging import page_of
from nganam.kernel.actors import Role
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotFound

signed_in = door(Audience.SIGNED_IN)
keeper = door(Audience.OFFICER, roles=(Role.FOCAL, Role.LEAD, Role.ADMIN))
lead = door(Audience.OFFICER, roles=(Role.LEAD,))
namer = door(Audience.OFFICER, roles=(Role.LEAD, Role.ADMIN))


@signed_in
@require_POST
def choose_agency(request: HttpRequest) -> HttpResponse:
    """Choose the agency acted for; only one that the person holds a posting at."""
    code = request.POST.get("agency", "")
    operations.choose_acting(actor=request.actor, at=request.at, person=queries.person(request.actor.code), agency=code)
    request.session["agency"] = code
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe else "/ban-lam-viec/")


# ---- focal points ----


@keeper
@require_safe
def focal_points(request: HttpRequest) -> HttpResponse:
    """List nominations and officers the actor works with."""
    actor = request.actor
    context = {
        "points": page_of(queries.focal_points_for(actor), request.GET),
        "is_lead": actor.has(Role.LEAD),
        "without": queries.agencies_without_focal(local_date(request.at)) if actor.has(Role.LEAD) else [],
    }
    return render(request, "agencies/focal_points.html", context)


@keeper
@require_http_methods(["GET", "POST"])
def nominate(request: HttpRequest) -> HttpResponse:
    """Nominate the focal officer of the agency acted for (the lead agency: of any, ``?co-quan=``)."""
    chosen = request.GET.get("co-quan") if request.actor.has(Role.LEAD, Role.ADMIN) else ""
    agency = queries.agency(chosen or request.actor.agency)
    form = FocalPointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: operations.nominate_focal_point(
                actor=request.actor, at=request.at, agency=agency.code, values=form.cleaned_data
            ),
        )
        if made:
            return redirect("agencies:focal_point", code=made.code)
    context = {"form": form, "agency": agency}
    return render(request, "agencies/nominate.html", context, status=422 if form.errors else 200)


@keeper
@require_safe
def focal_point(request: HttpRequest, code: str) -> HttpResponse:
    """Show one focal point: contact, state, story, what may be done now."""
    found = queries.get_focal_point_for(request.actor, code)
    context = {
        "point": found,
        "machine": FOCAL_POINT,
        "steps": queries.focal_steps_for(request.actor, found),
        "editable": not found.is_final,
        **record_of(found),
        "national_form": NationalForm(initial={"on": found.national_on}),
        "is_lead": request.actor.has(Role.LEAD),
    }
    return render(request, "agencies/focal_point.html", context)


@keeper
@require_http_methods(["GET", "POST"])
def edit_focal_point(request: HttpRequest, code: str) -> HttpResponse:
    """Correct a nomination, or the contact of an officer in force."""
    shown = queries.get_focal_point_for(request.actor, code)
    form = FocalPointForm(request.POST or None, instance=shown)
    if request.method == "POST" and form.is_valid():
        fresh = queries.get_focal_point_for(request.actor, code)
        changed = attempt(
            form,
            lambda: operations.edit_focal_point(
                actor=request.actor, at=request.at, point=fresh, values=form.cleaned_data
            ),
        )
        if changed:
            return redirect("agencies:focal_point", code=code)
    context = {"form": form, "agency": shown.agency, "point": shown}
    return render(request, "agencies/nominate.html", context, status=422 if form.errors else 200)


@keeper
@require_POST
def step_focal_point(request: HttpRequest, code: str, transition: str) -> HttpResponse:
    """Return, resubmit, withdraw or end."""
    found = queries.get_focal_point_for(request.actor, code)
    if transition not in {one.name for one in FOCAL_POINT.transitions}:
        raise NotFound(_("Không có bước này."))
    reason = request.POST.get("reason", "").strip()
    return press(
        request,
        lambda: operations.move_focal_point(
            actor=request.actor, at=request.at, point=found, transition=transition, reason=reason
        ),
        to=found.get_absolute_url(),
        done=_("Đã ghi nhận."),
    )


@lead
@require_http_methods(["GET", "POST"])
def approve(request: HttpRequest) -> HttpResponse:
    """Record the decision on the list: the chosen ones become public."""
    waiting = queries.focal_points_for(request.actor).filter(state="nominated")
    initial = {"codes": [one.code for one in waiting], "signed_on": local_date(request.at)}
    form = ApprovalForm(request.POST or None, points=waiting, initial=initial)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form,
            lambda: operations.approve_focal_list(actor=request.actor, at=request.at, **form.cleaned_data),
        )
        if done:
            return redirect("agencies:focal_points")
    context = {"form": form, "waiting": waiting}
    return render(request, "agencies/approve.html", context, status=422 if form.errors else 200)


@lead
@require_POST
def post_nationally(request: HttpRequest, code: str) -> HttpResponse:
    """Record the day of posting on the national portal."""
    found: FocalPoint = queries.get_focal_point_for(request.actor, code)
    form = NationalForm(request.POST)
    if not form.is_valid():
        raise Invalid(
            _("Ngày chưa hợp lệ."), fields={name: [str(text) for text in texts] for name, texts in form.errors.items()}
        )
    return press(
        request,
        lambda: operations.record_national_posting(
            actor=request.actor, at=request.at, point=found, on=form.cleaned_data["on"]
        ),
        to=found.get_absolute_url(),
        done=_("Đã ghi nhận."),
    )


# ---- postings ----


@namer
@require_http_methods(["GET", "POST"])
def postings(request: HttpRequest) -> HttpResponse:
    """Show the postings of an agency (``?co-quan=``) and name a new one."""
    today = local_date(request.at)
    agency = queries.agency(request.GET.get("co-quan") or request.actor.agency)
    form = PostingForm(
        request.POST or None,
        people=people().filter(is_active=True),
        agencies=queries.agencies_on(today),
        roles=roles_named_by(request.actor),
        initial={"agency": agency.code, "valid_from": today},
    )
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        made = attempt(
            form,
            lambda: operations.name_posting(
                actor=request.actor, at=request.at, **{**chosen, "agency": chosen["agency"].code}
            ),
        )
        if made:
            return redirect(f"/phan-cong/?co-quan={made.agency.code}")
    context = {
        "agency": agency,
        "postings": queries.postings_at(agency.code),
        "agencies": queries.agencies_on(today),
        "form": form,
        "today": today,
        "roles": roles_named_by(request.actor),
    }
    return render(request, "agencies/postings.html", context, status=422 if form.errors else 200)


@namer
@require_POST
def end_posting(request: HttpRequest) -> HttpResponse:
    """End a posting today."""
    given = request.POST
    try:
        valid_from = date.fromisoformat(given.get("valid_from", ""))
    except ValueError as error:
        raise NotFound(_("Không có phân công này.")) from error
    posting = queries.get_posting(given.get("agency", ""), given.get("person", ""), given.get("role", ""), valid_from)
    return press(
        request,
        lambda: operations.end_posting(
            actor=request.actor, at=request.at, posting=posting, until=local_date(request.at)
        ),
        to=f"/phan-cong/?co-quan={posting.agency.code}",
        done=_("Đã kết thúc phân công."),
    )
