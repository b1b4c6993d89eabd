"""Pages of the room: the agency's board, a question with its answer, saved ones, SQL."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from nganam.analysis import answering, fenced, operations, policies, queries
from nganam.analysis.answering import Answer
from nganam.analysis.files import as_xlsx
from nganam.analysis.forms import AskForm, SaveForm, SqlForm
from nganam.analysis.models import Question
from nganam.analysis.scope import Scope, get_scope_for, scopes_for
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.kernel.errors import NganamError, NotFound

NUMBER = re.compile(r"[0-9]{1,9}")
VERSION = "phien-ban"
FILES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Tile:
    """A pinned question as it stands now: its answer and chart, or why there is none."""

    question: Question
    answer: Answer | None
    chart: dict[str, Any] | None
    refusal: str = ""

    @property
    def chart_id(self) -> str:
        """Return the element's id."""
        return f"bieu-do-{self.question.code.lower()}"


@door(Audience.OFFICER, roles=policies.ANALYSTS)
def board(request: HttpRequest) -> HttpResponse:
    """Show the agency's pinned questions answered anew, what may be asked, and the saved questions."""
    saved = list(queries.questions_for(request.actor))
    context = {
        "tiles": [_tile(request, one) for one in saved if one.is_pinned],
        "scopes": scopes_for(request.actor, request.at),
        "questions": saved,
    }
    return render(request, "analysis/board.html", context)


@door(Audience.OFFICER, roles=policies.ANALYSTS)
def ask(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask one table: the question is the address, so that it can be kept and sent."""
    return _asked(request, _scope(request, ref, request.GET), request.GET, SaveForm())


@door(Audience.OFFICER, roles=policies.ANALYSTS)
def ask_map(request: HttpRequest, ref: str) -> HttpResponse:
    """Send the answer by commune, for the map."""
    found = _answer_or_404(request, ref)
    if not answering.is_mapped(found):
        raise Http404
    return HttpResponse(answering.as_geojson(found), content_type="application/geo+json")


@door(Audience.OFFICER, roles=policies.ANALYSTS)
def ask_file(request: HttpRequest, ref: str, kind: str) -> HttpResponse:
    """Send the answer as a file."""
    if kind not in FILES:
        raise Http404
    found = _answer_or_404(request, ref)
    content = answering.as_csv(found).encode() if kind == "csv" else as_xlsx(found)
    response = HttpResponse(content, content_type=FILES[kind])
    name = f"phan-tich-{found.scope.table.code}-v{found.scope.version.number}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@door(Audience.OFFICER, roles=policies.ANALYSTS)
def save(request: HttpRequest, ref: str) -> HttpResponse:
    """Keep the question the form carries."""
    asked = QueryDict(request.POST.get("asked", "")[:4000])
    scope = _scope(request, ref, asked)
    form = SaveForm(request.POST if request.method == "POST" else None)
    question_form = AskForm(asked, scope=scope)
    if request.method == "POST" and form.is_valid() and question_form.is_valid():
        made = attempt(
            form,
            lambda: operations.save_question(
                actor=request.actor, at=request.at, scope=scope, asked=question_form.asked(),
                title=form.cleaned_data["title"],
            ),
        )  # fmt: skip
        if made:
            return redirect(made)
    return _asked(request, scope, asked, form)


@door(Audience.OFFICER, roles=policies.ANALYSTS)
def question(request: HttpRequest, code: str) -> HttpResponse:
    """Ask a saved question again."""
    found = queries.get_question_for(request.actor, code)
    asked = QueryDict(urlencode(found.parameters))
    return _asked(request, _scope(request, found.ref, asked), asked, SaveForm(), found)


@door(Audience.OFFICER, roles=policies.ANALYSTS)
def share(request: HttpRequest, code: str) -> HttpResponse:
    """Share a question in the agency, or stop."""
    shared = request.POST.get("to") == "1"
    done = _("Cán bộ khác của cơ quan mở được câu hỏi.") if shared else _("Câu hỏi chỉ còn của bạn.")
    return _press(request, code, done, lambda: operations.share_question(**_who(request, code), shared=shared))


@door(Audience.OFFICER, roles=policies.ANALYSTS)
def pin(request: HttpRequest, code: str) -> HttpResponse:
    """Put a question on the agency's board, or take it off."""
    pinned = request.POST.get("to") == "1"
    done = _("Câu hỏi đã lên bảng điều khiển của cơ quan.") if pinned else _("Câu hỏi đã rời bảng điều khiển.")
    return _press(request, code, done, lambda: operations.pin_question(**_who(request, code), pinned=pinned))


@door(Audience.OFFICER, roles=policies.ANALYSTS)
def remove(request: HttpRequest, code: str) -> HttpResponse:
    """Remove a question of one's own."""
    if request.method != "POST":
        return redirect(queries.get_question_for(request.actor, code))
    return press(
        request, lambda: operations.remove_question(**_who(request, code)), to="analysis:board",
        done=_("Đã xóa câu hỏi."),
    )  # fmt: skip


@door(Audience.OFFICER, roles=policies.ANALYSTS)
def by_sql(request: HttpRequest) -> HttpResponse:
    """Ask by SQL; each statement leaves a record."""
    form = SqlForm(request.POST or None)
    result = None
    if request.method == "POST" and form.is_valid():
        result = attempt(
            form,
            lambda: operations.ask_by_sql(actor=request.actor, at=request.at, sql=form.cleaned_data["sql"]),
        )
    own = [one for one in scopes_for(request.actor, request.at) if one.account is None and one.columns]
    tables = [(fenced.view_name(one.table), one) for one in own]
    return render(request, "analysis/sql.html", {"form": form, "result": result, "tables": tables})


def _asked(
    request: HttpRequest, scope: Scope, asked: QueryDict, save_form: SaveForm, saved: Question | None = None
) -> HttpResponse:
    form = AskForm(asked if any(name != VERSION for name in asked) else {"nhom": _first(scope)}, scope=scope)
    found = attempt(form, lambda: answering.answer(scope, form.ask())) if form.is_valid() else None
    context = {
        "scope": scope, "form": form, "answer": found, "chart": answering.chart(found) if found else None,
        "is_mapped": found is not None and answering.is_mapped(found),
        "query": urlencode(form.asked() | _version(asked)),
        "save_form": save_form, "saved": saved, "may_save": not policies.may_keep(request.actor),
        "may_change": saved is not None and not policies.may_change(request.actor, saved),
        "fewest": settings.NGANAM_SMALLEST_GROUP,
    }  # fmt: skip
    return render(request, "analysis/ask.html", context)


def _first(scope: Scope) -> str:
    """Return the column to begin with: communes, else the first that is neither key nor personal."""
    plain = [one.name for one in scope.columns if not one.key and not one.personal]
    return next((one.name for one in scope.columns if one.type == "commune"), plain[0] if plain else "")


def _scope(request: HttpRequest, ref: str, asked: QueryDict) -> Scope:
    text = asked.get(VERSION, "")
    if text and not NUMBER.fullmatch(text):
        raise NotFound(_("Bảng chưa có phiên bản này."), hint=_("Chọn một phiên bản ở trang của bảng."))
    return get_scope_for(request.actor, ref, request.at, number=int(text) if text else None)


def _version(asked: QueryDict) -> dict[str, str]:
    return {VERSION: str(asked[VERSION])} if VERSION in asked else {}


def _answer_or_404(request: HttpRequest, ref: str) -> Answer:
    scope = _scope(request, ref, request.GET)
    form = AskForm(request.GET, scope=scope)
    if not form.is_valid():
        raise Http404
    return answering.answer(scope, form.ask())


def _tile(request: HttpRequest, one: Question) -> Tile:
    try:
        asked = QueryDict(urlencode(one.parameters))
        form = AskForm(asked, scope=_scope(request, one.ref, asked))
        if not form.is_valid():
            return Tile(one, None, None, _("Bảng nay có cột khác; mở câu hỏi để sửa."))
        found = answering.answer(form.scope, form.ask())
    except NganamError as error:
        return Tile(one, None, None, error.message)
    return Tile(one, found, answering.chart(found))


def _who(request: HttpRequest, code: str) -> dict[str, Any]:
    return {"actor": request.actor, "at": request.at, "code": code}


def _press(request: HttpRequest, code: str, done: str, deed: Any) -> HttpResponse:
    found = queries.get_question_for(request.actor, code)
    if request.method != "POST":
        return redirect(found)
    return press(request, deed, to=found.get_absolute_url(), done=done)
