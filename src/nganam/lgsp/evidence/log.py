"""The log's own files: its name and keys, what has been recorded, the signed checkpoints and their history."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from nganam.kernel.errors import Unavailable
from nganam.lgsp.evidence.notes import Checkpoint, Key, Signer, read_checkpoint
from nganam.lgsp.evidence.tiles import CHECKPOINT
from nganam.lgsp.evidence.tree import sync_folder

FOLDER = "evidence"
ABOUT, STATE, HISTORY, STAMPS = "log.json", "state.json", "checkpoints", "timestamps"
DEFAULT_URL = "http://127.0.0.1:8600"


class Broken(Unavailable):
    """The evidence folder contradicts itself; going on would make two logs of one name."""


def replace(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Replace a file whole; with ``sync`` also when the power goes."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        if sync:
            os.fsync(out.fileno())
    beside.replace(path)
    if sync:
        sync_folder(path.parent)


@dataclass
class State:
    """What has been recorded: size and root of the tree, how far each file was read, answers without their line.

    ``pending`` holds (journal file, offset); ``recovered`` says where an answer was entered from the journal.
    """

    size: int = 0
    root: str = ""
    sealed_at: int = 0
    sealed_size: int = 0
    positions: dict[str, int] = field(default_factory=dict)
    pending: list[tuple[str, int]] = field(default_factory=list)
    recovered: dict[str, int] = field(default_factory=dict)


def read_state(folder: Path) -> State:
    """Return what has been recorded; nothing when there is no log yet. Raise ``Broken`` when it is unreadable."""
    try:
        return State(**json.loads((folder / STATE).read_bytes()))
    except FileNotFoundError:
        return State()
    except (ValueError, TypeError) as error:
        raise Broken("Không đọc được evidence/state.json.", hint="Khôi phục thư mục evidence từ sao lưu.") from error


def write_state(folder: Path, state: State) -> None:
    """Record: from here on, these entries are in the log."""
    replace(folder / STATE, json.dumps(asdict(state), separators=(",", ":")).encode())


# -- name and keys --


def log_name(public_url: str) -> str:
    """Return the name of the log of a platform at this address."""
    return f"{urlsplit(public_url).netloc or 'localhost'}/nhat-ky-lgsp"


def signer(data: Path, public_url: str = DEFAULT_URL) -> Signer:
    """Return the log's signer, making name and key (``<DATA>/keys/evidence``) the first time.

    The name stays when the address of the platform changes; a new key is put beside the old ones, which go on
    verifying what they signed.
    """
    folder = data / FOLDER
    private = _private_key(data / "keys" / "evidence")
    about = _about(folder)
    made = Signer(about.name or log_name(public_url), private)
    if made.key.text not in about.keys:
        about = About(made.name, [*about.keys, made.key.text])
        replace(folder / ABOUT, json.dumps(asdict(about), indent=1).encode())
    return made


def _private_key(kept: Path) -> Ed25519PrivateKey:
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not kept.exists():
        beside = kept.with_name(f".evidence.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(_as_pem(Ed25519PrivateKey.generate()))
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(beside, kept)
        beside.unlink()
    found = load_pem_private_key(kept.read_bytes(), None)
    if not isinstance(found, Ed25519PrivateKey):
        raise Broken("keys/evidence không phải khóa Ed25519.", hint="Khôi phục tệp khóa từ sao lưu.")
    return found


def _as_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass
class About:
    """What ``log.json`` says: the log's name and its keys, the present one last."""

    name: str = ""
    keys: list[str] = field(default_factory=list)


def _about(folder: Path) -> About:
    try:
        return About(**json.loads((folder / ABOUT).read_bytes()))
    except FileNotFoundError:
        return About()
    except (ValueError, TypeError) as error:
        raise Broken("Không đọc được evidence/log.json.", hint="Khôi phục thư mục evidence từ sao lưu.") from error


def keys_of(folder: Path) -> list[Key]:
    """Return the log's public keys, the one that signs now last; none while there is no log."""
    return [Key.read(text) for text in _about(folder).keys]


# -- checkpoints --


def latest(folder: Path) -> Checkpoint | None:
    """Return the newest checkpoint that verifies."""
    try:
        return read_checkpoint((folder / CHECKPOINT).read_text(encoding="utf-8"), keys_of(folder))
    except (OSError, ValueError):
        return None


def history_file(folder: Path, at: int) -> Path:
    """Return the file with the checkpoints sealed on the day (UTC) of ``at``."""
    return folder / HISTORY / f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def notes_in(text: str) -> Iterator[str]:
    """Give the notes of a history file; a torn last one is left out."""
    parts = text.split("\n\n")
    for at in range(0, len(parts) - 2, 2):
        yield f"{parts[at]}\n\n{parts[at + 1]}\n"


def history(folder: Path) -> Iterator[tuple[str, str]]:
    """Give every sealed checkpoint, the oldest first, with the name of its file."""
    for path in sorted((folder / HISTORY).glob("????-??-??")):
        for note in notes_in(path.read_text(encoding="utf-8")):
            yield path.name, note


def last_sealed(folder: Path) -> list[str]:
    """Return the newest note of the history, none while there is no history."""
    for path in sorted((folder / HISTORY).glob("????-??-??"), reverse=True):
        notes = list(notes_in(path.read_text(encoding="utf-8", errors="replace")))
        if notes:
            return notes[-1:]
    return []


def add_to_history(folder: Path, checkpoint: Checkpoint) -> None:
    """Put a checkpoint behind the others of its day, on disk."""
    path = history_file(folder, checkpoint.at)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        whole = sum(len(note.encode()) + 1 for note in notes_in(path.read_text(encoding="utf-8", errors="replace")))
        os.ftruncate(handle, whole)  # what a killed writer left torn
        os.pwrite(handle, f"{checkpoint.note}\n".encode(), whole)
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_folder(path.parent)
