"""Digests over one agreed spelling of a value, so that the same facts always give the same hash."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID


def canonical_json(value: object) -> bytes:
    """Return ``value`` as UTF-8 JSON with sorted keys and no spaces.

    Instants are written in UTC with microseconds, decimals and UUIDs as strings, tuples as lists. Raises ``ValueError``
    for NaN, infinities and naive datetimes, ``TypeError`` for what JSON cannot say: a digest must not rest on a guess.
    """
    return json.dumps(
        _plain(value), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    ).encode()


def _plain(value: object) -> object:
    match value:
        case Mapping():
            return {_key(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case datetime():
            return _instant(value)
        case date():
            return value.isoformat()
        case Decimal() | UUID():
            return str(value)
        case None | bool() | int() | float() | str():
            return value
        case _:
            raise TypeError(f"canonical JSON cannot hold {type(value).__name__}")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"canonical JSON needs string keys, not {type(key).__name__}")
    return str(key)


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("canonical JSON needs timezone-aware datetimes")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def sha256_hex(content: bytes) -> str:
    """Return the SHA-256 of ``content`` in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file of any size in lower-case hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def keyed_sha256(key: str, text: str) -> str:
    """Return the keyed digest a secret of many random bits is kept as; for a password this would be too fast."""
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
