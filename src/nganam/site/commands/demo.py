"""``demo``: the demo province, every process, the main path walked once; stays until Ctrl-C."""

import argparse
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from nganam.kernel.errors import Invalid, NganamError, Unavailable
from nganam.site import env, plan, processes
from nganam.site.arguments import Parser
from nganam.site.commands import complain
from nganam.site.provision import provision

READY_WITHIN = 90.0
STOP_WITHIN = 40.0
LEAST, MOST = 1_000, 10_000_000


def run(args: list[str]) -> int:
    """Set up, start, walk the main path, print it; ``--check`` ends there, otherwise stay until Ctrl-C."""
    parser = Parser(prog="./nganam demo", description="Dựng tỉnh mẫu và chạy toàn bộ nền tảng.")
    parser.add_argument("--check", action="store_true", help="đi hết con đường chính rồi thoát: 0 nếu mọi bước đạt")
    parser.add_argument(
        "--people",
        type=_people,
        metavar="N",
        help=f"số công dân giả, {LEAST:,}–{MOST:,}; mặc định 20 000".replace(",", " "),
    )
    plan.add_options(parser)
    options = parser.parse_args(args)
    prepare_environment(options)
    signal.signal(signal.SIGTERM, _as_interrupt)
    began = time.monotonic()
    plan.claim("demo")
    say("chuẩn bị cơ sở dữ liệu và tệp tĩnh")
    for line in provision():
        say(line)
    with supervised() as supervisor:
        status = story(supervisor, check=options.check, people=options.people)
        say(f"xong sau {time.monotonic() - began:.1f} giây")
        if options.check:
            return status
        return stay(supervisor, walked=status == 0) or status


def prepare_environment(options: argparse.Namespace) -> None:
    """Set what makes this a demo; must come before Django reads its settings."""
    os.environ["NGANAM_DEMO"] = "1"
    os.environ.setdefault("NGANAM_DATA", str(env.ROOT / "var" / "demo"))
    # One person looks at a demo: half the cores for pages makes it ready sooner.
    os.environ.setdefault("NGANAM_WEB_WORKERS", str(max(1, (os.cpu_count() or 2) // 2)))
    plan.apply_options(options)


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"demo: {text}", flush=True)


def _as_interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@contextmanager
def supervised() -> Iterator["subprocess.Popen[bytes]"]:
    """Run the supervisor as a process of its own, and leave nothing of it."""
    folder = env.data_dir()
    tether = [sys.executable, "-I", "-S", str(Path(plan.__file__).with_name("tether.py")), str(os.getpid())]
    command = [sys.executable, "-P", "-m", "nganam.site.plan", "--quiet"]
    supervisor = subprocess.Popen([*tether, *command], start_new_session=True, stdin=subprocess.DEVNULL)
    try:
        yield supervisor
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end is not interrupted
        say("dừng mọi tiến trình")
        supervisor.terminate()
        with suppress(subprocess.TimeoutExpired):
            supervisor.wait(STOP_WITHIN)
        supervisor.kill()
        supervisor.wait()
        processes.end(processes.marked(folder), grace=2)


def story(supervisor: "subprocess.Popen[bytes]", *, check: bool, people: int | None = None) -> int:
    """Wait until all is ready, make the province when there is none, walk; say which step failed."""
    step = "khởi động các tiến trình"
    try:
        wait_ready(supervisor)
        step = "dựng tỉnh mẫu"
        build_province(people)
        step = "con đường chính"
        status = int(import_module("nganam.demo.walk").run(plan.ports().addresses(), check=check) or 0)
        if status == 0:
            return 0
        complain(f"bước “{step}” không đạt.", f"Nhật ký: {env.data_dir() / 'log'}")
    except NganamError as error:
        complain(f"bước “{step}” không đạt: {error.message}", error.hint)
    except Exception as error:  # noqa: BLE001 - whatever it is: say the step, keep the trace in a file
        trace = env.data_dir() / "log" / "demo-error.txt"
        trace.write_text(traceback.format_exc(), encoding="utf-8")
        complain(f"bước “{step}” không đạt: {type(error).__name__}: {error}", f"Chi tiết: {trace}")
    return 1


def build_province(people: int | None = None) -> None:
    """Make the demo province in an empty database; raise ``Invalid`` when there is one of another size."""
    from nganam.agencies.models import Agency

    province = import_module("nganam.demo.province")
    if not Agency.objects.exists():
        say("dựng tỉnh mẫu")
        province.build(people or province.PEOPLE, say)
    elif people not in {None, province.size()}:
        raise Invalid(
            f"Tỉnh mẫu ở {env.data_dir()} đã dựng với {province.size()} công dân, không phải {people}.",
            hint="Bỏ --people để dùng tỉnh đó, hoặc đặt NGANAM_DATA là một thư mục mới.",
        )


def _people(text: str) -> int:
    digits = text.replace("_", "").replace(".", "").replace(" ", "")
    if not digits.isdecimal() or not LEAST <= int(digits) <= MOST:
        raise argparse.ArgumentTypeError(f"cần một số từ {LEAST} đến {MOST}, không phải “{text}”")
    return int(digits)


def wait_ready(supervisor: "subprocess.Popen[bytes]") -> None:
    """Wait for every process; raise ``Unavailable`` with the end of the log of one that is not."""
    until = time.monotonic() + READY_WITHIN
    waiting: list[dict[str, Any]] = []
    while time.monotonic() < until:
        if supervisor.poll() is not None:
            raise Unavailable("Tiến trình giám sát đã dừng.", hint=f"Xem {env.data_dir() / 'log'}")
        status: dict[str, Any] = plan.running() or {}
        # Before the first status of ours, the file is of a run that was killed: its "ready" says nothing.
        known = status.get("processes", []) if status.get("pid") == supervisor.pid else []
        waiting = [one for one in known if one["state"] != "ready"]
        if len(known) == len(plan.names()) and not waiting:
            return
        time.sleep(0.1)
    names = [str(one["name"]) for one in waiting] or plan.names()
    raise Unavailable(f"Chưa sẵn sàng sau {READY_WITHIN:.0f} giây: {', '.join(names)}.", hint=last_words(names[0]))


def last_words(name: str) -> str:
    """Return the end of a process's log."""
    with suppress(OSError):
        lines = (env.data_dir() / "log" / f"{name}.log").read_text(encoding="utf-8", errors="replace").splitlines()
        return f"{name}.log: " + " / ".join(line.strip() for line in lines[-3:])
    return f"{name}.log không có gì"


def stay(supervisor: "subprocess.Popen[bytes]", *, walked: bool) -> int:
    """Wait for Ctrl-C (a good end) or for the supervisor to fail; say first what was not reached."""
    for name, address in plan.ports().addresses().items():
        say(f"{name:<8} {address}")
    if not walked:
        say("con đường chính CHƯA đi hết, lý do ở trên; chạy lại ./nganam demo thì đi tiếp từ chỗ dừng")
    say("đang chạy; Ctrl-C để dừng")
    try:
        supervisor.wait()
    except KeyboardInterrupt:
        return 0
    complain("tiến trình giám sát đã dừng ngoài ý muốn.", f"Xem {env.data_dir() / 'log'}")
    return 1
