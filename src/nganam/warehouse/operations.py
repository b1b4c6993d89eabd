"""Writes by people: declare a table, start a load. What a load then does is in ``loading``, sources in ``sourcing``."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from nganam.agencies.queries import agency as agency_by_code
from nganam.audit.operations import record
from nganam.cases.operations import open_case
from nganam.cases.requirements import allow
from nganam.codelists import queries as codelists
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, RuleBroken, StateMoved
from nganam.kernel.text import slug
from nganam.warehouse import contracting, places, policies, queries, screening, since, told
from nganam.warehouse.engine import contract as contracts
from nganam.warehouse.engine import landing, mending, reading
from nganam.warehouse.engine.manner import FOUND, Asked
from nganam.warehouse.models import Admission, FindingAdmission, Load, ModelVersion, SourceKind, Table, Version, Way
from nganam.warehouse.ruling import ruled
from nganam.warehouse.transforms import classing, planning

RESERVED = frozenset({"nguon", "bang", "nap", "xoa", "mo-hinh"})
"""Words that stand in addresses where a table's code would."""
DAILY = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in: its own name and its bytes, chunk by chunk."""

    name: str
    chunks: Iterable[bytes]


def declare_table(
    *,
    actor: Actor,
    at: datetime,
    agency: str,
    code: str,
    title: str,
    columns: Iterable[Mapping[str, Any]],
    **values: Any,
) -> Table:
    """Declare a table with its contract.

    ``values`` may hold title_en, description, source, database, commune_column, time_column, communes_on, schedule,
    and of the contract rules and terms.
    """
    allow(policies.may_declare(actor, agency))
    columns = list(columns)
    contracting.try_rules(None, columns, values)
    return _declare_table(agency, code, title, columns, values, actor=actor, at=at)


@transaction.atomic
def _declare_table(
    agency: str, code: str, title: str, columns: Iterable[Mapping[str, Any]], values: Mapping[str, Any], *,
    actor: Actor, at: datetime,
) -> Table:  # fmt: skip
    owner = agency_by_code(agency)
    code = slug(code or title)[:63].strip("-")
    if code in RESERVED or not code:
        raise Invalid(_("Mã bảng không dùng được."), fields={"code": [_("Chọn mã khác.")]})
    if Table.objects.filter(code=code).exists():
        raise Invalid(_("Mã bảng đã dùng."), fields={"code": [_("Chọn mã khác, ví dụ thêm tên cơ quan.")]})
    table = Table(code=code, title=title.strip(), agency=owner, created_at=at)
    fill_table(table, columns, values)
    table.save(force_insert=True)
    contracting.note(table, [], actor=actor, at=at)
    _record_table("declared", table, actor=actor, at=at)
    return table


def change_table(
    *,
    actor: Actor,
    at: datetime,
    table: Table,
    columns: Iterable[Mapping[str, Any]],
    title: str,
    reason: str = "",
    confirmed: bool = False,
    seen: str = "",
    **values: Any,
) -> Table:
    """Change a table's declaration: the next version of its contract. Committed versions keep the columns they had.

    ``seen`` is the number of the contract the change was written on ("" where nobody looked). Raises ``RuleBroken``
    naming who reads a column that goes or becomes another, unless ``confirmed``; ``Invalid`` when such a change of a
    table with data has no ``reason``; ``StateMoved`` naming who changed the declaration since ``table`` was read, or
    since that contract was in force.
    """
    allow(policies.may_declare(actor, table.agency.code))
    if queries.active_load(table):
        raise _busy(table)
    columns, reason = list(columns), reason.strip()
    contracting.try_rules(table, columns, values)
    with transaction.atomic():
        before = hold_declaration(table, seen)
        if queries.active_load(table):
            raise _busy(table)
        table.title = title.strip()
        fill_table(table, columns, values)
        changes, readers = contracting.weigh(table, before, reason=reason, confirmed=confirmed)
        table.save()
        made = contracting.note(table, changes, actor=actor, at=at, reason=reason, readers=readers)
        more = {"contract": made.number, "reason": reason, "readers": [one.code for one in readers]}
        _record_table("changed", table, actor=actor, at=at, more=more)
    return table


def hold_declaration(table: Table, seen: str = "") -> dict[str, Any]:
    """Take the table's row for this transaction, before the record, and return its declaration as it now stands.

    Raises ``StateMoved`` naming who changed the declaration since ``table`` was read, or since contract ``seen``.
    """
    read = contracting.snapshot(table)
    hold(table)
    present, last = contracting.snapshot(table), contracting.present(table)
    if read != present or (seen and last and last.number != seen):
        raise StateMoved(
            _("%(by)s vừa đổi khai báo của bảng.") % {"by": last.by if last else ""},
            state=last.number if last else "", by=last.by if last else "", at=last.made_at if last else None,
            hint=_("Tải lại trang, xem bảng nay khai báo thế nào rồi sửa lại."),
        )  # fmt: skip
    return present


def hold(table: Table) -> None:
    """Take the table's row; a change of the declaration and the opening of a load wait for each other at it."""
    # Not the key: rows that refer to the table are written behind the head of the record and must not wait for this.
    table.refresh_from_db(from_queryset=Table.objects.select_for_update(no_key=True))
    table.__dict__.pop("shape", None)


def start_load(
    *,
    actor: Actor,
    at: datetime,
    table: Table,
    upload: Upload | None = None,
    asked: Asked | None = None,
    whole: bool = False,
) -> Load:
    """Receive an upload, or note that the source is to be read, and hand the load to the worker.

    ``asked`` says how to read what is not to be found out by looking; a source is read as it was the last time. An
    upload is looked at before anything is kept: wrong type, encoding or columns are told at once. ``whole`` reads a
    source whole that is otherwise read from its cursor on. Raises ``RuleBroken``
    when a load of the table is already under way.
    """
    allow(policies.may_load(actor, table.agency.code))
    if queries.active_load(table):
        raise _busy(table)
    model = planning.model_of(table)
    if model is not None:
        return _start_model(table, model, upload, actor=actor, at=at)
    if upload is None and table.source is None:
        raise Invalid(
            _("Bảng chưa khai báo nguồn."),
            fields={"file": [_("Chọn tệp để tải lên.")]},
            hint=_("Tải tệp lên, hoặc khai báo nguồn."),
        )
    load = Load(table=table, by=actor.name, name=upload.name[:255] if upload else table.source.name)  # type: ignore[union-attr]
    if upload is None:
        load.source = table.source
        load.asked = queries.asked_of_source(table) if asked is None else _told(asked)
        load.way, load.cursor = since.plan(table, at=at, whole=whole)
    else:
        load.asked = _told(asked or FOUND)
        _receive(load, upload)
    return open_load(load, actor=actor, at=at)


def _start_model(table: Table, model: ModelVersion, upload: Upload | None, *, actor: Actor, at: datetime) -> Load:
    """Let a model make its table's rows anew from the newest versions of its inputs; no file goes in beside it."""
    if upload is not None:
        raise RuleBroken(
            _("Bảng dẫn xuất lấy dữ liệu từ mô hình, không nhận tệp tải lên."), article="nội bộ",
            hint=_("Nạp tệp vào bảng đầu vào, hoặc thôi dùng mô hình ở trang Mô hình của bảng."),
        )  # fmt: skip
    name = kept(told.BY_MODEL) % {"number": model.number}
    load = Load(table=table, by=actor.name, name=name, model=model, inputs=planning.plan(model))
    return open_load(load, actor=actor, at=at)


def load_again(*, actor: Actor, at: datetime, load: Load, asked: Asked) -> Load:
    """Load what an earlier load received once more, read as ``asked``; raises like :func:`start_load`."""
    table = load.table
    allow(policies.may_load(actor, table.agency.code))
    if queries.active_load(table):
        raise _busy(table)
    if load.model is not None:
        raise RuleBroken(
            _("Lượt nạp này chạy theo mô hình, không có tệp nào để đọc cách khác."), article="nội bộ",
            hint=_("Sửa câu SQL ở trang Mô hình của bảng."),
        )  # fmt: skip
    if not load.is_whole:
        raise RuleBroken(
            _("Lượt nạp %(code)s không còn tệp đã nhận.") % {"code": load.code},
            article="nội bộ",
            hint=_("Tải tệp lên lại ở trang Nạp dữ liệu."),
        )
    path = _received_file(load)
    again = Load(
        table=table, by=actor.name, name=load.name, landing_sha=load.landing_sha, landing_size=load.landing_size,
        file_kind=load.file_kind, asked=_told(asked), source=load.source,  # which is read so from now on
    )  # fmt: skip
    landed = landing.Landed(load.landing_sha, path.stat().st_size, path, load.file_kind)
    reading.inspect(landed, load.name, table.shape, again.manner)
    return open_load(again, actor=actor, at=at)


@transaction.atomic
def restore_version(*, actor: Actor, at: datetime, version: Version, reason: str) -> Load:
    """Make an earlier version's rows the table's next version; nothing of the versions in between is lost.

    Raises ``Invalid`` without a reason, ``RuleBroken`` when a load is under way, the version is the present one, or the
    table has other columns or rules by now: its rows would come in unchecked.
    """
    table, reason = version.table, reason.strip()
    allow(policies.may_load(actor, table.agency.code))
    if not reason:
        raise Invalid(_("Cần lý do khôi phục."), fields={"reason": [_("Ghi lý do khôi phục phiên bản này.")]})
    hold(table)  # its rows are to meet the columns they are compared with here
    if queries.active_load(table):
        raise _busy(table)
    present = queries.current_version(table)
    if present is None or present.pk == version.pk:
        raise RuleBroken(
            _("Phiên bản này đang là phiên bản hiện tại."), article="nội bộ", hint=_("Chọn một phiên bản cũ hơn.")
        )
    if ruled(version.shape) != ruled(table.shape):
        raise RuleBroken(
            _("Bảng nay có cột hoặc ràng buộc khác với phiên bản %(number)s nên không khôi phục nguyên vẹn được.")
            % {"number": version.number},
            article="nội bộ",
            hint=_("Khai báo lại cột như phiên bản đó rồi khôi phục, hoặc tải dữ liệu cũ về và nạp lại."),
        )
    name = kept(told.RESTORED) % {"number": version.number}
    return open_load(
        Load(table=table, by=actor.name, name=name, restores=version, reason=reason[:500]), actor=actor, at=at
    )


def mend_rows(*, actor: Actor, at: datetime, load: Load, upload: Upload) -> Load:
    """Put mended rows of a load's rejected ones into the table: one new version; what is still wrong is rejected again.

    ``upload`` is the file of rejected rows, mended. Raises ``RuleBroken`` when a load is under way, nothing was
    rejected, or the table has been loaded whole since: the rows belong to a table that is no longer there.
    """
    table, first = load.table, load.mends or load
    allow(policies.may_load(actor, table.agency.code))
    if queries.active_load(table):
        raise _busy(table)
    why = queries.why_not_mended(first)
    if why:
        raise RuleBroken(
            why,
            article="nội bộ",
            hint=_("Sửa ở tệp đầy đủ rồi nạp lại cả tệp, hoặc sửa các dòng bị loại ở lượt mới nhất."),
        )
    asked = {name: one for name, one in first.asked.items() if name == "missing"}
    made = Load(table=table, by=actor.name, name=upload.name[:255], mends=first, way=Way.MEND, asked=asked)
    _receive(made, upload)
    return open_load(made, actor=actor, at=at)


def admit_findings(*, actor: Actor, at: datetime, load: Load, reason: str) -> Load:
    """Let what a load stopped for into the table, for a reason that is kept, and load the same file again.

    What is admitted is kinds of finding in columns, for this table's later loads too. Raises ``Invalid`` without a
    reason, ``RuleBroken`` when the load did not stop for findings, was not the last, or another is under way.
    """
    table, reason = load.table, reason.strip()
    allow(policies.may_load(actor, table.agency.code))
    if not reason:
        raise Invalid(_("Cần lý do chấp nhận."), fields={"reason": [_("Ghi lý do vẫn nhận dữ liệu này.")]})
    if queries.active_load(table):
        raise _busy(table)
    found = screening.stopping(load) if load.fault in screening.STOPS else []
    if not found or table.loads.first() != load:
        raise RuleBroken(
            _("Lượt nạp %(code)s không còn chờ chấp nhận phát hiện nào.") % {"code": load.code},
            article="nội bộ",
            hint=_("Xem lượt nạp mới nhất của bảng."),
        )
    with transaction.atomic():
        hold(table)
        for one in found:
            told = {"reason": reason[:500], "by": actor.name, "at": at, "load": load}
            FindingAdmission.objects.get_or_create(table=table, column=one["column"], kind=one["kind"], defaults=told)
        _record_findings("admitted", load, actor=actor, at=at, found=found, reason=reason)
        again = resume(actor=actor, at=at, load=load, reason=reason)
        drift = Admission.objects.filter(load=load).first()
        if drift is not None:  # what was decided about this file before still holds for it
            drift.pk, drift.load = None, again
            drift.save(force_insert=True)
        return again


def resume(*, actor: Actor, at: datetime, load: Load, reason: str = "") -> Load:
    """Load what a stopped load received once more and in the same way, after somebody decided about what stopped it.

    Raises ``RuleBroken`` when the load was not the table's last, its file is gone, another is under way, or a model
    would compute other rows by now.
    """
    table = load.table
    allow(policies.may_load(actor, table.agency.code))
    if queries.active_load(table):
        raise _busy(table)
    if table.loads.first() != load:
        raise RuleBroken(
            _("Sau lượt nạp %(code)s bảng đã có lượt nạp mới hơn.") % {"code": load.code},
            article="nội bộ",
            hint=_("Xem lượt nạp mới nhất của bảng."),
        )
    _refuse_stale(load)
    _received_file(load)
    again = Load(
        table=table, by=actor.name, name=load.name, landing_sha=load.landing_sha, landing_size=load.landing_size,
        file_kind=load.file_kind, asked=load.asked, source=load.source, way=load.way, mends=load.mends,
        cursor=load.cursor, reason=reason[:500], model=load.model, inputs=load.inputs,
    )  # fmt: skip
    return open_load(again, actor=actor, at=at)


def _refuse_stale(load: Load) -> None:
    """Refuse rows a model computed from what is not any more what it would compute from."""
    model = load.model
    if model is not None and (planning.model_of(load.table) != model or planning.plan(model) != load.inputs):
        raise RuleBroken(
            _("Mô hình, hợp đồng hoặc bảng đầu vào đã khác so với lượt nạp %(code)s.") % {"code": load.code},
            article="nội bộ", hint=_("Bấm Chạy ngay ở trang Mô hình của bảng."),
        )  # fmt: skip


def _received_file(load: Load) -> Path:
    """Return the file a load received; raise ``RuleBroken`` when it is not there."""
    path = landing.landed_path(places.landing(), load.landing_sha) if load.landing_sha else None
    if path is None or not path.is_file():
        raise RuleBroken(
            _("Lượt nạp %(code)s không còn tệp đã nhận.") % {"code": load.code},
            article="nội bộ",
            hint=_("Tải tệp lên lại ở trang Nạp dữ liệu."),
        )
    return path


@transaction.atomic
def withdraw_admission(*, actor: Actor, at: datetime, admission: FindingAdmission) -> None:
    """Admit a finding no longer: the next load that has it stops. Committed versions stay."""
    allow(policies.may_load(actor, admission.table.agency.code))
    found = [{"column": admission.column, "kind": admission.kind}]
    _record_findings("withdrawn", admission.load, actor=actor, at=at, found=found, reason=admission.reason)
    admission.delete()


def _record_findings(
    deed: str, load: Load, *, actor: Actor, at: datetime, found: list[dict[str, Any]], reason: str
) -> None:
    told = [f"{one['column']}: {one['kind']}" for one in found]
    record(
        actor=actor, at=at, action=f"warehouse.findings.{deed}", object_type="warehouse.table",
        object_code=load.table.code, agency=load.table.agency.code,
        details={"load": load.code, "found": told, "reason": reason[:500]},
    )  # fmt: skip


def _told(asked: Asked) -> dict[str, Any]:
    """Return what was asked for, without what was left to be found."""
    return {name: value for name, value in asdict(asked.check()).items() if value not in {"", 0, None}}


def headings_of(upload: Upload) -> list[str]:
    """Return the headings of a sample file; nothing of it is kept. Raises ``Invalid`` saying what is wrong with it."""
    folder = places.work("mau")
    landed = landing.land_stream(upload.chunks, upload.name, folder, limit=settings.NGANAM_UPLOAD_LIMIT)
    try:
        return [one for one in reading.inspect(landed, upload.name).header if one]
    finally:
        landed.path.unlink(missing_ok=True)


def columns_from_yaml(text: str) -> list[dict[str, Any]]:
    """Return the columns of a YAML description as plain data; raises ``Invalid`` naming what is wrong."""
    return contracts.to_list(contracts.from_yaml(text))


def _receive(load: Load, upload: Upload) -> None:
    folder = places.landing()
    landed = landing.land_stream(upload.chunks, upload.name, folder, limit=settings.NGANAM_UPLOAD_LIMIT)
    try:
        shape = reading.inspect(landed, upload.name, load.table.shape, load.manner)
        if load.mends is not None:
            mending.line_place(shape, upload.name)
    except Exception:
        # The same bytes may have come in before with a load that stands.
        if not Load.objects.filter(landing_sha=landed.sha256).exists():
            landed.path.unlink(missing_ok=True)
        raise
    load.landing_sha, load.landing_size, load.file_kind = landed.sha256, landed.size, landed.kind


def open_load(load: Load, *, actor: Actor, at: datetime) -> Load:
    """Open a load and hand it to the worker; raise ``RuleBroken`` when one of the table is under way."""
    from nganam.warehouse import tasks  # noqa: PLC0415 - the job imports the operations

    table = load.table
    try:
        with transaction.atomic():
            hold(table)
            said = {"reason": load.reason, "asked": load.asked, "mends": load.mends.code if load.mends else ""}
            details = {"table": table.code, "name": load.name} | {name: one for name, one in said.items() if one}
            opened = open_case(load, actor=actor, at=at, details=details)
            tasks.run.enqueue(opened.code)
    except IntegrityError as error:
        raise _busy(table) from error
    return opened


def _busy(table: Table) -> RuleBroken:
    running = queries.active_load(table)
    return RuleBroken(
        _("Bảng “%(table)s” đang có lượt nạp %(code)s chưa xong.")
        % {"table": table.title, "code": running.code if running else ""},
        article="nội bộ",
        hint=_("Chờ lượt đó xong rồi nạp lại; mỗi bảng chỉ có một lượt nạp tại một thời điểm."),
    )


def fill_table(table: Table, columns: Iterable[Mapping[str, Any]], values: Mapping[str, Any]) -> None:
    """Write a declaration into an unsaved table; raises ``Invalid`` naming what is wrong with it."""
    shape = contracts.from_list(list(columns))
    table.contract = {**(table.contract or {}), "columns": contracts.to_list(shape)}
    table.__dict__.pop("shape", None)
    contracting.fill(table, shape, values)
    for name in (
        "title_en", "description", "source", "database", "communes_on", "schedule", "cursor", "cursor_overlap",
        "compare_days", "personal_stops",
    ):  # fmt: skip
        if name in values:
            setattr(table, name, values[name])
    table.commune_column = values.get("commune_column") or shape.first_of("commune")
    table.time_column = values.get("time_column") or shape.first_of("date", "datetime")
    table.has_personal = any(one.personal for one in shape.columns)
    found = {
        name: [_("Không có cột “%(column)s” trong mô tả.") % {"column": getattr(table, name)}]
        for name in ("commune_column", "time_column")
        if getattr(table, name) and getattr(table, name) not in shape.names
    }
    unknown = sorted(set(shape.codelists) - codelists.public_named(shape.codelists).keys())
    if unknown:
        text = _("Không có danh mục dùng chung “%(codes)s” đã công bố; xem mã ở trang Danh mục dùng chung.")
        found["columns"] = [text % {"codes": ", ".join(unknown)}]
    classing.refuse_declaration(table, shape)
    if not table.title:
        found["title"] = [_("Đặt tên cho bảng.")]
    if table.schedule and not DAILY.match(table.schedule):
        found["schedule"] = [_("Ghi giờ dạng 02:00.")]
    if table.source and table.source.agency_id != table.agency_id:
        found["source"] = [_("Nguồn phải của cùng cơ quan.")]
    if table.cursor and (table.source is None or table.source.kind in {SourceKind.FILE, SourceKind.REST}):
        found["cursor"] = [_("Chỉ nguồn là cơ sở dữ liệu mới đọc được từ con trỏ.")]
    elif table.cursor and not shape.key:
        found["cursor"] = [_("Đọc từ con trỏ cần bảng có khóa chính.")]
    found |= _pushed_wrongly(table, shape)
    if found:
        raise Invalid(_("Khai báo bảng chưa đúng."), fields=found)


def _pushed_wrongly(table: Table, shape: contracts.Contract) -> dict[str, list[str]]:
    """Refuse what would undo pushed records (a source) or let them stand twice (no key) while somebody may push."""
    if not is_pushed(table) or (table.source is None and shape.key):
        return {}
    text = _("Ứng dụng đang được đẩy dữ liệu vào bảng: bảng cần khóa chính và không có nguồn. Đóng quyền đẩy trước.")
    return {"source" if shape.key else "columns": [text]}


def is_pushed(table: Table) -> bool:
    """Say whether an application may push records into the table now."""
    door = getattr(table, "push_door", None) if table.pk else None
    return door is not None and door.rights.filter(ended_at__isnull=True).exists()


def _record_table(
    deed: str, table: Table, *, actor: Actor, at: datetime, more: Mapping[str, Any] | None = None
) -> None:
    record(
        actor=actor, at=at, action=f"warehouse.table.{deed}", object_type="warehouse.table", object_code=table.code,
        agency=table.agency.code,
        details={"columns": list(table.shape.names)} | {name: one for name, one in (more or {}).items() if one},
    )  # fmt: skip
