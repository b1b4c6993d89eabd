"""On a disk that is really full, with the collector dead or unable to begin: no answered call is missing.

A small disk of its own (tmpfs) is mounted, which needs the right to mount.
"""

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest

from evidence_rig import entries
from gateway_rig import SCHOOL, Mint, Stack, address, decided, free_port, new_key, wait_for, write_table
from nganam.lgsp import swapping
from nganam.lgsp.envoy.compiling import compile_gateway
from nganam.lgsp.envoy.decided import Listen
from nganam.lgsp.evidence import guard
from nganam.lgsp.evidence.verifying import verify_log
from nganam.serving.snapshot import Field, Grant, Snapshot, write_snapshot
from nganam.serving.snapshot import Service as Served

pytestmark = pytest.mark.slow
OPEN = "DV-2026-0001"
DISK, MUST_BE_FREE = 64, 16  # MB


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    at = tmp_path_factory.mktemp("disk")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}m,mode=700", "tmpfs", str(at)], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield at
    subprocess.run(["umount", "-l", str(at)], check=True)


@pytest.fixture(scope="module")
def mint():
    return Mint(new_key())


@pytest.fixture(scope="module")
def stack(disk, mint):
    from datetime import UTC, datetime

    data = disk / "data"
    data.mkdir()
    listen = Listen(port=free_port(), serving_port=free_port())
    write_table(data)
    served = {OPEN: Served(f"VN/GOV/CT-SYT/KHO/{OPEN}", "co-so-kham", (Field("ma"), Field("ten")), ("ma",), ("ten",))}
    grants = {SCHOOL: {OPEN: Grant("TK-2026-0001", ("ma", "ten"))}}
    (data / "serving").mkdir()
    snapshot = Snapshot(7, datetime(2026, 11, 24, tzinfo=UTC), served, grants)
    (data / "serving" / "snapshot.json").write_bytes(write_snapshot(snapshot))
    with swapping.held(data / "gateway"):
        swapping.swap(compile_gateway(decided(data, mint, listen)), data / "gateway")
    running = Stack(data, listen)
    before = os.environ.get("NGANAM_EVIDENCE_FREE_MB")
    os.environ["NGANAM_EVIDENCE_FREE_MB"] = str(MUST_BE_FREE)
    try:
        running.start_serving()
        running.start_gateway()
        running.start_collector()
        yield running
    finally:
        os.environ.pop("NGANAM_EVIDENCE_FREE_MB")
        if before is not None:
            os.environ["NGANAM_EVIDENCE_FREE_MB"] = before
        running.stop()


def killed(stack):
    stack.kill("collector")
    return lambda: None


def broken(stack):
    """The record of the evidence is unreadable: the collector ends before it has looked at anything."""
    stack.kill("collector")
    record = stack.data / "evidence" / "state.json"
    kept = record.read_bytes()
    record.write_bytes(b"{")
    (stack.data / "evidence" / "status.json").unlink()
    stack.start_collector_that_ends()
    return lambda: record.write_bytes(kept)


def fill(path, leave):
    """Leave so many bytes free."""
    with path.open("ab") as file, suppress(OSError):
        while (free := guard.free_bytes(path.parent)) > leave:
            file.write(b"\0" * min(free - leave, 1024 * 1024))
            file.flush()


@pytest.mark.parametrize("dead", [killed, broken])
@pytest.mark.parametrize("left", [MUST_BE_FREE // 2, 1])
def test_with_the_collector_dead_a_full_disk_loses_no_answered_call(stack, mint, monkeypatch, dead, left):
    answered, refused, stop, token = [], [], threading.Event(), mint.token()
    monkeypatch.setattr(Stack, "start_collector_that_ends", _ends, raising=False)

    def client():
        while not stop.is_set():
            try:
                reply = stack.ask(address(OPEN, "/0007"), token)
            except OSError:
                time.sleep(0.05)  # connections are not accepted any more
                continue
            if reply.status == 200:
                answered.append(reply.headers["x-request-id"])
            else:
                refused.append(reply)
                time.sleep(0.02)

    clients = [threading.Thread(target=client) for _ in range(4)]
    mended, filler = dead(stack), stack.data.parent / "filler"
    for one in clients:
        one.start()
    try:
        wait_for(lambda: len(answered) > 50, 60)
        fill(filler, left * 1024 * 1024)
        if left > 1:  # else there may be no connection any more on which to say it
            wait_for(lambda: refused, 60)
        wait_for(lambda: guard.told(stack.data / "gateway") == (guard.REFUSE if left > 1 else 1.0))
        time.sleep(0.5)
        before = len(answered)
        time.sleep(1)
        assert len(answered) == before, "calls are answered on a full disk"
        filler.unlink()
        wait_for(lambda: len(answered) > before + 50, 60)
    finally:
        filler.unlink(missing_ok=True)
        stop.set()
        for one in clients:
            one.join()
        mended()
        stack.start_collector()
    assert {(one.status, one.json["code"], one.headers["retry-after"]) for one in refused} <= {(503, "log_full", "5")}
    wait_for(lambda: set(answered) <= {one.get("xRequestId") for one in entries(stack.data)}, 40)
    found = [one["xRequestId"] for one in entries(stack.data) if "xRequestId" in one]
    assert len(found) == len(set(found))
    assert sum(one.get("faultString") == "overload" for one in entries(stack.data)) >= len(refused)
    assert verify_log(stack.data / "evidence").ok


def _ends(stack):
    stack._start("collector", [sys.executable, "-m", "nganam.lgsp.evidence.collector", "--data", str(stack.data)])
    assert stack.processes.pop("collector").wait(30) == 1


def test_the_guard_ends_with_its_gateway_and_the_collector_speaks_where_there_is_none(stack):
    folder = stack.data / "gateway"
    wait_for(lambda: guard.is_guarded(folder))
    stack.kill("gateway")
    try:
        wait_for(lambda: not guard.is_guarded(folder), 2 * guard.LATE)
        note = json.loads((stack.data / "evidence" / "status.json").read_bytes())
        guard.tell(folder, guard.REFUSE)
        wait_for(lambda: guard.told(folder) == 0.0)  # the collector: there is room
        assert note["must_be_free"] == MUST_BE_FREE * guard.MEGABYTE
    finally:
        stack.start_gateway()
