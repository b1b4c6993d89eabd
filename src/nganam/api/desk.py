"""An officer's desk for programs: what waits for whom, what is overdue, one deed for several cases."""

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Schema
from pydantic import Field

from nganam.api import schemas
from nganam.api.cases import router
from nganam.api.schemas import REFUSALS, Sent, Window
from nganam.desk import bulk, oversight, queries, worklist
from nganam.desk.forms import UrgeForm
from nganam.face.doors import not_found

WHOSE = {"all": worklist.ALL, "mine": worklist.ME, "others": worklist.OTHERS}
DUE = {
    "": "", "late": worklist.LATE, "soon": worklist.SOON, "later": worklist.LATER, "never": worklist.NEVER,
}  # fmt: skip
CASES: Any = (list[str], Field(max_length=bulk.MOST, description="Hồ sơ dạng “loại:mã”, ví dụ sharing.request:YC-…"))


class WorkWanted(Window):
    """Which cases of the desk, and which part of the list."""

    whose: Literal["all", "mine", "others"] = Field("all", description="mine: chờ tôi; others: tôi chờ nơi khác")
    type: str = Field("", max_length=60)
    state: str = Field("", max_length=40)
    agency: str = Field("", max_length=40)
    due: Literal["", "late", "soon", "later", "never"] = ""


class WorkOut(Schema):
    """A case on the desk: what the officer's next step is, when it is due, with whom it lies."""

    type: str
    code: str
    title: str
    state: str
    state_label: str
    step: str
    step_label: str
    since: datetime
    due: date | None
    article: str
    lies_with: list[str]


def _work(one: worklist.Work) -> dict[str, Any]:
    shown = {name: getattr(one, name) for name in ("code", "title", "since", "due", "article", "lies_with")}
    return {
        **shown, "type": one.kind.code, "state": one.state.name, "state_label": one.state.vi,
        "step": one.step.name if one.step else "", "step_label": one.step.vi if one.step else "",
    }  # fmt: skip


@router.get("/desk/cases", response={200: list[WorkOut], **REFUSALS}, summary="Hồ sơ trên bàn làm việc")
def desk_cases(request: HttpRequest, wanted: Query[WorkWanted]) -> list[dict[str, Any]]:
    """List cases of every kind: those that wait for the officer, those the officer waits for, or all."""
    asked = worklist.Wanted(WHOSE[wanted.whose], wanted.type, wanted.state, agency=wanted.agency, due=DUE[wanted.due])
    return [_work(one) for one in worklist.works(wanted.cut(worklist.Desk(request.actor, request.at).rows(asked)))]


class OverdueWanted(Window):
    """Which overdue terms."""

    agency: str = Field("", max_length=40)
    type: str = Field("", max_length=60)


class LateOut(Schema):
    """An overdue term; ``days`` are working days, ``urged`` says whether the case was urged today."""

    type: str
    code: str
    title: str
    agency: str
    term: str
    article: str
    due_on: date
    days: int
    urged: bool


def _late(one: oversight.Late) -> dict[str, Any]:
    clock = one.clock
    return {
        "type": clock.object_type, "code": clock.object_code, "title": one.title, "agency": clock.agency,
        "term": clock.label, "article": clock.article, "due_on": clock.due_on, "days": one.days, "urged": one.urged,
    }  # fmt: skip


@router.get("/desk/overdue", response={200: list[LateOut], **REFUSALS}, summary="Thời hạn quá hạn của tỉnh")
def overdue(request: HttpRequest, wanted: Query[OverdueWanted]) -> list[dict[str, Any]]:
    """List every overdue term of the province, latest first: for the lead agency and the Chairman (S16.2, S24.2)."""
    if not request.actor.has(*oversight.URGERS):
        raise not_found()
    desk = worklist.Desk(request.actor, request.at)
    found = queries.named(desk, oversight.clocks(oversight.Asked(wanted.agency, wanted.type), request.at))
    return [_late(one) for one in oversight.listed(wanted.cut(found), request.at)]


class OutcomeOut(Schema):
    """What came of the deed on one case; ``words`` say why not, "" when it was done."""

    code: str
    is_done: bool
    words: str


class MovesIn(Sent):
    """One move for several cases."""

    move: str = Field(max_length=120, description="Bước dạng “loại:tên bước”, chỉ những bước làm được cho nhiều hồ sơ")
    cases: list[str] = Field(max_length=bulk.MOST, description=CASES[1].description)


@router.post("/desk/moves", response={200: list[OutcomeOut], **REFUSALS}, summary="Một bước cho nhiều hồ sơ")
def move_many(request: HttpRequest, sent: MovesIn) -> list[bulk.Outcome]:
    """Make one move for several cases: each is its own deed with its own refusal, the others go on."""
    return bulk.move_all(actor=request.actor, at=request.at, move=sent.move, keys=sent.cases)


@router.post("/desk/urges", response={200: list[OutcomeOut], **REFUSALS}, summary="Đôn đốc nhiều hồ sơ")
@schemas.takes(UrgeForm, cases=CASES)
def urge_many(request: HttpRequest, sent: Any) -> list[bulk.Outcome]:
    """Urge whoever holds each of several cases (S24.2)."""
    if not request.actor.has(*oversight.URGERS):
        raise not_found()
    given = sent.model_dump(exclude_none=True)
    keys = given.pop("cases")
    form = schemas.filled(UrgeForm, given)
    return bulk.urge_all(actor=request.actor, at=request.at, keys=keys, **form.cleaned_data)
