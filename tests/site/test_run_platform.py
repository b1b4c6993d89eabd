"""The whole platform under its supervisor: each process is killed and comes back; the end leaves nothing."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nganam.site import processes
from nganam.site.supervisor import read_status

pytestmark = pytest.mark.slow
NODES = 2
NAMES = ("web", "worker", "serving", "serving-2", "gateway", "gateway-2", "collector", "keeper")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports() -> int:
    """Return a port that is free like the next one: where the first of two nodes may listen."""
    while True:
        first = free_port()
        if first < 65535 and processes.port_is_free("127.0.0.1", first + 1):
            return first


def until(condition: Callable[[], object], seconds: float, what: str) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, what
        time.sleep(0.05)
    return time.monotonic() - began


class Platform:
    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir()
        self.ports = {"web": free_port(), "gateway": free_ports(), "gateway-tls": free_ports(), "serving": free_ports()}
        options = [word for name, port in self.ports.items() for word in (f"--port-{name}", str(port))]
        options += ["--nodes", str(NODES)]
        self.ports |= {f"{name}-2": self.ports[name] + 1 for name in ("gateway", "serving")}
        env = {**os.environ, "NGANAM_DATA": str(self.folder), "NGANAM_WEB_WORKERS": "1"}
        env.pop("NGANAM_DATABASE_URL", None)
        self.output = (self.folder / "output").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nganam.site.commands", "up", *options],
            env=env,
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )

    def children(self) -> dict[str, dict[str, Any]]:
        status: dict[str, Any] = read_status(self.folder) or {}
        return {one["name"]: one for one in status.get("processes", [])}

    def is_ready(self) -> bool:
        assert self.process.poll() is None, (self.folder / "output").read_text()
        found = self.children()
        return len(found) == len(NAMES) and all(one["state"] == "ready" for one in found.values())

    def answers(self, name: str, path: str = "/") -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[name]}{path}", timeout=3) as got:
                return int(got.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    running = Platform(tmp_path_factory.mktemp("platform") / "var")
    until(running.is_ready, 60, "the platform did not start")
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()
    processes.end(processes.marked(running.folder), grace=0)


def test_every_server_answers(platform: Platform) -> None:
    assert platform.answers("web", "/suc-khoe/") == 200
    assert platform.answers("web", "/suc-khoe/san-sang/") == 200
    assert platform.answers("gateway") in range(400, 500)
    assert platform.answers("serving") in range(200, 500)
    assert platform.answers("gateway-2", "/healthz") == 200
    assert platform.answers("serving-2") in range(200, 500)


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_process_comes_back(platform: Platform, name: str) -> None:
    until(platform.is_ready, 20, "not ready before")
    before = platform.children()[name]
    os.kill(before["pid"], signal.SIGKILL)
    until(lambda: platform.children()[name]["restarts"] > before["restarts"], 3, "not noticed")
    until(platform.is_ready, 20, f"{name} did not come back")
    assert platform.children()[name]["pid"] != before["pid"]
    if name in platform.ports:
        assert 200 <= platform.answers(name) < 500


def test_a_killed_web_worker_is_replaced_by_its_master(platform: Platform) -> None:
    until(platform.is_ready, 20, "not ready before")
    master = platform.children()["web"]["pid"]
    workers = [pid for pid in processes.marked(platform.folder) if os.getpgid(pid) == master and pid != master]
    for pid in workers:
        if "resource_tracker" not in processes.command_line(pid):
            os.kill(pid, signal.SIGKILL)
    until(lambda: platform.answers("web", "/suc-khoe/") == 200, 20, "the web did not come back")


def test_a_second_start_on_the_same_folder_is_refused(platform: Platform) -> None:
    command = [sys.executable, "-m", "nganam.site.commands", "up", "--data", str(platform.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"tiến trình {platform.process.pid}" in done.stderr
    assert platform.is_ready()


def test_status_tells_and_stop_leaves_nothing(platform: Platform) -> None:
    until(platform.is_ready, 20, "not ready before")
    command = [sys.executable, "-m", "nganam.site.commands"]
    more = ["--data", str(platform.folder)]
    told = subprocess.run([*command, "status", *more], capture_output=True, text=True, check=False)
    assert told.returncode == 0
    assert all(name in told.stdout for name in NAMES)
    nodes = [line for line in told.stdout.splitlines() if line.strip().startswith("gateway")]
    assert len(nodes) == NODES
    assert all("bản 1, từ chối 0" in line for line in nodes), nodes
    stopped = subprocess.run([*command, "stop", *more], capture_output=True, text=True, check=False)
    assert "Đã dừng" in stopped.stdout
    platform.process.wait(10)
    assert processes.marked(platform.folder) == []
    assert all(processes.port_is_free("127.0.0.1", port) for port in platform.ports.values())
