"""How far a running load is: one small file in its scratch folder, written beside and renamed, gone with the load.

Not a row: what the load writes in its transactions nobody else sees before they end, and on SQLite a second writer
would hold the load up. The folder is emptied when the load ends; what a killed process left behind stops being touched,
which is how a page knows, and the next run writes over it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from nganam.warehouse import places
from nganam.warehouse.models import Load

STEPS: Final[dict[str, Promise | str]] = {
    "receive": _("Nhận dữ liệu từ nguồn"),
    "read": _("Đọc các dòng"),
    "check": _("Kiểm tra từng dòng theo hợp đồng"),
    "screen": _("Rà quét khóa, dữ liệu cá nhân"),
    "judge": _("Xét quy tắc chất lượng"),
    "commit": _("Ghi phiên bản vào kho"),
    "replica": _("Dựng bản tra cứu"),
    "digest": _("Tính mã kiểm của phiên bản"),
}
"""What a load does, in its order."""
EVERY: Final = 2.0
"""Seconds between two touches of the file by a living process."""
SILENT: Final = timedelta(seconds=15)
"""After so long without a touch the process is taken for dead: several touches were missed."""


class Told(msgspec.Struct, frozen=True):
    """What the process told last: the step, since when, and how many rows it knows of by now."""

    step: str
    since: datetime
    rows: int | None = None


class Progress(msgspec.Struct, frozen=True):
    """How far a load is, for who looks at it; ``alive_at`` is when its process was last heard of."""

    told: Told
    alive_at: datetime
    is_stale: bool

    @property
    def name(self) -> str:
        """Return what the step does, in the active language."""
        return str(STEPS.get(self.told.step, self.told.step))

    @property
    def done(self) -> int:
        """Return how many steps lie behind."""
        return list(STEPS).index(self.told.step) if self.told.step in STEPS else 0

    @property
    def steps(self) -> int:
        """Return how many steps there are."""
        return len(STEPS)


def tell(load: Load, step: str, *, at: datetime, rows: int | None = None) -> None:
    """Write down that a step begins; a disk that does not take it holds no load up."""
    path = _file(load)
    beside = path.with_suffix(".new")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(msgspec.json.encode(Told(step, at, rows)))
        beside.replace(path)


@contextmanager
def alive(load: Load) -> Iterator[None]:
    """Touch the file now and then until the block ends, whatever the load is busy with: then a dead one is known."""
    ended = threading.Event()
    beating = threading.Thread(target=_touch, args=(_file(load), ended), name=f"progress {load.code}", daemon=True)
    beating.start()
    try:
        yield
    finally:
        ended.set()
        beating.join()


def of(load: Load, *, at: datetime) -> Progress | None:
    """Return how far a load is at ``at``; None when it has ended or has told nothing yet."""
    if load.is_final:
        return None
    path = _file(load)
    try:
        told = msgspec.json.decode(path.read_bytes(), type=Told)
        touched = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, msgspec.DecodeError):
        return None
    return Progress(told, touched, at - touched > SILENT)


def _file(load: Load) -> Path:
    return places.work(load.code) / "progress.json"


def _touch(path: Path, ended: threading.Event) -> None:
    while not ended.wait(EVERY):
        with suppress(OSError):
            if path.exists():
                path.touch()
