"""Signed notes and checkpoints: C2SP signed-note, tlog-checkpoint, and tlog-cosignature for the time of signing."""

import base64
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PLAIN, TIMED = b"\1", b"\4"
"""Kinds of signature: Ed25519 over the note, and Ed25519 over the note and the time of signing."""
DASH = "\u2014"
NAME = re.compile(r"[^\s+]{1,200}")
ROOT_BYTES = 32
LONGEST_NOTE = 16 * 1024


def key_id(name: str, kind: bytes, public: bytes) -> bytes:
    """Return the four bytes by which a signature names its key."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:4]


@dataclass(frozen=True, slots=True)
class Key:
    """A public key as verifiers know it; its text is the ``vkey`` of signed-note."""

    name: str
    public: bytes

    @property
    def text(self) -> str:
        """Return ``name+id+key``."""
        return f"{self.name}+{key_id(self.name, PLAIN, self.public).hex()}+{_base64(PLAIN + self.public)}"

    @property
    def timed_text(self) -> str:
        """Return the text under which the timed signature verifies."""
        return f"{self.name}+{key_id(self.name, TIMED, self.public).hex()}+{_base64(TIMED + self.public)}"

    @classmethod
    def read(cls, text: str) -> "Key":
        """Read ``name+id+key``; raise ``ValueError`` when it is not one."""
        name, _plus, rest = text.strip().partition("+")
        written, _plus, encoded = rest.partition("+")
        raw = base64.b64decode(encoded, validate=True)
        if raw[:1] != PLAIN or written != key_id(name, PLAIN, raw[1:]).hex():
            raise ValueError("not an Ed25519 key of a note")
        return cls(name, raw[1:])


@dataclass(frozen=True, slots=True)
class Signer:
    """Name and private key of the log."""

    name: str
    private: Ed25519PrivateKey

    @property
    def key(self) -> Key:
        """Return the public key."""
        return Key(self.name, self.private.public_key().public_bytes_raw())

    def sign(self, body: str, at: int) -> str:
        """Return the note over ``body`` with two signatures: a plain one, and one with the time in Unix seconds."""
        public = self.key.public
        timed = self.private.sign(_timed(body, at))
        plain = key_id(self.name, PLAIN, public) + self.private.sign(body.encode())
        dated = key_id(self.name, TIMED, public) + at.to_bytes(8, "big") + timed
        return f"{body}\n{DASH} {self.name} {_base64(plain)}\n{DASH} {self.name} {_base64(dated)}\n"


def _timed(body: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{body}".encode()


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint whose signatures hold: size and root of the tree, and when it was signed (Unix seconds)."""

    origin: str
    size: int
    root: bytes
    at: int
    note: str


def checkpoint_body(origin: str, size: int, root: bytes) -> str:
    """Return the text of a checkpoint."""
    return f"{origin}\n{size}\n{_base64(root)}\n"


def read_checkpoint(note: str, keys: "tuple[Key, ...] | list[Key]") -> Checkpoint:
    """Return the checkpoint of a note signed by one of ``keys``; raise ``ValueError`` when it is not."""
    if len(note) > LONGEST_NOTE:
        raise ValueError("the note is too long")
    body, gap, signatures = note.partition("\n\n")
    body += "\n"
    lines = body.split("\n")
    if not gap or len(lines) != 4:  # noqa: PLR2004 - origin, size, root, and what follows the last line end
        raise ValueError("not a checkpoint")
    at = next((found for key in keys if (found := _signed_at(body, signatures, key)) is not None), None)
    if at is None:
        raise ValueError("no signature of a known key holds")
    origin, size, root = lines[:3]
    raw = base64.b64decode(root, validate=True)
    if not (size.isascii() and size.isdigit()) or len(raw) != ROOT_BYTES:
        raise ValueError("not a checkpoint")
    return Checkpoint(origin, int(size), raw, at, note)


def _signed_at(body: str, signatures: str, key: Key) -> int | None:
    """Return the signed time when both signatures of ``key`` hold."""
    kept: dict[bytes, bytes] = {}
    for line in signatures.splitlines():
        dash, name, encoded = [*line.split(" "), "", ""][:3]
        if dash == DASH and name == key.name:
            raw = base64.b64decode(encoded, validate=True)
            kept[raw[:4]] = raw[4:]
    plain = kept.get(key_id(key.name, PLAIN, key.public))
    dated = kept.get(key_id(key.name, TIMED, key.public))
    if plain is None or dated is None:
        return None
    at = int.from_bytes(dated[:8], "big")
    public = Ed25519PublicKey.from_public_bytes(key.public)
    try:
        public.verify(plain, body.encode())
        public.verify(dated[8:], _timed(body, at))
    except InvalidSignature:
        return None
    return at
