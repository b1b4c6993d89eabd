"""Sealing of passwords that a row keeps: AES-256-GCM under a key that lies in a file, never in the database.

What is sealed is bound to words that say what it is for: moved to another row, or its row changed, it opens no more.
Each key is a file of its own, ``<DATA>/keys/sources/<name>``, readable by its owner only; the newest one seals.
"""

import os
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nganam.kernel.digest import canonical_json

BITS: Final = 256
NONCE: Final = 12
FIRST: Final = "0"
"""Name of the first key: two processes that make it at once agree on one. Later names begin with a year."""


class Unopened(ValueError):
    """What is sealed does not open: its key is gone, or it is not for this."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed text and the name of the key that opens it."""

    key: str
    content: bytes = field(repr=False)


def seal(folder: Path, text: str, bound: Sequence[str]) -> Sealed:
    """Seal a text, bound to ``bound``, with the newest key; the first one is made here."""
    name = max(_names(folder), default="") or make_key(folder, FIRST)
    nonce = secrets.token_bytes(NONCE)
    return Sealed(name, nonce + AESGCM(_key(folder, name)).encrypt(nonce, text.encode(), _words(bound)))


def unseal(folder: Path, sealed: Sealed, bound: Sequence[str]) -> str:
    """Return the text; raise ``Unopened`` when the key is gone or it was sealed for something else."""
    nonce, content = sealed.content[:NONCE], sealed.content[NONCE:]
    try:
        key = AESGCM(_key(folder, sealed.key))
        return key.decrypt(nonce, content, _words(bound)).decode()
    except (OSError, InvalidTag, ValueError):
        raise Unopened(sealed.key) from None


def next_name(at: datetime) -> str:
    """Return a name for the next key, behind all before it."""
    return f"{at:%Y%m%d%H%M%S}-{secrets.token_hex(4)}"


def make_key(folder: Path, name: str) -> str:
    """Make a key; one that is there stays. Returns its name."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Written beside and linked: nobody reads half a key.
    beside = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(AESGCM.generate_key(BITS))
        out.flush()
        os.fsync(out.fileno())
    with suppress(FileExistsError):
        os.link(beside, folder / name)
    beside.unlink()
    return name


def drop_keys(folder: Path, used: Iterable[str]) -> None:
    """Remove all keys but the used and the newest one."""
    names = _names(folder)
    for name in names - set(used) - {max(names, default="")}:
        (folder / name).unlink(missing_ok=True)


def _names(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir() if not one.name.startswith(".")} if folder.is_dir() else set()


def _key(folder: Path, name: str) -> bytes:
    if not name or name.startswith(".") or "/" in name:
        raise FileNotFoundError(name)
    return (folder / name).read_bytes()


def _words(bound: Sequence[str]) -> bytes:
    return canonical_json(list(bound))
