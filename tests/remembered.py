"""Scenes that many tests begin with: walked through real deeds once in a process, then put back as the rows they wrote.

A scene is put back only where it would have done the same: in a database that holds row for row what it held then, with
the same files in the data folder and the same words. Anything else (another time, a term a test changed, a case that is
there already) is walked anew. ``SCENES=walk`` walks every one.
"""

import functools
import hashlib
import os
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, models

MOST = 400
"""As many scenes as are kept: tests draw values, and what was drawn once does not come again."""
PLAIN = (str, int, float, bytes, bool, type(None))
F = TypeVar("F", bound=Callable[..., Any])
Tables = dict[str, dict[Any, tuple[Any, ...]]]
"""Rows by table and key."""


@dataclass
class Written:
    """What a scene wrote: rows that are new or differ, keys that went, files, and what it returned (pickled)."""

    rows: dict[str, list[tuple[Any, ...]]]
    changed: dict[str, list[tuple[Any, ...]]]
    gone: dict[str, list[Any]]
    files: dict[str, bytes]
    returned: bytes


_known: dict[tuple[str, str], Written | None] = {}
_walking = False
patched: Any = None
"""The patches of the test that runs, kept by the fixture every test has."""


def scene(build: F) -> F:
    """Remember what a scene writes."""

    @functools.wraps(build)
    def remembered(*args: Any, **values: Any) -> Any:
        words = _words((args, sorted(values.items())))
        if words is None or not _possible(asked=bool(args or values)):
            return build(*args, **values)
        before = _tables()
        key = (f"{build.__module__}.{build.__qualname__} {words}", _state(before))
        if key not in _known:
            return _walk(key, lambda: build(*args, **values), before)
        known = _known[key]
        return build(*args, **values) if known is None else _put_back(known)

    return remembered  # type: ignore[return-value]


def _possible(*, asked: bool) -> bool:
    """Tell whether a scene is to be remembered.

    Only where nobody but this test sees the database: what commits also runs what waits for the commit. Not within a
    transaction of its own, whose locks are watched, nor where the test has changed the platform's code. Of the scenes
    within another only the plain ones, which many begin with: looking at every table twice is not free.
    """
    blocks = connection.atomic_blocks
    if os.environ.get("SCENES") == "walk" or not blocks or not all(one._from_testcase for one in blocks):
        return False
    return not (_walking and asked) and not getattr(patched, "_setattr", None)


def _words(said: Any) -> str | None:
    """Return what a scene was asked with, or None where it is not plain words (the row of a case, a function)."""
    from nganam.kernel.actors import Actor

    if isinstance(said, PLAIN) or type(said).__module__ == "datetime" or isinstance(said, Actor):
        return repr(said)
    if isinstance(said, dict):
        said = list(said.items())
    if not isinstance(said, list | tuple):
        return None
    parts: list[str | None] = [_words(one) for one in said]
    return None if None in parts else repr(parts)


@functools.cache
def _models() -> dict[str, type[models.Model]]:
    return {one._meta.db_table: one for one in apps.get_models(include_auto_created=True) if one._meta.managed}


@contextmanager
def _cursor() -> Iterator[Any]:
    """Open a cursor of the driver's: what watches the platform's statements does not count these."""
    cursor = connection.connection.cursor()
    try:
        yield cursor
    finally:
        cursor.close()


@functools.cache
def _which(_vendor: str) -> str:
    """Return the question which tables hold rows: asked at once it costs a tenth."""
    named = [connection.ops.quote_name(name) for name in _models()]
    return " UNION ALL ".join(f"SELECT {i} WHERE EXISTS (SELECT 1 FROM {one})" for i, one in enumerate(named))


def _columns(name: str) -> list[str]:
    return [str(field.column) for field in _models()[name]._meta.concrete_fields]


def _tables() -> Tables:
    names = list(_models())
    with _cursor() as cursor:
        cursor.execute(_which(connection.vendor))
        filled = [names[row[0]] for row in cursor.fetchall()]
        return {name: _rows(cursor, name) for name in filled}


def _rows(cursor: Any, name: str) -> dict[Any, tuple[Any, ...]]:
    quote = connection.ops.quote_name
    columns = _columns(name)
    key = columns.index(_models()[name]._meta.pk.column)
    cursor.execute(f"SELECT {', '.join(map(quote, columns))} FROM {quote(name)} ORDER BY {quote(columns[key])}")
    return {row[key]: tuple(row) for row in cursor.fetchall()}


def _files() -> dict[str, Path]:
    return {str(one.relative_to(settings.DATA)): one for one in Path(settings.DATA).rglob("*") if one.is_file()}


def _stamps() -> dict[str, tuple[int, int]]:
    told = {name: path.stat() for name, path in _files().items()}
    return {name: (one.st_size, one.st_mtime_ns) for name, one in told.items()}


def _state(tables: Tables) -> str:
    """Return a hash of all that a scene may depend on: rows, files, settings that tests change in the environment."""
    digest = hashlib.blake2b(digest_size=16)
    for name, rows in tables.items():
        digest.update(f"{name}{list(rows.values())!r}".encode())
    for name, path in sorted(_files().items()):
        digest.update(f"{name} {path.stat().st_size}".encode())
    told = sorted((name, value) for name, value in os.environ.items() if name.startswith("NGANAM_"))
    digest.update(repr([one for one in told if one[0] != "NGANAM_DATA"]).encode())
    chosen = {name: getattr(settings, name) for name in dir(settings) if name.startswith("NGANAM_")}
    digest.update(repr(sorted(chosen.items())).encode())
    return digest.hexdigest()


def _walk(key: tuple[str, str], build: Callable[[], Any], before: Tables) -> Any:
    """Walk through a scene and remember it, unless it left behind what cannot be put back."""
    global _walking  # noqa: PLW0603 - one process walks one scene at a time
    stood, within = _stamps(), _walking
    _walking = True
    try:
        returned = build()
    finally:
        _walking = within
    while len(_known) >= MOST:
        del _known[next(iter(_known))]
    now = _stamps()
    new = {name: (Path(settings.DATA) / name).read_bytes() for name in now if now[name] != stood.get(name)}
    _known[key] = _difference(before, _tables(), new, returned) if stood.keys() <= now.keys() else None
    return returned


def _difference(before: Tables, after: Tables, files: dict[str, bytes], returned: Any) -> Written | None:
    if any(str(settings.DATA).encode() in content for content in files.values()):
        return None
    try:
        written = Written({}, {}, {}, files, pickle.dumps(returned))
    except (TypeError, AttributeError, pickle.PicklingError):  # it returned something that lives: a function, a file
        return None
    for name in {**before, **after}:
        old, new = before.get(name, {}), after.get(name, {})
        written.rows[name] = [row for key, row in new.items() if key not in old]
        written.changed[name] = [row for key, row in new.items() if key in old and old[key] != row]
        written.gone[name] = [key for key in old if key not in new]
    if str(settings.DATA) in repr(written.rows):
        return None
    return written


def _put_back(written: Written) -> Any:
    for name, content in written.files.items():
        path = Path(settings.DATA) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with _cursor() as cursor:
        for name in written.rows:
            _write(cursor, name, written)
        _count_on(cursor, [name for name, rows in written.rows.items() if rows])
    return pickle.loads(written.returned)  # noqa: S301 - this process wrote it


def _write(cursor: Any, name: str, written: Written) -> None:
    quote, columns = connection.ops.quote_name, _columns(name)
    mark = "?" if connection.vendor == "sqlite" else "%s"
    table, key = quote(name), columns.index(_models()[name]._meta.pk.column)
    if gone := written.gone[name]:
        cursor.executemany(f"DELETE FROM {table} WHERE {quote(columns[key])} = {mark}", [(one,) for one in gone])
    if rows := written.rows[name]:
        listed = ", ".join(map(quote, columns))
        cursor.executemany(f"INSERT INTO {table} ({listed}) VALUES ({', '.join([mark] * len(columns))})", rows)
    if changed := written.changed[name]:
        said = ", ".join(f"{quote(one)} = {mark}" for one in columns)
        values = [(*row, row[key]) for row in changed]
        cursor.executemany(f"UPDATE {table} SET {said} WHERE {quote(columns[key])} = {mark}", values)


def _count_on(cursor: Any, names: list[str]) -> None:
    """Let new rows be numbered after those put back: a sequence of PostgreSQL goes on by itself only."""
    if connection.vendor == "postgresql":
        for statement in connection.ops.sequence_reset_sql(no_style(), [_models()[name] for name in names]):
            cursor.execute(statement)
