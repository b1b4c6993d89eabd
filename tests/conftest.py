"""What every test stands on: a data folder of its own, plain static files, quick password hashing."""

import gc
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import migrated
import remembered
from cast import make_cast
from nganam.kernel.actors import VISITOR, Actor, Kind, Role

# Settings read the environment when they are imported, so this comes first; nothing else may import Django earlier.
_SCRATCH = Path(tempfile.mkdtemp(prefix="nganam-test-"))
(_SCRATCH / "static").mkdir()
os.environ["NGANAM_DATA"] = str(_SCRATCH)
os.environ["DJANGO_SETTINGS_MODULE"] = "nganam.site.settings"
for _name in ("NGANAM_DEMO", "NGANAM_PUBLIC_URL", "NGANAM_GATEWAY_URL", "NGANAM_SERVING_URL", "NGANAM_SECRET_KEY"):
    os.environ.pop(_name, None)


TOO_LATE = "hết giờ của lượt chạy này"
BROWSER = Path(__file__).parent / "browser"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a second run, on another database, leave out what has none."""
    parser.addoption(
        "--until", type=int, help="seconds of the epoch after which no test begins: each tells that it was left out"
    )
    parser.addoption("--database-only", action="store_true", help="only tests of what a database may do otherwise")


def pytest_configure(config: pytest.Config) -> None:
    """Change the few settings that only tests want, before anything has used them."""
    from django.conf import settings
    from hypothesis import HealthCheck
    from hypothesis import settings as drawing

    # Whether a test passes does not depend on how busy the machine is.
    drawing.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    drawing.load_profile("untimed")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    _let_tests_empty_the_database()
    if hasattr(config, "cache"):
        migrated.keep(config.cache.mkdir("migrated"))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the scratch folder."""
    shutil.rmtree(_SCRATCH, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[Any]:
    """Collect without looking for garbage: 9 s of computing of 40 where tests are compiled anew, some 1 of 20 else."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.hookimpl(tryfirst=True)  # before pytest-django puts the tests that commit last
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what needs PostgreSQL when the run is not on PostgreSQL; mark what commits.

    Without a marked test pytest-django makes no test database, and ``committed_db`` would copy the real one.
    """
    on_postgres = os.environ.get("NGANAM_DATABASE_URL", "").startswith("postgres")
    skip = pytest.mark.skip(reason="NGANAM_DATABASE_URL names no PostgreSQL")
    for item in items:
        if "committed_db" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.django_db(transaction=True))
        if item.get_closest_marker("postgres") and not on_postgres:
            item.add_marker(skip)
    if config.getoption("--database-only"):
        apart = [item for item in items if not _uses_database(item)]
        items[:] = [item for item in items if _uses_database(item)]
        config.hook.pytest_deselected(items=apart)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out what a run has no time for any more, and say so."""
    until = item.config.getoption("--until")
    if until and time.time() > until:
        pytest.skip(TOO_LATE)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many tests the run had no time for: they are not among what passed."""
    left = [one for one in terminalreporter.stats.get("skipped", []) if TOO_LATE in str(one.longrepr)]
    if left:
        terminalreporter.write_line(f"{TOO_LATE}: {len(left)} kiểm thử chưa chạy, bắt đầu từ {left[0].nodeid}")


def _uses_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("once") or BROWSER in item.path.parents:
        return False
    marked = any(item.get_closest_marker(name) for name in ("django_db", "postgres"))
    return marked or bool({"db", "transactional_db", "committed_db"} & set(getattr(item, "fixturenames", ())))


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the test its own ``settings.DATA`` (and the environment of the processes it starts)."""
    from django.conf import settings

    folder = tmp_path / "data"
    folder.mkdir()
    remembered.patched = monkeypatch
    monkeypatch.setenv("NGANAM_DATA", str(folder))
    before = settings.DATA
    settings.DATA = folder
    yield folder
    settings.DATA = before


@pytest.fixture(autouse=True, scope="session")
def _lock_order() -> Iterator[None]:
    """Watch the order of locks in every transaction of every test."""
    import lock_order

    with lock_order.watched():
        yield


@pytest.fixture(autouse=True)
def _locks_in_order(_lock_order: None) -> Iterator[None]:
    """Fail the test in which a deed took the row of a case behind the record, or out of order."""
    import lock_order

    lock_order.faults.clear()
    yield
    faults = lock_order.faults.copy()
    if os.environ.get("LOCKLOG"):
        with Path(os.environ["LOCKLOG"]).open("a") as log:
            log.write("".join(one + "\n\n" for one in faults))
        return
    assert not faults, "\n".join(faults)


@pytest.fixture
def at() -> datetime:
    """Return the instant most stories happen at: Tuesday 3 November 2026, 9:00 in Vietnam."""
    return datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


@pytest.fixture
def lan() -> Actor:
    """Return Lan: focal officer of Sở Y tế, which provides data."""
    return Actor(Kind.PERSON, "lan", "Nguyễn Thị Lan", "CT-SYT", frozenset({Role.FOCAL}))


@pytest.fixture
def minh() -> Actor:
    """Return Minh: officer of the lead agency."""
    return Actor(Kind.PERSON, "minh", "Trần Văn Minh", "CT-SKHCN", frozenset({Role.LEAD}))


@pytest.fixture
def khanh() -> Actor:
    """Return Khánh: Chairman of the province."""
    return Actor(Kind.PERSON, "khanh", "Lê Quốc Khánh", "CT-UBND", frozenset({Role.CHAIRMAN}))


@pytest.fixture
def hoa() -> Actor:
    """Return Hòa: police officer who scans for state secrets."""
    return Actor(Kind.PERSON, "hoa", "Phạm Thị Hòa", "CT-CA", frozenset({Role.POLICE}))


@pytest.fixture
def phuc() -> Actor:
    """Return Phúc: focal officer of a commune, which consumes data."""
    return Actor(Kind.PERSON, "phuc", "Thạch Phúc", "CT-X31507", frozenset({Role.FOCAL}))


@pytest.fixture
def dung() -> Actor:
    """Return Dung: a visitor."""
    return VISITOR


@pytest.fixture
def make_province() -> Callable[[], None]:
    """Return the function that enters the cast's agencies, duties, accounts, postings (for ``committed_db``)."""
    return make_cast


@pytest.fixture
def province(db: None) -> None:
    """Enter the agencies of the cast with their predecessors, who leads when, and the cast's accounts and postings."""
    make_cast()


@pytest.fixture
def run_jobs() -> Callable[[], int]:
    """Return the function that runs every ready job in this process (and those they enqueue) and counts them."""
    from nganam.jobs.runner import run_pending

    return run_pending


@pytest.fixture
def committed_db(
    request: pytest.FixtureRequest, tmp_path: Path, django_db_setup: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Give the test a database that commits, which other threads and processes see; yields its URL.

    PostgreSQL: the test database, emptied afterwards. SQLite: a file of the test's own (a copy of the one in memory).
    ``NGANAM_DATABASE_URL`` names it for the processes the test starts. Threads close their connection themselves.
    """
    from django.db import connection

    if connection.vendor == "postgresql":
        request.getfixturevalue("transactional_db")
        known = connection.settings_dict
        place = f"{known['HOST']}:{known['PORT']}".strip(":")
        url = f"postgresql://{known['USER']}@{place}/{known['NAME']}"
        monkeypatch.setenv("NGANAM_DATABASE_URL", url)
        yield url
        return
    path = tmp_path / "committed.sqlite3"
    monkeypatch.setenv("NGANAM_DATABASE_URL", f"sqlite:///{path}")
    with request.getfixturevalue("django_db_blocker").unblock(), _on_file(path):
        yield f"sqlite:///{path}"


@contextmanager
def _on_file(path: Path) -> Iterator[None]:
    """Put the default connection on a copy of the test database in ``path``, for every thread."""
    from django.db import connections

    memory, before = connections["default"], connections.settings["default"]
    memory.ensure_connection()
    copy = sqlite3.connect(path)
    memory.connection.backup(copy)
    copy.close()
    connections.settings["default"] = {**memory.settings_dict, "NAME": str(path)}
    del connections["default"]
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"] = before
        connections["default"] = memory


def _deletions(connection: Any) -> Callable[..., list[str]]:
    """Return the making of statements that empty the tables which hold rows.

    TRUNCATE writes a new file for each of 200 tables: seconds on a real disk, after every test that commits.
    """

    def statements(style: object, tables: list[str], **_options: object) -> list[str]:
        named = [connection.ops.quote_name(one) for one in tables]
        asked = " UNION ALL ".join(f"(SELECT {i} FROM {one} LIMIT 1)" for i, one in enumerate(named))
        with connection.cursor() as cursor:
            cursor.execute(asked)
            return [f"DELETE FROM {named[i]}" for (i,) in cursor.fetchall()]

    return statements


def _let_tests_empty_the_database() -> None:
    """Lift the audit record's guards while a test database is emptied, and put the shipped calendar back."""
    from django.core.management.commands import flush
    from django.db import connections

    empty = flush.Command.handle

    def handle(self, **options):
        from nganam.audit import guards
        from nganam.deadlines.models import CalendarDay
        from nganam.deadlines.reference import load_calendar

        connection = connections[options["database"]]
        with guards.suspended(connection), pytest.MonkeyPatch.context() as patch:
            if connection.vendor == "postgresql":
                patch.setattr(connection.ops, "sql_flush", _deletions(connection))
            empty(self, **options)
        load_calendar(CalendarDay)

    flush.Command.handle = handle
