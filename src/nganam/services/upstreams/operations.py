"""Every write of agencies' systems but their credential, which is the gateway's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from nganam.agencies.models import Agency
from nganam.audit import operations as audit
from nganam.cases.operations import next_code
from nganam.cases.requirements import allow
from nganam.face import reaching
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, StateMoved
from nganam.notices import operations as notices
from nganam.services.models import Upstream
from nganam.services.upstreams import policies
from nganam.services.upstreams.reading import WHOLE, check_operation

OBJECT = "services.upstream"
PREFIX = "HT"
MOST_ENDPOINTS = 8
USED = ("deploying", "testing", "ready", "published", "suspended")
SETTINGS = (
    "title", "database", "endpoints", "answers", "contract", "headers", "credential_header", "credential_prefix", "ca",
    "timeout_seconds", "concurrent", "failures", "health_path", "large",
)  # fmt: skip


@transaction.atomic
def declare_upstream(*, actor: Actor, at: datetime, values: Mapping[str, Any]) -> Upstream:
    """Declare a system of the actor's agency; its addresses are looked up and checked now."""
    allow(policies.may_declare(actor))
    upstream = Upstream(agency=Agency.objects.get(code=actor.agency), created_at=at, updated_at=at)
    _take(upstream, values)
    _look_up(upstream, at, strict=True)
    upstream.code = next_code(PREFIX, at)
    try:
        with transaction.atomic():
            upstream.save(force_insert=True)
    except IntegrityError as error:
        raise _twice() from error
    _record("services.upstream.declared", upstream, actor=actor, at=at, details={"endpoints": upstream.endpoints})
    return upstream


@transaction.atomic
def edit_upstream(
    *, actor: Actor, at: datetime, upstream: Upstream, values: Mapping[str, Any], seen: int | None = None
) -> Upstream:
    """Change how a system is reached and what it lets be done; services over it keep what was appraised of them.

    ``seen`` is the version the values were made from: what somebody else wrote meanwhile is not written over.
    """
    allow(policies.may_change(actor, upstream))
    if seen not in {None, upstream.version}:
        raise _moved()
    before = {name: getattr(upstream, name) for name in SETTINGS}
    _take(upstream, values)
    _look_up(upstream, at, strict=True)
    changed = sorted(name for name in SETTINGS if before[name] != getattr(upstream, name))
    written = {name: getattr(upstream, name) for name in (*SETTINGS, "addresses", "resolved_at", "fault")}
    same = Upstream.objects.filter(pk=upstream.pk, version=upstream.version)
    try:
        with transaction.atomic():
            done = same.update(**written, updated_at=at, version=upstream.version + 1)
    except IntegrityError as error:
        raise _twice() from error
    if not done:
        raise _moved()
    _record("services.upstream.edited", upstream, actor=actor, at=at, details={"changed": changed})
    notices.announce("services.upstream.edited", at=at, object_type=OBJECT, object_code=upstream.code)
    upstream.refresh_from_db()
    return upstream


def _moved() -> StateMoved:
    return StateMoved(_("Người khác vừa sửa hệ thống này."), state="", hint=_("Tải lại trang rồi sửa lại."))


def _twice() -> Invalid:
    text = _("Cơ quan đã khai một hệ thống mang tên này.")
    return Invalid(text, fields={"title": [text]})


def _take(upstream: Upstream, values: Mapping[str, Any]) -> None:
    for name in SETTINGS:
        if name in values:
            setattr(upstream, name, values[name])
    places = _places(upstream)
    upstream.endpoints = [one.text for one in places]
    if len({(one.scheme, one.base) for one in places}) != 1:
        raise _wrong("endpoints", _("Các địa chỉ phải cùng https hoặc cùng http, và cùng đường dẫn."))
    _check_contract(upstream)


def _places(upstream: Upstream) -> list[reaching.Place]:
    try:
        found = [reaching.read_place(one) for one in upstream.endpoints]
    except ValueError as error:
        raise _wrong("endpoints", str(error)) from error
    if not 1 <= len(found) <= MOST_ENDPOINTS:
        raise _wrong("endpoints", _("Ghi từ 1 đến %(most)s địa chỉ.") % {"most": MOST_ENDPOINTS})
    return found


def _check_contract(upstream: Upstream) -> None:
    contract = upstream.contract
    try:
        for one in contract.get("operations", []):
            check_operation(one)
    except ValueError as error:
        raise _wrong("operations", str(error)) from error
    if not contract.get("operations"):
        raise _wrong("operations", _("Ghi ít nhất một thao tác, hoặc tải tài liệu OpenAPI."))
    if upstream.answers == Upstream.Answers.WHOLE:
        upstream.contract = {**contract, "columns": [dict(WHOLE)], "records": "", "envelope": [], "soap": []}
    elif not contract.get("columns"):
        raise _wrong("columns", _("Hệ thống trả JSON phải kể các mục tin, để chỉ mục được cấp đi qua."))
    known = {f"{one['method']} {one['path']}" for one in contract["operations"]}
    strange = [one["operation"] for one in upstream.contract.get("soap", []) if one["operation"] not in known]
    if strange:
        raise _wrong("soap", _("Không có thao tác: %(names)s.") % {"names": ", ".join(strange)})


def _wrong(field: str, text: str) -> Invalid:
    return Invalid(text, fields={field: [text]})


def allowed_networks() -> tuple[reaching.Network, ...]:
    """Return the networks the operator allows the gateway to call."""
    return reaching.read_networks(settings.NGANAM_UPSTREAM_NETWORKS)


def _look_up(upstream: Upstream, at: datetime, *, strict: bool) -> None:
    """Keep what the names mean now; when ``strict`` a name that may not be called is refused, else it is left out.

    A name that means nothing keeps its addresses: an outage of the name server is no reason to stop calling.
    """
    allowed, kept, faults = allowed_networks(), {}, []
    for place in _places(upstream):
        key = f"{place.host}:{place.port}"
        try:
            kept[key] = reaching.checked(place, allowed)
        except ValueError as error:
            if strict:
                raise _wrong("endpoints", str(error)) from error
            if isinstance(error, reaching.NoSuchHost) and key in upstream.addresses:
                kept[key] = upstream.addresses[key]
            faults.append(str(error))
    upstream.addresses, upstream.resolved_at, upstream.fault = kept, at, " ".join(faults)[:300]


def look_up_again(*, at: datetime) -> list[str]:
    """Ask again what the names of systems mean; return the codes of those whose addresses changed.

    A name that now means a refused address is no longer called: services over it answer 503, and its agency is told.
    """
    changed = []
    for upstream in Upstream.objects.filter(services__state__in=USED).distinct():
        before = (upstream.addresses, upstream.fault)
        _look_up(upstream, at, strict=False)
        if (upstream.addresses, upstream.fault) != before:
            _keep(upstream, at)
            changed.append(upstream.code)
    return changed


@transaction.atomic
def _keep(upstream: Upstream, at: datetime) -> None:
    Upstream.objects.filter(pk=upstream.pk, version=upstream.version).update(
        addresses=upstream.addresses, fault=upstream.fault, resolved_at=at, updated_at=at
    )
    if upstream.fault:
        notices.notify(
            at=at, agency=upstream.agency.code, title=_("%(code)s: địa chỉ không dùng được") % {"code": upstream.code},
            body=upstream.fault, link=upstream.get_absolute_url(), event="services.upstream.refused",
        )  # fmt: skip


def _record(action: str, upstream: Upstream, *, actor: Actor, at: datetime, details: Mapping[str, Any]) -> None:
    audit.record(
        actor=actor, at=at, action=action, object_type=OBJECT, object_code=upstream.code, agency=actor.agency,
        details=dict(details),
    )  # fmt: skip
