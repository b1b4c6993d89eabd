"""The secret the gateway and the data server share, so that nobody else on the machine can pass for the gateway."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

HEADER = "x-lgsp-gate"


def shared_secret(data: Path) -> str:
    """Return the secret of this installation, made once and readable by its owner only (``<DATA>/keys/gate``)."""
    kept = data / "keys" / "gate"
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not kept.exists():
        # Written beside and linked: two processes that start together agree on one whole secret.
        beside = kept.with_name(f".gate.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(secrets.token_urlsafe(32))
        with suppress(FileExistsError):
            os.link(beside, kept)
        beside.unlink()
    return kept.read_text(encoding="ascii")
