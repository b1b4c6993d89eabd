"""Files of a version to take away: asked for by a person, made once by the worker, kept while they are used.

Safe to kill at any moment: a file has its name only once it is whole, its row says ready only after that, and what was
left in between is taken up again. What was removed is made again under the same address when somebody asks.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from nganam.audit.operations import record
from nganam.cases.requirements import allow
from nganam.face.sending import KeptFile
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.digest import canonical_json, sha256_hex
from nganam.kernel.errors import Invalid, NganamError, NotFound
from nganam.warehouse import choosing, files, places, policies, queries, told
from nganam.warehouse.choosing import Choice
from nganam.warehouse.engine import lake
from nganam.warehouse.engine.files import XLSX_ROWS
from nganam.warehouse.models import FILE_KINDS, FileState, Load, Table, Version, VersionFile
from nganam.warehouse.terms import FILES, span

log = structlog.get_logger(__name__)
Now = Callable[[], datetime]
FORGOTTEN = timedelta(minutes=10)
TOLD_EVERY = 100_000
"""Rows between two words of progress."""
PATIENCE = 5
"""Seconds for which another holder of a file's lock is waited for: making one may take longer."""
CODE_LENGTH = 16


def ask_file(
    *, actor: Actor, at: datetime, version: Version, kind: str, columns: Sequence[str] = (),
    filters: Mapping[str, str] | None = None,
) -> VersionFile:  # fmt: skip
    """Return the file of what is asked for, made or on its way; ``columns`` none: all the actor may take.

    Raises ``NotAllowed`` for personal columns that are not the actor's to take, also to filter by; ``Invalid`` for
    unknown columns, values that are none, and a form the table cannot take.
    """
    agency = version.table.agency.code
    allow(policies.may_take(actor, agency))
    choice = choosing.choose(version.shape, columns, filters or {})
    if not columns:
        shown = [one.name for one in policies.visible(actor, version)]
        choice = choosing.choose(version.shape, shown, filters or {})
    if _personal(version, choice):
        allow(policies.may_take_personal(actor, agency))
    _check_kind(version, kind, choice)
    return _ask(_wish(version, kind, choice), actor=actor, at=at)


def ask_again(*, actor: Actor, at: datetime, file: VersionFile) -> VersionFile:
    """Ask for a file that was removed, lost or not made once more; one that is there or on its way stays as it is."""
    _may_have(actor, file)
    again = VersionFile(
        version=file.version, code=file.code, format=file.format, columns=file.columns, filters=file.filters,
        has_personal=file.holds_personal,
    )  # fmt: skip
    return _ask(again, actor=actor, at=at)


def _personal(version: Version, choice: Choice) -> bool:
    return bool(version.personal & {*choice.shape.names, *choice.where})


def _check_kind(version: Version, kind: str, choice: Choice) -> None:
    if kind not in FILE_KINDS:
        listed = ", ".join(FILE_KINDS)
        raise Invalid(_("Không có dạng tệp này."), fields={"format": [_("Dùng một trong: %s.") % listed]})
    rows = version.rows
    if kind == "xlsx" and rows > XLSX_ROWS and choice.where:
        rows = lake.matching(places.lake(version.table), version.delta_version, choice.where)
    why = files.kinds_for(choice.shape, rows)[kind]
    if why:
        raise Invalid(why, fields={"format": [why]}, hint=_("Chọn dạng khác, hoặc thêm điều kiện lọc."))


def _wish(version: Version, kind: str, choice: Choice) -> VersionFile:
    columns, filters = list(choice.shape.names), choice.told
    code = sha256_hex(canonical_json([kind, columns, filters]))[:CODE_LENGTH]
    return VersionFile(
        version=version, code=code, format=kind, columns=columns, filters=filters,
        has_personal=_personal(version, choice),
    )  # fmt: skip


@transaction.atomic
def _ask(wish: VersionFile, *, actor: Actor, at: datetime) -> VersionFile:
    found = _held(wish)
    if found and (found.is_under_way or (found.is_ready and place(found).is_file())):
        return found
    wish.asked_at, wish.asked_by = at, actor.name
    if found is None:
        try:
            with transaction.atomic():
                wish.save(force_insert=True)
        except IntegrityError:  # somebody asked for the same at once, and that is as good
            return _held(wish) or wish
    else:
        wish.pk = found.pk
        changes = {
            "state": FileState.WAITING,
            "asked_at": at,
            "asked_by": actor.name,
            "held": 0,
            "fault": "",
            "used_at": None,
        }
        VersionFile.objects.filter(pk=found.pk).update(**changes)
    _enqueue(wish)
    _record("asked", wish, actor=actor, at=at)
    return wish if found is None else VersionFile.objects.select_related("version__table__agency").get(pk=found.pk)


def _held(wish: VersionFile) -> VersionFile | None:
    rows = VersionFile.objects.select_for_update(of=("self",)).select_related("version__table__agency")
    return rows.filter(version=wish.version, code=wish.code).first()


def _enqueue(found: VersionFile) -> None:
    from nganam.warehouse import tasks  # noqa: PLC0415 - the job imports the operations

    tasks.make_file.enqueue(found.pk)


def place(file: VersionFile) -> Path:
    """Return where a file lies once it is made."""
    folder = places.files(file.version, file.code)
    return folder / f"{file.version.table.code}.{files.ENDINGS.get(file.format, file.format)}"


def make_file(*, actor: Actor, now: Now, pk: int, patience: float = 0) -> VersionFile:
    """Make a file that waits; one that is made, or that another process is making, is left as it is.

    Whoever holds the file is waited for ``patience`` seconds: a maker or remover that is about to let go makes nothing.
    """
    file = VersionFile.objects.select_related("version__table__agency").get(pk=pk)
    folder = places.files(file.version, file.code)
    with places.alone(folder / ".lock", patience=patience) as alone:
        if not alone:
            return file
        file.refresh_from_db(fields=["state"])
        if not file.is_under_way:
            return file
        for left in folder.glob("*.tmp"):  # of a maker that was killed: nobody else writes here
            left.unlink(missing_ok=True)
        VersionFile.objects.filter(pk=pk).update(state=FileState.MAKING, held=0)
        try:
            _make(file, actor=actor, now=now)
        except NganamError as error:
            _give_up(file, error.message, actor=actor, at=now())
        except Exception:
            log.exception("file_not_made", table=file.version.table.code, version=file.version.number, file=file.code)
            _give_up(file, kept(told.FILE_FAILED), actor=actor, at=now())
        return VersionFile.objects.get(pk=pk)


def _make(file: VersionFile, *, actor: Actor, now: Now) -> None:
    choice = choosing.choose(
        file.version.shape, file.columns, {name: _words(one) for name, one in file.filters.items()}
    )
    said, generation = [0], file.version.table.generation

    def told_of(rows: int) -> None:
        if rows - said[0] >= TOLD_EVERY:
            said[0] = rows
            VersionFile.objects.filter(pk=file.pk).update(held=rows)

    written = files.write_file(file.version, file.format, choice, place(file), told=told_of)
    at = now()
    changes = {
        "state": FileState.READY, "held": written.rows, "rows": written.rows, "size": written.size,
        "sha256": written.sha256, "made_at": at,
    }  # fmt: skip
    with transaction.atomic():
        table = Table.objects.select_for_update(no_key=True).get(pk=file.version.table_id)
        if table.generation != generation:  # rows were erased while they were being written: once more, without them
            place(file).unlink(missing_ok=True)
            VersionFile.objects.filter(pk=file.pk).update(state=FileState.WAITING)
            return
        VersionFile.objects.filter(pk=file.pk).update(**changes)
        details = {"rows": written.rows, "size": written.size, "sha256": written.sha256}
        _record("made", file, actor=actor, at=at, details=details)


def _words(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@transaction.atomic
def _give_up(file: VersionFile, why: str, *, actor: Actor, at: datetime) -> None:
    VersionFile.objects.filter(pk=file.pk).update(state=FileState.FAILED, fault=why[:500])
    _record("failed", file, actor=actor, at=at)


def resume(*, actor: Actor, now: Now) -> int:
    """Make what a killed process left unmade or nobody came for; return how many."""
    left = VersionFile.objects.filter(state=FileState.MAKING) | VersionFile.objects.filter(
        state=FileState.WAITING, asked_at__lt=now() - FORGOTTEN
    )
    done = [make_file(actor=actor, now=now, pk=pk) for pk in left.values_list("pk", flat=True)]
    return sum(not one.is_under_way for one in done)


@transaction.atomic
def take(*, actor: Actor, at: datetime, file: VersionFile, part: str = "") -> None:
    """Note that a file, or the ``part`` of it that ``Content-Range`` names, leaves with the actor."""
    _may_have(actor, file)
    VersionFile.objects.filter(pk=file.pk).update(used_at=at)
    details = {"sha256": file.sha256} | ({"part": part} if part else {})
    _record("taken", file, actor=actor, at=at, details=details)


def sent(actor: Actor, file: VersionFile) -> KeptFile:
    """Return a ready file as it is sent. Raises ``NotAllowed``, or ``NotFound`` while it is not there."""
    _may_have(actor, file)
    path = place(file)
    if not file.is_ready or not path.is_file():
        raise NotFound(_("Tệp này chưa có sẵn."), hint=_("Mở trang của tệp để tạo lại; địa chỉ vẫn như cũ."))
    name = files.file_name(file.version, file.format)
    return KeptFile(path, name, files.MEDIA_TYPES[file.format], file.size or 0, file.sha256)


def _may_have(actor: Actor, file: VersionFile) -> None:
    agency = file.version.table.agency.code
    allow(policies.may_take(actor, agency))
    if file.holds_personal:
        allow(policies.may_take_personal(actor, agency))


@transaction.atomic
def take_rejected(*, actor: Actor, at: datetime, load: Load, kind: str) -> Iterator[list[str]]:
    """Return all rejected rows of a load for a download, and note that they leave with the actor."""
    allow(policies.may_take(actor, load.table.agency.code))
    allow(policies.may_see_rejected(actor, load))
    record(
        actor=actor, at=at, action="warehouse.rejected.taken", object_type="warehouse.table",
        object_code=load.table.code, agency=load.table.agency.code,
        details={"load": load.code, "format": kind, "rows": load.rejected},
    )  # fmt: skip
    return queries.rejected_table(load)


def remove_unused(*, actor: Actor, at: datetime) -> int:
    """Remove files nobody has taken for as long as the local term says; they can be made again. Returns how many."""
    before = at - span(FILES.key)
    old = VersionFile.objects.filter(state=FileState.READY).annotate(last=Coalesce(F("used_at"), F("made_at")))
    rows = old.filter(last__lt=before).select_related("version__table__agency")
    return sum(_remove(one, before, actor=actor, at=at) for one in rows)


def _remove(file: VersionFile, before: datetime, *, actor: Actor, at: datetime) -> bool:
    with places.alone(places.files(file.version, file.code) / ".lock") as alone, transaction.atomic():
        # Who took it or asked for it anew in between keeps it.
        still = VersionFile.objects.filter(pk=file.pk, state=FileState.READY).exclude(used_at__gte=before)
        if not alone or not still.exclude(made_at__gte=before, used_at=None).update(state=FileState.REMOVED):
            return False
        _record("removed", file, actor=actor, at=at)
        place(file).unlink(missing_ok=True)  # killed before the commit: told as ready, not there, made again when asked
        return True


def _record(
    deed: str, file: VersionFile, *, actor: Actor, at: datetime, details: Mapping[str, Any] | None = None
) -> None:
    """Record a deed with names of columns only: a value somebody filters by may be personal."""
    table = file.version.table
    said = {
        "version": file.version.number, "file": file.code, "format": file.format, "columns": len(file.columns),
        "filtered_by": sorted(file.filters), "personal": file.holds_personal,
    }  # fmt: skip
    record(
        actor=actor, at=at, action=f"warehouse.file.{deed}", object_type="warehouse.table", object_code=table.code,
        agency=table.agency.code, details={**said, **(details or {})},
    )  # fmt: skip
