"""Every write of the list of outside services: list, change, remove (S9.2, S14.4)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.agencies import queries as agencies
from nganam.audit import operations as audit
from nganam.cases import operations as cases
from nganam.cases.operations import next_code
from nganam.cases.requirements import allow
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, StateMoved
from nganam.kernel.text import fold
from nganam.sharing.outside import policies
from nganam.sharing.outside.models import ExternalService, Outbound

WRITTEN = ("name", "provider", "purpose", "how_to_ask", "address", "form")
PREFIX = "DVN"
OBJECT = "sharing.external"


@transaction.atomic
def list_service(
    *, actor: Actor, at: datetime, values: Mapping[str, Any], outbound: Outbound | None = None
) -> ExternalService:
    """Tell the province of a service outside it; ``outbound`` is the proposal it was found by."""
    allow(policies.may_keep_outside(actor))
    _check(values)
    if outbound is not None:
        cases.hold(outbound)
    made = ExternalService(
        code=next_code(PREFIX, at), listed_at=at, updated_at=at, **{name: values[name] for name in WRITTEN}
    )
    made.folded = _searchable(made)
    made.save(force_insert=True)
    if outbound is not None:
        Outbound.objects.filter(pk=outbound.pk).update(external=made)
    of = outbound.code if outbound else ""
    _record("listed", made, actor=actor, at=at, details={"name": made.name, "outbound": of})
    return made


@transaction.atomic
def change_service(
    *, actor: Actor, at: datetime, service: ExternalService, values: Mapping[str, Any]
) -> ExternalService:
    """Correct what the list says of a service."""
    allow(policies.may_keep_outside(actor))
    _check(values)
    for name in WRITTEN:
        setattr(service, name, values[name])
    service.updated_at, service.folded = at, _searchable(service)
    service.save(update_fields=[*WRITTEN, "updated_at", "folded"])
    _record("changed", service, actor=actor, at=at, details={"name": service.name})
    return service


@transaction.atomic
def remove_service(*, actor: Actor, at: datetime, service: ExternalService, reason: str) -> ExternalService:
    """Take a service off the list, with the reason; what was asked for by it stays."""
    allow(policies.may_keep_outside(actor))
    if not reason.strip():
        text = _("Ghi lý do đưa khỏi danh sách.")
        raise Invalid(text, fields={"reason": [text]})
    listed = ExternalService.objects.filter(pk=service.pk, removed_at__isnull=True)
    if not listed.update(removed_at=at, removal_reason=reason):
        raise StateMoved(_("Dịch vụ đã được đưa khỏi danh sách."), state="removed", hint=_("Tải lại trang."))
    service.refresh_from_db()
    _record("removed", service, actor=actor, at=at, details={"reason": reason})
    return service


def _check(values: Mapping[str, Any]) -> None:
    if values["provider"].kind not in agencies.OUTSIDE_KINDS:
        text = _("Danh sách này chỉ nêu dịch vụ của cơ quan ngoài tỉnh.")
        raise Invalid(text, fields={"provider": [text]})


def _searchable(service: ExternalService) -> str:
    return fold(f"{service.code} {service.name} {service.provider.name} {service.purpose}")


def _record(verb: str, service: ExternalService, *, actor: Actor, at: datetime, details: Mapping[str, Any]) -> None:
    audit.record(
        actor=actor, at=at, action=f"{OBJECT}.{verb}", object_type=OBJECT, object_code=service.code,
        agency=actor.agency, details=details,
    )  # fmt: skip
