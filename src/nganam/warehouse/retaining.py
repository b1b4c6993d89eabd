"""Old versions go when the contract's years of retention are over: counted from the day another took their place.

What the newest version says stays, whatever its age. The lake is written anew without the old ones, as an erasure does;
their record (numbers, digests, who and when) stays. What another room refers to, such as a release, is kept for it.
"""

import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from nganam.audit.operations import record
from nganam.kernel.actors import Actor
from nganam.warehouse import erasing, forgetting, loading, operations, places, queries
from nganam.warehouse.engine import erasing as engine
from nganam.warehouse.engine import landing, replica
from nganam.warehouse.models import FileState, Load, RejectedRow, Table, Version, VersionFile

log = structlog.get_logger(__name__)
LEAP_DAY = 29


def remove_old(*, actor: Actor, now: Callable[[], datetime]) -> dict[str, int]:
    """Remove the versions of all tables whose years are over; return how many by table.

    A table that is being loaded waits for the next night; one that cannot be written anew stays as it is.
    """
    for load in Load.objects.filter(by_reason__has_key=engine.REASON, state__in=queries.ENDED_WELL):
        forgetting.drop_received(load)  # where a worker was killed just before it did
    done: dict[str, int] = {}
    for table in Table.objects.filter(contract__terms__has_key="retention_years").select_related("agency"):
        with places.alone(places.lock(table)) as alone:
            if not alone or queries.active_load(table):
                continue
            try:
                done[table.code] = _remove(table, due(table, now()), actor=actor, at=now())
            except Exception:  # the others are not to wait for it
                log.exception("old_versions_not_removed", table=table.code)
    return {code: number for code, number in done.items() if number}


def due(table: Table, at: datetime) -> list[Version]:
    """Return the versions that were replaced longer ago than the contract keeps them, oldest first."""
    years = int(table.contract.get("terms", {}).get("retention_years") or 0)
    if not 0 < years < at.year:
        return []
    before = _years_ago(at, years)
    versions = list(table.versions.select_related("load", "table").order_by("number"))
    replaced = (older for older, newer in pairwise(versions) if newer.committed_at <= before)
    return [one for one in replaced if not _is_held(one)]


def _years_ago(at: datetime, years: int) -> datetime:
    try:
        return at.replace(year=at.year - years)
    except ValueError:  # there is no 29 February
        return at.replace(year=at.year - years, day=LEAP_DAY - 1)


def _is_held(version: Version) -> bool:
    """Say whether another room refers to a version."""
    own = Version._meta.app_label  # noqa: SLF001 - Django's own door to what refers to a model
    others = (one for one in Version._meta.related_objects if one.related_model._meta.app_label != own)  # noqa: SLF001
    return any(one.related_model._base_manager.filter(**{one.field.name: version}).exists() for one in others)  # noqa: SLF001


def _remove(table: Table, old: Sequence[Version], *, actor: Actor, at: datetime) -> int:
    if old:
        scratch = places.work(f"{table.code}.luu-giu")
        try:
            _write_anew(table, old, scratch, actor=actor, at=at)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    _clean(Table.objects.get(pk=table.pk))
    return len(old)


def _write_anew(table: Table, old: Sequence[Version], scratch: Path, *, actor: Actor, at: datetime) -> None:
    scratch.mkdir(parents=True, exist_ok=True)
    gone = {one.pk for one in old}
    kept = [one for one in table.versions.select_related("load").order_by("number") if one.pk not in gone]
    new = places.lake_of(table, table.generation + 1)
    told = engine.rewrite(places.lake(table), new, [erasing.version_kept(one) for one in kept], "", (), scratch)
    with transaction.atomic():
        operations.hold(table)
        Table.objects.filter(pk=table.pk).update(generation=table.generation + 1)
        for version, anew in zip(kept, told, strict=True):
            Version.objects.filter(pk=version.pk).update(delta_version=anew.delta_version)
        Version.objects.filter(pk__in=gone).update(removed_at=at)
        VersionFile.objects.filter(version__in=gone).update(state=FileState.REMOVED)
        RejectedRow.objects.filter(load__made__in=gone).delete()
        record(
            actor=actor, at=at, action="warehouse.versions.removed", object_type="warehouse.table",
            object_code=table.code, agency=table.agency.code,
            details={"versions": [one.number for one in old], "years": table.contract["terms"]["retention_years"]},
        )  # fmt: skip


def _clean(table: Table) -> None:
    """Remove what the disk still holds of versions that have gone; harmless to repeat after a kill."""
    gone = Version.every.filter(table=table).exclude(removed_at=None).select_related("load")
    if not gone.exists():
        return
    for path in places.lakes(table):
        if path != places.lake(table):
            shutil.rmtree(path, ignore_errors=True)
    data = Path(settings.DATA)
    for version in gone:
        shutil.rmtree(data / "files" / table.code / f"v{version.number}", ignore_errors=True)
        (data / "profiles" / table.code / f"v{version.number}.json").unlink(missing_ok=True)
        _drop_received(version.load, gone)
    _forget_changes(table)


def _drop_received(load: Load, gone: QuerySet[Version]) -> None:
    """Remove what a load received and set aside, unless a load that stays has received the same."""
    for path in (places.rejected(load), places.mended(load)):
        path.unlink(missing_ok=True)
    others = Load.objects.filter(landing_sha=load.landing_sha).exclude(made__in=gone)
    if load.landing_sha and not others.exists():
        landing.landed_path(places.landing(), load.landing_sha).unlink(missing_ok=True)


def _forget_changes(table: Table) -> None:
    """Build the replica again where it still tells of changes since a version that has gone."""
    oldest = table.versions.order_by("number").first()
    told = replica.current(places.replicas(table))
    since = told.get("changes_since") if told else None
    if oldest is not None and since is not None and since < oldest.number:
        loading.rebuild_replica(table)
