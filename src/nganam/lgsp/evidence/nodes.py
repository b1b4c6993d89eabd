"""The gateway's nodes as the collector sees them: their folders, and since when each one runs."""

import http.client
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

CURRENT = "access.log"
PATTERN = "access*.log"


@dataclass(frozen=True, slots=True)
class Node:
    """A gateway's folder (``gateway``, ``gateway-2``…); its name is the node's name."""

    folder: Path

    @property
    def name(self) -> str:
        """Return the name."""
        return self.folder.name

    @property
    def log(self) -> Path:
        """Return the folder of its log files."""
        return self.folder / "log"

    def runs_since(self) -> float | None:
        """Return since when (Unix seconds) the gateway serves; ``None`` when it does not run.

        Its socket is made anew at each start, and nobody answers at one a killed gateway left.
        """
        try:
            with _connected(self.folder):
                return (self.folder / "admin.sock").stat().st_ctime
        except OSError:
            return None

    def reopen_logs(self) -> None:
        """Let the gateway open its log file anew, after the old one was renamed."""
        with _connected(self.folder) as link:
            request = http.client.HTTPConnection("localhost", timeout=2)
            request.sock = link
            request.request("POST", "/reopen_logs")
            request.getresponse().read()


@contextmanager
def _connected(folder: Path) -> Iterator[socket.socket]:
    # By an open folder: a socket's path may have 107 bytes only, a data folder's may be longer.
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as link:
            link.settimeout(2)
            link.connect(f"/proc/self/fd/{handle}/admin.sock")
            yield link
    finally:
        os.close(handle)


def nodes_of(data: Path) -> list[Node]:
    """Return the gateway's nodes of a data folder."""
    return [Node(one) for one in sorted(data.glob("gateway*")) if (one / "log").is_dir()]


def journals_of(data: Path) -> list[Path]:
    """Return the folders in which data servers, and gateways for agencies' systems, write down their answers."""
    return sorted(one for kind in ("serving*", "gateway*") for one in data.glob(f"{kind}/journal") if one.is_dir())
