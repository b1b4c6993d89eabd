"""Public pages: every published list on any day, the history of a code, differences, files. No sign-in."""

import csv
import io
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page, require_safe

from nganam.codelists import queries
from nganam.codelists.models import CodeList
from nganam.face.doors import Audience, door
from nganam.face.paging import page_of
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotFound

public = door(Audience.PUBLIC)
MOST_TEXT = 100
LASTING = "public, max-age=31536000, immutable"
SHORT = "public, max-age=60"


@public
@require_safe
def code_lists(request: HttpRequest) -> HttpResponse:
    """List the published lists."""
    return render(request, "codelists/code_lists.html", {"lists": queries.listed()})


@public
@require_safe
def code_list(request: HttpRequest, code: str) -> HttpResponse:
    """Show a list on a day (``?ngay=``, today when none or a wrong one is given), searched (``?q=``) or as a tree."""
    found = queries.public_list(code)
    day, wrong = _day(request.GET.get("ngay", ""), local_date(request.at))
    return _shown(request, found, queries.stage_on(found, day), day=day, wrong=wrong)


@public
@require_safe
def code_list_version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show a version by its number: the address that is cited."""
    found = queries.public_list(code)
    stage = queries.stage_numbered(found, number)
    return _shown(request, found, stage, day=stage.start, numbered=True)


def _day(text: str, today: date) -> tuple[date, str]:
    if not text:
        return today, ""
    try:
        return date.fromisoformat(text), ""
    except ValueError:
        return today, _("“%(text)s” không phải một ngày; đang hiện danh mục hôm nay.") % {"text": text[:40]}


def _shown(
    request: HttpRequest, found: CodeList, stage: queries.Stage | None, *, day: date, wrong: str = "",
    numbered: bool = False,
) -> HttpResponse:  # fmt: skip
    context: dict[str, Any] = {
        "list": found, "stage": stage, "day": day, "wrong": wrong, "numbered": numbered,
        "stages": queries.stages(found), "corrected": queries.corrected(found),
        "text": request.GET.get("q", "").strip()[:MOST_TEXT], "parent": request.GET.get("cha", "")[:40],
    }  # fmt: skip
    if stage is not None:
        context |= _rows(request, found, stage, context["text"], context["parent"])
    return render(request, "codelists/code_list.html", context)


def _rows(request: HttpRequest, found: CodeList, stage: queries.Stage, text: str, parent: str) -> dict[str, Any]:
    rows = queries.entries_of(found, stage)
    tree = queries.is_tree(rows)
    page = page_of(queries.find(rows, text=text, parent=parent if tree else None), request.GET)
    entries = [queries.entry(one) for one in page]
    above = rows.filter(code=parent).first() if tree and parent else None
    return {
        "page": page, "entries": entries, "tree": tree, "total": rows.count(),
        "above": queries.entry(above) if above else None,
        "counts": queries.children_counts(rows, [one.code for one in entries]) if tree else {},
        "extra_names": _extra_names(entries) if stage.version else [],
    }  # fmt: skip


def _extra_names(entries: Iterable[queries.Entry]) -> list[str]:
    return sorted({name for one in entries for name in one.extra})


@public
@require_safe
def code(request: HttpRequest, code: str, entry: str) -> HttpResponse:
    """Show what a code has stood for, and which codes hold that today."""
    found, today = queries.public_list(code), local_date(request.at)
    spells = queries.history(found, entry)
    now = queries.entry_on(found, entry, today)
    heirs = None if now or spells[0].start > today else queries.heirs(found, entry, since=None, day=today)
    context = {"list": found, "code": entry, "spells": spells, "now": now, "heirs": heirs, "today": today}
    return render(request, "codelists/code.html", context)


@public
@require_safe
def compare(request: HttpRequest, code: str) -> HttpResponse:
    """Compare a list on two days (``?tu=…&den=…``); by default its last two versions."""
    found, today = queries.public_list(code), local_date(request.at)
    held = [one.start for one in queries.stages(found)]
    last = held[-1] if held else today
    before, wrong = _day(request.GET.get("tu", ""), held[-2] if len(held) > 1 else last)
    after, wrong_too = _day(request.GET.get("den", ""), last)
    context = {
        "list": found, "before": before, "after": after, "wrong": wrong or wrong_too,
        "difference": queries.difference(found, before, after), "stages": queries.stages(found),
    }  # fmt: skip
    return render(request, "codelists/compare.html", context)


@public
@require_safe
@conditional_page
def code_list_csv(request: HttpRequest, code: str) -> HttpResponse:
    """Download a list as it is in force on a day, in the columns that an import reads."""
    found = queries.public_list(code)
    day, wrong = _day(request.GET.get("ngay", ""), local_date(request.at))
    stage = queries.stage_on(found, day)
    if wrong or stage is None:
        raise NotFound(_("Danh mục “%(list)s” không có phiên bản nào có hiệu lực ngày này.") % {"list": found.title})
    return _csv(found, stage, cache=SHORT)


@public
@require_safe
@conditional_page
def version_csv(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Download a version by its number; the file of a published version never changes."""
    del request
    found = queries.public_list(code)
    stage = queries.stage_numbered(found, number)
    return _csv(found, stage, cache=LASTING if stage.version else SHORT)


def _csv(found: CodeList, stage: queries.Stage, *, cache: str) -> HttpResponse:
    entries = [queries.entry(one) for one in queries.entries_of(found, stage)]
    names = _extra_names(entries)
    old: dict[str, list[str]] = {}
    if stage.version is not None:
        for before, after in stage.version.successions.values_list("old", "new"):
            old.setdefault(after, []).append(before)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["ma", "ten", "ten_en", "ma_cha", "ma_cu", *names])
    for one in entries:
        taken = ";".join(old.get(one.code, []))
        more = [one.extra.get(name, "") for name in names]
        writer.writerow([one.code, one.name, one.name_en, one.parent, taken, *more])
    headers = {
        "Content-Disposition": f'attachment; filename="{found.code}-v{stage.number}.csv"',
        "Cache-Control": cache,
        "Access-Control-Allow-Origin": "*",
    }
    return HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)
