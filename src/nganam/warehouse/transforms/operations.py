"""Writes: save a model, stop using one, start the runs that are due."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from nganam.audit.operations import record
from nganam.cases.requirements import allow
from nganam.face.telling import kept
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NganamError, StateMoved
from nganam.notices.operations import notify
from nganam.notices.queries import was_told
from nganam.warehouse import operations, policies, told
from nganam.warehouse.engine.contract import Column
from nganam.warehouse.models import Table, Version
from nganam.warehouse.transforms import classing, planning, running, testing
from nganam.warehouse.transforms.models import ModelVersion

INPUT_ERASED = "warehouse.model.input_erased"
log = structlog.get_logger(__name__)
SQL_TYPES = {
    "integer": "BIGINT", "decimal": "DOUBLE", "date": "DATE", "datetime": "TIMESTAMPTZ", "boolean": "BOOLEAN",
}  # fmt: skip


@dataclass(frozen=True)
class Written:
    """A model as somebody wrote it."""

    table: Table
    sql: str
    description: str = ""
    tests: tuple[Mapping[str, Any], ...] = ()
    lowered: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """A model that has been read and tried: what it reads, what it gives, the classes its columns must have."""

    sql: str
    lineage: Mapping[str, Any]
    tables: Mapping[str, Table]
    columns: Mapping[str, tuple[Column, ...]]
    given: Sequence[str]

    @property
    def views(self) -> dict[str, Any]:
        """Return its inputs without rows, by the names its SQL has for them."""
        return running.empty_views(self.columns)

    @property
    def floors(self) -> dict[str, classing.Floor]:
        """Return the lowest class each column may have."""
        held = [*self.known, *(_held(one) for one in self.known)]
        return classing.floors_of(self.lineage["columns"], classing.classes_of(held))

    @property
    def known(self) -> list[Table]:
        """Return the tables it reads, each once."""
        return list({one.code: one for one in self.tables.values()}.values())


def read_model(*, actor: Actor, at: datetime, table: Table, sql: str) -> Draft:
    """Read a statement for a table and try it over no rows; nothing is kept.

    Raises ``Invalid`` under ``sql`` naming line and fault: syntax, a table that is not there or not open to the
    table's agency, a function that reads files, a column that is not there or cannot be traced.
    """
    allow(policies.may_declare(actor, table.agency.code))
    from nganam.warehouse.transforms import parsing  # noqa: PLC0415 - sqlglot: 0.2 s and 20 MB only a model needs

    sql = sql.replace("\r\n", "\n").strip()
    tables = _tables(table, parsing.inputs_of(sql), parsing.wrong)
    day = local_date(at)
    columns = {name: policies.readable(table.agency.code, _held(one), day) for name, one in tables.items()}
    asked = {
        name: (one.code, [(each.name, SQL_TYPES.get(each.type, "VARCHAR")) for each in columns[name]])
        for name, one in tables.items()
    }
    for name, line in parsing.inputs_of(sql):
        if not columns[name]:
            raise _unknown(name, line, parsing.wrong)
    lineage = parsing.parse(sql, asked).as_plain()
    try:
        given = running.trial(sql, running.empty_views(columns))
    except running.NotRun as error:
        raise parsing.wrong(error.line, error.why) from error
    return Draft(sql, lineage, tables, columns, given)


def save_model(
    *,
    actor: Actor,
    at: datetime,
    table: Table,
    sql: str,
    description: str = "",
    tests: Iterable[Mapping[str, Any]] = (),
    lowered: Mapping[str, str] | None = None,
    reason: str = "",
    seen: str = "",
) -> ModelVersion:
    """Make a table a derived one, or its model another: the next version of the model, which runs as soon as it can.

    ``tests`` are ``{"name", "query", "severity"}``; ``lowered`` says by column why it has a lower class than what it
    stems from; ``seen`` is the number of the model the change was written on. The same again makes no version. Raises
    what :func:`read_model` raises, ``Invalid`` naming columns, tests, classes and rings, ``StateMoved`` when somebody
    else was first.
    """
    written = Written(table, sql, description, tuple(tests), dict(lowered or {}))
    draft, said = checked(actor=actor, at=at, written=written)
    return keep(actor=actor, at=at, table=table, draft=draft, said=said, reason=reason, seen=seen)


@transaction.atomic
def keep(
    *, actor: Actor, at: datetime, table: Table, draft: Draft, said: Mapping[str, Any], reason: str = "",
    seen: str = "",
) -> ModelVersion:  # fmt: skip
    """Keep a model that was :func:`checked` as the table's next; raise ``Invalid`` for a ring, ``StateMoved``."""
    allow(policies.may_declare(actor, table.agency.code))
    before = _hold(table, seen)
    if before is not None and is_same(before, said):
        return before
    # All this was looked at when the model was tried, but others write too: now nobody does until this is kept.
    held = Table.objects.select_related("source", "agency").get(pk=table.pk)
    _refuse_loaded(held)
    _check_columns(held, draft.given)
    classing.refuse(held.shape, draft.floors, said["lowered"], field="lowered")
    _refuse_ring(table, draft.known)
    return _save(table, before, said, draft, actor=actor, at=at, reason=reason)


def checked(*, actor: Actor, at: datetime, written: Written) -> tuple[Draft, dict[str, Any]]:
    """Return a model as it would be kept; raise what :func:`save_model` raises but for rings and who was first."""
    table = written.table
    draft = read_model(actor=actor, at=at, table=table, sql=written.sql)
    _refuse_loaded(table)
    _check_columns(table, draft.given)
    lowered = {name: text.strip()[:500] for name, text in written.lowered.items() if text.strip()}
    rows = {running.ROWS: table.shape.schema().empty_table()}
    tests = testing.checked(written.tests, {**draft.views, **rows})
    classing.refuse(table.shape, draft.floors, lowered, field="lowered")
    return draft, {
        "sql": draft.sql, "description": written.description.replace("\r\n", "\n").strip(), "tests": tests,
        "lowered": lowered, "lineage": dict(draft.lineage),
    }  # fmt: skip


def is_same(before: ModelVersion, said: Mapping[str, Any]) -> bool:
    """Say whether a model that holds says all this already."""
    return not before.is_stopped and all(getattr(before, name) == one for name, one in said.items())


def stop_model(*, actor: Actor, at: datetime, table: Table, reason: str) -> ModelVersion:
    """Let a table be no derived one any more: its rows stay, and files or a source may be loaded again.

    Raises ``Invalid`` without a reason or when the table has no model.
    """
    allow(policies.may_declare(actor, table.agency.code))
    if not reason.strip():
        raise Invalid(_("Cần lý do thôi dùng mô hình."), fields={"reason": [_("Ghi lý do.")]})
    with transaction.atomic():
        operations.hold(table)
        before = planning.model_of(table)
        if before is None:
            raise Invalid(_("Bảng không có mô hình nào đang dùng."))
        made = ModelVersion.objects.create(
            table=table, number=before.number + 1, is_stopped=True, by=actor.name, reason=reason.strip()[:500],
            made_at=at,
        )  # fmt: skip
        _record("stopped", made, actor=actor, at=at)
    return made


def run_model(*, actor: Actor, at: datetime, table: Table) -> Any:
    """Run a table's model now, over the newest versions of its inputs; returns the load. Raises like ``start_load``."""
    if planning.model_of(table) is None:
        raise Invalid(_("Bảng không có mô hình nào đang dùng."))
    return operations.start_load(actor=actor, at=at, table=table)


def run_due(*, actor: Actor, at: datetime) -> list[str]:
    """Start every model whose inputs, text or contract have changed, those below it first; return the loads' codes.

    What depends on one that starts now waits for it, so a chain runs in order, one step a call.
    """
    started = []
    for one in planning.places():
        if one.is_due:
            try:
                started.append(run_model(actor=actor, at=at, table=one.model.table).code)
            except NganamError as error:
                log.warning("model_not_started", table=one.model.table.code, why=error.message)
    return started


@transaction.atomic
def tell_of_erasure(*, at: datetime, erasure: str, table: str, rows: int) -> int:
    """Tell the owners of all tables derived from ``table``, however far, once for each erasure; return how many.

    The next run leaves the rows out; the versions before, and a model that fails or gives no row, keep what it made.
    """
    models = planning.models_now()
    feeds, told_of = planning.feeds_of(models), 0
    title = Table.objects.values_list("title", flat=True).get(code=table)
    for one in models:
        if table not in planning.above(feeds, one.table.code):
            continue
        words = {"table": one.table.title, "rows": rows, "input": title, "erasure": erasure}
        link, body = one.table.get_absolute_url(), kept(told.INPUT_ERASED_HOW) % words
        if was_told(event=INPUT_ERASED, link=link, body=body):
            continue
        notify(
            at=at, title=kept(told.INPUT_ERASED) % words, body=body, link=link, agency=one.table.agency.code,
            role=Role.FOCAL, event=INPUT_ERASED,
        )  # fmt: skip
        told_of += 1
    return told_of


def _tables(table: Table, named: Iterable[tuple[str, int]], wrong: Any) -> dict[str, Table]:
    """Return the tables a statement names: by code, or by code with underscores."""
    named = list(named)
    codes = {name: {name, name.replace("_", "-")} for name, _line in named}
    every = Table.objects.filter(code__in={one for held in codes.values() for one in held})
    known = {one.code: one for one in every.select_related("agency")}
    found = {}
    for name, line in named:
        one = known.get(name) or known.get(name.replace("_", "-"))
        if one is None or name == running.ROWS:
            raise _unknown(name, line, wrong)
        if one.pk == table.pk:
            raise wrong(line, _("mô hình không đọc chính bảng mà nó tạo ra"))
        found[name] = one
    if not found:
        raise wrong(1, _("câu SQL không đọc bảng nào của kho"))
    return found


def _unknown(name: str, line: int, wrong: Any) -> Invalid:
    text = _("không có bảng “%(name)s” mà cơ quan được đọc; ghi mã bảng như ở trang Kho dữ liệu")
    return wrong(line, text % {"name": name})  # type: ignore[no-any-return]


def _held(table: Table) -> Table | Version:
    return table.versions.select_related("table__agency").first() or table


def _refuse_loaded(table: Table) -> None:
    if table.source is not None or table.schedule:
        raise Invalid(
            _("Bảng đang khai báo nguồn hoặc giờ nạp nên không làm bảng dẫn xuất được."),
            hint=_("Bỏ nguồn và giờ nạp ở trang Sửa khai báo trước."),
        )
    if operations.is_pushed(table):
        raise Invalid(
            _("Ứng dụng đang được đẩy dữ liệu vào bảng này nên không làm bảng dẫn xuất được."),
            hint=_("Đóng quyền đẩy ở trang Đẩy dữ liệu của bảng trước."),
        )


def _check_columns(table: Table, given: Sequence[str]) -> None:
    """Refuse a statement that does not give exactly the columns the table declares, in any order."""
    declared = table.shape.names
    missing, extra = [one for one in declared if one not in given], [one for one in given if one not in declared]
    twice = sorted({one for one in given if list(given).count(one) > 1})
    found = [_("câu SQL không cho cột “%(name)s” mà bảng khai báo") % {"name": one} for one in missing]
    found += [
        _("bảng không khai báo cột “%(name)s”: thêm vào hợp đồng của bảng, hoặc bỏ khỏi câu SQL") % {"name": one}
        for one in extra
    ]
    found += [_("câu SQL cho cột “%(name)s” hai lần") % {"name": one} for one in twice]
    if found:
        raise Invalid(
            _("Các cột của câu SQL không đúng với khai báo của bảng."), fields={"sql": found},
            hint=_("Đặt tên từng cột bằng AS đúng như tên máy của cột trong hợp đồng."),
        )  # fmt: skip


def hold_tables(tables: Iterable[Table]) -> None:
    """Take the rows of tables, and before them the first of all: one saving at a time, so that none make a ring.

    Who saves several in one transaction takes all first: later it holds the head of the record, for which others wait.
    """
    first = Table.objects.order_by("pk").values_list("pk", flat=True)[:1]
    keys = {*first, *(one.pk for one in tables)}
    list(Table.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))


def _hold(table: Table, seen: str) -> ModelVersion | None:
    hold_tables([table])
    before = table.model_versions.first()
    if seen and (before is None or str(before.number) != seen):
        raise StateMoved(
            _("%(by)s vừa đổi mô hình của bảng.") % {"by": before.by if before else ""},
            state=str(before.number) if before else "", by=before.by if before else "",
            at=before.made_at if before else None, hint=_("Tải lại trang, xem mô hình nay thế nào rồi sửa lại."),
        )  # fmt: skip
    return before


def _refuse_ring(table: Table, inputs: Iterable[Table]) -> None:
    feeds = planning.feeds_of(planning.models_now()) | {table.code: sorted(one.code for one in inputs)}
    way = planning.ring(feeds, table.code)
    if way:
        text = _("mô hình tạo thành vòng: %(ring)s; bảng không thể tính ra từ chính nó") % {"ring": " ← ".join(way)}
        raise Invalid(
            _("Các mô hình tạo thành vòng."), fields={"sql": [text]}, hint=_("Bỏ một bảng trong vòng khỏi câu SQL.")
        )


def _save(
    table: Table, before: ModelVersion | None, said: Mapping[str, Any], draft: Draft, *, actor: Actor, at: datetime,
    reason: str,
) -> ModelVersion:  # fmt: skip
    from nganam.warehouse import tasks  # noqa: PLC0415 - the job imports the operations

    made = ModelVersion.objects.create(
        table=table, number=before.number + 1 if before else 1, by=actor.name, reason=reason.strip()[:500], made_at=at,
        **said,
    )  # fmt: skip
    _record("saved", made, actor=actor, at=at)
    known = set(before.inputs) if before else set()
    for one in draft.known:
        if one.agency_id != table.agency_id and one.code not in known:
            _tell_owner(one, table, at=at)
    tasks.run_models.enqueue()
    return made


def _tell_owner(read: Table, table: Table, *, at: datetime) -> None:
    notify(
        at=at, title=kept(told.READ_BY_MODEL) % {"table": read.title},
        body=kept(told.READ_BY_WHOM) % {"agency": table.agency.name, "table": table.title},
        link=read.get_absolute_url(), agency=read.agency.code, role=Role.FOCAL, event="warehouse.model.saved",
    )  # fmt: skip


def _record(deed: str, made: ModelVersion, *, actor: Actor, at: datetime) -> None:
    record(
        actor=actor, at=at, action=f"warehouse.model.{deed}", object_type="warehouse.table",
        object_code=made.table.code, agency=made.table.agency.code,
        details={"model": made.number, "inputs": made.inputs, "lowered": sorted(made.lowered), "reason": made.reason},
    )  # fmt: skip
