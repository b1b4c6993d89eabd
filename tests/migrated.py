"""The empty test database of SQLite, made once by the migrations and kept beside pytest's cache for the runs to come.

Migrations take as long as fifty tests, and each process of a run needs a database. What is kept is named after every
file of the platform and of its dependencies' lock: a changed line makes a new one.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).parents[1]
LOCK = "uv.lock"


def keep(folder: Path) -> None:
    """Let the first migration of an empty database in memory be a copy of the one kept in ``folder``."""
    from django.core.management.commands import migrate
    from django.db import connections

    made = migrate.Command.handle

    def handle(self: Any, *args: Any, **options: Any) -> Any:
        connection = connections[options["database"]]
        if connection.vendor != "sqlite" or options.get("app_label") or connection.introspection.table_names():
            return made(self, *args, **options)
        kept = folder / f"{_name()}.sqlite3"
        if kept.exists():
            return _copied(kept, connection)
        found = made(self, *args, **options)
        _keep(connection, kept)
        return found

    migrate.Command.handle = handle


def _name() -> str:
    digest = hashlib.blake2b(django.__version__.encode(), digest_size=12)
    for path in sorted(_files()):
        digest.update(f"{path.relative_to(ROOT)} ".encode() + path.read_bytes())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    yield from (one for one in [ROOT / LOCK] if one.exists())
    for one in (ROOT / "src/nganam").rglob("*"):
        if one.suffix in {".py", ".sql", ".yaml", ".csv", ".json"} and one.is_file():
            yield one


def _copied(kept: Path, connection: Any) -> None:
    connection.ensure_connection()
    with sqlite3.connect(f"file:{kept}?mode=ro", uri=True) as source:
        source.backup(connection.connection)
    source.close()


def _keep(connection: Any, kept: Path) -> None:
    """Write a copy beside and rename it: two processes may be at it."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    beside = kept.with_suffix(f".{os.getpid()}")
    copy = sqlite3.connect(beside)
    connection.connection.backup(copy)
    copy.close()
    beside.replace(kept)
    for other in kept.parent.glob("*.sqlite3"):
        if other != kept:
            other.unlink(missing_ok=True)
