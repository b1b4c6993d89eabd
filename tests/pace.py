"""How slow the machine is just now: bounds in seconds are said for the machine of the published figures."""

import time
from typing import Final

QUICK: Final = 0.0027
"""Seconds the fixed work takes on the machine of ``docs/performance.md``."""
TIMES: Final = 5


def slowness() -> float:
    """Return how many times longer fixed work takes than there, at least 1; the work is pure arithmetic."""
    return max(1.0, min(_work() for _ in range(TIMES)) / QUICK)


def _work() -> float:
    began = time.perf_counter()
    sum(i * i for i in range(100_000))
    return time.perf_counter() - began
