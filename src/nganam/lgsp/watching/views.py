"""Pages of quality, incidents and thresholds."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.kernel.actors import Role
from nganam.lgsp.watching import measuring, operations, policies, queries, rules
from nganam.lgsp.watching.forms import NoteForm, PromiseForm, RuleForm
from nganam.lgsp.watching.models import Incident, Tally
from nganam.services.models import Service

OFFICERS = (Role.FOCAL, Role.LEAD)
OPERATORS = (Role.LEAD,)
PER_PAGE = 30


@require_safe
@door(Audience.OFFICER, roles=OFFICERS)
def quality(request: HttpRequest) -> HttpResponse:
    """Show what was promised of each service beside what was measured, and how full the quotas are."""
    found = measuring.kept(measuring.services_for(request.actor), request.at)
    context = {
        "kept": found,
        "days": measuring.JUDGED_DAYS,
        "quotas": measuring.quota_use(request.actor, request.at)[:PER_PAGE],
        "open": queries.open_for(request.actor),
        "rules": rules.BY_KEY,
    }
    return render(request, "lgsp/quality.html", context)


@door(Audience.OFFICER, roles=OFFICERS)
def service(request: HttpRequest, code: str) -> HttpResponse:
    """Show the quality of one service: promised and real, day by day, who calls it most."""
    found = measuring.get_service_for(request.actor, code)
    return _service(request, found, None)


def _service(request: HttpRequest, found: Service, form: PromiseForm | None, *, status: int = 200) -> HttpResponse:
    may = not policies.may_promise(request.actor, found)
    window = measuring.Window.of(measuring.JUDGED_DAYS, request.at)
    made = measuring.picture(Tally.objects.filter(service=found.code), window)
    own = measuring.picture(measuring.tallies_for(request.actor).filter(service=found.code), window)
    one = measuring.kept([found], request.at)[0]
    initial = {"availability": one.promise.availability, "p95_ms": one.promise.p95_ms} if one.promise else {}
    context = {
        "service": found, "one": one, "stopped_minutes": one.stopped_minutes,
        "days": measuring.JUDGED_DAYS,
        "calls": measuring.chart_of_calls(made), "times": measuring.chart_of_times(made),
        "consumers": measuring.busiest(own), "quotas": measuring.quota_use(request.actor, request.at, found.code),
        "incidents": queries.incidents_for(request.actor).filter(service=found.code)[:10], "rules": rules.BY_KEY,
        "form": form or (PromiseForm(initial=initial) if may else None), "may_promise": may,
    }  # fmt: skip
    return render(request, "lgsp/service_quality.html", context, status=status)


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def promise(request: HttpRequest, code: str) -> HttpResponse:
    """Write down what the provider promises."""
    found, form = measuring.get_service_for(request.actor, code), PromiseForm(request.POST)
    made = None
    if form.is_valid():
        made = attempt(form, lambda: operations.promise(found, actor=request.actor, at=request.at, **form.cleaned_data))
    if made is None:
        return _service(request, found, form, status=422)
    messages.success(request, _("Đã ghi cam kết."))
    return redirect("lgsp:service_quality", code=found.code)


@require_safe
@door(Audience.OFFICER, roles=OFFICERS)
def incidents(request: HttpRequest) -> HttpResponse:
    """List the incidents, open ones first."""
    page = Paginator(queries.listed_for(request.actor), PER_PAGE).get_page(request.GET.get("trang"))
    context = {"page": page, "rules": rules.BY_KEY, "may_set": not policies.may_change_rule(request.actor)}
    return render(request, "lgsp/incidents.html", context)


@never_cache
@door(Audience.OFFICER, roles=OFFICERS)
def incident(request: HttpRequest, code: str) -> HttpResponse:
    """Tell an incident: what was seen, who was met, which calls, what was done."""
    return _incident(request, queries.get_incident_for(request.actor, code), NoteForm())


def _incident(request: HttpRequest, found: Incident, form: NoteForm, *, status: int = 200) -> HttpResponse:
    story = queries.story(found, request.actor, request.at)
    chart = measuring.chart_of_calls(story.picture) if story.picture and story.picture.total.calls else None
    context = {
        "incident": found, "rule": rules.BY_KEY[found.rule], "story": story, "chart": chart, "form": form,
        "figures": queries.told_figures(found), "notes": list(found.notes.all()),
        "may_handle": not policies.may_handle(request.actor, found), "agency_names": measuring.party_names(),
    }  # fmt: skip
    return render(request, "lgsp/incident.html", context, status=status)


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def acknowledge(request: HttpRequest, code: str) -> HttpResponse:
    """Take an incident on, with a word on what is done."""
    found, form = queries.get_incident_for(request.actor, code), NoteForm(request.POST)
    done = None
    if form.is_valid():
        done = attempt(
            form, lambda: operations.acknowledge(found, actor=request.actor, at=request.at, **form.cleaned_data)
        )
    if done is None:
        return _incident(request, found, form, status=422)
    messages.success(request, _("Đã nhận xử lý sự cố."))
    return redirect("lgsp:incident", code=found.code)


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def note(request: HttpRequest, code: str) -> HttpResponse:
    """Write something down about an incident."""
    found, form = queries.get_incident_for(request.actor, code), NoteForm(request.POST)
    done = None
    if form.is_valid():
        done = attempt(
            form, lambda: operations.add_note(found, actor=request.actor, at=request.at, **form.cleaned_data)
        )
    if done is None:
        return _incident(request, found, form, status=422)
    messages.success(request, _("Đã ghi."))
    return redirect("lgsp:incident", code=found.code)


@require_safe
@door(Audience.OFFICER, roles=OPERATORS)
def thresholds(request: HttpRequest) -> HttpResponse:
    """Show every rule with its thresholds, as forms."""
    return _thresholds(request, {})


def _thresholds(request: HttpRequest, bound: dict[str, RuleForm], *, status: int = 200) -> HttpResponse:
    shown = [
        (rule, bound.get(key) or RuleForm(initial={name: getattr(rule, name) for name in rules.SET},
                                          rule=rule, auto_id=f"{key}-%s"))
        for key, rule in rules.in_force().items()
    ]  # fmt: skip
    return render(request, "lgsp/thresholds.html", {"rules": shown, "changes": queries.rule_changes()}, status=status)


@require_POST
@door(Audience.OFFICER, roles=OPERATORS)
def set_rule(request: HttpRequest, key: str) -> HttpResponse:
    """Set the thresholds of a rule."""
    form = RuleForm(request.POST, rule=rules.BY_KEY.get(key), auto_id=f"{key}-%s")
    done = None
    if form.is_valid():
        done = attempt(form, lambda: operations.set_rule(key, actor=request.actor, at=request.at, **form.cleaned_data))
    if done is None:
        return _thresholds(request, {key: form}, status=422)
    messages.success(request, _("Đã đặt ngưỡng; có hiệu lực từ phút sau."))
    return redirect("lgsp:thresholds")
