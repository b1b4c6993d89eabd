"""Does a deed to many rows, each in a transaction of its own: one that fails keeps nothing from the others.

What failed is logged where it failed and reported at the end, so that the job is tried again and seen to have failed.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import structlog
from django.db import transaction

from nganam.kernel.errors import StateMoved

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Unfinished(Exception):
    """Some of the rows failed; what could be done for the others is done."""


class Sweep:
    """One passage over everything that is due."""

    def __init__(self) -> None:
        """Begin with nothing failed."""
        self.failed: list[str] = []

    def each(self, rows: Iterable[Any], deed: Callable[[Any], T | None]) -> list[T]:
        """Do a deed to each row but to one an officer has just moved; return what came of those it found to do."""
        done: list[T] = []
        for row in rows:
            try:
                with transaction.atomic():
                    result = deed(row)
            except StateMoved:
                continue
            except Exception as error:  # noqa: BLE001 - whatever one row raises, the others are not to wait for it
                self._note(str(getattr(row, "code", row)), error)
                continue
            if result is not None:
                done.append(result)
        return done

    def step(self, name: str, deed: Callable[[], int]) -> int:
        """Do one of several passages; when it fails the next ones are done all the same."""
        try:
            return deed()
        except Exception as error:  # noqa: BLE001 - as above
            self._note(name, error)
            return 0

    def report(self) -> None:
        """Raise ``Unfinished``, naming what failed, if anything did."""
        if self.failed:
            raise Unfinished("; ".join(self.failed))

    def _note(self, name: str, error: Exception) -> None:
        log.error("row failed", row=name, exc_info=error)
        self.failed.append(f"{name}: {error}")


def each(rows: Iterable[Any], deed: Callable[[Any], T | None]) -> list[T]:
    """Make one passage, the whole of it; raise ``Unfinished`` at its end if a row failed."""
    sweep = Sweep()
    done = sweep.each(rows, deed)
    sweep.report()
    return done
