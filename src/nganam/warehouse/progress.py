"""How far a load is, told while it runs: a small file in its scratch folder, renamed into place.

A file and no row: what a load writes inside a transaction others cannot see, a row of its own would need a second
connection and, in SQLite, which lets one writer in at a time, would wait for the load or hold it up. The file takes no
lock and nothing waits for it; it goes with the scratch folder when the load ends. A killed process leaves it behind;
it is then told as stale until the next attempt writes its own over it. It holds counts and instants, never a value.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nganam.face.formats import number_text, size_text
from nganam.warehouse import places, queries
from nganam.warehouse.models import Load

Now = Callable[[], datetime]
EVERY: Final = timedelta(seconds=1)
"""Between two writings of the same step."""
BEAT: Final = 10.0
"""Seconds between two signs of life: the check of many rows is one question to DuckDB, which moves nothing we see."""
STALE: Final = timedelta(minutes=1)
"""Without a sign of life for as long the process is taken to be gone: a local choice."""
STEPS: Final = {
    "receive": gettext_lazy("Nhận dữ liệu từ nguồn"),
    "read": gettext_lazy("Đọc các dòng"),
    "check": gettext_lazy("Kiểm tra từng dòng"),
    "scan": gettext_lazy("Rà quét dữ liệu cá nhân, khóa, dấu độ mật"),
    "judge": gettext_lazy("Xét quy tắc chất lượng"),
    "write": gettext_lazy("Ghi phiên bản vào kho"),
    "replica": gettext_lazy("Đưa phiên bản ra phục vụ tra cứu"),
    "record": gettext_lazy("Tính mã kiểm và ghi sổ phiên bản"),
}
"""What ``loading`` does, in its order; a load goes through some of them."""
COMPUTING: Final = {"compute": gettext_lazy("Tính các dòng theo mô hình")}
"""What a run of a model does instead of receiving."""
ERASING: Final = {
    "erase": gettext_lazy("Viết lại từng phiên bản, bỏ các dòng cần xóa"),
    "clean": gettext_lazy("Dọn tệp đã tạo, tệp đã nhận và bản cũ"),
}
"""What an erasure does besides."""
NAMES: Final = STEPS | COMPUTING | ERASING
TIMES: Final = ("started_at", "step_at", "moved_at", "alive_at")
SERVED: Final = ("replica", "record")
RESTORED: Final = ("read", "write", *SERVED)
ERASED: Final = ("erase", *SERVED, "clean")


@dataclass(frozen=True, slots=True)
class Progress:
    """What a running load says of itself; ``done`` of ``whole`` in ``unit``.

    Units are bytes, rows, estimate (rows of the last version), versions; "" where that is not measured.
    """

    step: str
    steps: tuple[str, ...]
    read: int | None
    done: int
    whole: int
    unit: str
    started_at: datetime
    step_at: datetime
    moved_at: datetime
    alive_at: datetime
    is_stale: bool

    @property
    def name(self) -> str:
        """Name the step."""
        return str(NAMES[self.step])

    @property
    def number(self) -> int:
        """Return which of its steps the load is at, from 1 on."""
        return self.steps.index(self.step) + 1

    @property
    def is_measured(self) -> bool:
        """Say whether it is known how far the step is."""
        return bool(self.whole)

    @property
    def bar(self) -> tuple[int, int]:
        """Return how far the bar goes and how long it is: of the step where that is known, else of all steps."""
        return (min(self.done, self.whole), self.whole) if self.whole else (self.number - 1, len(self.steps))

    @property
    def text(self) -> str:
        """Say in words how far it is."""
        if not self.whole:
            return _("bước %(number)s trong %(all)s") % {"number": self.number, "all": len(self.steps)}
        if self.unit == "bytes":
            return f"{size_text(self.done)} / {size_text(self.whole)}"
        told = {"done": number_text(self.done), "all": number_text(self.whole)}
        if self.unit == "versions":
            return _("%(done)s / %(all)s phiên bản") % told
        if self.unit == "estimate":
            return _("%(done)s / khoảng %(all)s dòng, ước theo phiên bản trước") % told
        return _("%(done)s / %(all)s dòng") % told


class Teller:
    """Writes how far a load is, once a second at most and whenever a step begins; ``now`` is the door's clock."""

    def __init__(self, path: Path, *, now: Now, steps: Sequence[str], beat: float = BEAT) -> None:
        self._path, self._now, self._beat = path, now, beat
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._written: datetime | None = None
        self._said: dict[str, Any] = {"steps": list(steps), "read": None, "started_at": now().isoformat()}

    @contextmanager
    def telling(self) -> Iterator["Teller"]:
        """Give signs of life meanwhile; what another attempt left is written over by the first step."""
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.unlink(missing_ok=True)
        beating = threading.Thread(target=self._live, name="progress", daemon=True)
        beating.start()
        try:
            yield self
        finally:
            self._ended.set()
            beating.join()
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def plan(self, steps: Sequence[str]) -> None:
        """Say through which steps the load goes, where that turns out otherwise."""
        with self._lock:
            self._said["steps"] = list(steps)

    def begin(self, step: str, *, whole: int = 0, unit: str = "") -> None:
        """Begin a step; ``whole`` is how much there is of it in ``unit``, where that is known."""
        at = self._now()
        with self._lock:
            told = {"step": step, "step_at": at.isoformat(), "done": 0, "whole": whole, "unit": unit}
            self._said |= told
            self._move(at)

    def move(self, done: int, *, read: int | None = None) -> None:
        """Say how much of the step is done, and how many rows are read by now."""
        at = self._now()
        with self._lock:
            self._said["done"] = done
            if read is not None:  # a source is read into a file, and then the file: the second time it tells no less
                self._said["read"] = max(read, self._said["read"] or 0)
            if self._written is None or at - self._written >= EVERY:
                self._move(at)

    def _move(self, at: datetime) -> None:
        self._said["moved_at"] = at.isoformat()
        self._write(at)

    def _live(self) -> None:
        while not self._ended.wait(self._beat):
            with self._lock:
                if "step" in self._said:
                    self._write(self._now())

    def _write(self, at: datetime) -> None:
        self._written = at
        waiting = self._path.with_suffix(".tmp")
        with suppress(OSError):  # no load fails because it could not say how far it is
            waiting.write_text(json.dumps({**self._said, "alive_at": at.isoformat()}), encoding="utf-8")
            waiting.replace(self._path)


def teller(load: Load, *, now: Now) -> Teller:
    """Return what tells of a load that begins now."""
    if load.restores is not None:
        return Teller(places.progress(load), now=now, steps=RESTORED)
    if getattr(load, "erasure", None) is not None:
        return Teller(places.progress(load), now=now, steps=ERASED)
    first = ("compute",) if load.model is not None else ("receive",)
    steps = (*(() if load.landing_sha else first), *tuple(STEPS)[1:])
    return Teller(places.progress(load), now=now, steps=steps)


def estimate(load: Load) -> tuple[int, str]:
    """Return about how many rows there will be: as in the present version; (0, "") where that says nothing."""
    present = queries.current_version(load.table) if load.is_whole else None
    return (present.rows, "estimate") if present else (0, "")


def of(load: Load, *, at: datetime) -> Progress | None:
    """Return how far a load is that the caller may see; None when it does not run or has not said anything yet."""
    if load.state != "checking":
        return None
    try:
        said = json.loads(places.progress(load).read_text(encoding="utf-8"))
        times: dict[str, Any] = {name: datetime.fromisoformat(said[name]) for name in TIMES}
        told: dict[str, Any] = {name: said[name] for name in ("step", "read", "done", "whole", "unit")}
        steps = tuple(said["steps"])
    except (OSError, ValueError, KeyError):  # not there, gone just now, or of another release
        return None
    if told["step"] not in steps or not NAMES.keys() >= set(steps):
        return None
    return Progress(steps=steps, is_stale=at - times["alive_at"] >= STALE, **told, **times)
