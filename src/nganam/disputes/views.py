"""Officers' pages of disputes."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from nganam.agencies.queries import agency as agency_of
from nganam.cases.forms import StepForm, offers, stray
from nganam.cases.pages import take_step
from nganam.cases.story import record_of
from nganam.disputes import listing, policies, queries, saying, writing
from nganam.disputes.forms import StatementForm, TermsForm
from nganam.disputes.models import Dispute
from nganam.disputes.subjects import subject_for
from nganam.disputes.workflow import DISPUTE, UNDECIDED
from nganam.documents.queries import open_file
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.face.paging import page_of
from nganam.kernel.actors import Role
from nganam.kernel.clock import local_date
from nganam.sharing.disputed import is_held_by

OFFICERS = (Role.FOCAL, Role.LEAD, Role.CHAIRMAN)


@door(Audience.OFFICER, roles=OFFICERS)
def disputes(request: HttpRequest) -> HttpResponse:
    """List the disputes the officer may see: own, against the agency, or all; by level, kind, state, lateness."""
    asked = listing.asked(request.GET)
    found = listing.chosen(request.actor, asked, request.at)
    page = page_of(found, request.GET)
    context = {
        "page": page,
        "asked": asked,
        "clocks": queries.running_clocks(page.object_list),
        "today": local_date(request.at),
        **listing.choices(request.actor, request.at),
    }
    return render(request, "disputes/disputes.html", context)


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def new_dispute(request: HttpRequest) -> HttpResponse:
    """Raise a difficulty about a thing (``?ve=sharing.request:YC-…``) or with an agency."""
    about = {"subject": request.GET.get("ve", "")}
    form = writing.form(actor=request.actor, at=request.at, about=about, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        opened = attempt(form, lambda: writing.open_from(actor=request.actor, at=request.at, about=about, form=form))
        if opened:
            return redirect("disputes:dispute", code=opened.code)
    subject = writing.subject_in(about, request.actor, request.at)
    held = subject is not None and is_held_by(subject.case, agency_of(request.actor.agency))
    return render(
        request,
        "disputes/new.html",
        {"form": form, "subject": subject, "held": held},
        status=422 if form.errors else 200,
    )


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def new_error(request: HttpRequest) -> HttpResponse:
    """Report an error in data received through an account (``?ve=sharing.account:TK-…``)."""
    about = {"subject": request.GET.get("ve", "")}
    subject = subject_for(request.actor, about["subject"], local_date(request.at))
    form = writing.error_form(actor=request.actor, at=request.at, about=about, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        opened = attempt(form, lambda: writing.report(actor=request.actor, at=request.at, about=about, form=form))
        if opened:
            return redirect("disputes:dispute", code=opened.code)
    status = 422 if form.errors else 200
    return render(request, "disputes/new.html", {"form": form, "subject": subject, "is_error": True}, status=status)


@door(Audience.OFFICER, roles=OFFICERS)
def dispute_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one dispute: content, level, clock, what both sides said, and what may be done now."""
    return _show(request, queries.get_dispute_for(request.actor, code))


def _show(request: HttpRequest, found: Dispute, tried: StepForm | None = None, **forms: Any) -> HttpResponse:
    prefetch_related_objects([found], "statements")
    side = policies.side_of(request.actor, found)
    offered = offers(
        request.actor, found, request.at, f"{found.get_absolute_url()}buoc/%s/", tried=tried,
        without=listing.beside_the_point(found, side),
    )  # fmt: skip
    record = record_of(found)
    told = queries.story(found, record["story"])
    context = {
        "case": found,
        "machine": DISPUTE,
        "kind": listing.kind_of(found),
        "offers": offered,
        "stray": stray(offered, tried),
        "told": told,
        "visited": [one.event.state for one in told if one.event.state],
        "clocks": record["clocks"],
        "about": queries.link_of(found),
        "papers": record["papers"],
        "today": local_date(request.at),
        "statement_form": forms.get("statement") or (None if found.is_final or not side else StatementForm()),
        "terms_form": forms.get("terms") or _terms_form(found, side),
        "own_terms": bool(found.terms) and found.terms_side == side,
        "limit": saying.FILE_LIMIT,
    }
    failed = tried is not None or bool(forms)
    return render(request, "disputes/dispute.html", context, status=422 if failed else 200)


def _terms_form(found: Dispute, side: str) -> TermsForm | None:
    if not side or found.state not in UNDECIDED:
        return None
    return TermsForm(initial={"version": found.version})


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def step(request: HttpRequest, code: str, transition: str) -> HttpResponse:
    """Make one move of SM4; what was typed stays on the page when the move is refused."""
    found = queries.get_dispute_for(request.actor, code)
    return take_step(
        request, found, transition, to=found.get_absolute_url(), done=_said(transition),
        again=lambda tried: _show(request, queries.get_dispute_for(request.actor, code), tried),
    )  # fmt: skip


def _said(transition: str) -> str:
    return {
        "escalate": _("Đã gửi cơ quan đầu mối cấp tỉnh; thời hạn bắt đầu được tính."),
        "contest": _("Đã gửi cơ quan đầu mối cấp tỉnh; thời hạn bắt đầu được tính."),
        "propose": _("Đã trình Chủ tịch UBND tỉnh."),
        "agree": _("Hai bên đã thỏa thuận xong; hồ sơ kết thúc."),
        "withdraw": _("Đã rút vướng mắc."),
    }.get(transition) or _("Đã ghi nhận và báo cho các bên.")


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def speak(request: HttpRequest, code: str) -> HttpResponse:
    """Take what a side says and the evidence it attaches."""
    found = queries.get_dispute_for(request.actor, code)
    form = StatementForm(request.POST, request.FILES)
    if form.is_valid():
        said = attempt(
            form,
            lambda: saying.state_view(
                actor=request.actor, at=request.at, dispute=found, text=form.cleaned_data["text"],
                files=form.attached(),
            ),
        )  # fmt: skip
        if said:
            return redirect(f"{found.get_absolute_url()}#y-kien")
    return _show(request, found, statement=form)


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def offer(request: HttpRequest, code: str) -> HttpResponse:
    """Offer the other side terms of a settlement."""
    found = queries.get_dispute_for(request.actor, code)
    form = TermsForm(request.POST)
    if form.is_valid():
        offered = attempt(
            form,
            lambda: saying.offer_terms(actor=request.actor, at=request.at, dispute=found, **form.cleaned_data),
        )
        if offered:
            return redirect(found.get_absolute_url())
    return _show(request, queries.get_dispute_for(request.actor, code), terms=form)


@door(Audience.OFFICER, roles=OFFICERS)
def evidence(request: HttpRequest, code: str, sha256: str) -> HttpResponseBase:
    """Send a file of the dispute to somebody who may see it; never shown in the browser's own window."""
    found = queries.get_evidence(queries.get_dispute_for(request.actor, code), sha256)
    return FileResponse(
        open_file(found.file.sha256), as_attachment=True, filename=found.name, content_type=found.file.media_type
    )
