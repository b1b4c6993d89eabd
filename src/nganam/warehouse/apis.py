"""Sources that are JSON APIs: declared and changed by the owner's officer; the key is sealed, for their server only.

A kept key opens for the server, scheme and way to prove it was given for: who changes one of these enters it anew.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from nganam.agencies.queries import agency as agency_by_code
from nganam.audit.operations import record
from nganam.cases.operations import next_code
from nganam.cases.requirements import allow
from nganam.face import reaching
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, RuleBroken
from nganam.warehouse import connecting, policies, queries, sealing
from nganam.warehouse.api_models import Api, AuthKind, PagingKind
from nganam.warehouse.engine import rest
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.models import Source, SourceKind

TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
"""A header's name (RFC 9110)."""
OURS: Final = frozenset({"host", "content-length", "connection", "transfer-encoding", "accept", "accept-encoding"})
LONGEST: Final = 2_000
MOST_PARAMS: Final = 20
COUNTED: Final = ("page", "offset", "cursor")
POINTED: Final = ("cursor", "next")
TEXTS: Final = ("address", "records", "paging", "param", "size_param", "next_path", "auth", "auth_name")
FIELDS: Final = (*TEXTS, "first", "size")


@dataclass(frozen=True, slots=True)
class Said:
    """An API as somebody declares it; an empty ``secret`` keeps the one there is."""

    address: str
    records: str = ""
    params: tuple[tuple[str, str], ...] = ()
    paging: str = PagingKind.NONE
    param: str = ""
    first: int = 1
    size_param: str = ""
    size: int = 0
    next_path: str = ""
    auth: str = AuthKind.NONE
    auth_name: str = ""
    secret: str = field(default="", repr=False)


def declare_api(*, actor: Actor, at: datetime, agency: str, name: str, said: Said, system: str = "") -> Source:
    """Declare a JSON API as a source of an agency; raises ``Invalid`` naming the fields that are wrong."""
    allow(policies.may_declare(actor, agency))
    source = Source(
        agency=agency_by_code(agency), kind=SourceKind.REST, name=name.strip(), system=system.strip(), created_at=at
    )
    said = _read(source, said, None)
    with transaction.atomic():
        source.code = next_code("NG", at)
        source.save(force_insert=True)
        _keep(Api(source=source), said, actor=actor, at=at)
        _record("declared", source, actor=actor, at=at, details={"name": source.name, "kind": source.kind})
    return source


def change_api(*, actor: Actor, at: datetime, source: Source, name: str, said: Said, system: str = "") -> Source:
    """Change where an API is and how it is read; what was seen of it is forgotten.

    Raises like :func:`declare_api`, and ``RuleBroken`` while a load from it is under way.
    """
    allow(policies.may_declare(actor, source.agency.code))
    kept = _api(source)
    source.name, source.system = name.strip(), system.strip()
    said = _read(source, said, kept)
    with transaction.atomic():
        Source.objects.select_for_update(no_key=True).get(pk=source.pk)
        if source.loads.filter(state__in=queries.ACTIVE).exists():
            raise RuleBroken(
                _("Đang có lượt nạp từ nguồn này."), article="nội bộ",
                hint=_("Chờ lượt nạp xong rồi sửa khai báo nguồn."),
            )  # fmt: skip
        held = Api.objects.select_for_update(of=("self",)).get(pk=kept.pk)
        _require_secret(said, held)
        changed = _changes(said, held)
        forgotten = ["seen", "seen_rows", "tried_at", "tried_by", "fault"] if changed else []
        if changed:
            source.seen, source.seen_rows, source.tried_at, source.tried_by, source.fault = [], None, None, "", ""
        source.save(update_fields=["name", "system", *forgotten])  # what a try writes meanwhile is not ours
        _keep(held, said, actor=actor, at=at)
        _record("changed", source, actor=actor, at=at, details={"changed": changed})
    return source


def _read(source: Source, said: Said, kept: Api | None) -> Said:
    """Return what was said in one form; raise ``Invalid`` naming what is wrong. Asks the name server."""
    texts: dict[str, Any] = {name: str(getattr(said, name)).strip() for name in TEXTS}
    read = replace(said, params=tuple((key.strip(), value.strip()) for key, value in said.params), **texts)
    found = _wrong_source(source) | _wrong_paging(read) | _wrong_auth(read)
    try:
        place = reaching.read_place(read.address)
        read = replace(read, address=place.text)
        if kept is None or kept.address != read.address:
            reaching.checked(place, connecting.allowed_networks())
    except ValueError as error:
        found["address"] = [str(error)]
    if len(read.params) > MOST_PARAMS or any(not key for key, _value in read.params):
        found["params"] = [_("Mỗi dòng một tham số dạng tên=giá trị, nhiều nhất %(most)s.") % {"most": MOST_PARAMS}]
    if found:
        raise Invalid(_("Khai báo nguồn chưa đúng."), fields=found)
    _require_secret(read, kept)
    return read


def _wrong_source(source: Source) -> dict[str, list[str]]:
    if not source.name:
        return {"name": [_("Đặt tên cho nguồn.")]}
    same = Source.objects.filter(agency=source.agency, name=source.name).exclude(pk=source.pk)
    return {"name": [_("Cơ quan đã có nguồn cùng tên.")]} if same.exists() else {}


def _wrong_paging(said: Said) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if said.paging not in PagingKind.values:
        found["paging"] = [_("Chọn một cách chia trang.")]
    if said.paging in COUNTED and not said.param:
        found["param"] = [_("Ghi tên tham số của trang, ví dụ page.")]
    if said.paging in POINTED and not said.next_path:
        found["next_path"] = [_("Ghi chỗ của con trỏ hoặc địa chỉ trang sau, ví dụ tiep.sau.")]
    if bool(said.size_param) != bool(said.size):
        found["size"] = [_("Ghi cả tên tham số và cỡ trang, hoặc để trống cả hai.")]
    return found


def _wrong_auth(said: Said) -> dict[str, list[str]]:
    if said.auth not in AuthKind.values:
        return {"auth": [_("Chọn một cách xác thực.")]}
    if said.auth == AuthKind.HEADER and (not TOKEN.fullmatch(said.auth_name) or said.auth_name.lower() in OURS):
        return {"auth_name": [_("Ghi tên đầu mục mang khóa, ví dụ X-Api-Key.")]}
    if said.auth == AuthKind.BASIC and (not said.auth_name or ":" in said.auth_name):
        return {"auth_name": [_("Ghi tên đăng nhập, không có dấu hai chấm.")]}
    if len(said.secret) > LONGEST or not said.secret.isprintable() or (
        said.auth != AuthKind.BASIC and not said.secret.isascii()
    ):  # fmt: skip
        return {"secret": [_("Khóa là một dòng chữ không dấu, không quá %(most)s ký tự.") % {"most": LONGEST}]}
    return {}


def _require_secret(said: Said, kept: Api | None) -> None:
    """Raise ``Invalid`` when a key is needed and none was entered, or the kept one was given for another place."""
    if said.auth == AuthKind.NONE or said.secret:
        return
    if kept is None or not kept.key:
        text = _("Nhập khóa hoặc mật khẩu.")
    elif _server(kept.address) != _server(said.address) or (kept.auth, kept.auth_name) != (said.auth, said.auth_name):
        text = _("Đổi máy chủ hoặc cách xác thực thì nhập lại khóa.")
    else:
        return
    raise Invalid(_("Khai báo nguồn chưa đúng."), fields={"secret": [text]})


def _changes(said: Said, kept: Api) -> list[str]:
    changed = [name for name in FIELDS if getattr(kept, name) != getattr(said, name)]
    changed += ["params"] if [list(one) for one in said.params] != kept.params else []
    return [*changed, "secret"] if said.secret else changed


def _keep(row: Api, said: Said, *, actor: Actor, at: datetime) -> None:
    for name in FIELDS:
        setattr(row, name, getattr(said, name))
    row.params = [list(one) for one in said.params]
    if said.auth == AuthKind.NONE:
        row.key, row.sealed, row.set_at, row.set_by = "", b"", None, ""
    elif said.secret:
        sealed = sealing.seal(_keys(), said.secret, bound(row))
        row.key, row.sealed, row.set_at, row.set_by = sealed.key, sealed.content, at, actor.name
    row.save()


def bound(row: Api) -> list[str]:
    """Return what the sealed key of an API is bound to."""
    return ["warehouse.api", row.source.code, _server(row.address), row.auth, row.auth_name]


def _server(address: str) -> str:
    place = reaching.read_place(address)
    return replace(place, base="").text


def _keys() -> Path:
    return Path(settings.DATA) / "keys" / "apis"


def _api(source: Source) -> Api:
    try:
        return Api.objects.select_related("source__agency").get(source=source)
    except Api.DoesNotExist:
        raise fault("source_not_readable", name=source.name, found="nguồn không phải API") from None


def told(source: Source) -> Said:
    """Return a declared API as it could be declared again, without its key."""
    kept = _api(source)
    return Said(**{name: getattr(kept, name) for name in FIELDS}, params=tuple((one[0], one[1]) for one in kept.params))


def reader(source: Source, limits: rest.Limits | None = None) -> rest.Rest:
    """Return how to read an API, its address checked and its key opened for this once; never log or store it."""
    kept = _api(source)
    place = reaching.read_place(kept.address)
    try:
        found = reaching.checked(place, connecting.allowed_networks())
    except reaching.NoSuchHost as error:
        raise fault("source_host", name=source.name) from error
    except ValueError as error:
        raise fault("source_private", name=source.name) from error
    paging = rest.Paging(kept.paging, kept.param, kept.first, kept.size_param, kept.size, kept.next_path)
    return rest.Rest(
        source.name, place, min(found, key=lambda one: ":" in one), kept.records, _pairs(kept.params), paging,
        _headers(kept), limits or rest.Limits(),
    )  # fmt: skip


def _pairs(params: Iterable[Iterable[Any]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(key), str(value)) for key, value in params)


def _headers(kept: Api) -> Mapping[str, str]:
    if kept.auth == AuthKind.NONE:
        return {}
    try:
        secret = sealing.unseal(_keys(), sealing.Sealed(kept.key, bytes(kept.sealed)), bound(kept))
    except sealing.Unopened:
        raise fault("source_secret", name=kept.source.name) from None
    if kept.auth == AuthKind.BEARER:
        return rest.bearer(secret)
    return rest.basic(kept.auth_name, secret) if kept.auth == AuthKind.BASIC else {kept.auth_name: secret}


def _record(deed: str, source: Source, *, actor: Actor, at: datetime, details: Mapping[str, Any]) -> None:
    record(
        actor=actor, at=at, action=f"warehouse.source.{deed}", object_type="warehouse.source", object_code=source.code,
        agency=source.agency.code, details=dict(details),
    )  # fmt: skip
