"""The fence around somebody's SQL: a DuckDB that knows the views it is given and can reach nothing else.

No files, no network, no settings to change, limited memory and time. DuckDB's own locks are the fence; the list of
words that are refused is a courtesy, which says early what leads nowhere.
"""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nganam.warehouse.engine.duck import duck

if TYPE_CHECKING:
    import duckdb

MEMORY: Final = "512MB"
SPILL: Final = "2GB"
ABOUT_COLUMNS: Final = frozenset({"BinderException", "CatalogException", "ParserException", "SyntaxException"})
"""Errors about names and types; others may hold a value of a row, which is not for whoever sees the answer."""
NO_VALUE: Final = "một giá trị của dữ liệu không tính được; dùng try_cast hoặc lọc trước"
INNER: Final = re.compile(
    r"(?i)\b(duckdb_|pragma_|current_setting|information_schema|pg_catalog|query(_table)?\b\"?\s*\()"
)


@contextmanager
def fenced(
    views: Mapping[str, Any], scratch: Path | None, *, memory: str = MEMORY, spill: str = SPILL, also: str = ""
) -> Iterator["duckdb.DuckDBPyConnection"]:
    """Open a DuckDB that knows these views (Arrow data by name) and can reach nothing else, whatever a query says.

    ``also`` are settings of our own, made before all are locked.
    """
    # The folder it spills to is one it may read: without one of its own it is to have none, not that of where the
    # process stands. And what is locked here nobody is to have after it.
    with duck(None if scratch is None else scratch / "sql", alone=True) as base:
        for name, rows in views.items():
            base.register(name, rows)
        if scratch is None:
            base.execute("SET temp_directory=''")
        base.execute(f"SET memory_limit='{memory}'; SET max_temp_directory_size='{spill}'; {also}")
        base.execute("SET python_enable_replacements=false; SET enable_external_access=false")
        base.execute("SET lock_configuration=true")
        yield base


@contextmanager
def hurried(base: "duckdb.DuckDBPyConnection", slow: threading.Event, seconds: float) -> Iterator[None]:
    """Interrupt what runs after so many seconds, and set ``slow`` then."""

    def stop() -> None:
        slow.set()
        base.interrupt()

    timer = threading.Timer(seconds, stop)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def not_one_select(base: "duckdb.DuckDBPyConnection", query: str) -> str:
    """Say in Vietnamese why a query is not one SELECT over the views; "" when it is. Raises ``duckdb.Error``."""
    import duckdb  # noqa: PLC0415 - only a query needs it

    found = base.extract_statements(query)
    if [one.type for one in found] != [duckdb.StatementType.SELECT]:
        return "chỉ nhận một câu SELECT"
    return "không được hỏi về máy chủ (duckdb_…, pragma_…) hay gọi query(…)" if INNER.search(query) else ""
