"""Where the room keeps what it writes, and where it may read files of sources."""

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from django.conf import settings

from nganam.warehouse import connecting
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.engine.sources import Database
from nganam.warehouse.models import Load, Source, SourceKind, Table, Version

PAUSE: Final = 0.1
VARIABLE = re.compile(r"^NGANAM_SOURCE_[A-Z0-9_]{1,60}$")


def landing() -> Path:
    """Return the folder of files as received."""
    return Path(settings.DATA) / "landing"


def lake(table: Table) -> Path:
    """Return the folder of a table's Delta table."""
    return lake_of(table, table.generation)


def lake_of(table: Table, generation: int) -> Path:
    """Return the folder of a table's Delta table as it is written the nth time: each erasure writes all of it anew."""
    return Path(settings.DATA) / "lake" / (f"{table.code}.g{generation}" if generation else table.code)


def lakes(table: Table) -> list[Path]:
    """Return the folders there are of a table's Delta table; all but ``lake(table)`` are left over or unfinished."""
    folder = Path(settings.DATA) / "lake"
    return [folder / table.code, *folder.glob(f"{table.code}.g*")]


def replicas(table: Table) -> Path:
    """Return the folder of a table's row replicas."""
    return Path(settings.DATA) / "replicas" / table.code


def work(code: str) -> Path:
    """Return the scratch folder of a load."""
    return Path(settings.DATA) / "work" / code


def progress(load: Load) -> Path:
    """Return the file in which a running load says how far it is; it goes with the scratch folder."""
    return work(load.code) / "progress.json"


def rejected(load: Load) -> Path:
    """Return the file of all rows a load rejected."""
    return Path(settings.DATA) / "rejected" / f"{load.code}.parquet"


def mended(load: Load) -> Path:
    """Return the file that says which lines of an earlier load a load has mended."""
    return Path(settings.DATA) / "rejected" / f"{load.code}-mended.parquet"


def lock(table: Table) -> Path:
    """Return the lock file that the one process loading a table holds."""
    return Path(settings.DATA) / "work" / f"{table.code}.lock"


def files(version: Version, code: str) -> Path:
    """Return the folder of one file of a version; nothing else lies in it."""
    return Path(settings.DATA) / "files" / version.table.code / f"v{version.number}" / code


@contextmanager
def alone(path: Path, *, patience: float = 0) -> Iterator[bool]:
    """Hold a lock file, which the kernel frees when the process dies; yields False when another process holds it.

    ``patience`` is for how many seconds that is tried again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        until = time.monotonic() + patience
        while not (held := _locked(file)) and time.monotonic() < until:
            time.sleep(PAUSE)
        yield held


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sources() -> Path:
    """Return the one folder in which files of sources may lie (``NGANAM_SOURCES_DIR``, default ``<data>/sources``)."""
    return Path(os.environ.get("NGANAM_SOURCES_DIR") or Path(settings.DATA) / "sources").resolve()


def source_file(source: Source) -> Path:
    """Return the file of a source; raise ``Invalid`` when its path leads out of the folder of sources."""
    path = (sources() / source.secret_ref).resolve()
    if not path.is_relative_to(sources()):
        raise fault("source_not_readable", name=source.name, found="đường dẫn nằm ngoài thư mục nguồn")
    return path


def database(source: Source) -> Database:
    """Return how to reach a database source, its secret read from where it is kept; never log or store the answer."""
    if source.kind == SourceKind.SQLITE:
        return Database(source.name, "sqlite", str(source_file(source)), source.relation, source.query)
    kept = source.entered
    if kept is not None:
        return connecting.database(source, kept)
    address = os.environ.get(source.secret_ref, "") if VARIABLE.match(source.secret_ref) else ""
    if not address:
        raise fault("source_not_readable", name=source.name, found=f"biến môi trường {source.secret_ref} chưa đặt")
    return Database(source.name, source.kind, address, source.relation, source.query)
