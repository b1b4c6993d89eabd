"""How an entry is turned into the bytes that are hashed. Changing anything here breaks every recorded chain."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

from nganam.kernel.digest import canonical_json, sha256_hex

GENESIS = "0" * 64
FIELDS = (
    "seq", "at", "actor_kind", "actor_code", "actor_name", "agency", "action", "object_type", "object_code",
    "details", "prev_hash",
)  # fmt: skip


def entry_hash(values: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON of every field in ``FIELDS``; instants in UTC."""
    return sha256_hex(canonical_json({name: values[name] for name in FIELDS}))


def plain_text(value: str) -> str:
    """Return ``value`` as both databases can keep it: no NUL, no lone surrogates."""
    return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def plain(value: Any) -> Any:
    """Return ``value`` as JSON that comes back from SQLite and PostgreSQL exactly as it went in.

    Whole floats become integers (PostgreSQL prints 1e16 as an integer), other non-JSON values become text.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return _plain_float(value)
    if isinstance(value, Mapping):
        return {plain_text(str(key)): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(one) for one in value), key=str)
    return plain_text(_as_text(value))


def _plain_float(value: float) -> float | int | str:
    if not isfinite(value):
        return str(value)
    return int(value) if value.is_integer() else value


def _as_text(value: Any) -> str:
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else str(value)
