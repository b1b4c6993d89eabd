"""Runs the platform's processes: starts them, restarts them, stops them in order, and leaves none behind.

Every child has a session of its own (a Ctrl-C reaches only the supervisor), dies with the supervisor (``tether``) and
is spawned from the main thread. One supervisor per data folder: the lock is the kernel's and goes with a killed holder,
whose leftover children are recognised by a mark in their environment and ended before anything starts.
"""

import fcntl
import http.client
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO, Self
from urllib.parse import urlsplit

from nganam.kernel.errors import Unavailable
from nganam.site import processes
from nganam.site.logfiles import RotatingLog

TETHER = Path(__file__).with_name("tether.py")
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 30.0  # seconds before a restart
SETTLED = 10.0  # a child that ran this long starts over with the first pause
TICK = 0.05
PULSE = 2.0  # seconds between writes of an unchanged status

Ready = Callable[[], bool]


@dataclass(frozen=True)
class Program:
    """What to run: its command, when it is ready (``None``: at once), and seconds it is given to stop."""

    name: str
    command: Sequence[str]
    ready: Ready | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    grace: float = 10.0
    address: str = ""


def answers_http(url: str, timeout: float = 1.0) -> Ready:
    """Return a check that ``url`` answers with anything but a server error."""
    parts = urlsplit(url)

    def check() -> bool:
        link = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=timeout)
        try:
            link.request("GET", parts.path or "/", headers={"User-Agent": "nganam-supervisor"})
            return link.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()

    return check


def file_is_fresh(path: Path, seconds: float) -> Ready:
    """Return a check that ``path`` was touched in the last ``seconds``."""

    def check() -> bool:
        with suppress(OSError):
            return time.time() - path.stat().st_mtime < seconds
        return False

    return check


class Child:
    """One program and the process that runs it now."""

    def __init__(self, program: Program, folder: Path) -> None:
        self.program = program
        self.folder = folder
        self.log = RotatingLog(folder / "log" / f"{program.name}.log")
        self.process: subprocess.Popen[bytes] | None = None
        self.state = "stopped"
        self.restarts = 0
        self.last_exit: int | None = None
        self.since = time.monotonic()
        self.retry_at = 0.0
        self.pause = FIRST_PAUSE
        self.probing: threading.Thread | None = None

    def spawn(self) -> IO[bytes]:
        """Start the process; call from the main thread only. Return its output."""
        env = {**os.environ, **self.program.env, "PYTHONUNBUFFERED": "1", processes.MARK: str(self.folder)}
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *self.program.command],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.since = time.monotonic()
        self.state = "starting" if self.program.ready else "ready"
        if self.process.stdout is None:
            raise RuntimeError("stdout is a pipe")
        return self.process.stdout

    def probe(self) -> None:
        """Ask in the background whether the process is ready, unless such a question is still open."""
        if self.state == "starting" and not (self.probing and self.probing.is_alive()):
            self.probing = threading.Thread(target=self._probe, args=(self.process,), daemon=True)
            self.probing.start()

    def _probe(self, asked: "subprocess.Popen[bytes] | None") -> None:
        check = self.program.ready
        if check and check() and asked is self.process and asked and asked.poll() is None:
            self.state = "ready"
        else:
            time.sleep(TICK)

    def signal_group(self, signum: int) -> None:
        """Send a signal to the process and all it has started."""
        if self.process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signum)

    def as_dict(self) -> dict[str, object]:
        """Return what ``./nganam status`` shows."""
        return {
            "name": self.program.name,
            "state": self.state,
            "pid": self.process.pid if self.process and self.process.poll() is None else None,
            "restarts": self.restarts,
            "last_exit": self.last_exit,
            "address": self.program.address,
            "seconds": round(time.monotonic() - self.since, 1),
        }


class Supervisor:
    """Keeps ``programs`` running in ``folder`` until told to stop. Use as: ``with Supervisor(…) as s: s.run()``."""

    def __init__(self, programs: Sequence[Program], folder: Path, *, quiet: bool = False) -> None:
        self.folder = folder.resolve()
        self.quiet = quiet
        self.children = [Child(program, self.folder) for program in programs]
        self.stopping = False
        self.impatient = False
        self._selector = selectors.DefaultSelector()
        self._lock: IO[str] | None = None
        self._written = 0.0
        self._shown: list[tuple[str, int]] = []
        self._announced = False
        self.began = datetime.now(UTC)

    # -- the lock --

    def __enter__(self) -> Self:
        """Take the data folder, or say who has it; end what a killed supervisor left."""
        run = self.folder / "run"
        run.mkdir(parents=True, exist_ok=True)
        self._lock = take_lock(run / "supervisor.lock", self.folder)
        left = processes.marked(self.folder)
        if left:
            self.say("*", f"dừng {len(left)} tiến trình sót lại của lần chạy trước")
            processes.end(left, grace=3)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything and give the folder back."""
        self.stop_all()
        if self._lock:
            self._lock.close()

    # -- the main loop --

    def run(self) -> int:
        """Start everything in order and keep it running until SIGINT, SIGTERM or :meth:`ask_to_stop`."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._on_signal)
        for child in self.children:
            if self.stopping:
                break
            self.start(child)
        while not self.stopping:
            self.step()
        self.stop_all()
        return 0

    def ask_to_stop(self) -> None:
        """Make :meth:`run` return."""
        self.stopping = True

    def _on_signal(self, _signum: int, _frame: FrameType | None) -> None:
        self.impatient = self.stopping  # the second Ctrl-C does not wait
        self.stopping = True

    def step(self) -> None:
        """Do one turn: pass output on, look after each child, write the status."""
        self.pump(TICK)
        for child in self.children:
            self.look_after(child)
        self.write_status()

    def start(self, child: Child) -> None:
        """Start one child and listen to it."""
        output = child.spawn()
        os.set_blocking(output.fileno(), False)
        self._selector.register(output, selectors.EVENT_READ, child)

    def look_after(self, child: Child) -> None:
        """Notice an exit, restart after a pause, ask about readiness."""
        process = child.process
        if child.state == "waiting":
            if time.monotonic() >= child.retry_at:
                self.start(child)
        elif process and process.poll() is not None:
            self.after_exit(child, process.returncode)
        else:
            child.probe()

    def after_exit(self, child: Child, status: int) -> None:
        """Clear what the dead process left, and plan the restart."""
        child.signal_group(signal.SIGKILL)  # workers of a killed master would hold its port
        self.pump(0)
        child.pause = FIRST_PAUSE if time.monotonic() - child.since > SETTLED else min(child.pause * 2, LONGEST_PAUSE)
        child.last_exit, child.state = status, "waiting"
        child.restarts += 1
        child.retry_at = time.monotonic() + child.pause
        self.say(child.program.name, f"dừng ({exit_words(status)}), chạy lại sau {child.pause:.1f} giây")

    # -- output --

    def say(self, name: str, text: str) -> None:
        """Print one short line."""
        with suppress(OSError, ValueError):
            print(f"{time.strftime('%H:%M:%S')} {name:<10} {text}"[:200], flush=True)

    def pump(self, timeout: float) -> None:
        """Pass on what the children have written."""
        for key, _ in self._selector.select(timeout):
            output, child = key.fileobj, key.data
            data = os.read(key.fd, 65536)
            if not data:
                self._selector.unregister(output)
                output.close()  # type: ignore[union-attr]  # always a pipe
            for line in child.log.write(data):
                if not self.quiet:
                    self.say(child.program.name, line)

    # -- status --

    def write_status(self, *, force: bool = False) -> None:
        """Write ``run/status.json`` when something changed, or to show that the supervisor lives."""
        shown = [(child.state, child.restarts) for child in self.children]
        if not force and shown == self._shown and time.monotonic() - self._written < PULSE:
            return
        for child, before in zip(self.children, self._shown or [("", 0)] * len(shown), strict=True):
            if child.state == "ready" and before[0] != "ready":
                took = time.monotonic() - child.since
                self.say(child.program.name, f"sẵn sàng sau {took:.1f} giây {child.program.address}")
        self._shown, self._written = shown, time.monotonic()
        status = {
            "pid": os.getpid(),
            "began_at": self.began.isoformat(timespec="seconds"),
            "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "stopping": self.stopping,
            "processes": [child.as_dict() for child in self.children],
        }
        replace_json(self.folder / "run" / "status.json", status)

    # -- the end --

    def stop_all(self) -> None:
        """Stop the children in reverse order, each with its grace, then kill what is left of its group."""
        self.stopping = True
        for child in reversed(self.children):
            if child.process:
                self.stop_one(child)
        self.write_status(force=True)

    def stop_one(self, child: Child) -> None:
        """Ask one child to end, wait, kill."""
        process = child.process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            until = time.monotonic() + child.program.grace
            while process.poll() is None and time.monotonic() < until and not self.impatient:
                self.pump(TICK)
        child.signal_group(signal.SIGKILL)
        process.wait()
        self.pump(0)
        child.state, child.process, child.last_exit = "stopped", None, process.returncode
        child.log.close()


def exit_words(status: int) -> str:
    """Return an exit status in words."""
    return f"tín hiệu {signal.Signals(-status).name}" if status < 0 else f"mã {status}"


def replace_json(path: Path, value: object) -> None:
    """Write ``value`` so that a reader sees the old or the new, never a part."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
    beside.replace(path)


def take_lock(path: Path, folder: Path) -> IO[str]:
    """Return the held lock; raise ``Unavailable`` naming the holder. A killed holder holds nothing."""
    handle = path.open("a+", encoding="ascii")
    for last in (False, False, True):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError:
            if last:
                raise taken(handle, folder) from None
            time.sleep(0.1)  # it may only be somebody looking (read_status)
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def taken(handle: IO[str], folder: Path) -> Unavailable:
    """Return the refusal that names who holds the lock."""
    handle.seek(0)
    holder = handle.read().strip() or "?"
    handle.close()
    return Unavailable(
        f"Thư mục dữ liệu {folder} đang được một lần chạy khác dùng (tiến trình {holder}).",
        hint="Dừng nó bằng ./nganam stop, hoặc chọn thư mục khác bằng NGANAM_DATA.",
    )


def read_status(folder: Path) -> dict[str, object] | None:
    """Return the status of the supervisor that runs on ``folder``, or ``None`` when none does.

    The file of a supervisor that was killed stays until the next one has written its own; it is not believed.
    """
    try:
        with (folder / "run" / "supervisor.lock").open() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = handle.read().strip()
            else:
                return None
    except OSError:
        return None
    with suppress(OSError, ValueError):
        found: dict[str, object] = json.loads((folder / "run" / "status.json").read_text(encoding="utf-8"))
        if str(found["pid"]) == holder:
            return found
    return {"processes": []}
