"""Every read of the warehouse. Rows come from the replica for the current version, else from the lake."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, NotFound
from nganam.scanning.rules import ColumnSample
from nganam.warehouse import places, policies
from nganam.warehouse.engine import faults, files, lake, profile, rejected, replica
from nganam.warehouse.engine.contract import Column, quote
from nganam.warehouse.engine.duck import duck, parquet
from nganam.warehouse.models import Erasure, FindingAdmission, Load, RejectedRow, Source, Table, Version, Way

ACTIVE = ("received", "checking")
ENDED_WELL = ("committed", "unchanged")
SAMPLE = 5000
MOST_ROWS = 1000


def table(code: str) -> Table:
    """Return the table with this code; raise ``NotFound``."""
    found = _tables().filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có bảng dữ liệu “%(code)s”.") % {"code": code})
    return found


def tables_for(actor: Actor) -> QuerySet[Table]:
    """Return the tables of the actor's agency for its focal officer, or all for the lead agency; by every door."""
    found = _tables()
    if policies.sees_all(actor):
        return found
    return found.filter(agency__code=actor.agency) if policies.works_here(actor) else found.none()


def get_table_for(actor: Actor, code: str) -> Table:
    """Return a table the actor may see; not theirs is not found."""
    found = tables_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(
            _("Không có bảng dữ liệu “%(code)s”.") % {"code": code}, hint=_("Xem danh sách ở trang Kho dữ liệu.")
        )
    return found


def listed_for(actor: Actor) -> QuerySet[Table]:
    """Return the actor's tables with what a list shows: version, rows, last commit, and the state of the last load."""
    last = Version.objects.filter(table=OuterRef("pk")).order_by("-number")
    load = Load.objects.filter(table=OuterRef("pk")).order_by("-created_at", "-pk")
    return tables_for(actor).annotate(
        version_number=Subquery(last.values("number")[:1]),
        version_rows=Subquery(last.values("rows")[:1]),
        version_at=Subquery(last.values("committed_at")[:1]),
        last_load=Subquery(load.values("code")[:1]),
        last_state=Subquery(load.values("state")[:1]),
    )


def sources_for(actor: Actor) -> QuerySet[Source]:
    """Return the sources of the actor's agency, or all for the lead agency."""
    found = Source.objects.select_related("agency", "connection", "api").annotate(table_count=Count("tables"))
    if policies.sees_all(actor):
        return found
    return found.filter(agency__code=actor.agency) if policies.works_here(actor) else found.none()


def get_source_for(actor: Actor, code: str) -> Source:
    """Return a source the actor may see; not theirs is not found."""
    found = sources_for(actor).filter(code=code.replace("\0", "")).first()
    if found is None:
        raise NotFound(_("Không có nguồn dữ liệu “%(code)s”.") % {"code": code}, hint=_("Xem ở trang Kho dữ liệu."))
    return found


def loads_for(actor: Actor) -> QuerySet[Load]:
    """Return the loads of the tables the actor may see."""
    return Load.objects.filter(table__in=tables_for(actor))


def get_load_for(actor: Actor, code: str) -> Load:
    """Return a load of a table the actor may see."""
    found = (
        Load.objects.select_related("table__agency", "source", "made__table__agency", "mends", "model")
        .filter(code=code)
        .first()
    )
    if found is None or not tables_for(actor).filter(pk=found.table_id).exists():
        raise NotFound(_("Không có lượt nạp “%(code)s”.") % {"code": code})
    return found


def get_version_for(actor: Actor, code: str, number: int) -> Version:
    """Return a version of a table the actor may see."""
    found = (
        get_table_for(actor, code)
        .versions.select_related("load", "table", "contract_version")
        .filter(number=number)
        .first()
    )
    if found is None:
        gone = Version.every.filter(table__code=code, number=number).exclude(removed_at=None).exists()
        told = (
            _("Phiên bản %(number)s đã xóa vì hết thời hạn lưu giữ.")
            if gone
            else _("Bảng không có phiên bản %(number)s.")
        )
        raise NotFound(told % {"number": number})
    return found


def removed_versions(table: Table) -> int:
    """Return how many versions of a table have gone because their years of retention were over."""
    return Version.every.filter(table=table).exclude(removed_at=None).count()


def active_load(table: Table) -> Load | None:
    """Return the load of the table that is under way, or None."""
    return table.loads.filter(state__in=ACTIVE).first()


def asked_of_source(table: Table) -> dict[str, Any]:
    """Return how somebody last asked for the table's source to be read."""
    last = table.loads.filter(source=table.source).first() if table.source else None
    return dict(last.asked) if last else {}


def loads_since(table: Table, at: datetime) -> QuerySet[Load]:
    """Return the loads of the table started at ``at`` or later, newest first."""
    return table.loads.filter(created_at__gte=at)


def current_version(table: Table) -> Version | None:
    """Return the newest version, or None before the first load."""
    return table.versions.order_by("-number").first()


def previous_version(version: Version) -> Version | None:
    """Return the version before this one, or None for the first."""
    return Version.objects.filter(table_id=version.table_id, number__lt=version.number).order_by("-number").first()


def columns(table: Table) -> tuple[Column, ...]:
    """Return the table's declared columns."""
    return table.shape.columns


def rejected_rows(load: Load) -> QuerySet[RejectedRow]:
    """Return the kept rejected rows in the order of the file."""
    return load.rejected_rows.select_related("load__table")


def rows(
    table: Table,
    *,
    version: Version | None = None,
    limit: int = 100,
    offset: int = 0,
    filters: Mapping[str, Any] | None = None,
    shown: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Return rows in key order as plain data (dates as ISO text), at most 1 000; ``filters`` are column = value.

    ``shown`` are the columns wanted (none: all).

    Raises ``Invalid`` for a filter on a column the table does not have. Empty before the first load.
    """
    wanted = version or current_version(table)
    if wanted is None:
        return []
    limit, offset = max(0, min(limit, MOST_ROWS)), max(0, offset)
    unknown = [name for name in filters or {} if name not in wanted.shape.names]
    if unknown:
        raise Invalid(
            _("Bảng không có cột “%(name)s”.") % {"name": unknown[0]}, fields={unknown[0]: [_("Không có cột này.")]}
        )
    told = replica.current(places.replicas(table))
    path = places.replicas(table) / f"v{wanted.number}.sqlite"
    if told and path.is_file():
        return _from_replica(path, wanted, limit, offset, filters or {}, shown)
    return _from_lake(wanted, limit, offset, filters or {}, shown)


def sample_columns(table: Table) -> list[ColumnSample]:
    """Return each column with up to 5 000 values of the current version, for a scan. Empty before the first load."""
    version = current_version(table)
    if version is None:
        return []
    shape = version.shape
    names = ", ".join(f"{quote(name)}::VARCHAR" for name in shape.names)
    with duck() as base:
        source = parquet(lake.files(places.lake(table), version.delta_version))
        # A sample from all over, the same one each time: marks at the end of a table count too.
        found = base.execute(
            f"SELECT {names} FROM {source} USING SAMPLE reservoir({SAMPLE} ROWS) REPEATABLE (7)"  # noqa: S608 - quoted
        ).fetchall()
    values = list(zip(*found, strict=True)) or [()] * len(shape.columns)
    return [
        ColumnSample(one.name, one.title, one.personal, [value or "" for value in held])
        for one, held in zip(shape.columns, values, strict=True)
    ]


def changes(version: Version, *, since: Version | None = None, limit: int = 200) -> list[lake.Change]:
    """Return the rows in which a version differs from ``since`` (by default the one before), at most ``limit``."""
    before = since or previous_version(version)
    found = lake.changes(
        places.lake(version.table),
        version.shape,
        before=before.delta_version if before else None,
        after=version.delta_version,
        limit=limit,
    )
    return [lake.Change(one.kind, _plain(one.before), _plain(one.after)) for one in found]


def difference_between(before: Version, after: Version) -> lake.Difference:
    """Return how many rows differ between any two versions of one table, by the later one's columns."""
    folder = places.lake(after.table)
    old, new = lake.files(folder, before.delta_version), lake.files(folder, after.delta_version)
    return lake.difference(old, new, after.shape)


def profile_of(version: Version) -> list[profile.ColumnProfile]:
    """Return the version's profile, column by column; made once and kept, since a version never changes.

    Columns declared personal since then are told without their values.
    """
    personal = version.personal
    return [
        replace(one, minimum=None, maximum=None, top=(), bins=()) if one.name in personal else one
        for one in _kept_profile(version)
    ]


def _kept_profile(version: Version) -> list[profile.ColumnProfile]:
    kept = Path(settings.DATA) / "profiles" / version.table.code / f"v{version.number}.json"
    if kept.is_file():
        return [profile.ColumnProfile(**one) for one in json.loads(kept.read_bytes())]
    made = profile.profile(lake.files(places.lake(version.table), version.delta_version), version.shape)
    kept.parent.mkdir(parents=True, exist_ok=True)
    waiting = kept.with_name(f".{uuid4().hex}.tmp")
    waiting.write_text(json.dumps(profile.as_plain(made), ensure_ascii=False), encoding="utf-8")
    waiting.replace(kept)
    return made


@dataclass(frozen=True, slots=True)
class Step:
    """One arrow of a version's descent: what kind of thing, its name, and a detail such as a digest."""

    kind: str
    name: str
    detail: str
    link: str = ""

    @property
    def is_digest(self) -> bool:
        """Say whether the detail is a checksum, not words."""
        return self.kind in {"landing", "version"}


def lineage(version: Version) -> list[Step]:
    """Return how a version came about: source or upload, landing file, load, version."""
    load = version.load
    steps = []
    for code, number in load.inputs.get("versions", {}).items():
        steps.append(Step("input", code, f"v{number}"))
    if load.source is not None:
        steps.append(Step("source", load.source.name, load.source.get_kind_display()))
    if load.restores is not None:
        steps.append(Step("version", str(load.restores), load.restores.sha256))
    else:
        steps.append(Step("landing", load.name, load.landing_sha))
    steps.append(Step("load", load.code, load.current.vi, load.get_absolute_url()))
    steps.append(Step("version", str(version), version.sha256))
    return steps


def _tables() -> QuerySet[Table]:
    return Table.objects.select_related("agency", "source", "database")


def _from_replica(
    path: Path, version: Version, limit: int, offset: int, filters: Mapping[str, Any], shown: Sequence[str]
) -> list[dict[str, Any]]:
    where, values = lake.filtered(filters)
    order = ", ".join(map(quote, version.shape.key)) or "rowid"
    names = ", ".join(map(quote, shown or version.shape.names))
    query = f"SELECT {names} FROM rows{where} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608 - quoted
    with closing(replica.connect(path)) as base:
        found = base.execute(query, [*map(replica.as_stored, values), limit, offset]).fetchall()
    booleans = {one.name for one in version.shape.columns if one.type == "boolean"}
    return [
        {name: bool(row[name]) if name in booleans and row[name] is not None else row[name] for name in row.keys()}  # noqa: SIM118 - sqlite3.Row iterates over values
        for row in found
    ]


def _from_lake(
    version: Version, limit: int, offset: int, filters: Mapping[str, Any], shown: Sequence[str]
) -> list[dict[str, Any]]:
    where, values = lake.filtered(filters)
    shape = version.shape
    order = ", ".join(map(quote, shape.key or shape.names))
    names = ", ".join(
        f"make_timestamp(epoch_us({quote(one.name)})) AS {quote(one.name)}"
        if one.type == "datetime"
        else quote(one.name)
        for one in shape.columns
        if one.name in (shown or shape.names)
    )
    with duck() as base:
        source = parquet(lake.files(places.lake(version.table), version.delta_version))
        query = f"SELECT {names} FROM {source}{where} ORDER BY {order} LIMIT {limit} OFFSET {offset}"  # noqa: S608 - quoted
        found = base.execute(query, values).fetchall()
    wanted = [name for name in shape.names if name in (shown or shape.names)]
    return [dict(zip(wanted, map(files.as_json, row), strict=True)) for row in found]


def _plain(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {name: files.as_json(value) for name, value in row.items()}


def get_admission_for(actor: Actor, code: str, number: int) -> FindingAdmission:
    """Return what was admitted into a table the actor may see."""
    table = get_table_for(actor, code)
    held = FindingAdmission.objects.select_related("table__agency", "load__table__agency")
    admission = held.filter(table=table, pk=number).first()
    if admission is None:
        raise NotFound(_("Không có phát hiện được chấp nhận này."))
    return admission


def get_erasure_for(actor: Actor, code: str) -> Erasure:
    """Return an erasure of a table the actor may see."""
    held = Erasure.objects.select_related("table__agency", "load").filter(code=code.replace("\0", ""))
    found = held.filter(table__in=tables_for(actor)).first()
    if found is None:
        raise NotFound(_("Không có đề nghị xóa “%(code)s”.") % {"code": code})
    return found


def rejected_table(load: Load) -> Iterator[list[str]]:
    """Yield all rejected rows for a download: line, columns and reasons, then the cells under the file's own headings.

    Of loads from before all were kept, the first ones.
    """
    own = [_("Dòng gốc"), _("Cột sai"), _("Lý do loại")]
    path = places.rejected(load)
    if path.is_file():
        yield [*own, *map(files.harmless_cell, rejected.heading(path).names)]
        found: Iterable[rejected.Kept] = rejected.rows(path)
    else:
        yield [*own, _("Các ô nhận được")]
        found = (rejected.Kept(one.line, one.flaws, one.cells) for one in rejected_rows(load).iterator(chunk_size=200))
    titles = {one.name: one.title for one in load.table.shape.columns}
    for one in found:
        columns = "; ".join(titles.get(flaw["column"], flaw["column"]) for flaw in one.flaws if flaw["column"])
        reasons = "; ".join(faults.reason(flaw["reason"], flaw["params"], _) for flaw in one.flaws)
        yield [str(one.line), *map(files.harmless_cell, (columns, reasons, *one.cells))]


def mended_of(load: Load) -> int:
    """Return how many of a load's rejected rows have been mended since."""
    last = load.mendings.filter(state__in=ENDED_WELL).order_by("-pk").first()
    return last.mended if last else 0


def why_not_mended(load: Load) -> str:
    """Return "" when mended rows of the load's rejected ones can still be put into the table, else why not."""
    if load.model is not None:
        return _("Bảng dẫn xuất được tính lại từ đầu vào: sửa dòng sai ở bảng đầu vào, hoặc sửa câu SQL của mô hình.")
    if not load.rejected or not places.rejected(load).is_file():
        return _("Lượt nạp %(code)s không có dòng bị loại nào được giữ để sửa.") % {"code": load.code}
    if load.state not in ENDED_WELL and load.fault != "all_rejected":
        return _("Lượt nạp %(code)s không đưa dòng nào vào bảng nên không sửa riêng dòng bị loại được.") % {
            "code": load.code
        }
    since = load.table.loads.filter(way=Way.WHOLE, state__in=ENDED_WELL, pk__gt=load.pk).order_by("pk").first()
    if since:
        return _("Bảng đã được nạp cả bảng ở lượt %(code)s; các dòng bị loại trước đó không còn ứng với bảng này.") % {
            "code": since.code
        }
    return ""
