"""What a load does: land, read, check, commit, replicate, finish. Safe to kill at any moment and run again.

One process at a time loads a table: it holds a lock file, which the kernel frees when the process dies. The lake's
commit carries the load's code, so a load that died between commit and record is finished, not repeated.
"""

import functools
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

import structlog
from django.conf import settings
from django.db import transaction

from nganam.agencies.queries import unit_codes_on
from nganam.cases.operations import advance
from nganam.cases.queries import history_of
from nganam.codelists import queries as codelists
from nganam.codelists.tables import CodeTable
from nganam.face.telling import kept
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NganamError
from nganam.notices.operations import notify
from nganam.warehouse import (
    apis,
    contracting,
    drifting,
    erasing,
    forgetting,
    partial,
    places,
    progress,
    quality,
    screening,
    since,
    soundness,
    told,
)
from nganam.warehouse.engine import checking, files, history, lake, landing, reading, rejected, replica, rest
from nganam.warehouse.engine.contract import Contract
from nganam.warehouse.engine.erasing import REASON
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.files import counted
from nganam.warehouse.models import Erasure, Load, ModelVersion, RejectedRow, Source, SourceKind, Table, Version, Way
from nganam.warehouse.transforms import running

Teller = progress.Teller
log = structlog.get_logger(__name__)
Now = Callable[[], datetime]
FORGOTTEN = timedelta(minutes=10)
DEADLY = 3
"""How often a model's run is begun again after its process died (nội bộ)."""
BEFORE_MERGER = (date(2022, 1, 1), date(2025, 6, 30))
"""Days on which the old communes existed: a table may still carry their codes."""


def run_load(*, actor: Actor, now: Now, code: str) -> Load:
    """Bring a load to its end; one that has ended, or that another process is running, is left as it is.

    ``now`` is the door's clock: a load takes long enough to have a beginning and an end.
    """
    load = Load.objects.select_related("table__agency", "source__agency", "restores", "mends", "model").get(code=code)
    with places.alone(places.lock(load.table)) as alone:
        if not alone:
            return load
        load.refresh_from_db()
        if load.is_final:
            return load
        step = "check" if load.state == "received" else "restart"
        load = advance(load, step, actor=actor, at=now(), changes={"started_at": now()})
        try:
            with progress.teller(load, now=now).telling() as teller:
                return _run(load, teller, actor=actor, now=now)
        finally:
            shutil.rmtree(places.work(load.code), ignore_errors=True)


def repair(*, actor: Actor, now: Now) -> list[str]:
    """Finish what killed processes left (loads, scratch folders, landing files, replicas); return the load codes."""
    landing.clean(places.landing())
    for folder in (Path(settings.DATA) / "work").glob("NAP-*"):
        if not Load.objects.filter(code=folder.name, state="checking").exists():
            shutil.rmtree(folder, ignore_errors=True)
    for folder in (Path(settings.DATA) / "work").glob("thu-*"):  # of a try that was killed: first rows of a source
        if now().timestamp() - folder.stat().st_mtime > FORGOTTEN.total_seconds():
            shutil.rmtree(folder, ignore_errors=True)
    left = Load.objects.filter(state="checking") | Load.objects.filter(
        state="received", created_at__lt=now() - FORGOTTEN
    )
    done = []
    for code in list(left.values_list("code", flat=True)):
        try:
            done.append(run_load(actor=actor, now=now, code=code))
        except Exception:  # it stays as it is for the next repair; those after it are not to wait for that
            log.exception("repair_failed", load=code)
    forgetting.resume(actor=actor, at=now())
    for table in Table.objects.filter(versions__isnull=False).select_related("agency").distinct():
        mend_replica(table, actor=actor, now=now)
    return [one.code for one in done if one.is_final]


def mend_replica(table: Table, *, actor: Actor, now: Now) -> None:
    """Build the replica of the current version where it is missing, older or out of service; never fail for others."""
    try:
        ensure_replica(table)
    except Exception:
        log.exception("replica_not_built", table=table.code)
        with _for_others("replica_not_withdrawn", table):  # on a full disk the mark finds no room either
            soundness.withdraw_if_stale(table, actor=actor, at=now())


def verify_replicas(*, actor: Actor, now: Now) -> list[str]:
    """Compare every replica with the digest it was built with; mend those that differ, and return their tables."""
    found = []
    for table in Table.objects.filter(versions__isnull=False).select_related("agency").distinct():
        with _for_others("replica_not_verified", table):
            if soundness.withdraw_if_damaged(table, actor=actor, at=now()):
                found.append(table.code)
                mend_replica(table, actor=actor, now=now)
    return found


@contextmanager
def _for_others(event: str, table: Table) -> Iterator[None]:
    """Log what fails for one table, so that the others are not made to wait for it."""
    try:
        yield
    except Exception:
        log.exception(event, table=table.code)


def ensure_replica(table: Table) -> None:
    """Build the replica of the current version when it is missing or older."""
    version = table.versions.select_related("load").first()
    told = replica.current(places.replicas(table))
    if version is None or (told and told["version"] >= version.number and _is_whole(table, told, version.shape)):
        return
    with places.alone(places.lock(table)) as alone:
        if alone:
            rebuild_replica(Table.objects.get(pk=table.pk))  # an erasure may have moved it since


def rebuild_replica(table: Table) -> None:
    """Build the replica of the present version anew; the caller holds the table's lock."""
    version = table.versions.select_related("load").first()
    if version is not None:
        _replicate(table, version.shape, version.number, version.delta_version, version.committed_at)


def _is_whole(table: Table, told: dict[str, Any], shape: Contract) -> bool:
    is_complete = (
        not soundness.is_out(table)
        and replica.knows_changes(told)
        and replica.finds(told, replica.finding(shape, table.shape))
    )
    return is_complete and (places.replicas(table) / told["file"]).is_file()


def _run(load: Load, teller: Teller, *, actor: Actor, now: Now) -> Load:
    erasure = getattr(load, "erasure", None)
    if erasure is not None:
        return _erase(load, erasure, teller, actor=actor, now=now)
    done = lake.find_commit(places.lake(load.table), load.code)
    if done is not None:
        teller.plan(progress.SERVED)
    else:
        try:
            _refuse_deadly(load)
            done = _make(load, teller, actor=actor, now=now)
        except NganamError as error:
            return _fail(load, error, actor=actor, at=now())
        except Exception:
            # What the lake took is finished by the next run; only what it did not take can be called off.
            if lake.find_commit(places.lake(load.table), load.code):
                raise
            log.exception("load_failed", load=load.code, table=load.table.code)
            return _fail(load, fault("unexpected"), actor=actor, at=now())
    load.refresh_from_db()
    if done is None:
        ended = _end(load, "keep", actor=actor, at=now())
    else:
        ended = _finish(load, done, teller, actor=actor, at=now())
    if REASON in ended.by_reason:  # the source still sends what was erased here
        forgetting.drop_received(ended)
    return ended


def _refuse_deadly(load: Load) -> None:
    """Raise ``Invalid`` (model_killed) for a model whose process died again and again: its SQL is what kills it."""
    if load.model is not None:
        times = history_of(load).filter(transition="restart").count()
        if times >= DEADLY:
            raise fault("model_killed", times=times)


def _erase(load: Load, erasure: Erasure, teller: Teller, *, actor: Actor, now: Now) -> Load:
    """Write the table anew without some rows: its versions, then its replica, then what the database says of both."""
    try:
        anew = forgetting.rewrite(load, erasure, teller)
    except Exception as error:
        if not isinstance(error, NganamError):
            log.exception("erasure_failed", load=load.code, table=load.table.code)
        known = error if isinstance(error, NganamError) else fault("unexpected")
        # A half-written lake would keep a full disk full.
        shutil.rmtree(places.lake_of(load.table, load.table.generation + 1), ignore_errors=True)
        with transaction.atomic():
            erasing.give_back(erasure)
            return _fail(load, known, actor=actor, at=now())
    # From here on the next run finishes: what is served may be the rows that stay already.
    made = _serve_anew(load, erasure, anew, teller, actor=actor, at=now())
    teller.begin("clean")
    erasure.refresh_from_db()
    forgetting.clean(erasure, actor=actor, at=now())
    return made


def _serve_anew(
    load: Load, erasure: Erasure, anew: forgetting.Anew, teller: Teller, *, actor: Actor, at: datetime
) -> Load:
    """Serve the rows that stay as the next version, then record it: whoever has a copy must read the whole again."""
    last = load.table.versions.first()
    if last is None:
        raise fault("unexpected")
    moved = Table.objects.get(pk=load.table_id)
    moved.generation = anew.generation
    newest = anew.versions[-1]
    teller.begin("replica", whole=newest.rows, unit="rows")
    # Without the changes of versions before: what they say of the rows is to be gone too.
    _build(moved, last.shape, newest.number + 1, newest.delta_version, at, [], moved=teller.move)
    teller.begin("record")
    with transaction.atomic():
        version = forgetting.settle(load, erasure, anew, at=at)
        details = {"version": version.number, "rows": version.rows, "sha256": version.sha256, "erasure": erasure.code}
        return _end(load, "commit", actor=actor, at=at, details=details)


def _make(load: Load, teller: Teller, *, actor: Actor, now: Now) -> lake.Commit | None:
    """Do the work up to the lake's commit; None when the rows are the ones already there."""
    table, contract = load.table, load.table.shape
    scratch = places.work(load.code)
    scratch.mkdir(parents=True, exist_ok=True)
    if load.restores is not None:
        return _restore(load, load.restores, scratch, teller)
    landed = _landed(load, teller, at=now())
    _begin_reading(load, landed, teller)
    shape = reading.inspect(landed, load.name, contract, load.manner)
    if load.mends is None:  # a file of mended rows has a column of its own, and was judged with the first one
        drifting.refuse_columns(load, shape)
    rows, shape, ruled = _rows(load, landed, shape, scratch, teller)
    teller.begin("check")
    checked = checking.check(
        rows, shape, ruled, scratch / "accepted.parquet", communes=_communes(table, load),
        codelists=code_tables(contract), today=local_date(load.created_at), taken=partial.taken(load, scratch),
        with_lines=load.mends is not None, erased=erasing.erased(table),
    )  # fmt: skip
    _keep_outcome(load, shape, checked)
    if not checked.accepted and load.way in {Way.SINCE, Way.PUSH}:
        return None  # what was rejected is kept; the cursor goes on, or the same rows would stop every reading
    if not checked.accepted:
        raise fault("all_rejected", read=checked.read)
    if load.is_whole:  # of a few rows, some wrong ones are a large share
        drifting.refuse_types(load, checked)
    _keep_lost(load, checked, contract)
    figures = {"read": checked.read, "accepted": checked.accepted, "rejected": checked.rejected}
    teller.begin("scan")
    screening.screen(load, checked.path, actor=actor, at=now())
    teller.begin("judge")
    path = partial.whole(load, checked.path, scratch)
    quality.judge(load, path)
    teller.begin("write")
    return lake.commit(places.lake(table), path, contract, load=load.code, figures=figures)


def _rows(
    load: Load, landed: landing.Landed, shape: reading.Shape, scratch: Path, teller: Teller
) -> tuple[reading.Rows, reading.Shape, Contract]:
    """Read the rows; those of a mended file under their lines in the first one, and as that one was read."""
    by_bytes = landed.kind == "csv"

    def told_of(count: int, place: int) -> None:
        teller.move(place if by_bytes else count, read=count)

    mend, target = partial.mending_of(load, landed, shape), scratch / "rows.parquet"
    if mend is None:
        return reading.extract(landed, load.name, shape, target, told=told_of), shape, load.table.shape
    width = len(mend.shape.header)
    return reading.extract(landed, load.name, shape, target, mend.row, width, told=told_of), mend.shape, mend.contract


def _begin_reading(load: Load, landed: landing.Landed, teller: Teller) -> None:
    whole, unit = (landed.size, "bytes") if landed.kind == "csv" else progress.estimate(load)
    teller.begin("read", whole=whole, unit=unit)


def _restore(load: Load, version: Version, scratch: Path, teller: Teller) -> lake.Commit | None:
    """Commit the rows of an earlier version anew; its columns are the present ones (``operations.restore_version``)."""
    folder, contract = places.lake(load.table), load.table.shape
    target = scratch / "accepted.parquet"
    teller.begin("read")
    rows = lake.export(folder, contract, version.delta_version, target)
    teller.move(rows, read=rows)
    teller.begin("write")
    Load.objects.filter(pk=load.pk).update(read=rows, accepted=rows, rejected=0)
    figures = {"read": rows, "accepted": rows, "rejected": 0}
    return lake.commit(folder, target, contract, load=load.code, figures=figures)


def _landed(load: Load, teller: Teller, *, at: datetime) -> landing.Landed:
    """Return the received file; read the source first when nothing has been received yet."""
    if load.landing_sha:
        if load.model is not None:  # computed before it was stopped; what it may read can have changed since
            running.refuse(load, load.model, day=local_date(at))
        path = landing.landed_path(places.landing(), load.landing_sha)
        return landing.Landed(load.landing_sha, path.stat().st_size, path, load.file_kind)
    if load.model is not None:
        landed = _compute(load, load.model, teller, at=at)
    elif load.source is None:
        raise fault("unexpected")
    elif load.cursor:
        _begin_source(load, teller)
        landed = since.land(load, load.source, at=at, told=lambda rows: teller.move(rows, read=rows))
    else:
        landed = _land_source(load, load.source, teller)
    Load.objects.filter(pk=load.pk).update(landing_sha=landed.sha256, landing_size=landed.size, file_kind=landed.kind)
    return landed


def _compute(load: Load, model: ModelVersion, teller: Teller, *, at: datetime) -> landing.Landed:
    whole, unit = progress.estimate(load)
    teller.begin("compute", whole=whole, unit=unit)
    return running.land(
        load, model, day=local_date(at), limit=settings.NGANAM_UPLOAD_LIMIT * 20,
        told=lambda rows: teller.move(rows, read=rows),
    )  # fmt: skip


def _begin_source(load: Load, teller: Teller) -> None:
    whole, unit = progress.estimate(load)
    teller.begin("receive", whole=whole, unit=unit)


def _land_source(load: Load, source: Source, teller: Teller) -> landing.Landed:
    limit = settings.NGANAM_UPLOAD_LIMIT
    if source.kind == SourceKind.REST:
        _begin_source(load, teller)
        return rest.land_rest(
            apis.reader(source), places.landing(), limit=limit * 20,
            told=lambda _pages, records: teller.move(records, read=records),
        )  # fmt: skip
    if source.kind != SourceKind.FILE:
        from nganam.warehouse.engine import databases  # noqa: PLC0415 - SQLAlchemy: only a database source needs it

        _begin_source(load, teller)
        return databases.land_database(
            places.database(source), places.landing(), limit=limit * 20, told=lambda rows: teller.move(rows, read=rows)
        )
    path = places.source_file(source)
    if not path.is_file():
        raise fault("source_file_missing", name=source.name, file=path.name)
    teller.begin("receive", whole=path.stat().st_size, unit="bytes")
    with path.open("rb") as file:
        return landing.land_stream(_chunks(file, teller), source.name, places.landing(), limit=limit)


def _chunks(file: BinaryIO, teller: Teller) -> Iterator[bytes]:
    while chunk := file.read(landing.MEGABYTE):
        yield chunk
        teller.move(file.tell())


def _communes(table: Table, load: Load) -> frozenset[str] | None:
    """Return the commune codes a table may hold: of its day, else of any time; None when no units are recorded yet."""
    if not table.shape.first_of("commune"):
        return None
    if table.communes_on:
        return unit_codes_on(table.communes_on) or None
    today = local_date(load.created_at)
    return frozenset().union(*(unit_codes_on(day) for day in (*BEFORE_MERGER, today))) or None


def code_tables(contract: Contract) -> dict[str, CodeTable]:
    """Return the shared code lists that columns name; raise a fault when one has no code in force on any day."""
    found = {code: codelists.code_table(one) for code, one in codelists.public_named(contract.codelists).items()}
    for code in contract.codelists:
        if code not in found or not found[code].spans:
            raise fault("no_codelist", list=found[code].title if code in found else code)
    return found


def _keep_outcome(load: Load, shape: reading.Shape, checked: checking.Checked) -> None:
    if checked.rejected_path and checked.rejected:
        rejected.settle(checked.rejected_path, places.rejected(load))
    _note_outcome(load, shape, checked)


@transaction.atomic
def _note_outcome(load: Load, shape: reading.Shape, checked: checking.Checked) -> None:
    Load.objects.filter(pk=load.pk).update(
        encoding="" if shape.kind == "xlsx" else shape.encoding,
        delimiter=shape.delimiter,
        header_line=shape.header_line,
        ignored_columns=list(shape.ignored),
        found={
            "letters": shape.letters,
            "sheet": shape.sheet,
            "header_first": shape.header_first,
            "numbering": shape.numbering,
            "headings": {name: shape.header[place] for name, place in shape.places},
            "points": dict(checked.points),
            "emptied": dict(checked.emptied),
            "codelists": _lists_used(load),
        },
        read=checked.read,
        accepted=checked.accepted,
        rejected=checked.rejected,
        by_reason=dict(checked.by_reason),
    )
    RejectedRow.objects.filter(load=load).delete()
    RejectedRow.objects.bulk_create(
        [
            RejectedRow(
                load=load,
                line=one.line,
                column=one.flaws[0].column,
                reason=one.flaws[0].reason,
                flaws=[asdict(flaw) for flaw in one.flaws],
                cells=list(one.cells),
            )
            for one in checked.rejections
        ],
        batch_size=500,
    )


def _lists_used(load: Load) -> list[dict[str, object]]:
    """Note which list, of which day and version, each coded column was checked by."""
    columns = [one for one in load.table.shape.columns if one.codelist]
    lists = codelists.public_named([one.codelist for one in columns])
    told: list[dict[str, object]] = []
    for one in columns:
        by_row = one.codes_on in load.table.shape.names
        day = local_date(load.created_at) if by_row or not one.codes_on else date.fromisoformat(one.codes_on)
        stage = codelists.stage_on(lists[one.codelist], day)
        told.append(
            {
                "column": one.name,
                "list": one.codelist,
                "title": lists[one.codelist].title,
                "on": one.codes_on if by_row else day.isoformat(),
                "version": stage.number if stage and not by_row else None,
            }
        )
    return told


def _keep_lost(load: Load, checked: checking.Checked, contract: Contract) -> None:
    """Note which records are about to leave the table only because their rows were rejected; the page warns of them."""
    if load.is_whole and checked.rejected and checked.refused_keys:
        count, keys = lake.lost(places.lake(load.table), checked.refused_keys, contract)
        Load.objects.filter(pk=load.pk).update(lost=count, lost_keys=keys)


def _finish(load: Load, done: lake.Commit, teller: Teller, *, actor: Actor, at: datetime) -> Load:
    """Serve the committed version, then record it: one transaction with the end of the load."""
    table = load.table
    last = table.versions.first()
    number = last.number + 1 if last else 1
    teller.begin("replica", whole=done.rows, unit="rows")
    _replicate(table, table.shape, number, done.delta_version, at, done.difference, moved=teller.move)
    teller.begin("record", whole=done.rows, unit="rows")
    rows = lake.stream(places.lake(table), table.shape, done.delta_version)
    sha = files.content_sha256(counted(rows, teller.move), table.shape)
    with transaction.atomic():
        Version.objects.create(
            table=table,
            number=number,
            delta_version=done.delta_version,
            rows=done.rows,
            added=done.difference.added,
            changed=done.difference.changed,
            removed=done.difference.removed,
            load=load,
            contract=table.contract,
            contract_version=contracting.present(table),
            committed_at=at,
            sha256=sha,
        )
        details = {"version": number, "rows": done.rows, "sha256": sha, **asdict(done.difference), "lost": load.lost}
        return _end(load, "commit", actor=actor, at=at, details=details)


def _replicate(
    table: Table, shape: Contract, number: int, delta_version: int, at: datetime,
    difference: lake.Difference | None = None, *, moved: Callable[[int], None] = lambda _rows: None,
) -> None:  # fmt: skip
    """Build the replica of a version; ``difference`` is what it changed while there is no record of it yet."""
    states = list(table.versions.filter(number__lte=number)[: history.VERSIONS_KEPT + 1])
    if difference is not None:
        states = [Version(table=table, number=number, delta_version=delta_version, contract=table.contract,
                          **asdict(difference)), *states]  # fmt: skip
    steps = _steps(table, shape, states[: history.VERSIONS_KEPT + 1])
    _build(table, shape, number, delta_version, at, steps, moved=moved)


def _build(
    table: Table, shape: Contract, number: int, delta_version: int, at: datetime, steps: Sequence[history.Step], *,
    moved: Callable[[int], None],
) -> None:  # fmt: skip
    rows = counted(lake.stream(places.lake(table), shape, delta_version), moved)
    wanted = [name for name in (table.commune_column, table.time_column) if name]
    replica.build(
        places.replicas(table), shape, number, rows, indexes=wanted, as_of=at, steps=steps,
        found_by=replica.finding(shape, table.shape),
    )  # fmt: skip


def _steps(table: Table, shape: Contract, versions: Sequence[Version]) -> list[history.Step]:
    """Return the versions whose changes are kept, newest first: as far back as the columns are those of ``shape``."""
    found: list[history.Step] = []
    columns, total = [(one.name, one.type, one.key) for one in shape.columns], 0
    for newer, older in pairwise(versions):
        same = [(one.name, one.type, one.key) for one in older.shape.columns] == columns
        total += newer.added + newer.changed + newer.removed
        if not shape.key or not same or total > history.MOST_CHANGES:
            break
        read = functools.partial(
            lake.befores, places.lake(table), shape, before=older.delta_version, after=newer.delta_version
        )
        found.append(history.Step(newer.number, read))
    return found


def _fail(load: Load, error: NganamError, *, actor: Actor, at: datetime) -> Load:
    code = str(error.details.get("fault", "unexpected"))
    changes = {"fault": code, "fault_params": error.details.get("params", {})}
    load.refresh_from_db()
    return _end(load, "fail", actor=actor, at=at, changes=changes, details={"fault": code})


@transaction.atomic
def _end(
    load: Load, step: str, *, actor: Actor, at: datetime, changes: dict[str, object] | None = None,
    details: dict[str, object] | None = None,
) -> Load:  # fmt: skip
    table = load.table
    ended = advance(
        load,
        step,
        actor=actor,
        at=at,
        changes={"ended_at": at, **(changes or {})},
        details={"table": table.code, **(details or {})},
    )
    if ended.way == Way.PUSH and step != "fail" and not ended.rejected:
        return ended  # the sender has a receipt; an officer told of each of hundreds a day would read none
    notify(
        at=at,
        title=kept("%(table)s: %(state)s") % {"table": table.title, "state": ended.current.vi},
        body=ended.message or _outcome(ended),
        link=ended.get_absolute_url(),
        agency=table.agency.code,
        role=Role.FOCAL,
        event=f"warehouse.load.{step}",
    )
    return ended


def _outcome(load: Load) -> str:
    figures = {"accepted": load.accepted or 0, "rejected": load.rejected or 0, "lost": load.lost}
    return (told.TAKEN_AND_LOST if load.lost else told.TAKEN) % figures
