"""The child process of ``fenced``: reads one question from standard input, answers on standard output, and ends.

It knows neither Django nor the platform's settings; its environment is empty.
"""

import contextlib
import json
import math
import re
import resource
import sys
import threading
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

SPARE = 3 * 1024 * 1024 * 1024
"""Address space beside the engine's own memory: mapped libraries and files take it without taking memory."""
LOCKS = (
    "SET enable_external_access=false",
    "SET python_enable_replacements=false",
    "SET autoinstall_known_extensions=false",
    "SET autoload_known_extensions=false",
    "SET allow_community_extensions=false",
    "SET lock_configuration=true",
)


def main() -> int:
    """Answer; 0 when there is an answer or a refusal in words, else the limits were met."""
    told = json.loads(sys.stdin.buffer.read())
    _bound(told)
    with duckdb.connect() as base:
        base.execute(f"SET memory_limit='{int(told['memory'])}B'; SET threads=2; SET TimeZone='Asia/Ho_Chi_Minh'")
        base.execute("SET temp_directory=''")
        for one in told["tables"]:
            with contextlib.suppress(OSError, duckdb.Error, pa.ArrowException):  # one broken table stops no other
                base.register(one["name"], _dataset(one["files"], one["columns"]))
        for lock in LOCKS:
            base.execute(lock)
        try:
            answer = _ask(base, told)
        except duckdb.InterruptException:
            return 3
        except duckdb.OutOfMemoryException:
            return 4
        except (duckdb.Error, pa.ArrowException, Refused) as error:
            answer = {"error": str(error).split("\n\nLINE")[0][:600]}
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, default=_plain, allow_nan=False))
    return 0


class Refused(Exception):
    """The statement is not one SELECT, or its answer is too large."""


def _bound(told: dict[str, Any]) -> None:
    """Limit the process whatever the engine does: processor time, address space, no file may grow, no core."""
    resource.setrlimit(resource.RLIMIT_CPU, (2 * told["seconds"] + 5, 2 * told["seconds"] + 10))
    resource.setrlimit(resource.RLIMIT_AS, (told["memory"] + SPARE, told["memory"] + SPARE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _dataset(files: list[str], columns: list[str]) -> ds.Scanner:
    """Open the files as one table of these columns and no other; older files may lack one, which is empty then.

    A scanner: conditions stay with the engine. Handed down they would meet texts in the form a merge has written, and
    Arrow compares these with no other.
    """
    parts = [ds.dataset(path, format="parquet") for path in files]
    whole = pa.unify_schemas([_plain_texts(part.schema) for part in parts], promote_options="permissive")
    schema = pa.schema([whole.field(name) for name in columns if name in whole.names])
    return ds.dataset(files, format="parquet", schema=schema).scanner()


def _plain_texts(schema: pa.Schema) -> pa.Schema:
    """Return the schema with texts as a load writes them: files a merge has written hold them in another form."""
    return pa.schema([one.with_type(pa.string()) if one.type == pa.string_view() else one for one in schema])


def _ask(base: duckdb.DuckDBPyConnection, told: dict[str, Any]) -> dict[str, Any]:
    statements = base.extract_statements(told["sql"])
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise Refused("Chỉ nhận một câu SELECT.")
    named = set(re.findall(r"\w+", told["sql"].lower()))
    read = sorted(one["name"] for one in told["tables"] if one["name"] in named)
    timer = threading.Timer(told["seconds"], base.interrupt)
    timer.start()
    try:
        done = base.execute(statements[0])
        columns = [one[0] for one in done.description or ()]
        rows = done.fetchmany(told["rows"] + 1)
    finally:
        timer.cancel()
    kept = [[_plain(cell) for cell in row] for row in rows[: told["rows"]]]
    if len(json.dumps(kept, ensure_ascii=False)) > told["bytes"]:
        raise Refused("Kết quả quá lớn; chọn ít cột hoặc ít dòng hơn.")
    return {"columns": columns, "rows": kept, "cut": len(rows) > told["rows"], "read": read}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    for kinds, made in PLAIN:
        if isinstance(value, kinds):
            return made(value)
    return str(value)


def _whole(value: int) -> int | str:
    """Return a number that readers of JSON keep exactly, a wider one as text."""
    return value if abs(value) < 2**53 else str(value)


def _float(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


PLAIN: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    ((type(None), bool, str), lambda value: value),
    (int, _whole),
    (float, _float),
    ((datetime, date, time), lambda value: value.isoformat()),
    ((bytes, bytearray, memoryview), lambda value: bytes(value).hex()),
    (dict, lambda value: {str(name): _plain(one) for name, one in value.items()}),
    ((list, tuple), lambda value: [_plain(one) for one in value]),
)
"""Anything else (a decimal, an interval, a UUID) is its text."""


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
