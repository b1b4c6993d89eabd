"""Makes a data folder ready for the processes: tables, static files. ``python -m nganam.site.provision``."""

import hashlib
import sys
from pathlib import Path

import django

DEMO_BUILDER = "demo"
"""The code of ``nganam.demo.province.BUILDER`` in the audit record; the demo itself may not be installed."""


def provision() -> list[str]:
    """Bring tables and static files up to date, mark a demo's data as such; return what was done."""
    django.setup()
    return [text for text in (migrate(), collect(), mark_demo(), seat()) if text]


def migrate() -> str:
    """Apply what is missing; return a line about it, or ""."""
    from django.core.management import call_command  # noqa: PLC0415 - after django.setup
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        call_command("migrate", verbosity=0, interactive=False)
    return f"cơ sở dữ liệu: {len(plan)} bước cập nhật" if plan else ""


def mark_demo() -> str:
    """Mark the data folder when the demo was built in its database (restored elsewhere, or by an older version)."""
    from nganam.audit.models import Entry  # noqa: PLC0415 - after django.setup
    from nganam.face import demobar  # noqa: PLC0415
    from nganam.kernel.actors import Kind  # noqa: PLC0415

    built = Entry.objects.filter(actor_code=DEMO_BUILDER, actor_kind=str(Kind.SYSTEM)).exists()
    return "dữ liệu tỉnh mẫu: đánh dấu mọi trang" if built and demobar.mark() else ""


def seat() -> str:
    """Write on whose desk each case lies, where nobody has yet (a database from before that was kept)."""
    from django.utils import timezone  # noqa: PLC0415 - after django.setup

    from nganam.cases import seats  # noqa: PLC0415
    from nganam.cases.models import Seat  # noqa: PLC0415

    written = 0 if Seat.objects.exists() else seats.rebuild(at=timezone.now())
    return f"bàn làm việc: {written} hồ sơ" if written else ""


def collect() -> str:
    """Gather static files when one of them changed; return a line about it, or ""."""
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    root = Path(settings.STATIC_ROOT)
    note, state = root / ".nganam", _static_state()
    if note.is_file() and note.read_text(encoding="ascii") == state:
        return ""
    call_command("collectstatic", verbosity=0, interactive=False, clear=root.exists(), ignore_patterns=["print"])
    note.write_text(state, encoding="ascii")
    return "tệp tĩnh"


def _static_state() -> str:
    from django.contrib.staticfiles.finders import get_finders  # noqa: PLC0415

    found = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            about = Path(storage.path(name)).stat()
            found.update(f"{name}:{about.st_size}:{about.st_mtime_ns}\n".encode())
    return found.hexdigest()


if __name__ == "__main__":
    for line in provision():
        sys.stdout.write(f"nganam: {line}\n")
