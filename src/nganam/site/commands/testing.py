"""``test`` and ``bench``."""

import os
import subprocess
import sys

from nganam.site.env import ROOT


def test(args: list[str]) -> int:
    """Run pytest with ``args``; ``NGANAM_DATABASE_URL`` chooses the database (default SQLite)."""
    where = os.environ.get("NGANAM_DATABASE_URL") or "sqlite"
    print(f"nganam: kiểm thử trên {where.partition(':')[0]}", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", *args], cwd=ROOT, check=False).returncode


def bench(args: list[str]) -> int:
    """Run the named benchmarks of ``benchmarks/``, or all, on one demo; figures go to ``benchmarks/results``."""
    return subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "run.py"), *args], cwd=ROOT, check=False
    ).returncode
