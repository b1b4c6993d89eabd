"""Connections entered on a source's page: checked, sealed, opened only to connect, and then only to the same place.

A kept password goes to the server it was given for and to no other: who changes the server enters it anew, and a row
changed behind the platform's back opens no more. Where a name leads is asked each time; what the operator has not
allowed is not connected to.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from nganam.audit.operations import record
from nganam.cases.requirements import allow
from nganam.face import reaching
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid
from nganam.warehouse import policies, sealing
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.engine.sources import Database
from nganam.warehouse.models import SERVERS, Connection, Source

SERVER: Final = re.compile(r"[a-z0-9._:-]{1,253}")
DATABASE: Final = re.compile(r"[\w.$-]{1,64}")
"""No sign by which a driver would take the name for a whole address."""
LONGEST_USER: Final = 128
LONGEST_PASSWORD: Final = 1000
PORTS: Final = {"postgresql": 5432, "mysql": 3306}
PLACE: Final = ("server", "port", "user")
"""Whoever changes one of these enters the password anew."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A connection as somebody enters it; an empty password keeps the one there is, port 0 is the kind's own."""

    server: str
    port: int
    database: str
    user: str
    password: str = field(default="", repr=False)


def read(entered: Entered, kind: str) -> Entered:
    """Return the connection in one form; raise ``Invalid`` naming the fields that are wrong."""
    read = replace(
        entered, server=_server(entered.server), port=entered.port or PORTS.get(kind, 0),
        database=entered.database.strip(), user=entered.user.strip(),
    )  # fmt: skip
    found: dict[str, list[str]] = {}
    if kind not in SERVERS:
        found["kind"] = [_("Chỉ PostgreSQL, MySQL và MariaDB có máy chủ để nhập; tệp và SQLite ghi đường dẫn.")]
    if not SERVER.fullmatch(read.server):
        found["server"] = [_("Ghi tên máy chủ hoặc địa chỉ IP, không kèm cổng, đường dẫn hay tên đăng nhập.")]
    if not 0 < read.port <= reaching.LARGEST_PORT and kind in SERVERS:
        found["port"] = [_("Số cổng từ 1 đến 65535.")]
    if not DATABASE.fullmatch(read.database):
        found["database"] = [_("Ghi tên cơ sở dữ liệu: chữ, số và các dấu _ . $ -.")]
    if not read.user or len(read.user) > LONGEST_USER or not read.user.isprintable():
        found["user"] = [_("Ghi tên đăng nhập, không quá 128 ký tự.")]
    if len(read.password) > LONGEST_PASSWORD or not read.password.isprintable():
        found["password"] = [_("Mật khẩu là một dòng chữ, không quá 1000 ký tự.")]
    if found:
        raise Invalid(_("Khai báo nguồn chưa đúng."), fields=found)
    return read


def _server(text: str) -> str:
    """Return a server's name in one form, "" when it has none."""
    plain = text.strip().removeprefix("[").removesuffix("]").rstrip(".")
    try:
        return plain.lower() if plain.isascii() else plain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""


def allowed_networks() -> tuple[reaching.Network, ...]:
    """Return the networks in which the operator allows sources that are entered on a page."""
    return reaching.read_networks(settings.NGANAM_WAREHOUSE_NETWORKS)


def check_place(entered: Entered) -> None:
    """Raise ``Invalid`` when the server is not found or may not be connected to. Asks the name server."""
    try:
        reaching.permitted(entered.server, entered.port, allowed_networks())
    except ValueError as error:
        raise Invalid(_("Khai báo nguồn chưa đúng."), fields={"server": [str(error)]}) from error


def held(source: Source) -> Connection | None:
    """Return the connection that was entered for a source, if any; who else changes the source waits."""
    Source.objects.select_for_update(no_key=True).get(pk=source.pk)
    return Connection.objects.select_for_update().filter(source=source).first()


def told(kept: Connection) -> Entered:
    """Return a kept connection as it could be entered again, without its password."""
    return Entered(kept.server, kept.port, kept.database, kept.user)


def changes(entered: Entered | None, kept: Connection | None) -> list[str]:
    """Return the names of what an entered connection changes; a password that is entered counts as another."""
    if entered is None:
        return ["connection"] if kept else []
    names = (*PLACE, "database")
    changed = [name for name in names if kept is None or getattr(kept, name) != getattr(entered, name)]
    return [*changed, "password"] if entered.password else changed


def require_password(entered: Entered, kept: Connection | None, *, moved: bool) -> None:
    """Raise ``Invalid`` when a password is missing; ``moved``: the kept one was given for another kind of server."""
    if entered.password:
        return
    if kept is None:
        raise _no_password(_("Nhập mật khẩu của tài khoản kết nối."))
    if moved or any(getattr(kept, name) != getattr(entered, name) for name in PLACE):
        text = _("Đổi loại nguồn, máy chủ, cổng hoặc tên đăng nhập thì nhập lại mật khẩu.")
        raise _no_password(text)


def _no_password(text: str) -> Invalid:
    return Invalid(_("Khai báo nguồn chưa đúng."), fields={"password": [text]})


def keep(source: Source, entered: Entered | None, kept: Connection | None, *, actor: Actor, at: datetime) -> None:
    """Write what was entered over what was kept; without anything entered, what was kept is erased."""
    if entered is None:
        if kept:
            kept.delete()
        return
    row = kept or Connection()
    row.source = source
    for name in (*PLACE, "database"):
        setattr(row, name, getattr(entered, name))
    if entered.password:
        sealed = sealing.seal(_keys(), entered.password, _bound(source, row))
        row.key, row.sealed, row.set_at, row.set_by = sealed.key, sealed.content, at, actor.name
    row.save()


def _keys() -> Path:
    return Path(settings.DATA) / "keys" / "sources"


def _bound(source: Source, row: Connection) -> list[str]:
    return ["warehouse.source", source.code, source.kind, row.server, str(row.port), row.user]


def database(source: Source, kept: Connection) -> Database:
    """Return how to reach the source, checked and opened for this once; never log or store the answer."""
    try:
        found = reaching.permitted(kept.server, kept.port, allowed_networks())
    except reaching.NoSuchHost as error:
        raise fault("source_host", name=source.name) from error
    except ValueError as error:
        raise fault("source_private", name=source.name) from error
    try:
        password = sealing.unseal(_keys(), sealing.Sealed(kept.key, bytes(kept.sealed)), _bound(source, kept))
    except sealing.Unopened:
        raise fault("source_secret", name=source.name) from None
    account = f"{quote(kept.user, safe='')}:{quote(password, safe='')}"
    address = f"{source.kind}://{account}@{kept.place}/{quote(kept.database, safe='')}"
    # Old networks first: of a name that means both kinds, an address of the new one may lead nowhere from here.
    pinned = min(found, key=lambda one: ":" in one)
    return Database(source.name, source.kind, address, source.relation, source.query, pinned)


def rotate_key(*, actor: Actor, at: datetime) -> int:
    """Seal all kept passwords anew under a new key and remove keys no row needs; return how many were sealed.

    What does not open stays as it is, and its key with it.
    """
    allow(policies.may_rotate(actor))
    name = sealing.make_key(_keys(), sealing.next_name(at))
    with transaction.atomic():
        done = _reseal(Connection.objects.select_for_update(of=("self",)).select_related("source").order_by("pk"))
        record(
            actor=actor, at=at, action="warehouse.sources.key_rotated", object_type="warehouse.source",
            object_code=name, details={"sealed": done},
        )  # fmt: skip
    # Last: a key cannot be taken back by the database.
    sealing.drop_keys(_keys(), Connection.objects.values_list("key", flat=True))
    return done


def _reseal(rows: Iterable[Connection]) -> int:
    done = 0
    for row in rows:
        bound = _bound(row.source, row)
        try:
            text = sealing.unseal(_keys(), sealing.Sealed(row.key, bytes(row.sealed)), bound)
        except sealing.Unopened:
            continue
        sealed = sealing.seal(_keys(), text, bound)
        row.key, row.sealed = sealed.key, sealed.content
        row.save(update_fields=["key", "sealed"])
        done += 1
    return done
