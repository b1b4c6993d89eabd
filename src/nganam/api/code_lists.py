"""Shared code lists for programs: public, by day, with an ETag on every answer."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page
from ninja import Field, Query, Router, Schema
from ninja.decorators import decorate_view

from nganam.api.schemas import Refusal
from nganam.codelists import queries
from nganam.codelists.models import CodeList
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotFound

router = Router(tags=["Danh mục dùng chung"])
HOME = "/code-lists"
PUBLIC: dict[int, Any] = {404: Refusal, 422: Refusal}
MOST = 5000
PLACES = 100_000


class CodeListOut(Schema):
    """A shared code list. ``basis`` is empty for a list the province chose for itself (``kind`` "local")."""

    code: str
    title: str
    title_en: str
    agency: str = Field(validation_alias="agency.code")
    kind: str
    basis: str
    description: str


class CodeListVersionOut(Schema):
    """A version; ``valid_until`` is the first day on which it no longer holds."""

    number: int
    valid_from: date
    valid_until: date | None
    paper: str
    entries: int | None
    sha256: str


class CodeOut(Schema):
    """A code, as text: zeros in front belong to it."""

    code: str
    name: str
    name_en: str
    parent: str
    extra: dict[str, Any]


class CodesOut(Schema):
    """Codes in force on a day; ``count`` says how many match in all."""

    code_list: str
    on: date
    version: int
    count: int
    codes: list[CodeOut]


class NamedOut(Schema):
    """A code with its name."""

    code: str
    name: str


class SpellOut(Schema):
    """What a code stood for from ``valid_from`` until the day before ``valid_until``."""

    name: str
    name_en: str
    parent: str
    valid_from: date
    valid_until: date | None
    before: list[NamedOut]
    after: list[NamedOut]
    basis: str


class CodeHistoryOut(Schema):
    """A code on a day (``in_force`` is null when it is not), and all it has stood for."""

    code_list: str
    code: str
    on: date
    in_force: CodeOut | None
    history: list[SpellOut]


class SuccessorsOut(Schema):
    """What of ``on`` holds what a code stood for on ``since``.

    ``split``: several codes share it and nobody has measured how. ``whole`` false: some of it has no successor.
    """

    code_list: str
    code: str
    since: date
    on: date
    split: bool
    whole: bool
    successors: list[CodeOut]


class RemovedOut(CodeOut):
    """A code no longer in force, and what took over from it."""

    successors: list[str]


class ChangedOut(Schema):
    """A code told in another way."""

    before: CodeOut
    after: CodeOut


class CodeDifferenceOut(Schema):
    """What differs between two days."""

    code_list: str
    before: date
    after: date
    added: list[CodeOut]
    removed: list[RemovedOut]
    changed: list[ChangedOut]


class EntriesAsked(Schema):
    """Which codes of a list."""

    on: date | None = Field(None, description="Ngày; bỏ trống là hôm nay")
    q: str = Field("", max_length=100, description="Chữ trong mã hoặc tên, có dấu hay không")
    parent: str | None = Field(None, max_length=40, description="Mã cha; rỗng là cấp trên cùng")
    limit: int = Field(1000, ge=1, le=MOST)
    offset: int = Field(0, ge=0, le=PLACES)


@router.get(HOME, response={200: list[CodeListOut], 422: Refusal}, summary="Các danh mục dùng chung")
@decorate_view(conditional_page)
def code_lists(request: HttpRequest) -> list[CodeList]:
    """List the published code lists."""
    del request
    return queries.listed()


@router.get(f"{HOME}/{{code}}", response={200: CodeListOut, **PUBLIC}, summary="Một danh mục dùng chung")
@decorate_view(conditional_page)
def code_list(request: HttpRequest, code: str) -> CodeList:
    """Return one code list."""
    del request
    return queries.public_list(code)


@router.get(f"{HOME}/{{code}}/versions", response={200: list[CodeListVersionOut], **PUBLIC}, summary="Các phiên bản")
@decorate_view(conditional_page)
def code_list_versions(request: HttpRequest, code: str) -> list[dict[str, Any]]:
    """List the versions that hold on some day, oldest first."""
    del request
    return [_stage(one) for one in queries.stages(queries.public_list(code))]


def _stage(one: queries.Stage) -> dict[str, Any]:
    version = one.version
    return {
        "number": one.number, "valid_from": one.start, "valid_until": one.end,
        "paper": version.paper if version else "", "entries": version.size if version else None,
        "sha256": version.sha256 if version else "",
    }  # fmt: skip


@router.get(f"{HOME}/{{code}}/entries", response={200: CodesOut, **PUBLIC}, summary="Các mã có hiệu lực vào một ngày")
@decorate_view(conditional_page)
def code_list_entries(request: HttpRequest, code: str, wanted: Query[EntriesAsked]) -> dict[str, Any]:
    """Return the codes in force on a day, in the order of the list."""
    found, day = queries.public_list(code), wanted.on or local_date(request.at)
    stage = queries.stage_on(found, day)
    if stage is None:
        told = {"list": found.title, "day": f"{day:%d/%m/%Y}"}
        raise NotFound(_("Danh mục “%(list)s” không có phiên bản có hiệu lực ngày %(day)s.") % told)
    rows = queries.find(queries.entries_of(found, stage), text=wanted.q.replace("\0", ""), parent=wanted.parent)
    part = [queries.entry(one) for one in rows[wanted.offset : wanted.offset + wanted.limit]]
    return {"code_list": found.code, "on": day, "version": stage.number, "count": rows.count(), "codes": part}


@router.get(f"{HOME}/{{code}}/entries/{{entry}}", response={200: CodeHistoryOut, **PUBLIC}, summary="Một mã")
@decorate_view(conditional_page)
def code_list_entry(request: HttpRequest, code: str, entry: str, on: date | None = None) -> dict[str, Any]:
    """Return a code as in force on a day, and all it has stood for."""
    found, day = queries.public_list(code), on or local_date(request.at)
    history = [_spell(one) for one in queries.history(found, entry)]
    in_force = queries.entry_on(found, entry, day)
    return {"code_list": found.code, "code": entry, "on": day, "in_force": in_force, "history": history}


def _spell(one: queries.Spell) -> dict[str, Any]:
    return {
        "name": one.entry.name, "name_en": one.entry.name_en, "parent": one.entry.parent, "valid_from": one.start,
        "valid_until": one.end, "before": _named(one.before), "after": _named(one.after), "basis": one.basis,
    }  # fmt: skip


def _named(pairs: tuple[tuple[str, str], ...]) -> list[Mapping[str, str]]:
    return [{"code": code, "name": name} for code, name in pairs]


@router.get(
    f"{HOME}/{{code}}/entries/{{entry}}/successors", response={200: SuccessorsOut, **PUBLIC}, summary="Mã nay là mã nào"
)
@decorate_view(conditional_page)
def code_list_successors(
    request: HttpRequest, code: str, entry: str, since: date | None = None, on: date | None = None
) -> dict[str, Any]:
    """Return what of a day (today) holds what a code stood for on ``since`` (the last day it was in force)."""
    told = queries.heirs(queries.public_list(code), entry, since=since, day=on or local_date(request.at))
    return {
        "code_list": code, "code": entry, "since": told.since, "on": told.day, "split": told.is_split,
        "whole": told.is_whole, "successors": list(told.entries),
    }  # fmt: skip


@router.get(f"{HOME}/{{code}}/difference", response={200: CodeDifferenceOut, **PUBLIC}, summary="So sánh hai ngày")
@decorate_view(conditional_page)
def code_list_difference(request: HttpRequest, code: str, before: date, after: date) -> dict[str, Any]:
    """Return what differs between the codes in force on two days."""
    del request
    told = queries.difference(queries.public_list(code), before, after)
    return {
        "code_list": code, "before": before, "after": after, "added": told.added,
        "removed": [{**_code(one), "successors": list(heirs)} for one, heirs in told.removed],
        "changed": [{"before": _code(old), "after": _code(new)} for old, new in told.changed],
    }  # fmt: skip


def _code(one: queries.Entry) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("code", "name", "name_en", "parent", "extra")}
