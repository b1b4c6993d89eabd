"""Starts an agency's own system for a test."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway_rig import answers, free_port, wait_for

SYSTEM = Path(__file__).with_name("agency_system.py")


@contextmanager
def agency_system(**options: object) -> Iterator[int]:
    """Run the system and give its port."""
    port = free_port()
    process = subprocess.Popen([sys.executable, str(SYSTEM), str(port), json.dumps(options)])
    try:
        wait_for(lambda: answers(port))
        yield port
    finally:
        process.kill()
        process.wait()
