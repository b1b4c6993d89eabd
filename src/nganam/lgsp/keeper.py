"""The keeper: ``python -m nganam.lgsp.keeper``. Publishes what has been decided and takes in the exchange log.

A process of its own beside the worker: a revocation must act within two seconds also when the worker is busy or down.
It compares a mark of the decisions four times a second, and publishes every half minute anyway (days end, denials run
out). Denials have a thread of their own.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import django
import structlog

log = structlog.get_logger("nganam.lgsp.keeper")
TICK = 0.25
PUBLISH_ANYWAY = 30.0
LONGEST_REST = 10.0


class Keeper:
    """The loop; ``turn`` is one round."""

    def __init__(self) -> None:
        self.stopping = False
        self._mark: tuple[Any, ...] | None = None
        self._published = 0.0
        self._failures = 0
        self._handed: tuple[Any, ...] = ()  # what the worker was last asked to look at
        self._known: Any = None  # what the last publication read: Django is not set up yet

    def run(self) -> None:
        """Turn until told to stop; a failing round is logged and tried again after a rest."""
        threading.Thread(target=self._deny, daemon=True).start()
        threading.Thread(target=self._prove, daemon=True).start()
        threading.Thread(target=self._hand_on, daemon=True).start()
        while not self.stopping:
            worked = [self._guarded(deed) for deed in (self.publish_if_decided, self.watch_nodes, self.take_in)]
            self._failures = 0 if all(worked) else self._failures + 1
            time.sleep(min(TICK * 2**self._failures, LONGEST_REST))

    def _deny(self) -> None:
        """Put denials in place all the time, beside a publication that may take a second: a refusal waits for none."""
        while not self.stopping:
            worked = self._guarded(self.deny)
            time.sleep(TICK if worked else 4 * TICK)

    def _prove(self) -> None:
        """Renew our tokens at other platforms, in a thread of its own: asking one may take ten seconds."""
        while not self.stopping:
            self._guarded(self.renew_tokens)
            time.sleep(4 * TICK)

    def _hand_on(self) -> None:
        """Ask the worker to take what was pushed, in a thread of its own: it only looks whether there is something."""
        while not self.stopping:
            self._guarded(self.hand_on_pushes)
            time.sleep(4 * TICK)

    def hand_on_pushes(self) -> None:
        """Let the worker load what waits and tell what became of it; one such job waits at a time.

        What could not be taken (a load that rests before its next try) is left to the minute until something changes.
        """
        from nganam.jobs.queries import waits_for  # noqa: PLC0415
        from nganam.lgsp import tasks  # noqa: PLC0415
        from nganam.lgsp.pushes.queries import to_do  # noqa: PLC0415

        mark = to_do()
        if (mark == ("told",) or (mark and mark != self._handed)) and not waits_for(tasks.gather_pushes):
            tasks.gather_pushes.enqueue()
        self._handed = mark

    def renew_tokens(self) -> None:
        """Ask for the access tokens that are due."""
        from django.utils import timezone  # noqa: PLC0415 - Django is set up by now

        from nganam.lgsp.beyond.tokens import refresh_tokens  # noqa: PLC0415

        refresh_tokens(at=timezone.now())

    def deny(self) -> None:
        """Put the present denials in place; nothing is written when they are there."""
        from django.utils import timezone  # noqa: PLC0415 - Django is set up by now

        from nganam.lgsp.publishing import deny  # noqa: PLC0415

        deny(at=timezone.now())

    def publish_if_decided(self) -> None:
        """Publish when something was decided since the last time, or half a minute has passed."""
        from django.utils import timezone  # noqa: PLC0415 - Django is set up by now

        from nganam.lgsp import queries, reading  # noqa: PLC0415
        from nganam.lgsp.publishing import publish_snapshot  # noqa: PLC0415

        mark = queries.decision_mark(timezone.now())
        if mark == self._mark and time.monotonic() - self._published < PUBLISH_ANYWAY:
            return
        self._known = self._known or reading.Known()
        publish_snapshot(at=timezone.now(), known=self._known)
        # Only now: what failed is tried again, and what was decided meanwhile has another mark.
        self._mark, self._published = mark, time.monotonic()

    def watch_nodes(self) -> None:
        """Share the limits among the live nodes; go back to the last good snapshot when one refuses what is new."""
        from django.utils import timezone  # noqa: PLC0415

        from nganam.lgsp import gateway, queries  # noqa: PLC0415
        from nganam.lgsp.snapshots.watching import go_back_if_refused  # noqa: PLC0415

        gateway.share_limits(queries.data())
        go_back_if_refused(at=timezone.now())

    def take_in(self) -> None:
        """Take what the collector has recorded into rows."""
        from django.utils import timezone  # noqa: PLC0415

        from nganam.lgsp.logbook import ingest_log  # noqa: PLC0415

        ingest_log(at=timezone.now())

    def _guarded(self, deed: Callable[[], None]) -> bool:
        from django.db import close_old_connections  # noqa: PLC0415

        close_old_connections()
        try:
            deed()
        except Exception:
            log.exception("keeper_failed", deed=deed.__name__)
            return False
        return True

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """End after this round."""
        self.stopping = True


def main() -> None:
    """Prepare Django and run until SIGTERM or SIGINT."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nganam.site.settings")
    django.setup()
    keeper = Keeper()
    signal.signal(signal.SIGTERM, keeper.stop)
    signal.signal(signal.SIGINT, keeper.stop)
    keeper.run()


if __name__ == "__main__":
    main()
