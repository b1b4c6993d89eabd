"""What each direction of a kind of platform needs to be known before it goes live. Pure functions."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from nganam.lgsp.beyond.models import Platform

OUTGOING, INCOMING = "outgoing", "incoming"
DIRECTIONS = {OUTGOING: _("Gọi ra nền tảng"), INCOMING: _("Nhận cuộc gọi vào")}
NEEDS: Mapping[str, tuple[str, ...]] = {
    "xroad": ("instance", "endpoints", "ca", "client", "certificate_until"),
    "oauth": ("instance", "endpoints", "token_url", "client_id", "proof"),
    INCOMING: ("instance", "incoming_host", "incoming_ca", "incoming_naming"),
}
PROOFS = {"private_key_jwt": "public_jwk", "client_secret": "secret_at"}
LABELS = {"certificate_until": _("Chứng thư của LGSP tại nền tảng"), "public_jwk": _("Khóa ký của LGSP"),
          "secret_at": _("Mã bí mật")}  # fmt: skip


def needed(platform: Platform, direction: str) -> list[str]:
    """Return the names of what must be known for a direction."""
    if direction == INCOMING:
        return list(NEEDS[INCOMING])
    found = list(NEEDS[platform.kind])
    if platform.kind == Platform.Kind.OAUTH and platform.proof:
        found.append(PROOFS[platform.proof])
    return found


def unknown(platform: Platform, direction: str) -> list[str]:
    """Return the labels of what is needed for a direction and not known."""
    return [label(name) for name in needed(platform, direction) if not getattr(platform, name)]


def label(name: str) -> str:
    """Return how a value is called."""
    if name in LABELS:
        return str(LABELS[name])
    field: Any = Platform._meta.get_field(name)  # noqa: SLF001 - Django's public way to a field
    return str(field.verbose_name)
