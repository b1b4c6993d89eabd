"""Every process is killed with -9 while the main path is walked: the path is finished, nothing is done twice."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nganam.site import plan, processes
from nganam.site.supervisor import read_status

pytestmark = pytest.mark.slow
MOMENTS = {"web": "database", "worker": "table_facilities", "keeper": "service_published", "serving": "account"}
MOMENTS |= {"gateway": "credential", "collector": "account"}
"""Which process dies when the diary says that this has just been done."""
TRIES = 6


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    web, gateway, tls, serving = free_ports(4)
    own = {
        "NGANAM_DATA": str(tmp_path / "var"),
        "NGANAM_DEMO": "1",
        "NGANAM_PORT_WEB": str(web),
        "NGANAM_PORT_GATEWAY": str(gateway),
        "NGANAM_PORT_GATEWAY_TLS": str(tls),
        "NGANAM_PORT_SERVING": str(serving),
        "NGANAM_WEB_WORKERS": "1",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NGANAM_")}
    return kept | own


@pytest.fixture
def platform(environment: dict[str, str], tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "var"
    folder.mkdir()
    with (tmp_path / "platform.log").open("w") as log:
        running = subprocess.Popen([sys.executable, "-m", "nganam.site.commands", "up"], env=environment, stdout=log)
        try:
            _wait_ready(folder, 90)
            yield folder
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(40)
            processes.end(processes.marked(folder), grace=1)


def _children(folder: Path) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in (read_status(folder) or {}).get("processes", [])}


def _wait_ready(folder: Path, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = _children(folder)
        if len(found) == len(plan.ALL) and all(one["state"] == "ready" for one in found.values()):
            return
        time.sleep(0.1)
    raise AssertionError(f"not ready: {_children(folder)}")


def _diary(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / "demo-walk.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def _walk(environment: dict[str, str], folder: Path, left: dict[str, str]) -> tuple[int, str]:
    """Walk once; while it walks, kill each process whose moment has come."""
    command = [sys.executable, "-m", "nganam.demo"]
    walking = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while walking.poll() is None:
        done = _diary(folder)
        for name in [name for name, moment in left.items() if moment in done]:
            os.kill(_children(folder)[name]["pid"], signal.SIGKILL)
            del left[name]
        time.sleep(0.02)
    said, _nothing = walking.communicate()
    return walking.returncode, said


def test_the_path_is_finished_although_every_process_was_killed_on_the_way(
    platform: Path, environment: dict[str, str]
) -> None:
    left = dict(MOMENTS)
    assert set(left) == set(plan.ALL)
    for _try in range(TRIES):
        status, said = _walk(environment, platform, left)
        if status == 0:
            break
        _wait_ready(platform, 60)
    assert status == 0, said
    assert not left, "these were never killed"
    with sqlite3.connect(platform / "nganam.sqlite3") as rows:
        pair = "service_id, application_id"
        for table, own in (("services_service", "name"), ("sharing_request", pair), ("sharing_account", pair)):
            twice = f"SELECT count(*) FROM (SELECT 1 FROM {table} GROUP BY {own} HAVING count(*) > 1)"
            assert rows.execute(twice).fetchone() == (0,), table
            assert rows.execute(f"SELECT count(*) FROM {table}").fetchone() != (0,)
        twice = (
            "SELECT count(*) FROM (SELECT table_id, number FROM warehouse_version GROUP BY 1, 2 HAVING count(*) > 1)"
        )
        assert rows.execute(twice).fetchone() == (0,)
    checked = subprocess.run(
        [sys.executable, "-m", "nganam.site.commands", "audit", "verify"],
        env=environment,
        check=False,
        capture_output=True,
    )
    assert checked.returncode == 0, checked.stdout
