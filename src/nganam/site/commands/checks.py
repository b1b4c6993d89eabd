"""``check``: every static check, two at a time, with a table of what passed."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from nganam.site.arguments import Parser
from nganam.site.env import ROOT

PYTHON = [sys.executable, "-P", "-m"]
OURS = [*PYTHON, "nganam.site.checks"]
DJANGO = [*PYTHON, "django"]
SHOWN = 60


@dataclass(frozen=True)
class Check:
    """One check: what it is about, and its command."""

    name: str
    vi: str
    command: list[str]


@dataclass(frozen=True)
class Outcome:
    """How a check ended."""

    check: Check
    status: int
    said: str
    seconds: float


CHECKS = (  # the slowest first
    Check("mypy", "kiểu (mypy --strict)", [*PYTHON, "mypy", "--no-error-summary"]),
    Check("templates", "mẫu trang (djlint)", [*PYTHON, "djlint", "src", "--lint", "--quiet"]),
    Check("django", "kiểm tra của Django", [*DJANGO, "check", "--fail-level", "WARNING"]),
    Check("migrations", "mô hình khớp migrations", [*DJANGO, "makemigrations", "--check", "--dry-run"]),
    Check("floors", "tầng (import-linter)", [str(ROOT / ".venv" / "bin" / "lint-imports"), "--no-logo"]),
    Check("ruff", "ruff check", [*PYTHON, "ruff", "check", "."]),
    Check("format", "ruff format", [*PYTHON, "ruff", "format", "--check", "."]),
    Check("translations", "bản dịch đầy đủ", [*OURS, "translations"]),
    Check("documentation", "tài liệu khớp mã", [*OURS, "documentation"]),
    Check("hygiene", "không lộ đường dẫn, khóa", [*OURS, "hygiene"]),
)


def do(check: Check) -> Outcome:
    """Run one check."""
    began = time.monotonic()
    env = {**os.environ, "PYTHONUTF8": "1", "NO_COLOR": "1"}
    done = subprocess.run(
        check.command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )  # fmt: skip
    return Outcome(check, done.returncode, done.stdout, time.monotonic() - began)


def fix() -> None:
    """Let ruff mend what it can."""
    for command in (["ruff", "check", "--fix", "--quiet", "."], ["ruff", "format", "--quiet", "."]):
        subprocess.run([*PYTHON, *command], cwd=ROOT, check=False)


def report(outcomes: list[Outcome]) -> None:
    """Print what the failed checks said, then the table."""
    for one in outcomes:
        if one.status:
            lines = one.said.strip().splitlines()
            left = [f"… và {len(lines) - SHOWN} dòng nữa"] if len(lines) > SHOWN else []
            print(f"\n== {one.check.name}", *lines[:SHOWN], *left, sep="\n")
    print()
    for one in outcomes:
        print(f"  {'đạt' if one.status == 0 else 'HỎNG':<5} {one.check.name:<14} {one.seconds:6.1f} s  {one.check.vi}")


def run(args: list[str]) -> int:
    """Run all checks, or the named ones; exit 1 when any fails."""
    parser = Parser(prog="./nganam check", description="Mọi kiểm tra tĩnh.")
    parser.add_argument("names", nargs="*", metavar="tên", help=", ".join(one.name for one in CHECKS))
    parser.add_argument("--fix", action="store_true", help="để ruff tự sửa trước")
    options = parser.parse_args(args)
    unknown = set(options.names) - {one.name for one in CHECKS}
    if unknown:
        parser.error(f"không có kiểm tra {', '.join(sorted(unknown))}")
    if options.fix:
        fix()
    chosen = [one for one in CHECKS if one.name in options.names or not options.names]
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        outcomes = list(pool.map(do, chosen))
    report(outcomes)
    failed = [one.check.name for one in outcomes if one.status]
    print(f"\n{'Hỏng: ' + ', '.join(failed) if failed else 'Tất cả đạt.'}")
    return 1 if failed else 0
