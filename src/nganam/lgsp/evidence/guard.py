"""The guard of the disk: calls are refused while there still is room to log the refusals.

Envoy reads the pressure from a file beside its configuration and refuses by itself (``envoy.compiling``): new requests
from ``REFUSE`` on, new connections at 1. The room for lines of refusals is what lies between.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from nganam.lgsp.evidence.log import replace

FILE = "pressure"
REFUSE = 0.9
FREE_MB = 256
NEARLY = 4
"""From so many times what must be free on, the disk is nearly full and the operator is told (status, figures)."""
RESUME = 1.1
"""Calls come back when there is this much more than what must be free: a disk at the edge does not flicker."""


@dataclass
class Guard:
    """Tells the gateways' folders how near the end of the disk is; ``must_be_free`` in bytes."""

    must_be_free: int
    refusing: bool = False

    def pressure(self, free: int) -> float:
        """Return what to tell: 0 while there is room, ``REFUSE`` when calls must be refused, 1 when connections."""
        wanted = self.must_be_free * (RESUME if self.refusing else 1)
        self.refusing = free < wanted
        if not self.refusing:
            return 0.0
        return REFUSE if free >= self.must_be_free / 4 else 1.0

    def look(self, evidence: Path, gateways: list[Path]) -> int:
        """Look at every disk that takes evidence, tell the gateways; return the bytes free on the fullest."""
        free = min(free_bytes(folder) for folder in (evidence, *gateways))
        told = f"{self.pressure(free)}\n".encode()
        for folder in gateways:
            tell(folder, told)
        return free


def tell(folder: Path, told: bytes) -> None:
    """Put the pressure into a gateway's folder if it is another; Envoy follows a file that is moved there."""
    path = folder / FILE
    try:
        if path.read_bytes() == told:
            return
    except FileNotFoundError:
        pass
    replace(path, told, sync=False)


def free_bytes(folder: Path) -> int:
    """Return how many bytes a program may still write on the disk of a folder."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
