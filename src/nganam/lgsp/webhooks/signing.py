"""Standard Webhooks: what is signed, and how a secret is written. Pure but for the file the secret is kept in."""

import base64
import hashlib
import hmac
import secrets
from pathlib import Path
from uuid import UUID

from nganam.lgsp.swapping import replace

PREFIX = "whsec_"
BYTES = 32
LEAST, MOST = 24, 64  # bytes of a secret, as Standard Webhooks asks


def new_secret() -> str:
    """Return a new secret as subscribers get it: ``whsec_`` and base64 of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def is_secret(text: str) -> bool:
    """Say whether a text is a secret in that form."""
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(PREFIX) and LEAST <= len(key) <= MOST


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message: HMAC-SHA256 over id, seconds and body, joined by full stops."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _file(data: Path, ref: UUID) -> Path:
    return data / "keys" / "webhooks" / ref.hex


def keep(data: Path, ref: UUID, secret: str) -> None:
    """Keep a secret in a file that only the platform reads."""
    replace(_file(data, ref), secret.encode("ascii"))


def kept(data: Path, ref: UUID) -> str:
    """Return a kept secret; raise ``FileNotFoundError``."""
    return _file(data, ref).read_text(encoding="ascii")


def forget(data: Path, ref: UUID) -> None:
    """Remove a secret."""
    _file(data, ref).unlink(missing_ok=True)
