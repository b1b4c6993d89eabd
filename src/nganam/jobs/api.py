"""``@job``: a function that runs in the background, with its retries and its schedule.

Jobs run at least once: after a crash the same job runs again, so it must be harmless to repeat. A job is a door: it
takes no actor, builds ``kernel.actors.system("worker")`` and reads the clock itself.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from croniter import croniter
from django_tasks import task
from django_tasks.base import Task

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Policy:
    """How often a failing job is tried and how long it rests between: ``backoff × factor^(n-1)`` seconds, ± 20 %."""

    max_attempts: int = 1
    backoff: float = 5.0
    factor: float = 2.0
    cap: float = 3600.0

    def delay(self, attempt: int) -> float:
        """Return the seconds to rest after failed attempt number ``attempt`` (from 1)."""
        # The exponent is bounded: a float power of a large attempt number would overflow.
        rest = min(self.cap, self.backoff * self.factor ** min(attempt - 1, 32))
        return rest * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret


DEFAULT = Policy()
_policies: dict[str, Policy] = {}
_crons: dict[str, str] = {}


def job(
    *, max_attempts: int = 1, backoff: float = 5.0, cron: str | None = None
) -> Callable[[Callable[P, T]], Task[P, T]]:
    """Make a module-level function a job with ``.enqueue(*args)``; arguments and result must be JSON.

    Enqueueing writes a row through the current connection, so it takes part in the caller's transaction.
    ``cron`` (five fields, Vietnamese time) also runs it by schedule, without arguments.
    """
    if cron is not None and not croniter.is_valid(cron):
        raise ValueError(f"not a cron expression: {cron!r}")

    def made(function: Callable[P, T]) -> Task[P, T]:
        path = f"{function.__module__}.{function.__qualname__}"
        _policies[path] = Policy(max_attempts=max_attempts, backoff=backoff)
        if cron is not None:
            _crons[path] = cron
        return task()(function)

    return made


def policy(task_path: str) -> Policy:
    """Return the policy of a job; one attempt for a task made without ``@job``."""
    return _policies.get(task_path, DEFAULT)


def schedules() -> dict[str, str]:
    """Return the declared schedules: import path of the job → cron expression."""
    return dict(_crons)
