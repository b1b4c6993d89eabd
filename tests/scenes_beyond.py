"""Scenes of platforms beyond the province: one declared by Minh, its service, Phúc's access, Bộ Y tế calling in."""

from datetime import UTC, datetime
from typing import Any

import scenes
import scenes_outside
from nganam.kernel.actors import Actor
from nganam.lgsp.envoy.decided import Listen

MINH, PHUC, AT = scenes.MINH, scenes.PHUC, scenes.AT
VALUES: dict[str, Any] = {"title": "Nền tảng quốc gia (giả lập)", "kind": "xroad"}
IDENTIFIER = "GOV/BTC/DKDN/tra-cuu"
LINES = ("GET /doanh-nghiep/*", "POST /ho-so")
CLIENT, NAMED = "QG/GOV/BYT/HSSK", "urn:xroad:QG:GOV:BYT:HSSK"


def operations(*lines: str) -> list[dict[str, Any]]:
    from nganam.services.upstreams.reading import read_operations

    return read_operations("\n".join(lines or LINES))


def platform(*, actor: Actor = MINH, **values: Any) -> Any:
    """Declare a platform of which nothing but the name is known, unless more is given."""
    from nganam.lgsp.beyond.operations import declare_platform

    return declare_platform(actor=actor, at=AT, values={**VALUES, **values})


def listening() -> None:
    """Give the gateway a TLS listener unless it has one."""
    from django.conf import settings

    from nganam.lgsp import gateway

    if not gateway.listening(settings.DATA).tls_port:
        gateway.prepare(settings.DATA, Listen(tls_port=8743), issuer="http://x")


def opened(found: Any, direction: str = "outgoing") -> Any:
    """Let a direction go live; for callers to come in by there is a TLS listener."""
    from nganam.lgsp.beyond.operations import go_live

    if direction == "incoming":
        listening()

    return go_live(actor=MINH, at=AT, platform=found, direction=direction, reason="Đã gọi thử trên bản giả lập.")


def service(found: Any, **values: Any) -> Any:
    """Enter the listed service of Bộ Tài chính."""
    from nganam.lgsp.beyond.exchanging import enter_service

    asked = {"identifier": IDENTIFIER, "operations": operations(), **values}
    return enter_service(actor=MINH, at=AT, platform=found, external=scenes_outside.listed(), **asked)


def approved() -> Any:
    """Take Phúc's proposal until the provider has granted it."""
    from nganam.sharing.outside import outbound

    return outbound.record_grant(
        actor=MINH, at=AT, outbound=scenes_outside.sent(), paper="77/BTC-CNTT", answered_on=scenes_outside.TODAY,
        account_reference="QG-01",
    )  # fmt: skip


def access(found: Any, **values: Any) -> Any:
    """Let Phúc's application call the platform's service."""
    from nganam.lgsp.beyond.exchanging import open_access

    return open_access(actor=MINH, at=AT, service=service(found, **values), outbound=approved())


def admitted(found: Any, **values: Any) -> Any:
    """Let the application of Bộ Y tế, whose request was granted, call in through the platform."""
    from nganam.lgsp.beyond.exchanging import admit_member

    account = scenes_outside.granted()
    asked = {"client": CLIENT, "named": NAMED, **values}
    return admit_member(actor=MINH, at=AT, platform=found, application=account.application, **asked)


def known(ca: Any, **changes: Any) -> Any:
    """Declare a platform of which everything is known; ``ca`` is its authority (``national_platform.Ca``)."""
    values = {
        "instance": "QG", "endpoints": ["https://127.0.0.1:9443"], "ca": ca.pem, "client": "QG/GOV/ST/LGSP",
        "incoming_host": "vao.lgsp.example", "incoming_ca": ca.pem, "incoming_naming": "uri", **changes,
    }  # fmt: skip
    return platform(**values)


def proven(ca: Any, **changes: Any) -> Any:
    """The same, with our certificate there."""
    from nganam.lgsp.beyond.operations import set_certificate

    chain, key = ca.sign(uris=["urn:lgsp:soc-trang"], days=1)
    at, found = datetime.now(UTC), known(ca, **changes)
    return set_certificate(actor=MINH, at=at, platform=found, chain=chain, key=key)
