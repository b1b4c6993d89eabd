"""Writes by people: declare a set and its tables, ask for a run, decide about a pair, take a decision back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from nganam.agencies.queries import agency as agency_by_code
from nganam.audit.operations import record
from nganam.cases.operations import next_code
from nganam.cases.requirements import allow
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, RuleBroken
from nganam.master import deciding, policies, queries
from nganam.master.engine.attributes import NAME, OF_KIND
from nganam.master.models import Decision, EntitySet, Member, Membership, Run
from nganam.warehouse.models import Table

LONGEST_REASON = 500


@transaction.atomic
def declare_set(*, actor: Actor, at: datetime, agency: str, title: str, kind: str, **values: Any) -> EntitySet:
    """Declare a set of an agency; its tables come one by one. ``values`` may hold join_from and review_from."""
    allow(policies.may_keep(actor, agency))
    made = EntitySet(title=title.strip(), kind=kind, agency=agency_by_code(agency), created_at=at,
                     created_by=actor.name, **values)  # fmt: skip
    _check(made)
    made.code = next_code("DLC", at)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise _taken() from error
    _record("set.declared", made, actor=actor, at=at, details={"title": made.title, "kind": kind})
    return made


@transaction.atomic
def change_set(
    *, actor: Actor, at: datetime, code: str, title: str, join_from: float, review_from: float,
    trusted: Mapping[str, str],
) -> EntitySet:  # fmt: skip
    """Change a set's name, thresholds and trusted tables; the next run goes by them."""
    found = _held(actor, code)
    found.title, found.join_from, found.review_from = title.strip(), join_from, review_from
    having = {one.table.code: one.columns for one in found.members.select_related("table")}
    found.trusted = {name: table for name, table in trusted.items() if table}
    wrong = [name for name, table in found.trusted.items() if name not in having.get(table, {})]
    if wrong:
        told = _("Bảng được tin cậy phải có mục này.")
        raise Invalid(told, fields={f"trusted_{name}": [told] for name in wrong})
    _check(found)
    found.save(update_fields=["title", "join_from", "review_from", "trusted"])
    details = {"join_from": join_from, "review_from": review_from, "trusted": found.trusted}
    _record("set.changed", found, actor=actor, at=at, details=details)
    return found


@transaction.atomic
def add_member(*, actor: Actor, at: datetime, code: str, table: Table, columns: Mapping[str, str]) -> Member:
    """Take a table into a set, or say anew which column is which attribute. Needs the table's key and a name."""
    found = _held(actor, code)
    held = found.members.filter(table=table).first()
    made = held or Member(set=found, table=table)
    made.columns = {name: column for name, column in columns.items() if column}
    allow(policies.may_use(actor, made))
    _check_columns(made, found)
    if held is None:
        made.position = (found.members.aggregate(last=Max("position"))["last"] or 0) + 1
    if held is None:
        made.save(force_insert=True)
    else:
        made.save(update_fields=["columns"])
    _record("member.added", found, actor=actor, at=at, details={"table": table.code, "columns": made.columns})
    return made


@transaction.atomic
def remove_member(*, actor: Actor, at: datetime, code: str, table: str) -> None:
    """Take a table out of a set; its records leave their entities with the next run."""
    found = _held(actor, code)
    member = found.members.filter(table__code=table).first()
    if member is not None:
        member.delete()
        found.trusted = {name: one for name, one in found.trusted.items() if one != table}
        found.save(update_fields=["trusted"])
        _record("member.removed", found, actor=actor, at=at, details={"table": table})


@transaction.atomic
def start_run(*, actor: Actor, at: datetime, code: str) -> Run:
    """Ask for a run; raise ``RuleBroken`` while one is under way, or without a table that has rows."""
    found = _held(actor, code)
    running = queries.active_run(found)
    if running is not None:
        raise RuleBroken(
            _("Tập đang được ghép (lần %(number)s).") % {"number": running.number}, article="nội bộ",
            hint=_("Chờ lần đó xong rồi ghép lại."),
        )  # fmt: skip
    if not queries.newest(queries.members(found)):
        raise RuleBroken(
            _("Tập chưa có bảng nào đã nạp dữ liệu."), article="nội bộ", hint=_("Thêm bảng vào tập, nạp bảng rồi ghép.")
        )
    return open_run(found, actor=actor, at=at)


def open_run(found: EntitySet, *, actor: Actor, at: datetime) -> Run:
    """Open a run and hand it to the worker; in the caller's transaction, which holds the set."""
    from nganam.master import tasks  # noqa: PLC0415 - the job imports the operations

    last = found.runs.aggregate(last=Max("number"))["last"] or 0
    made = Run.objects.create(set=found, number=last + 1, asked_at=at, by=actor.name)
    _record("run.asked", found, actor=actor, at=at, details={"run": made.number})
    tasks.run.enqueue(found.code, made.number)
    return made


@transaction.atomic
def decide(*, actor: Actor, at: datetime, code: str, pair: tuple[str, str], same: bool, reason: str) -> Decision:
    """Decide that two records are one thing or two; it acts with the next run and holds until taken back.

    Raises ``RuleBroken`` when decisions that hold already say otherwise, and names them.
    """
    found = _held(actor, code)
    _allow_decision(actor, found)
    left, right = sorted(pair)
    if left == right or Membership.objects.filter(set=found, record__in=[left, right]).count() != 2:  # noqa: PLR2004 - both
        raise Invalid(_("Cặp bản ghi này không còn trong tập."), hint=_("Ghép lại rồi xem danh sách chờ xem xét."))
    if not reason.strip():
        raise Invalid(_("Cần lý do."), fields={"reason": [_("Ghi lý do của quyết định.")]})
    deciding.refuse_contradiction(found, left, right, same=same)
    number = (found.decisions.aggregate(last=Max("number"))["last"] or 0) + 1
    made = Decision.objects.create(
        set=found, number=number, left=left, right=right, same=same, reason=reason.strip()[:LONGEST_REASON],
        by=actor.name, at=at,
    )  # fmt: skip
    _record("pair.decided", found, actor=actor, at=at, details=made.details)
    return made


@transaction.atomic
def take_back(*, actor: Actor, at: datetime, code: str, number: int) -> Decision:
    """Take a decision back; from the next run on the pair is judged by its evidence again."""
    found = _held(actor, code)
    _allow_decision(actor, found)
    made = queries.get_decision(found, number)
    if made.taken_back_at is not None:
        raise RuleBroken(_("Quyết định này đã được rút."), article="nội bộ", hint=_("Tải lại trang."))
    made.taken_back_at, made.taken_back_by = at, actor.name
    made.save(update_fields=["taken_back_at", "taken_back_by"])
    _record("pair.taken_back", found, actor=actor, at=at, details=made.details)
    return made


@transaction.atomic
def note_read(*, actor: Actor, at: datetime, found: EntitySet, what: Mapping[str, Any]) -> None:
    """Record that an officer read records with personal columns: codes and digests, never a value."""
    if any(one.is_personal for one in queries.members(found)) or queries.personal_then(queries.last_done(found)):
        _record("values.read", found, actor=actor, at=at, details=dict(what))


def _allow_decision(actor: Actor, found: EntitySet) -> None:
    """Ask as the pages ask: what was personal in the versions that were matched is so here too."""
    personal = queries.personal_then(queries.last_done(found))
    allow(policies.may_decide(actor, found, queries.members(found), personal))


def _held(actor: Actor, code: str) -> EntitySet:
    """Return the set, its row held, when the officer keeps it."""
    found = queries.get_set_for(actor, code)
    allow(policies.may_keep(actor, found.agency.code))
    return EntitySet.objects.select_for_update(of=("self",)).select_related("agency").get(pk=found.pk)


def _check(made: EntitySet) -> None:
    found: dict[str, list[str]] = {}
    if not made.title:
        found["title"] = [_("Đặt tên cho tập.")]
    if made.kind not in OF_KIND:
        found["kind"] = [_("Chọn một loại.")]
    if not 0 <= made.review_from <= made.join_from <= 100:  # noqa: PLR2004 - percent
        found["review_from"] = [_("Ngưỡng xem xét từ 0 đến 100 và không cao hơn ngưỡng ghép.")]
    if EntitySet.objects.filter(agency=made.agency, title=made.title).exclude(pk=made.pk).exists():
        raise _taken()
    if found:
        raise Invalid(_("Khai báo tập chưa đúng."), fields=found)


def _taken() -> Invalid:
    said = _("Cơ quan đã có tập cùng tên.")
    return Invalid(said, fields={"title": [said]})


def _check_columns(made: Member, found: EntitySet) -> None:
    names = {one.name for one in made.table.shape.columns}
    wrong = {name: [_("Bảng không có cột này.")] for name, column in made.columns.items() if column not in names}
    wrong |= {name: [_("Loại này không có mục này.")] for name in made.columns if name not in OF_KIND[found.kind]}
    if NAME not in made.columns:
        wrong[NAME] = [_("Chọn cột tên: mọi bảng của tập phải có tên.")]
    if wrong:
        raise Invalid(_("Các cột chưa đúng."), fields=wrong)
    if not made.table.shape.key:
        raise Invalid(
            _("Bảng không có cột khóa nên không theo dõi được từng bản ghi."),
            hint=_("Sửa hợp đồng của bảng: đánh dấu cột khóa."),
        )


def _record(deed: str, found: EntitySet, *, actor: Actor, at: datetime, details: dict[str, Any]) -> None:
    record(
        actor=actor, at=at, action=f"master.{deed}", object_type="master.set", object_code=found.code,
        agency=found.agency.code, details=details,
    )  # fmt: skip
