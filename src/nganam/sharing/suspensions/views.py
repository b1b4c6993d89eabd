"""Officers' pages of suspension and termination."""

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from nganam.cases.forms import StepForm, offers, stray
from nganam.cases.lists import listed
from nganam.cases.pages import take_step
from nganam.cases.story import record_of
from nganam.deadlines.queries import calendar
from nganam.documents.queries import open_file
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.kernel.actors import Role
from nganam.kernel.clock import local_date
from nganam.law.rules import rules_on
from nganam.sharing.disputed import may_raise
from nganam.sharing.suspensions import policies, queries, words, writing
from nganam.sharing.suspensions.forms import StopForm
from nganam.sharing.suspensions.models import Breach, Maintenance, Termination

OFFICERS = (Role.FOCAL, Role.LEAD)


# -- lists --


@door(Audience.OFFICER, roles=OFFICERS)
def stops(request: HttpRequest) -> HttpResponse:
    """List the stops of services."""
    return _list(request, queries.stops_for(request.actor), "sharing/stops.html")


@door(Audience.OFFICER, roles=OFFICERS)
def breaches(request: HttpRequest) -> HttpResponse:
    """List the files on breaches and risks."""
    return _list(request, queries.breaches_for(request.actor), "sharing/breaches.html")


@door(Audience.OFFICER, roles=OFFICERS)
def terminations(request: HttpRequest) -> HttpResponse:
    """List the files on ends of sharing."""
    return _list(request, queries.terminations_for(request.actor), "sharing/terminations.html")


def _list(request: HttpRequest, rows: QuerySet[Any], template: str) -> HttpResponse:
    context = {
        "list": listed(rows, rows.model.MACHINE, request.GET, request.at),
        "may_plan": queries.plannable_services(request.actor).exists(),
        "may_examine": queries.examinable_accounts(request.actor).exists(),
    }
    return render(request, template, context)


# -- a stop for everybody --


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def new_stop(request: HttpRequest) -> HttpResponse:
    """Plan a stop of one service (``?dich-vu=`` its code) or of several."""
    about = {"service": request.GET.get("dich-vu", "")}
    form = writing.stop_form(actor=request.actor, at=request.at, about=about, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        planned = attempt(form, lambda: writing.plan(actor=request.actor, at=request.at, about=about, form=form))
        if planned:
            number = len(form.chosen())
            if number > 1:
                messages.success(request, _("Đã lập %(number)s hồ sơ tạm ngừng.") % {"number": number})
            return redirect("sharing:stops" if number > 1 else planned.get_absolute_url())
    return _stop_form(request, form)


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def edit_stop(request: HttpRequest, code: str) -> HttpResponse:
    """Change a plan that was not announced."""
    stop = queries.get_stop_for(request.actor, code)
    form = writing.stop_form(actor=request.actor, at=request.at, about={}, case=stop, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        changed = attempt(
            form, lambda: writing.change_plan(actor=request.actor, at=request.at, about={}, form=form, case=stop)
        )
        if changed:
            return redirect(stop.get_absolute_url())
    return _stop_form(request, form, stop)


def _stop_form(request: HttpRequest, form: StopForm, stop: Maintenance | None = None) -> HttpResponse:
    context = {"form": form, "stop": stop, **_earliest(request.at)}
    return render(request, "sharing/stop_form.html", context, status=422 if form.errors else 200)


def _earliest(at: datetime) -> dict[str, Any]:
    """Return the days of notice and the first day a stop announced today may begin."""
    today = local_date(at)
    days = policies.notice_days(rules_on(today))
    return {"days": days, "earliest": policies.earliest_stop(today, days, calendar())}


@door(Audience.OFFICER, roles=OFFICERS)
def stop(request: HttpRequest, code: str) -> HttpResponse:
    """Show one stop: what is announced, where it is, what may be done now."""
    return _show_stop(request, queries.get_stop_for(request.actor, code))


def _show_stop(request: HttpRequest, found: Maintenance, tried: StepForm | None = None) -> HttpResponse:
    may_edit = found.state == "draft" and not policies.may_plan(request.actor, found.service)
    more = {
        "ground": words.word_of(words.suspension_grounds(found.rules, words.FOR_EVERYBODY), found.ground),
        "may_edit": may_edit,
        "announce_by": announce_by(found) if found.state == "draft" and not found.is_forced else None,
    }
    return _show(request, found, "sharing/stop.html", more, tried)


def announce_by(stop: Maintenance) -> date:
    """Return the last working day on which a planned stop may still be announced (D43.3)."""
    stop_on = local_date(stop.planned_from)
    return policies.last_notice_day(stop_on, policies.notice_days(rules_on(stop_on)), calendar())


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def step_stop(request: HttpRequest, code: str, transition: str) -> HttpResponse:
    """Make one move of a stop."""
    found = queries.get_stop_for(request.actor, code)
    said = {
        "announce": _("Đã thông báo công khai trên cổng và báo cho các bên khai thác."),
        "stop": _("Dịch vụ đã tạm ngừng; cổng LGSP đang cập nhật."),
        "restore": _("Dịch vụ đã được khôi phục; cổng LGSP đang cập nhật."),
    }
    return take_step(
        request, found, transition, to=found.get_absolute_url(), done=said.get(transition) or _("Đã ghi nhận."),
        again=lambda tried: _show_stop(request, queries.get_stop_for(request.actor, code), tried),
    )  # fmt: skip


# -- a breach of one user --


@door(Audience.OFFICER, roles=OFFICERS)
def new_breach(request: HttpRequest) -> HttpResponse:
    """Open files on the use of one account (``?tai-khoan=`` its code) or several."""
    about = {"account": request.GET.get("tai-khoan", "")}
    form = writing.breach_form(actor=request.actor, at=request.at, about=about, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        opened = attempt(form, lambda: writing.open_files(actor=request.actor, at=request.at, about=about, form=form))
        if opened:
            several = len(form.cleaned_data["accounts"]) > 1
            return redirect("sharing:breaches" if several else opened.get_absolute_url())
    return render(request, "sharing/breach_form.html", {"form": form}, status=422 if form.errors else 200)


@door(Audience.OFFICER, roles=OFFICERS)
def breach(request: HttpRequest, code: str) -> HttpResponse:
    """Show one file on a breach: what was found, told, demanded, done."""
    return _show_breach(request, queries.get_breach_for(request.actor, code))


def _show_breach(request: HttpRequest, found: Breach, tried: StepForm | None = None) -> HttpResponse:
    ground = words.word_of(words.suspension_grounds(found.rules, words.FOR_ONE), found.ground)
    end = Termination.objects.filter(account=found.account_id).first() if found.state == "terminated" else None
    return _show(request, found, "sharing/breach.html", {"ground": ground, "end": end}, tried)


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def step_breach(request: HttpRequest, code: str, transition: str) -> HttpResponse:
    """Make one move of a file on a breach."""
    found = queries.get_breach_for(request.actor, code)
    said = {
        "demand_report": _("Đã yêu cầu bên khai thác báo cáo."),
        "determine": _("Đã ghi nhận; thời hạn thông báo bắt đầu được tính."),
        "notify": _("Đã thông báo cho bên khai thác."),
        "suspend": _("Đã khóa tài khoản; cổng LGSP đang cập nhật."),
        "restore": _("Đã khôi phục kết nối; cổng LGSP đang cập nhật."),
        "terminate": _("Đã chấm dứt chia sẻ và thông báo kết quả."),
    }
    return take_step(
        request, found, transition, to=found.get_absolute_url(), done=said.get(transition) or _("Đã ghi nhận."),
        again=lambda tried: _show_breach(request, queries.get_breach_for(request.actor, code), tried),
    )  # fmt: skip


# -- the end --


@door(Audience.OFFICER, roles=OFFICERS)
def termination(request: HttpRequest, code: str) -> HttpResponse:
    """Show one end of sharing: ground, who was told, what became of the data."""
    return _show_termination(request, queries.get_termination_for(request.actor, code))


def _show_termination(request: HttpRequest, found: Termination, tried: StepForm | None = None) -> HttpResponse:
    ground = words.word_of(words.termination_grounds(found.rules), found.ground)
    more = {"ground": ground, "files": queries.evidence_of(found)}
    return _show(request, found, "sharing/termination.html", more, tried)


@door(Audience.OFFICER, roles=OFFICERS)
def evidence(request: HttpRequest, code: str, sha256: str) -> HttpResponseBase:
    """Give a file that came with a report of deletion to who may see the end of sharing."""
    kept = queries.get_evidence(queries.get_termination_for(request.actor, code), sha256)
    return FileResponse(
        open_file(kept.sha256), as_attachment=True, filename=kept.name, content_type=kept.media_type
    )  # fmt: skip


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def step_termination(request: HttpRequest, code: str, transition: str) -> HttpResponse:
    """Make one move of an end of sharing."""
    found = queries.get_termination_for(request.actor, code)
    return take_step(
        request, found, transition, to=found.get_absolute_url(), done=_("Đã ghi nhận."),
        again=lambda tried: _show_termination(request, queries.get_termination_for(request.actor, code), tried),
    )  # fmt: skip


def _show(
    request: HttpRequest,
    found: Maintenance | Breach | Termination,
    template: str,
    more: dict[str, Any],
    tried: StepForm | None,
) -> HttpResponse:
    """Show a case of any of the three kinds with what is the same for all."""
    offered = offers(request.actor, found, request.at, f"{found.get_absolute_url()}buoc/%s/", tried=tried)
    context = {
        "case": found,
        "machine": found.MACHINE,
        "offers": offered,
        "stray": stray(offered, tried),
        # What the other side has not been told of is not raised with it either.
        "may_raise": found.state != "suspected" and may_raise(request.actor, found),
        **record_of(found),
        **more,
    }
    return render(request, template, context, status=422 if tried else 200)
