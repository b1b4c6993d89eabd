"""The supervisor with real processes: restarts, orderly stop, nothing left behind, one per data folder."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nganam.site import processes
from nganam.site.supervisor import read_status, replace_json, take_lock

pytestmark = pytest.mark.slow  # kills and counts seconds: has the machine to itself
DRIVER = """
import json, sys
from pathlib import Path
from nganam.kernel.errors import Unavailable
from nganam.site.supervisor import Program, Supervisor, file_is_fresh
folder = Path(sys.argv[1])
programs = [
    Program(one["name"], [sys.executable, "-u", "-c", one["code"]], grace=one.get("grace", 3),
            ready=file_is_fresh(folder / one["file"], 3600) if "file" in one else None)
    for one in json.loads(sys.argv[2])
]
try:
    with Supervisor(programs, folder) as supervisor:
        supervisor.run()
except Unavailable as error:
    sys.exit(error.message)
"""
SLEEPER = "import time; print('xin chào'); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('không nghe'); time.sleep(600)"
PARENT = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]); time.sleep(600)"
NOTES_ITS_END = """
import pathlib, signal, sys, time
def end(*_):
    with open({path!r}, "a") as note: note.write({name!r} + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("chạy")
time.sleep(600)
"""


class Run:
    """A supervisor in a process of its own."""

    def __init__(self, folder: Path, programs: list[dict[str, Any]]) -> None:
        self.folder = folder.resolve()
        self.process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(folder), json.dumps(programs)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def child(self, name: str) -> dict[str, Any]:
        status = read_status(self.folder) or {}
        return next((one for one in status.get("processes", []) if one["name"] == name), {})  # type: ignore[attr-defined]

    def until(self, condition: Callable[[], object], seconds: float = 8) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            assert self.process.poll() is None, self.process.stdout and self.process.stdout.read()
            time.sleep(0.02)

    def is_ready(self, name: str) -> bool:
        return self.child(name).get("state") == "ready"

    def said(self, name: str, text: str) -> bool:
        log = self.folder / "log" / f"{name}.log"
        return log.exists() and text in log.read_text(encoding="utf-8")

    def stop(self, signum: int = signal.SIGTERM) -> str:
        self.process.send_signal(signum)
        return self.process.communicate(timeout=10)[0]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Start supervisors on one folder; whatever happens, leave nothing running."""
    runs: list[Run] = []

    def begin(*programs: dict[str, Any]) -> Run:
        runs.append(Run(tmp_path / "var", list(programs)))
        return runs[-1]

    yield begin
    for run in runs:
        if run.process.poll() is None:
            run.process.kill()
        run.process.communicate()
    processes.end(processes.marked((tmp_path / "var").resolve()), grace=0)


def test_a_killed_child_runs_again_within_half_a_second(start: Callable[..., Run]) -> None:
    run = start({"name": "web", "code": SLEEPER})
    run.until(lambda: run.is_ready("web"))
    first = run.child("web")["pid"]
    os.kill(first, signal.SIGKILL)
    began = time.monotonic()
    run.until(lambda: run.child("web").get("restarts") == 1 and run.is_ready("web"))
    assert time.monotonic() - began < 1  # the pause is 0.2 s; the rest is this busy machine
    assert run.child("web")["pid"] != first
    assert "tín hiệu SIGKILL" in run.stop()


def test_a_child_that_keeps_failing_is_tried_less_and_less_often(start: Callable[..., Run]) -> None:
    run = start({"name": "web", "code": "raise SystemExit(3)"})
    run.until(lambda: run.child("web").get("restarts", 0) >= 3)
    assert run.child("web")["last_exit"] == 3
    pauses = [line.split("sau ")[1].split()[0] for line in run.stop().splitlines() if "chạy lại" in line]
    assert pauses[:3] == ["0.2", "0.4", "0.8"]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_both_ways_to_stop_end_every_process(start: Callable[..., Run], signum: int) -> None:
    run = start({"name": "web", "code": PARENT}, {"name": "worker", "code": STUBBORN, "grace": 0.3})
    run.until(lambda: len(processes.marked(run.folder)) == 3 and run.said("worker", "không nghe"))
    run.stop(signum)
    assert run.process.returncode == 0
    assert processes.marked(run.folder) == []
    assert read_status(run.folder) is None


def test_children_stop_in_reverse_order(start: Callable[..., Run], tmp_path: Path) -> None:
    note = tmp_path / "order"
    names = ["web", "worker", "gateway"]
    run = start(*({"name": name, "code": NOTES_ITS_END.format(path=str(note), name=name)} for name in names))
    run.until(lambda: all(run.said(name, "chạy") for name in names))
    run.stop()
    assert note.read_text().split() == ["gateway", "worker", "web"]


def test_a_killed_supervisor_takes_its_children_with_it(start: Callable[..., Run]) -> None:
    run = start({"name": "web", "code": SLEEPER})
    run.until(lambda: run.is_ready("web") and run.said("web", "xin chào"))
    run.process.kill()
    run.process.wait()
    end = time.monotonic() + 5
    while processes.marked(run.folder) and time.monotonic() < end:
        time.sleep(0.05)
    assert processes.marked(run.folder) == []


def test_the_next_start_ends_what_a_killed_supervisor_left_behind(start: Callable[..., Run]) -> None:
    run = start({"name": "web", "code": STUBBORN})
    run.until(lambda: run.said("web", "không nghe"))
    run.until(lambda: "pid" in run.child("web"))
    left = run.child("web")["pid"]
    run.process.kill()
    run.process.wait()
    assert left in processes.marked(run.folder)  # it ignores SIGTERM
    again = start({"name": "worker", "code": SLEEPER})
    again.until(lambda: again.is_ready("worker"))
    assert not processes.exists(left)
    assert "dừng 1 tiến trình sót lại" in again.stop()


def test_a_second_supervisor_of_the_same_folder_is_refused_by_name(start: Callable[..., Run]) -> None:
    first = start({"name": "web", "code": SLEEPER})
    first.until(lambda: first.is_ready("web"))
    second = start({"name": "web", "code": SLEEPER})
    said = second.process.communicate(timeout=8)[0]
    assert second.process.returncode == 1
    assert f"tiến trình {first.process.pid}" in said
    assert first.is_ready("web")


def test_a_child_is_ready_only_when_its_check_says_so(start: Callable[..., Run], tmp_path: Path) -> None:
    run = start({"name": "worker", "code": SLEEPER, "file": "run/heartbeat"})
    run.until(lambda: run.said("worker", "xin chào"))
    run.until(lambda: run.child("worker").get("state") == "starting")
    (run.folder / "run" / "heartbeat").touch()
    run.until(lambda: run.is_ready("worker"))
    assert "sẵn sàng" in run.stop()


def test_the_status_of_a_killed_supervisor_is_not_believed_by_the_next_start(tmp_path: Path) -> None:
    with take_lock(_lock_of(tmp_path), tmp_path):
        assert read_status(tmp_path) == {"processes": []}, "nothing written yet"
        for pid, told in ((os.getpid() + 1, 0), (os.getpid(), 1)):
            status = {"pid": pid, "processes": [{"name": "web", "state": "ready"}]}
            replace_json(tmp_path / "run" / "status.json", status)
            assert len(read_status(tmp_path)["processes"]) == told
    assert read_status(tmp_path) is None


def _lock_of(folder: Path) -> Path:
    (folder / "run").mkdir()
    return folder / "run" / "supervisor.lock"
