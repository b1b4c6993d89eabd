"""The working calendar and the local terms, by which every term of the province is counted."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Schema

from nganam.api import schemas
from nganam.api.cases import router
from nganam.api.schemas import REFUSALS
from nganam.deadlines import operations, queries
from nganam.deadlines.forms import DayForm, TermForm
from nganam.deadlines.models import CalendarDay, LocalTerm


class DayOut(Schema):
    """A day that differs from the ordinary week: "off", or a weekend day that is "working"."""

    day: date
    kind: str
    name: str


class EditedOut(Schema):
    """A day as written, and how many running terms got another last day by it."""

    day: date
    kind: str
    moved: int


class TermOut(Schema):
    """A local term ("nội bộ"): where the law leaves the days open."""

    key: str
    vi: str
    en: str
    value: int
    unit: str


@router.get("/calendar/{int:year}", response={200: list[DayOut], **REFUSALS}, summary="Lịch làm việc của một năm")
def calendar(request: HttpRequest, year: int) -> QuerySet[CalendarDay] | list[CalendarDay]:
    """List the days off and the worked weekend days of a year."""
    del request
    return queries.days_of(year) if date.min.year <= year <= date.max.year else []


@router.post("/calendar", response={200: EditedOut, **REFUSALS}, summary="Ghi một ngày vào lịch làm việc")
@schemas.takes(DayForm)
def edit_day(request: HttpRequest, sent: Any) -> dict[str, Any]:
    """Make a day a day off, a worked weekend day or ordinary again; running terms are counted anew (lead agency)."""
    form = schemas.filled(DayForm, sent)
    moved = operations.edit_day(actor=request.actor, at=request.at, **form.cleaned_data)
    return {"day": form.cleaned_data["day"], "kind": form.cleaned_data["kind"], "moved": moved}


@router.get("/local-terms", response={200: list[TermOut], **REFUSALS}, summary="Thời hạn nội bộ")
def local_terms(request: HttpRequest) -> list[LocalTerm]:
    """List the local terms."""
    del request
    return queries.local_terms()


@router.put("/local-terms/{key}", response={200: TermOut, **REFUSALS}, summary="Đổi thời hạn nội bộ")
@schemas.takes(TermForm)
def change_local_term(request: HttpRequest, key: str, sent: Any) -> LocalTerm:
    """Choose other days for a local term; terms already running keep what they started with (lead agency)."""
    form = schemas.filled(TermForm, sent)
    return operations.change_local_term(key=key, actor=request.actor, at=request.at, **form.cleaned_data)
