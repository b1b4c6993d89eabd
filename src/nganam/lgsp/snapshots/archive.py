"""The archive: what each snapshot told the gateway and the data server, one compressed file per snapshot."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from nganam.lgsp import swapping
from nganam.lgsp.envoy.decided import Gateway
from nganam.serving.snapshot import Snapshot as Told

FOLDER = "snapshots"
FORMAT = 1
LEVEL = 2  # of gzip: 5 MB take 40 ms, and publication waits for it


class Kept(msgspec.Struct, frozen=True):
    """A snapshot as kept: what was decided, and the digest of each file made of it (``node/file``).

    The secret between gateway and data server and the key of the TLS listener are left out: the present ones serve
    whatever is put back. The files are
    a pure function of what was decided, so they are not kept beside it.
    """

    number: int
    gateway: Gateway
    told: Told
    files: dict[str, str]
    format: int = FORMAT

    @property
    def digest(self) -> str:
        """Return the digest over all files, of the gateway and of the data server together."""
        return digest_of(self.files)


def digest_of(files: Mapping[str, str]) -> str:
    """Return the digest over the digests of files, in the order of their names."""
    return hashlib.sha256(msgspec.json.encode(dict(files), order="deterministic")).hexdigest()


def file_of(data: Path, number: int) -> Path:
    """Return the file of a snapshot."""
    return data / FOLDER / f"{number:08d}.json.gz"


def keep(data: Path, kept: Kept) -> None:
    """Write a snapshot down; only the owner may read it."""
    kept = msgspec.structs.replace(kept, gateway=replace(kept.gateway, gate_secret="", tls=None))
    swapping.replace(file_of(data, kept.number), gzip.compress(msgspec.json.encode(kept), LEVEL, mtime=0))


def find(data: Path, number: int) -> Kept | None:
    """Return a snapshot as it was kept; ``None`` when its file is gone or cannot be read any more."""
    try:
        return msgspec.json.decode(gzip.decompress(file_of(data, number).read_bytes()), type=Kept)
    except (OSError, EOFError, ValueError, gzip.BadGzipFile):
        return None


def forget(data: Path, kept: set[int]) -> int:
    """Remove the files of all snapshots but those ``kept``; return how many."""
    gone = [path for path in (data / FOLDER).glob("*.json.gz") if int(path.name.partition(".")[0]) not in kept]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
