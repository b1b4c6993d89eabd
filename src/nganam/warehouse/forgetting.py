"""What a confirmed erasure does: every version written anew without the rows, then all that was made of the old ones.

Until the one transaction that lets the versions point into the new lake, nothing has changed and a killed process
begins again; after it the rows are gone from what is served and read, and what is left on the disk is removed, by the
next start if need be.
"""

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from nganam.kernel.actors import Actor
from nganam.warehouse import erasing, files, places, queries
from nganam.warehouse.engine import erasing as engine
from nganam.warehouse.engine import landing, replica
from nganam.warehouse.erasure_models import ErasedValue, Erasure, ErasureState
from nganam.warehouse.models import FileState, Load, RejectedRow, Table, Version, VersionFile
from nganam.warehouse.progress import Teller

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Anew:
    """The versions as they stand in the lake of the next generation, oldest first, with their digests."""

    generation: int
    versions: tuple[engine.Rewritten, ...]
    sha256: dict[int, str]


def rewrite(load: Load, erasure: Erasure, teller: Teller) -> Anew:
    """Write the table's versions without the erased rows beside the present lake; what is served stays as it is."""
    table = load.table
    erasing.salt()  # raises while the table can still be left as it is
    versions = list(table.versions.select_related("load").order_by("number"))
    scratch = places.work(load.code)
    scratch.mkdir(parents=True, exist_ok=True)
    generation = table.generation + 1
    new = places.lake_of(table, generation)
    teller.begin("erase", whole=len(versions), unit="versions")
    told = engine.rewrite(
        places.lake(table), new, [erasing.version_kept(one) for one in versions], erasure.column,
        erasing.values_of(erasure), scratch, told=teller.move,
    )  # fmt: skip
    digests = {
        one.number: files.digest(new, version.shape, one.delta_version) if one.removed else version.sha256
        for one, version in zip(told, versions, strict=True)
    }
    return Anew(generation, tuple(told), digests)


def settle(load: Load, erasure: Erasure, anew: Anew, *, at: datetime) -> Version:
    """Let the table's versions be the new ones and add one without the rows; in the caller's transaction."""
    table = load.table
    Table.objects.filter(pk=table.pk).update(generation=anew.generation)
    old = {one.number: one for one in table.versions.order_by("number")}
    told = [_point(old[one.number], one, anew.sha256[one.number]) for one in anew.versions]
    last, newest = anew.versions[-1], old[anew.versions[-1].number]
    made = Version.objects.create(
        table=table, number=last.number + 1, delta_version=last.delta_version, rows=last.rows, added=0, changed=0,
        removed=last.removed, load=load, contract=newest.contract, contract_version=newest.contract_version,
        committed_at=at, sha256=anew.sha256[last.number],
    )  # fmt: skip
    Load.objects.filter(pk=load.pk).update(read=last.rows, accepted=last.rows, rejected=0)
    load.read, load.accepted, load.rejected = last.rows, last.rows, 0
    values = erasing.values_of(erasure)
    salt = erasing.salt()
    rows = [ErasedValue(erasure=erasure, digest=engine.digest(salt, one)) for one in values]
    ErasedValue.objects.bulk_create(rows, ignore_conflicts=True)
    without = [number for number, one in old.items() if erasure.column not in one.shape.names]
    rejected = _forget_rows(table, values)
    _forget_files(table, values)
    erasure.state = ErasureState.CLEANING
    erasure.outcome = {"versions": told, "without": without, "rejected": rejected}
    erasure.save(update_fields=["state", "outcome"])
    return made


def _point(version: Version, anew: engine.Rewritten, digest: str) -> dict[str, Any]:
    """Let a version stand for its rows in the new lake, and return what that changed, in numbers."""
    told = {
        "number": version.number, "removed": anew.removed, "rows": anew.rows, "sha256_before": version.sha256,
        "sha256": digest,
    }  # fmt: skip
    change = anew.difference
    Version.objects.filter(pk=version.pk).update(
        delta_version=anew.delta_version, rows=anew.rows, added=change.added, changed=change.changed,
        removed=change.removed, sha256=digest,
    )  # fmt: skip
    return told


def _forget_rows(table: Table, values: Collection[str]) -> int:
    """Empty what rejected rows and lost keys say of the values; return how many rejected rows that were."""
    found = [
        one
        for one in RejectedRow.objects.filter(load__table=table).iterator(chunk_size=500)
        if engine.holds_value([one.cells, one.flaws], values)
    ]
    for one in found:
        one.cells, one.column, one.reason = [], "", engine.REASON
        one.flaws = [{"column": "", "reason": engine.REASON, "params": {}}]
    RejectedRow.objects.bulk_update(found, ["cells", "column", "reason", "flaws"], batch_size=200)
    for load in table.loads.exclude(lost_keys=[]):
        load.lost_keys = [one for one in load.lost_keys if not engine.holds_value(one.split(" · "), values)]
        load.save(update_fields=["lost_keys"])
    return len(found)


def _forget_files(table: Table, values: Collection[str]) -> None:
    """Tell all made files as removed: who needs one has it made again, of the rows there are now."""
    made = VersionFile.objects.filter(version__table=table)
    asked_by = [one.pk for one in made.exclude(filters={}) if engine.holds_value(one.filters, values)]
    made.filter(pk__in=asked_by).delete()
    made.filter(state__in=[FileState.READY, FileState.FAILED]).update(state=FileState.REMOVED)
    made.filter(state=FileState.MAKING).update(state=FileState.WAITING)


def clean(erasure: Erasure, *, actor: Actor, at: datetime) -> None:
    """Remove what the disk still holds of the erased rows, then end the erasure. Safe to do again after a kill.

    The caller holds the table's lock.
    """
    table = Table.objects.get(pk=erasure.table_id)
    loads = list(table.loads.filter(pk__lte=erasure.load_id).order_by("pk"))
    done = {"received": sum(map(drop_received, loads)), "kept_apart": _drop_rejected(loads, erasing.values_of(erasure))}
    for path in places.lakes(table):
        if path != places.lake(table):
            shutil.rmtree(path, ignore_errors=True)
    present = replica.current(places.replicas(table))
    if present:
        replica.prune(places.replicas(table), present["version"], keep=1)
    data = Path(settings.DATA)
    for folder in (data / "files" / table.code, data / "profiles" / table.code):
        shutil.rmtree(folder, ignore_errors=True)
    _end(erasure, done, actor=actor, at=at)


@transaction.atomic
def _end(erasure: Erasure, done: dict[str, int], *, actor: Actor, at: datetime) -> None:
    held = Erasure.objects.select_for_update(of=("self",)).select_related("table__agency").get(pk=erasure.pk)
    if held.state != ErasureState.CLEANING:
        return
    held.outcome |= done
    erasing.end(held, actor=actor, at=at)


def drop_received(load: Load) -> bool:
    """Remove the file a load received: it holds the rows as they came, in any writing.

    One of the same content that another load is still to read is left; that load does the same when it has ended.
    """
    waiting = Load.objects.filter(landing_sha=load.landing_sha, state__in=queries.ACTIVE).exclude(pk=load.pk)
    if not load.landing_sha or waiting.exists():
        return False
    path = landing.landed_path(places.landing(), load.landing_sha)
    there = path.is_file()
    path.unlink(missing_ok=True)
    return there


def _drop_rejected(loads: list[Load], values: Collection[str]) -> int:
    """Remove files of rejected and mended rows that hold a value, with all files of the same mending."""
    dropped = 0
    for first in (one for one in loads if one.mends_id is None):
        kin = [first, *(one for one in loads if one.mends_id == first.pk)]
        paths = [path for one in kin for path in (places.rejected(one), places.mended(one)) if path.is_file()]
        if any(engine.holds(path, values) for path in paths):
            for path in paths:
                path.unlink(missing_ok=True)
            dropped += len(paths)
    return dropped


def resume(*, actor: Actor, at: datetime) -> list[str]:
    """Remove what erasures whose process was killed have left; return their codes."""
    done = []
    for erasure in Erasure.objects.filter(state=ErasureState.CLEANING).select_related("table"):
        with places.alone(places.lock(erasure.table)) as alone:
            if not alone:
                continue
            try:
                clean(erasure, actor=actor, at=at)
                done.append(erasure.code)
            except Exception:  # it stays for the next repair; those after it are not to wait for that
                log.exception("erasure_not_cleaned", erasure=erasure.code)
    return done
