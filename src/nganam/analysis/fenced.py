"""SQL for analysts, behind a fence: a process of its own with bounded memory and time, no files and no network.

The child gets the tables as the lists of their files, opens them itself, then locks its engine: nothing outside can be
reached and nothing unlocked. One SELECT is run; anything else is refused by the engine's own parser.
"""

import fcntl
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from nganam.analysis.scope import Scope
from nganam.kernel.errors import Invalid, Unavailable
from nganam.warehouse import places
from nganam.warehouse.engine import lake
from nganam.warehouse.models import Table

SECONDS = 20
MEMORY = 1024 * 1024 * 1024
MOST_ROWS = 1000
MOST_BYTES = 4_000_000
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a statement: columns, rows as JSON has them, whether there are more, which versions were read."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    is_cut: bool
    versions: tuple[str, ...]


def view_name(table: Table) -> str:
    """Return the name a table has in SQL: its code, with underscores."""
    return table.code.replace("-", "_")


def run(sql: str, held: Sequence[Scope]) -> Result:
    """Run one SELECT; raise ``Invalid`` with the engine's reason, ``Unavailable`` past the limits."""
    told = {
        "sql": sql, "rows": MOST_ROWS, "bytes": MOST_BYTES, "memory": MEMORY, "seconds": SECONDS,
        "tables": [
            {
                "name": view_name(one.table), "columns": [column.name for column in one.columns],
                "files": lake.files(places.lake(one.table), one.version.delta_version),
            }
            for one in held
        ],
    }  # fmt: skip
    answer = _child(told)
    if "error" in answer:
        raise Invalid(
            _("Câu SQL không chạy được."), fields={"sql": [answer["error"]]},
            hint=_("Sửa câu lệnh theo lời báo của máy; chỉ một câu SELECT trên các bảng liệt kê."),
        )  # fmt: skip
    known = {view_name(one.table): str(one.version) for one in held}
    versions = tuple(known[name] for name in answer["read"])
    return Result(tuple(answer["columns"]), tuple(map(tuple, answer["rows"])), answer["cut"], versions)


def _child(told: dict[str, Any]) -> dict[str, Any]:
    with _turn(), tempfile.TemporaryDirectory(prefix="nganam-sql-") as folder:
        command = [sys.executable, "-I", "-m", "nganam.analysis.engine"]
        try:
            done = subprocess.run(
                command, input=json.dumps(told).encode(), capture_output=True, timeout=SECONDS + 10, cwd=folder, env={},
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise _too_much() from error
    if done.returncode != 0:
        raise _too_much()
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@contextmanager
def _turn() -> Iterator[None]:
    """Hold one of the few places: each statement may take a gigabyte. A killed process gives its place back."""
    folder = Path(settings.DATA) / "work"
    folder.mkdir(parents=True, exist_ok=True)
    for place in range(AT_ONCE):
        with (folder / f"sql-{place}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield
            return
    raise Unavailable(
        _("Đang có %(number)s câu SQL khác chạy.") % {"number": AT_ONCE}, hint=_("Chờ vài giây rồi chạy lại.")
    )


def _too_much() -> Unavailable:
    return Unavailable(
        _("Câu SQL chạy quá %(seconds)s giây hoặc quá 1 GB bộ nhớ nên đã dừng.") % {"seconds": SECONDS},
        hint=_("Thêm điều kiện, bớt phép nối, hoặc hỏi từng phần."),
    )
