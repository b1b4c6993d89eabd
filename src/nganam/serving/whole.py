"""Files that appear whole or not at all: written beside, brought to the disk, then given their name."""

import os
import secrets
from pathlib import Path


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, for the owner alone, and bring it to the disk; raise ``OSError``."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def put(target: Path, content: bytes, beside: Path) -> None:
    """Replace ``target`` by a file written in the folder ``beside``, of the same disk; raise ``OSError``."""
    path = beside / f".{target.name}.{secrets.token_hex(8)}.tmp"
    try:
        write_new(path, content)
        path.replace(target)
    finally:
        path.unlink(missing_ok=True)
    to_disk(target.parent)


def to_disk(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
