"""The spool of pushed records: a push is a file on disk before it is acknowledged; the worker takes it from here.

``pushed/<door>/waiting/<receipt>`` is one push: a line of JSON that says who sent it when, then a record a line.
``pushed/<door>/told/<receipt>.json`` is what has become of it, written by the worker. A file appears whole or not at
all: it is written beside, brought to the disk and linked under its name, which only one of two senders can do.
"""

import os
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from nganam.serving import whole

FOLDER, WAITING, TOLD, BESIDE, BROKEN = "pushed", "waiting", "told", "beside", "unreadable"
MOST_WAITING, MOST_BYTES, LEAST_FREE = 10_000, 2 * 1024**3, 512 * 1024**2
"""How many pushes and bytes may wait at a door, and how many bytes are left free on the disk for everything else."""


class Head(msgspec.Struct, frozen=True):
    """What the first line of a push says. ``at`` is an instant in UTC (ISO 8601), ``digest`` that of the body sent.

    ``message_id`` and ``request_id`` are the caller's and the gateway's names of the call; ``size`` is in bytes.
    """

    receipt: str
    consumer: str
    at: str
    records: int
    size: int
    digest: str
    message_id: str = ""
    request_id: str = ""


class Full(Exception):
    """As many pushes wait as may wait, or the disk is nearly full: the worker has to take some first."""


class Absent(Exception):
    """The worker has no such door here: what was kept nobody would take (a data server on another machine)."""


def folder(data: Path, door: str) -> Path:
    """Return where the pushes of a door are."""
    return data / FOLDER / door


def keep(place: Path, head: Head, records: Sequence[bytes]) -> Head:
    """Bring a push to the disk and return its head; that of the one already there when it has come before.

    ``records`` are JSON objects without line breaks. Raises ``Absent``, ``Full``, ``OSError``.
    """
    waiting, beside = place / WAITING, place / BESIDE
    try:
        for one in (waiting, beside):
            one.mkdir(exist_ok=True, mode=0o700)
    except FileNotFoundError as error:  # the worker makes the door's folder, where it works
        raise Absent from error
    _refuse_when_full(waiting)
    path = beside / f"{head.receipt}.{secrets.token_hex(8)}"
    try:
        whole.write_new(path, b"\n".join([msgspec.json.encode(head), *records, b""]))
        try:
            os.link(path, waiting / head.receipt)
        except FileExistsError:
            kept = read_head(waiting / head.receipt)
        else:
            kept = head
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)
    whole.to_disk(waiting)  # also for who comes second: the first may not have come so far
    return kept


def _refuse_when_full(waiting: Path) -> None:
    count = size = 0
    for one in os.scandir(waiting):
        with suppress(FileNotFoundError):
            size += one.stat().st_size
        count += 1
    if count >= MOST_WAITING or size >= MOST_BYTES or shutil.disk_usage(waiting).free < LEAST_FREE:
        raise Full


def read_head(path: Path) -> Head:
    """Return what the first line of a push says; raise ``FileNotFoundError`` when the worker has taken it."""
    with path.open("rb") as file:
        return msgspec.json.decode(file.readline(), type=Head)


def read_records(path: Path) -> list[bytes]:
    """Return the records of a push, each a JSON object."""
    return path.read_bytes().splitlines()[1:]


def waiting(place: Path) -> list[tuple[Head, Path]]:
    """Return the pushes of a door that wait, in the order in which they came."""
    found = []
    for path in (place / WAITING).glob("*"):
        try:
            found.append((read_head(path), path))
        except FileNotFoundError:
            continue
        except (ValueError, msgspec.MsgspecError):  # of a disk that failed: set aside for whoever mends it
            (place / BROKEN).mkdir(exist_ok=True, mode=0o700)
            path.replace(place / BROKEN / path.name)
    return sorted(found, key=_by_time)


def _by_time(one: tuple[Head, Path]) -> tuple[str, str]:
    return one[0].at, one[0].receipt


def tell(place: Path, receipt: str, said: bytes) -> None:
    """Write what has become of a push, beside and then under its name."""
    (place / TOLD).mkdir(parents=True, exist_ok=True, mode=0o700)
    (place / BESIDE).mkdir(parents=True, exist_ok=True, mode=0o700)
    whole.put(place / TOLD / f"{receipt}.json", said, place / BESIDE)


def told(place: Path, receipt: str) -> bytes:
    """Return what was written of a push last; raise ``FileNotFoundError``."""
    return (place / TOLD / f"{receipt}.json").read_bytes()
