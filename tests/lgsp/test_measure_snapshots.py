"""The benchmark of snapshots runs: it stands on what the tests stand on, and else nothing tells when that moves."""

import subprocess
import sys

import pytest

from nganam.site.env import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.once]


def test_the_benchmark_of_snapshots_runs_at_a_small_size():
    size = {"services": 2, "applications": 2, "grants": 4, "decisions": 2, "nodes": 1}
    command = [sys.executable, str(ROOT / "benchmarks/lgsp/snapshots.py"), "--calls", "40", "--no-keep"]
    command += [word for name, count in size.items() for word in (f"--{name}", str(count))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "2 services, 4 grants: restore on 1 nodes" in done.stdout
