"""Watches in which order a deed takes its locks, in every test: rows of cases first and in one order, then the record.

Two deeds that take the same locks in different orders wait for each other for ever on PostgreSQL. Every deed ends at
the head of the record, so whoever takes the row of another case behind it can meet one who holds that row and waits
for the head. SQLite has one lock and never shows it, so the order itself is watched, on both databases.
"""

import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.models import QuerySet

from nganam.audit import operations as audit
from nganam.cases.models import Case

Row = tuple[str, int]


class Watch(threading.local):
    """What the transaction of this thread has taken so far."""

    def __init__(self) -> None:
        """Begin with nothing taken."""
        self.anew()

    def anew(self) -> None:
        """Forget everything: a transaction begins."""
        self.rows: set[Row] = set()
        self.savepoints: list[set[Row]] = []
        self.recorded = False
        self.asking = False


watch = Watch()
faults: list[str] = []


def _is_outermost(using: str | None) -> bool:
    blocks = connections[using or "default"].atomic_blocks
    return all(one._from_testcase for one in blocks)


def _take(model: type[Case], keys: list[int]) -> None:
    for row in [(model.__name__, key) for key in keys]:
        if row in watch.rows:
            continue
        if watch.recorded:
            _fault(f"{row} is taken behind the head of the record")
        elif watch.rows and order_of(row) < max(map(order_of, watch.rows)):
            _fault(f"{row} is taken after {max(watch.rows, key=order_of)}")
        watch.rows.add(row)


def order_of(row: Row) -> tuple[str, int]:
    """Return the place of a row in the order in which deeds take rows."""
    from nganam.cases.holding import place_of

    model = next(one for one in _models(Case) if one.__name__ == row[0])
    return place_of(model, row[1])


def _models(kind: type[Any]) -> Iterator[type[Any]]:
    for one in kind.__subclasses__():
        yield one
        yield from _models(one)


def _fault(text: str) -> None:
    own = [
        f"{one.filename.rsplit('/nganam/', 1)[1]}:{one.lineno} {one.name}"
        for one in traceback.extract_stack()
        if "/src/nganam/" in one.filename
    ]
    faults.append(f"{text}\n    " + "\n    ".join(own[-12:]))


def _rows_of(rows: QuerySet[Any]) -> None:
    """Note the rows of cases a query is about to lock."""
    if watch.asking or not (isinstance(rows.model, type) and issubclass(rows.model, Case)):
        return
    if _is_outermost(rows.db):  # what a test does beside deeds is a statement of its own
        return
    watch.asking = True
    try:
        plain = rows._chain()
        plain.query.select_for_update = False
        if plain.query.is_sliced:
            keys = sorted(plain.values_list("pk", flat=True))
        else:
            asked = rows.model._base_manager.using(rows.db).filter(pk__in=plain.order_by().values("pk"))
            keys = list(asked.order_by("pk").values_list("pk", flat=True))
    finally:
        watch.asking = False
    _take(rows.model, keys)


def _around(original: Callable[..., Any], before: Callable[..., None]) -> Callable[..., Any]:
    def watched(*args: Any, **values: Any) -> Any:
        before(*args)
        return original(*args, **values)

    return watched


def _fetched(rows: QuerySet[Any]) -> None:
    if rows._result_cache is None and rows.query.select_for_update:
        _rows_of(rows)


def _entered(block: transaction.Atomic) -> None:
    if not block._from_testcase and _is_outermost(block.using):
        watch.anew()
    watch.savepoints.append(set(watch.rows))


def _left(block: transaction.Atomic, kind: type[BaseException] | None, *_args: Any) -> None:
    """Forget the rows taken since a savepoint that is gone back to: they are let go."""
    before = watch.savepoints.pop() if watch.savepoints else set()
    undone = kind is not None or connections[block.using or "default"].needs_rollback
    if undone and not block._from_testcase:
        watch.rows = before


def _recorded(*_args: Any) -> None:
    watch.recorded = True


def _saved(case: Case, *_args: Any) -> None:
    if not case._state.adding and not _is_outermost("default"):
        _take(type(case), [case.pk])


def _made(case: Case, *_args: Any) -> None:
    """Take a row as one's own that nobody else sees yet."""
    watch.rows.add((type(case).__name__, case.pk))


@contextmanager
def watched() -> Iterator[None]:
    """Watch every transaction of every thread."""
    patch = pytest.MonkeyPatch()
    patch.setattr(QuerySet, "update", _around(QuerySet.update, _rows_of))
    patch.setattr(QuerySet, "_fetch_all", _around(QuerySet._fetch_all, _fetched))
    patch.setattr(transaction.Atomic, "__enter__", _around(transaction.Atomic.__enter__, _entered))
    patch.setattr(transaction.Atomic, "__exit__", _around(transaction.Atomic.__exit__, _left))
    patch.setattr(audit, "_locked_head", _around(audit._locked_head, _recorded))
    patch.setattr(Case, "save", _save(Case.save))
    yield
    patch.undo()


def _save(original: Callable[..., None]) -> Callable[..., None]:
    def save(case: Case, *args: Any, **values: Any) -> None:
        before = case.pk is not None and not case._state.adding
        if before:
            _saved(case)
        original(case, *args, **values)
        if not before:
            _made(case)

    return save
