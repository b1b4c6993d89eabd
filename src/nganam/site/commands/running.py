"""``up``, ``status``, ``stop`` and the single processes."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

from nganam.kernel.errors import Invalid
from nganam.site import env, plan, processes
from nganam.site.arguments import Parser


def _options(
    name: str, about: str, args: list[str], *, quiet: bool = False, by_node: bool = False
) -> argparse.Namespace:
    parser = Parser(prog=f"./nganam {name}", description=about)
    plan.add_options(parser)
    if by_node:
        parser.add_argument("--node", type=int, default=1, metavar="SỐ", help="nút thứ mấy (mặc định 1)")
    if quiet:
        parser.add_argument("--quiet", action="store_true", help="chỉ ghi nhật ký, không in dòng của từng tiến trình")
    options = parser.parse_args(args)
    plan.apply_options(options)
    return options


def up(args: list[str]) -> int:
    """Prepare the data folder and run every process until Ctrl-C or SIGTERM."""
    options = _options("up", "Chạy mọi tiến trình như khi vận hành thật.", args, quiet=True)
    plan.claim("up")
    # A process of its own: the supervisor stays small and knows no Django.
    done = subprocess.run([sys.executable, "-P", "-m", "nganam.site.provision"], check=False)
    if done.returncode:
        return done.returncode
    return plan.main(["--quiet"] if options.quiet else [])


def _become(name: str, args: list[str]) -> int:
    by_node = name in plan.BY_NODE
    options = _options(name, f"Chạy riêng tiến trình {name}.", args, by_node=by_node)
    where = plan.ports()
    node: int = options.node if by_node else 1
    if not 1 <= node <= where.nodes:
        raise Invalid(f"Không có nút {node}: đang đặt {where.nodes} nút.", hint="Đặt NGANAM_NODES hoặc --nodes.")
    command = list(plan.ALL[name](where, node).command)
    os.execvp(command[0], command)  # noqa: S606 - a list of arguments, no shell


def web(args: list[str]) -> int:
    """Become the web server."""
    return _become("web", args)


def worker(args: list[str]) -> int:
    """Become the worker."""
    return _become("worker", args)


def serving(args: list[str]) -> int:
    """Become the data server."""
    return _become("serving", args)


def gateway(args: list[str]) -> int:
    """Become the gateway."""
    return _become("gateway", args)


def keeper(args: list[str]) -> int:
    """Become the gateway's keeper."""
    return _become("keeper", args)


def collector(args: list[str]) -> int:
    """Become the collector of evidence."""
    return _become("collector", args)


STATES = {"ready": "sẵn sàng", "starting": "đang khởi động", "waiting": "chờ chạy lại", "stopped": "đã dừng"}


def _found(name: str, args: list[str]) -> dict[str, Any] | None:
    """Return the status of this data folder, else of the demo when no folder was asked for."""
    options = _options(name, "Trạng thái các tiến trình của một thư mục dữ liệu.", args)
    status: dict[str, Any] | None = plan.running()
    if status is None and not options.data and "NGANAM_DATA" not in os.environ:
        os.environ["NGANAM_DATA"] = str(env.ROOT / "var" / "demo")
        status = plan.running()
    return status


def status(args: list[str]) -> int:
    """Print each process; exit 0 when all are ready, 1 when some are not, 3 when nothing runs."""
    found = _found("status", args)
    if found is None:
        print("Không có tiến trình nào đang chạy trên thư mục dữ liệu này.")
        return 3
    print(f"{env.data_dir()}  tiến trình giám sát {found.get('pid', '?')}")
    for one in found["processes"]:
        state = STATES.get(one["state"], one["state"])
        print(
            f"  {one['name']:<10} {state:<15} {one['pid'] or '-':>8}  chạy lại {one['restarts']}  {one['address']}"
            f"{_of_node(one['name'])}"
        )
    warning = disk_warning()
    if warning:
        print(warning)
    ready = found["processes"] and all(one["state"] == "ready" for one in found["processes"])
    return 0 if ready and not calls_refused() else 1


def disk_warning() -> str:
    """Return in words that the disk of the data folder is nearly full, or that calls are refused for it, or ""."""
    from nganam.lgsp.evidence.guard import FREE_MB, NEARLY, free_bytes

    needed, free = env.number("EVIDENCE_FREE_MB", FREE_MB), free_bytes(env.data_dir()) // (1024 * 1024)
    refused = calls_refused()
    if free >= NEARLY * needed and not refused:
        return ""
    consequence = "LGSP đang từ chối mọi cuộc gọi" if refused or free < needed else (
        f"dưới {needed} MB LGSP từ chối mọi cuộc gọi"
    )  # fmt: skip
    return f"  Ổ đĩa sắp đầy: còn {free} MB trống; {consequence}. Giải phóng hoặc mở rộng ổ đĩa."


def calls_refused() -> bool:
    """Say whether the gateway takes no calls because their evidence could not be written, as the collector says it."""
    try:
        said = json.loads((env.data_dir() / "evidence" / "status.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and bool(said.get("refusing"))


def _of_node(name: str) -> str:
    """Return in words what a node of the gateway says about itself: which snapshot it serves, what it has refused."""
    from nganam.lgsp import gateway

    folder = env.data_dir() / name
    if not gateway.NODE.match(name) or not folder.is_dir():
        return ""
    health, told = gateway.health(env.data_dir(), name), gateway.published(folder)
    if not health.running:
        return "  không trả lời"
    wanted = told.get("number", 0)
    late = f", cần bản {wanted}" if health.behind(told.get("versions", {})) else ""
    return f"  bản {health.snapshot}{late}, từ chối {health.rejected}"


def stop(args: list[str]) -> int:
    """Stop the supervisor of this data folder and wait until nothing of it is left."""
    found = _found("stop", args)
    pid = int(found.get("pid", 0)) if found else 0
    if not pid:
        print("Không có tiến trình nào đang chạy trên thư mục dữ liệu này.")
        return 0
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + 60
    while (plan.running() or processes.marked(env.data_dir())) and time.monotonic() < until:
        time.sleep(0.1)
    print("Đã dừng." if plan.running() is None else "Chưa dừng được sau 60 giây.")
    return 0 if plan.running() is None else 1
