"""Agencies' systems as the gateway and the data server are told of them, and the credential the gateway keeps."""

import ssl
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from nganam.audit import operations as audit
from nganam.cases.requirements import allow
from nganam.face.reaching import read_place, refusal
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, RuleBroken
from nganam.lgsp import gateway, swapping
from nganam.lgsp.envoy import decided
from nganam.lgsp.envoy.upstreams import secret, secret_file
from nganam.services.models import Service, Upstream
from nganam.services.upstreams import policies
from nganam.services.upstreams.operations import allowed_networks
from nganam.serving import snapshot as serving

ROOTS = "/etc/ssl/certs/ca-certificates.crt"
LONGEST = 4096


def system_roots() -> str:
    """Return the file of certificate authorities this machine trusts."""
    return ssl.get_default_verify_paths().cafile or ROOTS


def of_service(service: Service, upstream: Upstream) -> dict[str, Any]:
    """Return what the gateway is told of a service over an agency's system, beside what every service has."""
    return {
        "upstream": _told(upstream),
        "operations": tuple(_operation(service, upstream, one) for one in service.operations),
        "base": read_place(upstream.endpoints[0]).base,
        "filtered": upstream.answers == Upstream.Answers.JSON,
        "large": upstream.large,
    }


def _told(upstream: Upstream) -> decided.Upstream:
    return decided.Upstream(
        code=upstream.code, endpoints=tuple(_endpoints(upstream)), tls=upstream.endpoints[0].startswith("https"),
        ca=upstream.ca, credential=upstream.credential_header if upstream.credential_at else "",
        credential_prefix=upstream.credential_prefix, headers=tuple(sorted(upstream.headers.items())),
        timeout_seconds=upstream.timeout_seconds, concurrent=upstream.concurrent, failures=upstream.failures,
        health_path=upstream.health_path,
    )  # fmt: skip


def _endpoints(upstream: Upstream) -> list[decided.Endpoint]:
    """Return the addresses to connect to, checked once more: what the operator allows may have changed since."""
    allowed = allowed_networks()
    found: list[decided.Endpoint] = []
    for text in upstream.endpoints:
        place = read_place(text)
        kept = upstream.addresses.get(f"{place.host}:{place.port}", [])
        found += [decided.Endpoint(one, place.port, place.host) for one in kept if not refusal(one, allowed)]
    # A system without its key is not called: what it answers strangers is not what was agreed.
    return [] if upstream.credential_header and not upstream.credential_at else found


def _operation(service: Service, upstream: Upstream, one: dict[str, Any]) -> decided.Operation:
    faces = {face["operation"] for face in upstream.contract.get("soap", [])}
    name = f"{one['method']} {one['path']}"
    return decided.Operation(
        decided.operation_code(service.code, one["method"], one["path"]), one["method"], one["path"],
        one.get("to", ""), "POST" if name in faces else "",
    )  # fmt: skip


def served(service: Service, path: str) -> serving.Service:
    """Return what the data server is told of a service whose answers it filters."""
    upstream = service.upstream
    if upstream is None:
        raise AssertionError("a service without a table has a system")
    contract = upstream.contract
    codes = {f"{one['method']} {one['path']}": _operation(service, upstream, one).code for one in service.operations}
    operations = tuple(
        serving.Operation(codes[f"{one['method']} {one['path']}"], one["method"], one["path"], _names(one))
        for one in service.operations
    )
    remote = serving.Remote(
        operations, contract.get("records", ""), tuple(contract.get("envelope", [])), upstream.timeout_seconds,
        soap=tuple(_face(one, codes) for one in contract.get("soap", []) if one["operation"] in codes),
    )  # fmt: skip
    fields = tuple(serving.Field(one.name, one.type) for one in service.fields.all())
    return serving.Service(path=path, table="", fields=fields, remote=remote)


def _names(one: dict[str, Any]) -> tuple[str, ...] | None:
    names = one.get("parameters")
    return None if names is None else tuple(names)


def _face(one: dict[str, Any], codes: dict[str, str]) -> serving.Soap:
    return serving.Soap(
        codes[one["operation"]], one["action"], one["namespace"], one["element"],
        tuple(one["parameters"].items()), one["records"], one["version"],
    )  # fmt: skip


@transaction.atomic
def set_credential(*, actor: Actor, at: datetime, upstream: Upstream, value: str) -> Upstream:
    """Give the gateway the credential of a system; it is kept in a file of the gateway only, and never shown again."""
    allow(policies.may_change(actor, upstream))
    if not upstream.credential_header:
        raise RuleBroken(
            _("Hệ thống này không dùng khóa."), article="nội bộ", hint=_("Ghi đầu mục mang khóa ở trang sửa hệ thống.")
        )
    if not value.strip() or len(value) > LONGEST or not value.isprintable():
        text = _("Khóa là một dòng chữ, không quá 4096 ký tự.")
        raise Invalid(text, fields={"value": [text]})
    Upstream.objects.filter(pk=upstream.pk).update(credential_at=at, updated_at=at, version=upstream.version + 1)
    audit.record(
        actor=actor, at=at, action="lgsp.upstream.credential_set", object_type="services.upstream",
        object_code=upstream.code, agency=actor.agency, details={"header": upstream.credential_header},
    )  # fmt: skip
    content = swapping.as_bytes(secret(upstream.code, value.strip()))
    # Last: a file cannot be taken back by the database.
    for node in gateway.nodes(settings.DATA):
        swapping.replace(node.folder / secret_file(upstream.code), content)
    upstream.refresh_from_db()
    return upstream
