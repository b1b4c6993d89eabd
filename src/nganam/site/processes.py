"""What the machine says about processes and ports: who holds a port, whom a dead supervisor left (Linux, /proc)."""

import errno
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

PROC = Path("/proc")
MARK = "NGANAM_SUPERVISED"
LISTENING = "0A"


def _pids() -> Iterator[int]:
    if PROC.is_dir():
        yield from (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def command_line(pid: int) -> str:
    """Return the command of a process in one line, or ""."""
    with suppress(OSError):
        words = (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return " ".join(words.split())
    return ""


def is_zombie(pid: int) -> bool:
    """Say whether the process has ended and only waits to be collected."""
    with suppress(OSError):
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


def marked(folder: Path) -> list[int]:
    """Return the processes that a supervisor of ``folder`` started, found by the mark in their environment."""
    wanted = f"{MARK}={folder}".encode()
    found = []
    for pid in _pids():
        with suppress(OSError):
            if wanted in (PROC / str(pid) / "environ").read_bytes().split(b"\0") and not is_zombie(pid):
                found.append(pid)
    return found


def end(pids: list[int], *, grace: float) -> None:
    """Ask processes to end, and kill those that have not after ``grace`` seconds."""
    for signum, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        for pid in pids:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signum)
        until = time.monotonic() + patience
        while pids and time.monotonic() < until:
            pids = [pid for pid in pids if exists(pid)]
            time.sleep(0.05)
        if not pids:
            return


def exists(pid: int) -> bool:
    """Say whether the process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not is_zombie(pid)


def port_is_free(host: str, port: int) -> bool:
    """Say whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno not in {errno.EADDRINUSE, errno.EACCES}
    return True


def port_holder(port: int) -> tuple[int, str] | None:
    """Return the process listening on ``port`` and its command, when we are allowed to know."""
    sockets = _listening_inodes(port)
    for pid in _pids() if sockets else ():
        with suppress(OSError):
            for handle in (PROC / str(pid) / "fd").iterdir():
                if str(handle.readlink()) in sockets:
                    return pid, command_line(pid)
    return None


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (PROC / "net" / table).read_text().splitlines()[1:]:
                parts = line.split()
                if parts[3] == LISTENING and int(parts[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{parts[9]}]")
    return found
