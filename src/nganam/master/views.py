"""Officers' pages of master data."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.face.paging import page_of
from nganam.kernel.actors import Role
from nganam.kernel.errors import Unavailable
from nganam.master import operations, policies, queries, words
from nganam.master.forms import SAME, ChangeForm, DecideForm, MemberForm, SearchForm, SetForm
from nganam.master.models import Entity, EntitySet, Member
from nganam.warehouse.models import Table
from nganam.warehouse.queries import get_table_for, listed_for

OFFICERS = (Role.FOCAL, Role.LEAD, Role.ADMIN)
KEEPERS = (Role.FOCAL, Role.LEAD)
MOST_DECISIONS = 200


@door(Audience.OFFICER, roles=OFFICERS)
def sets(request: HttpRequest) -> HttpResponse:
    """List the sets the officer may see."""
    page = page_of(queries.sets_for(request.actor), request.GET, short=True)
    found = list(page)
    done = queries.last_done_of(found)
    context = {
        "page": page,
        "sets": [(one, done.get(one.pk)) for one in found],
        "may_declare": not policies.may_keep(request.actor, request.actor.agency),
    }
    return render(request, "master/sets.html", context)


@door(Audience.OFFICER, roles=KEEPERS)
def declare_set(request: HttpRequest) -> HttpResponse:
    """Declare a set."""
    form = SetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: operations.declare_set(
                actor=request.actor, at=request.at, agency=request.actor.agency, **form.cleaned_data
            ),
        )
        if made:
            return redirect(made)
    return render(request, "master/declare.html", {"form": form}, status=422 if form.is_bound else 200)


@door(Audience.OFFICER, roles=OFFICERS)
def entity_set(request: HttpRequest, code: str) -> HttpResponse:
    """Show a set: its tables, figures of the last run, runs."""
    found = queries.get_set_for(request.actor, code)
    members, done = queries.members(found), queries.last_done(found)
    newest = queries.newest(members)
    titles = {one.table.code: one.table.title for one in members}
    context = _about(request, found) | {
        "members": [(one, newest.get(one.table.code)) for one in members],
        "done": done,
        "running": queries.active_run(found),
        "is_behind": done is not None and queries.is_behind(done, members, newest),
        "is_erased": done is not None and queries.is_erased_since(done),
        "is_left": done is not None and queries.is_left_since(done, members),
        "chart": queries.coverage(done.outcome) if done else None,
        "trusted": [(name, titles.get(order[0], "")) for (_one, name), order in _orders(found, members) if order],
        "runs": found.runs.all()[:20],
        "may_read": not policies.may_read(request.actor, members, queries.personal_then(done)),
        "decided": found.decisions.filter(taken_back_at=None).count(),
    }
    return render(request, "master/set.html", context)


def _orders(found: EntitySet, members: list[Member]) -> list[tuple[tuple[str, str], list[str]]]:
    order = queries.order(found, members)
    having = {one.table.code: one.columns for one in members}
    return [(named, [table for table in order[named[0]] if named[0] in having[table]]) for named in found.attributes]


@door(Audience.OFFICER, roles=KEEPERS)
def change_set(request: HttpRequest, code: str) -> HttpResponse:
    """Change a set's name, thresholds and trusted tables."""
    found = queries.get_set_for(request.actor, code)
    form = ChangeForm(request.POST or None, found=found, members=queries.members(found))
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(form, lambda: bool(operations.change_set(**_who(request, code), **form.values())))
    ):
        return redirect(found)
    context = _about(request, found) | {"form": form}
    return render(request, "master/change.html", context, status=422 if form.is_bound else 200)


@door(Audience.OFFICER, roles=KEEPERS)
def choose_table(request: HttpRequest, code: str) -> HttpResponse:
    """List the tables that may come into a set."""
    found = queries.get_set_for(request.actor, code)
    taken = [one.table_id for one in queries.members(found)]
    tables = listed_for(request.actor).exclude(pk__in=taken).filter(versions__isnull=False).distinct()
    return render(
        request, "master/choose_table.html", _about(request, found) | {"tables": page_of(tables, request.GET)}
    )


@door(Audience.OFFICER, roles=KEEPERS)
def member(request: HttpRequest, code: str, table: str) -> HttpResponse:
    """Say which columns of a table are which attributes."""
    found, chosen = queries.get_set_for(request.actor, code), get_table_for(request.actor, table)
    held = next((one for one in queries.members(found) if one.table_id == chosen.pk), None)
    form = MemberForm(request.POST or None, found=found, table=chosen, initial=held.columns if held else {})
    if request.method == "POST" and form.is_valid() and attempt(form, lambda: bool(_add(request, code, chosen, form))):
        return redirect(found)
    context = _about(request, found) | {"form": form, "table": chosen, "held": held}
    return render(request, "master/member.html", context, status=422 if form.is_bound else 200)


def _add(request: HttpRequest, code: str, table: Table, form: MemberForm) -> Member:
    return operations.add_member(**_who(request, code), table=table, columns=form.cleaned_data)


@door(Audience.OFFICER, roles=KEEPERS)
def remove_member(request: HttpRequest, code: str, table: str) -> HttpResponse:
    """Take a table out of a set (POST)."""
    found = queries.get_set_for(request.actor, code)
    if request.method != "POST":
        return redirect(found)
    return press(
        request, lambda: operations.remove_member(**_who(request, code), table=table), to=found.get_absolute_url(),
        done=_("Đã bỏ bảng khỏi tập; lần ghép tới không còn bản ghi của bảng."),
    )  # fmt: skip


@door(Audience.OFFICER, roles=KEEPERS)
def start_run(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for a run (POST)."""
    found = queries.get_set_for(request.actor, code)
    if request.method != "POST":
        return redirect(found)
    return press(
        request, lambda: operations.start_run(**_who(request, code)), to=found.get_absolute_url(),
        done=_("Đã giao việc ghép; tải lại trang để xem kết quả."),
    )  # fmt: skip


@door(Audience.OFFICER, roles=OFFICERS)
def run(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Show a run: on which versions, by which model, with what outcome."""
    found = queries.get_set_for(request.actor, code)
    one = queries.get_run(found, number)
    titles = {member.table.code: member.table.title for member in queries.members(found)}
    context = _about(request, found) | {
        "run": one,
        "versions": [(titles.get(name, name), told["number"]) for name, told in one.versions.items()],
        "verdicts": [(words.VERDICTS[name], count) for name, count in one.outcome.get("pairs", {}).items()],
        "origin": words.MODELS.get(one.model.get("origin", ""), ""),
        "levels": queries.model_lines(found, one),
    }
    return render(request, "master/run.html", context)


@door(Audience.OFFICER, roles=KEEPERS)
def review(request: HttpRequest, code: str) -> HttpResponse:
    """List the pairs that wait for an officer: how they agree, no value."""
    found = queries.get_readable_for(request.actor, code)
    try:
        pairs, refusal = queries.waiting(found), None
    except Unavailable as error:
        pairs, refusal = [], error
    named = dict(found.attributes)
    lines = [
        (one.pair, [(named[part.attribute], words.LEVELS[part.level], part.level) for part in one.pair.evidence
                    if part.level != "missing"])
        for one in pairs
    ]  # fmt: skip
    context = _about(request, found) | {"lines": lines, "refusal": refusal, "most": queries.MOST_PAIRS}
    return render(request, "master/review.html", context)


@door(Audience.OFFICER, roles=KEEPERS)
def pair(request: HttpRequest, code: str, left: str, right: str) -> HttpResponse:
    """Show a pair side by side with its evidence, and take an officer's decision."""
    found = queries.get_readable_for(request.actor, code)
    form = DecideForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        same, reason = form.cleaned_data["verdict"] == SAME, form.cleaned_data["reason"]
        if attempt(
            form, lambda: operations.decide(**_who(request, code), pair=(left, right), same=same, reason=reason)
        ):
            return redirect(_next_pair(found))
    compared = queries.compared(found, left, right)
    operations.note_read(actor=request.actor, at=request.at, found=found, what={"pair": [left, right]})
    titles = {one.table.code: one.table.title for one in queries.members(found)}
    context = _about(request, found) | {
        "pair": compared, "form": form, "left_table": titles.get(compared.left.table, compared.left.table),
        "right_table": titles.get(compared.right.table, compared.right.table),
        "may_decide": not policies.may_decide(request.actor, found, queries.members(found)),
    }  # fmt: skip
    return render(request, "master/pair.html", context, status=422 if form.is_bound else 200)


def _next_pair(found: EntitySet) -> Any:
    """Return the next pair that waits, else the list: a desk goes from pair to pair without the mouse."""
    from django.urls import reverse  # noqa: PLC0415 - the one address made here

    try:
        waiting = queries.waiting(found)
    except Unavailable:  # the decision is kept; the list says why there is no next one now
        waiting = []
    if not waiting:
        return reverse("master:review", args=[found.code])
    return reverse("master:pair", args=[found.code, waiting[0].pair.left, waiting[0].pair.right])


@door(Audience.OFFICER, roles=KEEPERS)
def decisions(request: HttpRequest, code: str) -> HttpResponse:
    """List decisions, those taken back too."""
    found = queries.get_readable_for(request.actor, code)
    context = _about(request, found) | {"decisions": found.decisions.all()[:MOST_DECISIONS]}
    return render(request, "master/decisions.html", context)


@door(Audience.OFFICER, roles=KEEPERS)
def take_back(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Take a decision back (POST)."""
    found = queries.get_readable_for(request.actor, code)
    if request.method != "POST":
        return redirect("master:decisions", code=found.code)
    return press(
        request, lambda: operations.take_back(**_who(request, code), number=number),
        to=f"{found.get_absolute_url()}quyet-dinh/", done=_("Đã rút quyết định; lần ghép tới xét lại cặp này."),
    )  # fmt: skip


@door(Audience.OFFICER, roles=KEEPERS)
def entities(request: HttpRequest, code: str) -> HttpResponse:
    """List entities with their names; by words of a name, an identifier, a code; those with conflicts alone."""
    found = queries.get_readable_for(request.actor, code)
    form = SearchForm(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    only = form.is_valid() and form.cleaned_data["khac"]
    rows = queries.searched(found, text) if text.strip() else queries.live(found, only_conflicts=only)
    page = page_of(rows, request.GET)
    shown = queries.shown(found, list(page))
    operations.note_read(
        actor=request.actor, at=request.at, found=found, what={"entities": [one.entity.code for one in shown]}
    )
    context = _about(request, found) | {"page": page, "shown": shown, "text": text, "only": only}
    return render(request, "master/entities.html", context)


@door(Audience.OFFICER, roles=KEEPERS)
def entity(request: HttpRequest, code: str, entity: str) -> HttpResponse:
    """Show an entity: its record with sources and conflicts, the rows it is made of, what joined them."""
    found = queries.get_readable_for(request.actor, code)
    one: Entity = queries.get_entity(found, entity)
    whole = queries.whole(found, one)
    operations.note_read(actor=request.actor, at=request.at, found=found, what={"entities": [one.code]})
    members = {member.table.code: member.table.title for member in queries.members(found)}
    done = queries.last_done(found)
    versions = {name: told["number"] for name, told in done.versions.items()} if done else {}
    context = _about(request, found) | {
        "entity": one, "whole": whole, "absorbed": one.absorbed.all(),
        "golden": [
            (words.attribute(found.kind, line.attribute), line, members.get(line.table, line.table),
             versions.get(line.table), [(members.get(other.table, other.table), other.value) for other in line.others])
            for line in whole.golden
        ],
        "rows": [(members.get(record.table, record.table), versions.get(record.table),
                  [record.values.get(name) or "" for name, _title in found.attributes]) for record in whole.records],
        "pairs": [(told.pair, words.VERDICTS[told.verdict]) for told in whole.pairs],
    }  # fmt: skip
    return render(request, "master/entity.html", context)


def _who(request: HttpRequest, code: str) -> dict[str, Any]:
    return {"actor": request.actor, "at": request.at, "code": code}


def _about(request: HttpRequest, found: EntitySet) -> dict[str, Any]:
    return {"set": found, "may_keep": not policies.may_keep(request.actor, found.agency.code)}
