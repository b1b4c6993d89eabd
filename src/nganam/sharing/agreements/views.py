"""Officers' pages of agreements: lists, asking, the page of one agreement and its moves."""

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from nganam.cases import parties
from nganam.cases.forms import StepForm, offers, stray
from nganam.cases.lists import listed
from nganam.cases.operations import must_be_open
from nganam.cases.pages import take_step
from nganam.cases.papers import papers_of
from nganam.cases.story import story_of
from nganam.deadlines.queries import clocks_of
from nganam.documents.queries import open_file
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.face.paging import PAGE, page_of
from nganam.kernel.actors import Role
from nganam.kernel.errors import NotFound
from nganam.sharing import purposes
from nganam.sharing.agreements import content, operations, policies, queries, writing
from nganam.sharing.agreements.defaulting import is_taken_up
from nganam.sharing.agreements.forms import AuthorityForm
from nganam.sharing.agreements.models import Agreement, DeletionReport, Joining
from nganam.sharing.agreements.workflow import AGREEMENT, JOINING, LIVE
from nganam.sharing.outside.queries import inbound_for
from nganam.sharing.outside.workflow import INBOUND
from nganam.sharing.requests.queries import applications_of

OFFICERS = (Role.FOCAL, Role.LEAD)
ADDRESSED = {"service": "dich-vu", "database": "co-so-du-lieu", "item": "hang-muc"}
"""What a request is opened about, by the words of the address."""
ELSEWHERE = ("save", "save_change", "sign", "sign_change", "report_deletion")
"""Moves that have a page of their own."""
AT_ONCE = ("submit", "confirm_special", "review", "agree", "agree_change", "connect", "confirm_deletion")
"""Moves whose form stands open when they are the first offered; the others fold."""
STEP_OF_DELETION = AGREEMENT.transition("report_deletion")
DRAFTED = ("drafting", "amending")
SIGNED = ("signing", "amend_signing")


def _page(request: HttpRequest, found: Any) -> Any:
    return page_of(found, request.GET)


@door(Audience.OFFICER)
def agreements(request: HttpRequest) -> HttpResponse:
    """List the agreements the officer may read, by state and code; overdue only if asked."""
    found = listed(queries.agreements_for(request.actor), AGREEMENT, request.GET, request.at)
    joinings = queries.waiting_joinings(request.actor)[:PAGE]
    context = {"list": found, "joinings": joinings}
    return render(request, "sharing/agreements.html", context)


@door(Audience.OFFICER, roles=OFFICERS)
def in_force(request: HttpRequest) -> HttpResponse:
    """List what holds in the province by name and parties, for who wants to join (D36.4)."""
    return render(request, "sharing/agreements_in_force.html", {"page": _page(request, queries.in_force())})


@door(Audience.OFFICER, roles=OFFICERS)
def reviews(request: HttpRequest) -> HttpResponse:
    """List agreements by the day their review for default sharing is due (D34.2)."""
    near = request.GET.get("loc") != "tat-ca"
    found = queries.to_review(request.actor)
    chosen = found.filter(queries.review_is_near(request.at)) if near else found
    return render(request, "sharing/agreement_reviews.html", {"page": _page(request, chosen), "near": near})


# ---- asking ----


@door(Audience.OFFICER, roles=OFFICERS)
def new_agreement(request: HttpRequest) -> HttpResponse:
    """Ask for special data: ``?dich-vu=`` a service, or ``?co-so-du-lieu=`` and ``&hang-muc=`` an item without one.

    ``?tu=sharing.inbound:`` and its code begins the agreement of an outside agency.
    """
    about = {name: request.GET.get(address, "") for name, address in ADDRESSED.items()}
    about["inbound"] = _from(request.GET.get("tu", ""))
    inbound = writing.inbound_of(request.actor, about)
    if inbound is not None and request.method != "POST":
        must_be_open(inbound, "begin_agreement")
    service, database, item = (inbound.service, None, "") if inbound else writing.subject(about)
    doing: dict[str, Any] = {"actor": request.actor, "at": request.at, "about": about}
    form = writing.asking(**doing, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        opened = attempt(form, lambda: writing.ask(**doing, form=form))
        if opened:
            return redirect(opened)
    context = {
        "form": form, "service": service, "database": database, "item": item,
        "inbound": inbound, "has_applications": bool(inbound) or applications_of(request.actor.agency).exists(),
    }  # fmt: skip
    return render(request, "sharing/agreement_form.html", context, status=422 if form.errors else 200)


def _from(reference: str) -> str:
    """Return the code of the case from outside that ``sharing.inbound:CODE`` names, "" for no reference."""
    kind, _colon, code = reference.partition(":")
    if reference and (kind != INBOUND.code or not code):
        raise NotFound(_("Không có hồ sơ này."))
    return code


@door(Audience.OFFICER, roles=OFFICERS)
def edit_asked(request: HttpRequest, code: str) -> HttpResponse:
    """Change a draft request."""
    found = queries.get_agreement_for(request.actor, code)
    parties.check(request.actor, found, AGREEMENT.transition("submit"))
    must_be_open(found, "submit")
    doing: dict[str, Any] = {"actor": request.actor, "at": request.at, "about": {}, "case": found}
    form = writing.asking(**doing, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        changed = attempt(form, lambda: writing.change(**doing, form=form))
        if changed:
            return redirect(changed)
    context = {
        "form": form, "service": found.service, "database": found.database, "item": found.item, "case": found,
        "inbound": found.inbound,
        "has_applications": True,
    }  # fmt: skip
    return render(request, "sharing/agreement_form.html", context, status=422 if form.errors else 200)


# ---- one agreement ----


@door(Audience.OFFICER)
def agreement(request: HttpRequest, code: str) -> HttpResponse:
    """Show one agreement: where it stands, what may be done now, its text, parties, signatures, story."""
    return show(request, queries.get_agreement_for(request.actor, code))


def show(request: HttpRequest, found: Agreement, tried: StepForm | None = None) -> HttpResponse:
    """Draw the page of an agreement; ``tried`` is a form that was just refused."""
    versions = queries.look_at(found)
    deletions = queries.deletions_of(found)
    on_table = queries.on_table(found)
    waiting = _waiting(found)
    accounts = found.accounts_read = list(queries.accounts_of(found)) if found.state == "in_force" else []
    offered = offers(
        request.actor, found, request.at, f"/thoa-thuan/{found.code}/buoc/%s/", tried=tried,
        without=(*ELSEWHERE, *_nothing_to_do(request, found, waiting), *_nobody_left(found, deletions)),
    )  # fmt: skip
    titles, holds = content.offered_fields(found), found.state in LIVE
    papers, clocks = list(papers_of(found)), list(clocks_of(AGREEMENT.code, found.code))
    context = {
        "purposes": purposes.in_words(found.purpose_codes),
        "case": found,
        "machine": AGREEMENT,
        "offers": offered,
        "stray": stray(offered, tried),
        "fold": not offered or offered[0].step.name not in AT_ONCE,
        "papers": papers,
        "story": story_of(found, papers, clocks),
        "clocks": clocks,
        "running": [one for one in clocks if one.is_running],
        "asked": [titles[name] for name in found.fields if name in titles],
        "versions": versions,
        "on_table": on_table,
        "waiting": waiting,
        "text": _text_rows(found, titles),
        "may": _may(request, found),
        "accounts": accounts,
        "default_services": queries.default_services(found) if _may_ask_by_default(request, found) else [],
        "joinings": queries.joinings_to(found) if holds else [],
        "deletions": deletions,
        "sees_inbound": found.inbound is not None and inbound_for(request.actor).filter(pk=found.inbound.pk).exists(),
    }
    return render(request, "sharing/agreement.html", context, status=422 if tried else 200)


def _may_ask_by_default(request: HttpRequest, found: Agreement) -> bool:
    """Say whether the officer's agency exploits data that a review has brought into the default list (D34.2)."""
    exploits = not policies.may_act_as_exploiter(request.actor, found)
    return exploits and found.state in LIVE and is_taken_up(found)


def _nothing_to_do(request: HttpRequest, found: Agreement, waiting: list[str]) -> tuple[str, ...]:
    """Return the moves that would only say "already done": a side agrees to a version once; all have their account."""
    party = queries.party_of(request.actor, found)
    agreed = () if party is not None and party.agency.name in waiting else ("agree", "agree_change")
    return agreed if queries.unconnected(found) else (*agreed, "connect")


def _nobody_left(found: Agreement, deletions: list[DeletionReport]) -> tuple[str, ...]:
    """Return the moves about a party that leaves alone, or that left, where there is none."""
    leave = () if len(queries.exploiters(found)) > 1 else ("leave",)
    waiting = {one.agency for one in deletions if one.returned_at is None and one.accepted_at is None}
    answers = () if waiting else ("return_deletion",)
    gone = {one.agency.code for one in queries.leavers(found)}
    return (*leave, *answers) if gone & waiting else (*leave, *answers, "accept_deletion")


def _text_rows(found: Agreement, titles: dict[str, str]) -> list[dict[str, Any]]:
    """Return the items of the version to be read on the page: in force, else on the table, else none."""
    version = found.in_force or queries.on_table(found)
    if version is None:
        return []
    fields = [titles.get(name, name) for name in version.content.get("fields", [])]
    return [
        {
            "item": one,
            "words": version.content.get(one.name, ""),
            "fields": fields if one.name == "data_content" else [],
        }
        for one in content.items_of(found)
    ]


def _waiting(found: Agreement) -> list[str]:
    """Return the names of whom the page says is waited for."""
    if queries.on_table(found) is None:
        return []
    if found.state in DRAFTED:
        return queries.not_agreed_yet(found)
    return queries.not_signed_yet(found) if found.state in SIGNED else []


def _may(request: HttpRequest, found: Agreement) -> dict[str, bool]:
    """Return which pages beside the agreement's own the officer may open."""
    actor = request.actor
    return {
        "edit": found.state == AGREEMENT.initial and not policies.PARTIES["consumer"](actor, found),
        "draft": found.state in DRAFTED and not policies.may_act_as_party(actor, found),
        "sign": found.state in SIGNED and not policies.may_sign(actor, found),
        "delete": found.state in STEP_OF_DELETION.source
        and not (policies.may_act_as_exploiter(actor, found) or policies.must_delete(found, actor, request.at)),
        "disclose": found.state != AGREEMENT.initial and not policies.may_disclose(actor, found),
        "dispute": found.state == "not_agreed"
        and actor.has(Role.FOCAL)
        and not policies.may_act_as_party(actor, found),
        "default": found.state == "redirected" and not policies.PARTIES["consumer"](actor, found),
    }


@require_POST
@door(Audience.OFFICER)
def step(request: HttpRequest, code: str, transition: str) -> HttpResponse:
    """Make one move of SM2; what was typed stays on the page when the move is refused."""
    found = queries.get_agreement_for(request.actor, code)
    return take_step(
        request, found, transition, to=found.get_absolute_url(), done=_said(transition),
        again=lambda tried: show(request, queries.get_agreement_for(request.actor, code), tried),
    )  # fmt: skip


def _said(transition: str) -> str:
    return {
        "submit": _("Đã gửi đến cơ quan cung cấp."),
        "to_default": _("Đã chuyển về chia sẻ mặc định; bên yêu cầu nhận đường dẫn tới yêu cầu điền sẵn."),
        "review": _("Đã ghi kết quả rà soát; các bên cùng soạn thảo."),
        "agree": _("Đã ghi nhận bên của bạn đồng ý."),
        "agree_change": _("Đã ghi nhận bên của bạn đồng ý."),
        "not_agree": _("Đã ghi nhận không thống nhất; các bên và cơ quan đầu mối cấp tỉnh đã được thông báo."),
        "terminate": _("Đã chấm dứt thỏa thuận; tài khoản đã bị thu hồi, bên khai thác phải xóa, hủy dữ liệu."),
        "connect": _("Đã mở tài khoản kết nối."),
        "leave": _("Đã rút khỏi thỏa thuận; tài khoản đã bị thu hồi, cơ quan bạn phải xóa, hủy dữ liệu đã nhận."),
        "confirm_deletion": _("Đã xác nhận xóa, hủy dữ liệu; hồ sơ đã đóng."),
    }.get(transition) or _("Đã ghi nhận.")


@door(Audience.OFFICER, roles=OFFICERS)
def disclose(request: HttpRequest, code: str) -> HttpResponse:
    """Send the agreement to an authority that asked for it (D36)."""
    found = queries.get_agreement_for(request.actor, code)
    form = AuthorityForm(request.POST or None, agencies=list(queries.readable_agencies(found, request.at)))
    if request.method == "POST" and form.is_valid():
        sent = attempt(
            form,
            lambda: operations.send_to_authority(
                actor=request.actor, at=request.at, agreement=found, **form.cleaned_data
            ),
        )
        if sent:
            return redirect(found)
    context = {"case": found, "form": form, "readers": found.readers.select_related("agency")}
    return render(request, "sharing/agreement_disclose.html", context, status=422 if form.errors else 200)


@door(Audience.OFFICER)
def file(request: HttpRequest, code: str, sha256: str) -> HttpResponseBase:
    """Give a signed PDF or the evidence of a deletion to who may read the agreement."""
    kept = queries.kept_file(queries.get_agreement_for(request.actor, code), sha256)
    return FileResponse(
        open_file(kept.sha256), as_attachment=True, filename=kept.name, content_type=kept.media_type
    )  # fmt: skip


# ---- joining ----


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def ask_to_join(request: HttpRequest, code: str) -> HttpResponse:
    """Ask to take part in an agreement in force (D36.4)."""
    found = queries.agreement_in_force(code)
    doing: dict[str, Any] = {"actor": request.actor, "at": request.at, "about": {"agreement": code}}
    form = writing.joining_form(**doing, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: writing.join(**doing, form=form))
        if made:
            return redirect(made)
    context = {
        "case": found, "form": form, "refusal": policies.may_ask_to_join(request.actor, found),
        "has_applications": applications_of(request.actor.agency).exists(),
    }  # fmt: skip
    return render(request, "sharing/agreement_join.html", context, status=422 if form.errors else 200)


@door(Audience.OFFICER, roles=OFFICERS)
def joining_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show a request to join: what is asked, where it stands, what may be done now."""
    return _show_joining(request, queries.get_joining_for(request.actor, code))


def _show_joining(request: HttpRequest, found: Joining, tried: StepForm | None = None) -> HttpResponse:
    offered = offers(request.actor, found, request.at, f"/thoa-thuan/tham-gia/{found.code}/buoc/%s/", tried=tried)
    papers = list(papers_of(found))
    mine = not policies.JOINING_PARTIES["consumer"](request.actor, found)
    context = {
        "case": found,
        "machine": JOINING,
        "offers": offered,
        "stray": stray(offered, tried),
        "papers": papers,
        "story": story_of(found, papers),
        "clocks": clocks_of(JOINING.code, found.code),
        "may_dispute": found.state == "refused" and mine,
        "may_open": found.agreement.state in LIVE and (not mine or found.state in {"accepted", "joined"}),
    }
    return render(request, "sharing/joining.html", context, status=422 if tried else 200)


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def joining_step(request: HttpRequest, code: str, transition: str) -> HttpResponse:
    """Make one move of a request to join."""
    found = queries.get_joining_for(request.actor, code)
    return take_step(
        request, found, transition, to=found.get_absolute_url(), done=_("Đã ghi nhận."),
        again=lambda tried: _show_joining(request, queries.get_joining_for(request.actor, code), tried),
    )  # fmt: skip
