"""Cases for an officer's own programs: read them, open them, make every move a page offers, by the same deeds."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from nganam.agencies.urging import urge
from nganam.api import schemas
from nganam.api.auth import OfficerKey
from nganam.api.schemas import REFUSALS, Window
from nganam.cases import parties
from nganam.cases.forms import form_for
from nganam.cases.models import Case, Urge
from nganam.cases.parties import Conduct, Writing
from nganam.cases.story import story_of
from nganam.deadlines.queries import clocks_of
from nganam.kernel.errors import NganamError, NotFound
from nganam.kernel.machine import Transition

OWN = frozenset({"id", "code", "state", "version", "rules", "created_at", "updated_at"})
router = Router(auth=OfficerKey(), tags=["Hồ sơ"])


class CaseOut(Schema):
    """A case in a list."""

    type: str
    code: str
    title: str
    state: str
    state_label: str
    version: int
    rules: str
    created_at: datetime
    updated_at: datetime


class ClockOut(Schema):
    """A term of a case; ``is_local`` marks one that is no law."""

    key: str
    label: str
    article: str
    is_local: bool
    agency: str
    started_at: datetime
    due_on: date
    stopped_at: datetime | None


class EventOut(Schema):
    """One thing that happened to a case."""

    at: datetime
    title: str
    who: str
    agency: str
    article: str
    state: str
    reason: str
    note: str
    legal_basis: str
    paper: str
    to: str
    changed: str


class UrgeIn(Schema):
    """What whoever holds a case is told."""

    text: str = Field(max_length=1_000)


class UrgeOut(Schema):
    """An urge as it is kept; ``agency`` or ``role`` says who was urged."""

    type: str = Field(validation_alias="object_type")
    code: str = Field(validation_alias="object_code")
    on: date
    by: str
    agency: str
    role: str
    text: str


class StepOut(Schema):
    """A move the caller may make now; ``unmet`` says what still keeps it from being made."""

    name: str
    label: str
    article: str
    needs: list[str]
    unmet: list[str]


class CaseDetail(CaseOut):
    """A case with its content, terms, story and the moves the caller may make."""

    content: dict[str, Any]
    clocks: list[ClockOut]
    story: list[EventOut]
    steps: list[StepOut]


class Wanted(Window):
    """Which cases, and which part of the list."""

    type: str = Field("", max_length=60, description="Loại hồ sơ, ví dụ sharing.request; bỏ trống là mọi loại")
    state: str = Field("", max_length=40)


def listed(case: Case) -> dict[str, Any]:
    """Return what a list shows of a case."""
    shown = ("code", "title", "state", "version", "rules", "created_at", "updated_at")
    return {"type": case.MACHINE.code, "state_label": case.current.vi, **{name: getattr(case, name) for name in shown}}


def content(case: Case) -> dict[str, Any]:
    """Return a case's own fields; a thing it refers to is given by its public code, never by a number of ours."""
    return dict(_members(case))


def _members(case: Case) -> Iterator[tuple[str, Any]]:
    for field in case._meta.concrete_fields:  # noqa: SLF001 - Django's public way to a model's fields
        if field.name in OWN:
            continue
        value = getattr(case, field.name)
        if not field.is_relation:
            yield field.name, value
        elif isinstance(value, Case):
            yield field.name, value.code
        elif isinstance(value, models.Model):
            yield field.name, getattr(value, "subject", None) or getattr(value, "code", None)


def detail(request: HttpRequest, case: Case) -> dict[str, Any]:
    """Return all the caller may know of a case."""
    steps, conduct = parties.steps_for(request.actor, case), parties.conduct_of(case.MACHINE.code)
    told = conduct.story if conduct and conduct.story else story_of
    return {
        **listed(case),
        "content": content(case),
        "clocks": list(clocks_of(case.MACHINE.code, case.code)),
        "story": told(case),
        "steps": [_offered(request, case, step) for step in steps],
    }


def _offered(request: HttpRequest, case: Case, step: Transition) -> dict[str, Any]:
    unmet = [f"{words} ({article})" for article, words in parties.unmet(request.actor, case, step, request.at)]
    return {"name": step.name, "label": step.vi, "article": step.article, "needs": list(step.needs), "unmet": unmet}


@router.get("/cases", response={200: list[CaseOut], **REFUSALS}, summary="Hồ sơ của tôi")
def cases(request: HttpRequest, wanted: Query[Wanted]) -> list[dict[str, Any]]:
    """List the cases the officer may see, of one kind or all, latest change first."""
    chosen = [one for one in parties.declared() if wanted.type in {"", one.machine.code}]
    if not chosen:
        raise NotFound(_("Không có loại hồ sơ này."))
    until = wanted.offset + wanted.limit
    found: list[Case] = []
    for one in chosen:
        rows = one.listing(request.actor).order_by("-updated_at", "-pk")
        found += list((rows.filter(state=wanted.state) if wanted.state else rows)[:until])
    found.sort(key=lambda case: case.updated_at, reverse=True)
    return [listed(case) for case in found[wanted.offset : until]]


@router.post("/cases/{kind}/{code}/urge", response={201: UrgeOut, **REFUSALS}, summary="Đôn đốc")
def urge_case(request: HttpRequest, kind: str, code: str, sent: UrgeIn) -> tuple[int, Urge]:
    """Urge whoever holds a case, once a day: for the lead agency and the Chairman (S24.2)."""
    return 201, urge(actor=request.actor, at=request.at, object_type=kind, object_code=code, text=sent.text)


def read_case(request: HttpRequest, code: str, *, conduct: Conduct) -> dict[str, Any]:
    """Return a case that is the caller's to see."""
    return detail(request, conduct.find(request.actor, code))


def move_case(request: HttpRequest, code: str, sent: Any, *, conduct: Conduct, transition: str) -> dict[str, Any]:
    """Make one move from JSON and return the case as it is afterwards."""
    case = conduct.find(request.actor, code)
    data, files = schemas.form_data(sent)
    form = form_for(case, transition, data, files)
    schemas.must_be_valid(form)
    parties.move(request.actor, case, transition, at=request.at, inputs=form.inputs())
    return _after(request, conduct, code)


def _after(request: HttpRequest, conduct: Conduct, code: str) -> dict[str, Any]:
    """Return the case as it is after a deed; one that is no longer the caller's to see is told by its code only."""
    try:
        return detail(request, conduct.find(request.actor, code))
    except NganamError as error:
        raise NotFound(_("Đã thực hiện; hồ sơ %(code)s không còn thuộc quyền xem của bạn.") % {"code": code}) from error


def open_case(request: HttpRequest, sent: Any, *, writing: Writing, key: str) -> dict[str, Any]:
    """Open a case from JSON; ``key`` sent again leads to the same case."""
    data, files = schemas.form_data(sent)
    about = {name: data.get(name, "") for name in writing.about}
    if key:
        data["once"] = key
    form = writing.form(actor=request.actor, at=request.at, about=about, case=None, data=data)
    form.files.update(files)
    schemas.must_be_valid(form)
    return detail(request, writing.deed(actor=request.actor, at=request.at, about=about, case=None, form=form))


def edit_case(request: HttpRequest, code: str, sent: Any, *, conduct: Conduct, writing: Writing) -> dict[str, Any]:
    """Change a draft from JSON."""
    case = conduct.find(request.actor, code)
    data, files = schemas.form_data(sent)
    form = writing.form(actor=request.actor, at=request.at, about={}, case=case, data=data)
    form.files.update(files)
    schemas.must_be_valid(form)
    fresh = conduct.find(request.actor, code)
    writing.deed(actor=request.actor, at=request.at, about={}, case=fresh, form=form)
    return _after(request, conduct, code)
