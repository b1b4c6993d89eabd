"""Databases as sources: one read-only query, streamed into a landing CSV.

Import it where a source is read, not above: SQLAlchemy costs a process half a second and 34 MB.
Messages never carry the connection address: it may hold a password.
"""

import csv
import io
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, ProgrammingError, SQLAlchemyError

from nganam.warehouse.engine.faults import fault
from nganam.warehouse.engine.landing import Landed, land
from nganam.warehouse.engine.sources import Database

BATCH: Final = 5000
CONNECT_SECONDS: Final = 5
QUERY_SECONDS: Final = 120
DRIVERS: Final = {
    "postgresql": (("postgresql", "postgres"), "postgresql+psycopg"),
    "mysql": (("mysql", "mariadb"), "mysql+pymysql"),
}
"""For each kind: how its addresses may begin, and the driver that is asked."""
FILES: Final = re.compile(r"\b(outfile|dumpfile|load_file)\b", re.IGNORECASE)
ACCOUNT: Final = re.compile(r" (to|for) user '[^']*'@'[^']*'")
"""How MySQL names the account and the machine of a connection in its messages."""
STOPPED: Final = frozenset({1317, 1969, 3024})
"""Numbers of MySQL and MariaDB for a query that was stopped since it took too long."""
REFUSED: Final = frozenset({1290, 1370, 1792})
"""Numbers for what a session that only reads may not do."""
KNOWN: Final = {
    "28P01": "source_password", "28000": "source_password", "3D000": "source_database", "42P01": "source_table",
    "3F000": "source_table", "42501": "source_right", 1045: "source_password", 1698: "source_password",
    1049: "source_database", 1044: "source_right", 1142: "source_right", 1143: "source_right", 1146: "source_table",
}  # fmt: skip
"""What SQLSTATE of PostgreSQL and numbers of MySQL and MariaDB mean."""
SAID: Final = (
    (re.compile(r"password authentication failed|no password supplied|role .* does not exist"), "source_password"),
    (re.compile(r"database .* does not exist"), "source_database"),
    (re.compile(r"no pg_hba.conf entry|permission denied for database"), "source_right"),
    (re.compile(r"no such table"), "source_table"),
    (re.compile(r"file is not a database"), "source_not_database"),
)
"""What is only said in words: PostgreSQL while it connects, and SQLite."""
PORTS: Final = {"postgresql": 5432, "mysql": 3306}


def land_database(
    source: Database, folder: Path, *, limit: int, seconds: int = QUERY_SECONDS,
    told: Callable[[int], None] = lambda _rows: None,
) -> Landed:  # fmt: skip
    """Read the source once and keep what it gave as CSV (UTF-8, comma), as its landing file.

    Raises ``Unavailable`` when it is down or slow, ``Invalid`` when it refuses the query. ``told`` hears after each
    batch how many rows came.
    """

    def write(out: BinaryIO) -> None:
        with _rows(source, seconds) as (names, rows):
            _write_csv(out, names, rows, told)

    return land(write, source.name, folder, limit=limit)


def peek(source: Database, rows: int = 20, *, seconds: int = 20) -> tuple[list[str], list[list[str]]]:
    """Return column names and the first rows as text: a look before a table is declared."""
    with _rows(source, seconds) as (names, found):
        return names, [[as_text(cell) for cell in row] for row, _ in zip(found, range(rows), strict=False)]


def as_text(value: Any) -> str:
    """Write one database value as text that the contract reads back without loss."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def _write_csv(out: BinaryIO, names: list[str], rows: Iterable[Any], told: Callable[[int], None]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for number, row in enumerate(rows, 1):
        writer.writerow([as_text(cell) for cell in row])
        if number % BATCH == 0:
            _hand_over(text, out)
            told(number)
    _hand_over(text, out)


def _hand_over(text: io.StringIO, out: BinaryIO) -> None:
    out.write(text.getvalue().encode())
    text.seek(0)
    text.truncate()


@contextmanager
def _rows(source: Database, seconds: int) -> Iterator[tuple[list[str], Iterable[Any]]]:
    engine = _engine(source, seconds)
    if source.kind in PORTS:
        _reach(source, source.pinned or engine.url.host or "", engine.url.port or PORTS[source.kind])
    slow = False
    started = time.monotonic()
    try:
        with engine.connect() as link:
            _fence(link, source.kind, seconds)
            _refuse_files(source)
            streamed = {"stream_results": True, "yield_per": BATCH, "no_parameters": True}
            result = link.exec_driver_sql(source.statement, execution_options=streamed)
            yield list(result.keys()), result
    except SQLAlchemyError as error:
        slow = time.monotonic() - started >= seconds
        raise _told(source, error, seconds, slow=slow) from None  # the driver's own text may hold the address
    finally:
        engine.dispose()


def _engine(source: Database, seconds: int) -> sa.Engine:
    if source.kind == "sqlite":
        path = Path(source.address)
        if not path.is_file():
            raise fault("source_file_missing", name=source.name, file=path.name)
        return sa.create_engine(f"sqlite:///file:{path}?mode=ro&uri=true", poolclass=sa.NullPool)
    schemes, driver = DRIVERS[source.kind]
    scheme, _, rest = source.address.partition("://")
    try:
        if scheme not in schemes:
            raise ArgumentError(scheme)
        url = sa.make_url(f"{driver}://{rest}")
        return sa.create_engine(url, poolclass=sa.NullPool, connect_args=_wanted(source, url, seconds))
    except SQLAlchemyError as error:
        told = f"địa chỉ kết nối phải có dạng {schemes[0]}://người:mật-khẩu@máy:cổng/tên"
        raise fault("source_not_readable", name=source.name, found=told) from error


def _wanted(source: Database, url: sa.URL, seconds: int) -> dict[str, Any]:
    """Return what the driver is told besides the address."""
    wanted: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS}
    if source.kind != "mysql":
        return wanted | ({"hostaddr": source.pinned} if source.pinned else {})
    # Without a limit a server that dies while it answers would be waited for without end.
    wanted |= {"charset": "utf8mb4", "read_timeout": seconds + CONNECT_SECONDS}
    if url.password:  # the driver would write it in Latin-1, and say in its error which letter of it is none
        wanted["password"] = url.password.encode()
    return wanted | ({"host": source.pinned} if source.pinned else {})


def _reach(source: Database, host: str, port: int) -> None:
    """Raise ``Unavailable`` saying what is in the way of the server: drivers say it each in another way."""
    if not host or "," in host or host.startswith("/"):
        return
    try:
        socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
    except (socket.gaierror, UnicodeError) as error:
        raise fault("source_host", name=source.name) from error
    except ConnectionRefusedError as error:
        raise fault("source_refused", name=source.name) from error
    except TimeoutError as error:
        raise fault("source_timeout", name=source.name, seconds=CONNECT_SECONDS) from error
    except OSError as error:
        raise fault("source_down", name=source.name) from error


def _fence(link: sa.Connection, kind: str, seconds: int) -> None:
    """Let the session only read, and only for ``seconds``."""
    if kind == "postgresql":
        link.execute(sa.text("SET TRANSACTION READ ONLY"))
        link.execute(sa.text(f"SET LOCAL statement_timeout = {seconds * 1000}"))
        return
    if kind == "mysql":
        limit = ("max_statement_time", seconds) if _is_mariadb(link) else ("max_execution_time", seconds * 1000)
        link.exec_driver_sql(f"SET SESSION {limit[0]} = {limit[1]}")
        link.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        link.rollback()  # it holds from the next transaction on
        return
    raw: Any = link.connection.dbapi_connection
    raw.execute("PRAGMA query_only=ON")
    raw.set_progress_handler(_deadline(seconds), 100_000)


def _is_mariadb(link: sa.Connection) -> bool:
    return bool(getattr(link.dialect, "is_mariadb", False))


def _refuse_files(source: Database) -> None:
    """Refuse a query that names what reads or writes files of the server: a session that only reads lets them pass."""
    if source.kind == "mysql" and FILES.search(source.statement):
        raise fault("source_query", name=source.name, found="không được đọc, ghi tệp trên máy chủ của nguồn")


def _deadline(seconds: int) -> Callable[[], int]:
    ends = time.monotonic() + seconds
    return lambda: int(time.monotonic() > ends)


def _told(source: Database, error: SQLAlchemyError, seconds: int, *, slow: bool) -> Exception:
    original = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(original, "sqlstate", None) or ""
    said: tuple[Any, ...] = getattr(original, "args", ())
    number = said[0] if source.kind == "mysql" and said else 0
    text = str(said[1] if number and len(said) > 1 else original).partition("\n")[0]
    text = ACCOUNT.sub("", text)
    if slow or state == "57014" or number in STOPPED or "interrupted" in text:
        return fault("source_slow", name=source.name, seconds=seconds)
    known = KNOWN.get(state) or KNOWN.get(number) or next((code for said, code in SAID if said.search(text)), "")
    if known:
        return fault(known, name=source.name, **({"found": text} if known == "source_table" else {}))
    words = ("no such column", "syntax error", "query_only", "readonly")
    refused = any(one in text for one in words) or number in REFUSED or state[:2] in {"42", "25", "22"}
    if refused or isinstance(error, ProgrammingError):
        return fault("source_query", name=source.name, found=text)
    return fault("source_down", name=source.name)
