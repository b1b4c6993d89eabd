"""Writes about sources by people: declare where an agency's data comes from, and change it."""

import re
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.agencies.queries import agency as agency_by_code
from nganam.agencies.queries import lineage
from nganam.audit.operations import record
from nganam.cases.operations import next_code
from nganam.cases.requirements import allow
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, RuleBroken
from nganam.warehouse import connecting, places, policies, queries
from nganam.warehouse.connecting import Entered
from nganam.warehouse.models import SERVERS, Source, SourceKind

CHANGEABLE = ("kind", "name", "system", "secret_ref", "relation", "query")


def declare_source(
    *,
    actor: Actor,
    at: datetime,
    agency: str,
    kind: str,
    name: str,
    secret_ref: str = "",
    relation: str = "",
    query: str = "",
    system: str = "",
    entered: Entered | None = None,
) -> Source:
    """Declare where an agency's data comes from. ``secret_ref`` names where the connection is kept; no secret.

    Or the connection to a server is ``entered``: then its password is kept sealed, in a row of its own.
    """
    allow(policies.may_declare(actor, agency))
    if entered is not None:
        entered = connecting.read(entered, kind)
        connecting.check_place(entered)
    source = Source(
        agency=agency_by_code(agency), kind=kind, name=name.strip(), secret_ref=secret_ref.strip(),
        relation=relation.strip(), query=query.strip().rstrip(";"), system=system.strip(), created_at=at,
    )  # fmt: skip
    return _declare_source(source, entered, actor=actor, at=at)


@transaction.atomic
def _declare_source(source: Source, entered: Entered | None, *, actor: Actor, at: datetime) -> Source:
    _check_source(source, entered)
    if entered is not None:
        connecting.require_password(entered, None, moved=False)
    source.code = next_code("NG", at)
    source.save(force_insert=True)
    connecting.keep(source, entered, None, actor=actor, at=at)
    said = {"entered": connecting.changes(entered, None)} if entered else {}
    record(
        actor=actor, at=at, action="warehouse.source.declared", object_type="warehouse.source", object_code=source.code,
        agency=source.agency.code, details={"name": source.name, "kind": source.kind, **said},
    )  # fmt: skip
    return source


def change_source(
    *, actor: Actor, at: datetime, source: Source, entered: Entered | None = None, **values: str
) -> Source:
    """Change where a source is; ``values`` are those of :func:`declare_source`. What was seen of it is forgotten.

    ``entered`` without a password keeps the password there is, for the same server, port and user only; a connection
    that was entered goes, password and all, when ``secret_ref`` or another kind takes its place. Raises ``RuleBroken``
    while a load from it is under way.
    """
    allow(policies.may_declare(actor, source.agency.code))
    if source.kind == SourceKind.REST:
        text = _("Nguồn này là API; sửa ở trang khai báo API.")
        raise Invalid(text, fields={"kind": [text]})
    kind, kept = values.get("kind", source.kind), source.entered
    if entered is None and kept and kind in SERVERS and not values.get("secret_ref", "").strip():
        entered = connecting.told(kept)
    if entered is not None:
        entered = connecting.read(entered, kind)
        if kept is None or (kept.server, kept.port) != (entered.server, entered.port):
            connecting.check_place(entered)
        values["secret_ref"] = values.get("secret_ref", "")
    return _change_source(source, entered, values, actor=actor, at=at)


@transaction.atomic
def _change_source(
    source: Source, entered: Entered | None, values: Mapping[str, str], *, actor: Actor, at: datetime
) -> Source:
    if source.loads.filter(state__in=queries.ACTIVE).exists():
        raise RuleBroken(
            _("Đang có lượt nạp từ nguồn này."), article="nội bộ", hint=_("Chờ lượt nạp xong rồi sửa khai báo nguồn.")
        )
    kept = connecting.held(source)
    changed = [name for name in CHANGEABLE if name in values and values[name].strip() != getattr(source, name)]
    for name in changed:
        setattr(source, name, values[name].strip())
    source.query = source.query.rstrip(";")
    _check_source(source, entered)
    if entered is not None:
        connecting.require_password(entered, kept, moved="kind" in changed)
    changed += connecting.changes(entered, kept)
    if set(changed) - {"name", "system"}:
        source.seen, source.seen_rows, source.tried_at, source.tried_by, source.fault = [], None, None, "", ""
    source.save()
    connecting.keep(source, entered, kept, actor=actor, at=at)
    record(
        actor=actor, at=at, action="warehouse.source.changed", object_type="warehouse.source", object_code=source.code,
        agency=source.agency.code, details={"changed": changed},
    )  # fmt: skip
    source.refresh_from_db()  # whoever holds it has the connection as it is now
    return source


def _check_source(source: Source, entered: Entered | None) -> None:
    found: dict[str, list[str]] = {}
    if source.kind not in SourceKind.values or source.kind == SourceKind.REST:  # an API is declared as such (``apis``)
        found["kind"] = [_("Chọn một loại nguồn.")]
    if not source.name:
        found["name"] = [_("Đặt tên cho nguồn.")]
    elif Source.objects.filter(agency=source.agency, name=source.name).exclude(pk=source.pk).exists():
        found["name"] = [_("Cơ quan đã có nguồn cùng tên.")]
    wrong = _wrong_place(source, entered)
    if wrong:
        found["secret_ref"] = [wrong]
    if source.kind != SourceKind.FILE and not (source.relation or source.query):
        found["relation"] = [_("Ghi tên bảng cần đọc, hoặc một câu truy vấn.")]
    if source.query and not re.match(r"(?is)^(select|with)\b[^;]*$", source.query):
        found["query"] = [_("Chỉ nhận một câu SELECT.")]
    if found:
        raise Invalid(_("Khai báo nguồn chưa đúng."), fields=found)


def _wrong_place(source: Source, entered: Entered | None) -> str:
    """Return what is wrong with where the connection is kept, or ""."""
    if entered is not None:
        return _("Chọn một cách: nhập kết nối, hoặc ghi nơi giữ kết nối.") if source.secret_ref else ""
    if source.kind in SERVERS and not places.VARIABLE.match(source.secret_ref):
        return _("Ghi tên biến môi trường dạng NGANAM_SOURCE_…; không ghi địa chỉ hoặc mật khẩu ở đây.")
    if source.kind not in SERVERS and not _is_inside(source):
        return _("Ghi đường dẫn tệp nằm trong thư mục nguồn của hệ thống.")
    if _is_anothers(source):
        return _("Nơi này đã được cơ quan khác khai báo; mỗi cơ quan dùng nơi riêng của mình.")
    return ""


def _is_anothers(source: Source) -> bool:
    """Say whether an agency that is no predecessor declared this place: who guesses a name must not read by it."""
    if source.kind not in SERVERS:  # one name per file, however it was written
        source.secret_ref = str(places.source_file(source).relative_to(places.sources()))
    theirs = Source.objects.filter(secret_ref=source.secret_ref).exclude(agency__code__in=lineage(source.agency.code))
    return theirs.exists()


def _is_inside(source: Source) -> bool:
    if not source.secret_ref or "\x00" in source.secret_ref:
        return False
    return (places.sources() / source.secret_ref).resolve().is_relative_to(places.sources())
