"""Runs a command tied to its parent's life: ``python -I -S tether.py PARENT_PID COMMAND…``.

A wrapper, because asking the kernel for the parent's death signal between fork and exec (``preexec_fn``) is not safe
once a program has threads. The signal is sent when the *thread* that spawned the child ends, so the supervisor spawns
from its main thread only. Standard library only: it is run without the platform's packages.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask for SIGTERM when the parent dies, then become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # died before we asked
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - a list of arguments, no shell


main()
