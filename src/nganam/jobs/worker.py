"""The worker process: ``python -m nganam.jobs.worker``; the supervisor starts it and stops it with SIGTERM."""

import os
import signal
from types import FrameType

import django


def main() -> None:
    """Prepare Django and run until told to stop."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nganam.site.settings")
    django.setup()
    run()


def run() -> None:
    """Find every room's jobs and run the worker in this process; returns after SIGTERM or SIGINT."""
    from django.utils.module_loading import autodiscover_modules  # noqa: PLC0415 - Django is set up by now

    from nganam.jobs.runner import Worker  # noqa: PLC0415 - needs the app registry

    autodiscover_modules("tasks")
    worker = Worker()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    worker.run()


if __name__ == "__main__":
    main()
