"""Reads of doors, rights and receipts; what the gateway and the data servers are told of them."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Max, Q, QuerySet
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, NotFound
from nganam.lgsp.envoy import decided
from nganam.lgsp.models import Certificate
from nganam.lgsp.pushes.models import UNSETTLED, Push, PushDoor, PushRight
from nganam.serving import snapshot as serving
from nganam.serving import spool
from nganam.sharing.models import Application
from nganam.warehouse.models import Load, Table
from nganam.warehouse.queries import get_table_for

SUBSYSTEM = "KHO"
SHOWN = 50


def door_of(table: Table) -> PushDoor | None:
    """Return the door of a table, if one was ever opened."""
    return PushDoor.objects.select_related("table__agency").filter(table=table).first()


def rights_of(table: Table) -> QuerySet[PushRight]:
    """Return who may push into a table and who might once, those in force first."""
    chosen = PushRight.objects.filter(door__table=table).select_related("application__agency", "door__table__agency")
    return chosen.order_by(F("ended_at").desc(nulls_first=True), "-pk")


def get_right_for(actor: Actor, code: str, pk: int) -> PushRight:
    """Return a right at a table the officer sees; what is not theirs is not found."""
    found = rights_of(get_table_for(actor, code)).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("Không có quyền đẩy dữ liệu này."))
    return found


def certificate_of(right: PushRight, serial: str) -> Certificate:
    """Return a certificate of the application that pushes."""
    rows = Certificate.objects.filter(application=right.application, serial=serial.replace("\0", "")[:40])
    found = rows.select_related("application__agency").first()
    if found is None:
        raise NotFound(_("Không có chứng thư này."))
    return found


def applications_for(table: Table) -> QuerySet[Application]:
    """Return the applications of the owner that have no right at the table now."""
    held = PushRight.objects.filter(door__table=table, ended_at__isnull=True).values("application")
    return Application.objects.filter(agency=table.agency).exclude(pk__in=held).select_related("agency")


def application_of(table: Table, code: str) -> Application:
    """Return an application of the table's owner by its code."""
    rows = Application.objects.filter(agency=table.agency, code=code.replace("\0", "")[:20])
    found = rows.select_related("agency").first()
    if found is None:
        text = _("Cơ quan chủ quản bảng không có ứng dụng mang mã này.")
        raise Invalid(text, fields={"application": [text]})
    return found


def pushes_of(table: Table) -> QuerySet[Push]:
    """Return the last receipts of a table."""
    chosen = Push.objects.filter(door__table=table).select_related("load")
    return chosen[:SHOWN]


def to_do() -> tuple[Any, ...]:
    """Return a mark of what there is to do for the worker, empty when nothing is: it changes as pushes come and go.

    That is a push that waits and a load can take, a sender to be told how a load has ended, a door without a folder.
    """
    if Push.objects.filter(told__in=UNSETTLED).exclude(told=F("load__state")).exists():
        return ("told",)
    place = Path(settings.DATA) / spool.FOLDER
    if not all((place / one).is_dir() for one in PushDoor.objects.values_list("code", flat=True)):
        return ("door",)
    folders = {one.parent.name: one for one in place.glob(f"*/{spool.WAITING}")}
    waiting = {code: one.stat().st_mtime_ns for code, one in folders.items() if any(one.iterdir())}
    if not waiting:
        return ()
    busy = Load.objects.filter(state__in=("received", "checking")).values("table")
    free = PushDoor.objects.filter(code__in=waiting).exclude(table__in=busy).values_list("code", flat=True)
    return tuple(sorted((code, waiting[code]) for code in free))


def path_of(door: PushDoor) -> str:
    """Return a door's identifier in X-Road's form."""
    return _decided(door, ()).path(settings.NGANAM_INSTANCE)


# -- what is told --


def _live() -> dict[PushDoor, list[PushRight]]:
    """Return the doors somebody may push at, with who may, in the order of their codes: one question."""
    found: dict[PushDoor, list[PushRight]] = {}
    related = ("application__agency", "door__table__agency")
    for one in PushRight.objects.filter(ended_at__isnull=True).select_related(*related).order_by("door__code"):
        found.setdefault(one.door, []).append(one)
    return found


def told_services() -> list[decided.Service]:
    """Return the doors that somebody may push at, as the gateway is told of them."""
    return [_decided(door, _identities(rights)) for door, rights in _live().items()]


def _identities(rights: list[PushRight]) -> tuple[str, ...]:
    return tuple(sorted(decided.identity_of(settings.NGANAM_INSTANCE, one.application.subject) for one in rights))


def _decided(door: PushDoor, callers: tuple[str, ...]) -> decided.Service:
    return decided.Service(door.code, door.table.agency.code, SUBSYSTEM, callers=callers, pushed=True)


def told_serving() -> dict[str, serving.Push]:
    """Return the same doors as the data servers are told of them: the columns, the key, who may push."""
    return {
        door.code: serving.Push(
            path_of(door), door.table.code, door.table.shape.names, tuple(door.table.shape.key),
            tuple(sorted(one.application.subject for one in rights)),
        )
        for door, rights in _live().items()
    }  # fmt: skip


def closed(confirmed: datetime | None) -> Iterator[decided.Closed]:
    """Yield the doors where somebody may push no longer, with whom: refused at once, whatever the routes say still.

    What ended before ``confirmed`` is in no node's routes any more.
    """
    lately = Q(ended_at__isnull=False) if confirmed is None else Q(ended_at__gte=confirmed)
    live = set(PushRight.objects.filter(ended_at__isnull=True).values_list("door", "application"))
    gone: dict[str, list[PushRight]] = {}
    for one in PushRight.objects.filter(lately).select_related("door", "application__agency"):
        if (one.door_id, one.application_id) not in live:
            gone.setdefault(one.door.code, []).append(one)
    yield from (decided.Closed(code, tuple(dict.fromkeys(_identities(gone[code])))) for code in sorted(gone))


def mark() -> tuple[Any, ...]:
    """Return a value that changes when the gateway or the data servers must learn something of doors."""
    rights = PushRight.objects.aggregate(Count("pk"), Count("ended_at"))
    tables = PushDoor.objects.aggregate(Max("table__contract_versions__pk"))
    return (*rights.values(), *tables.values())
