"""Landing: the file exactly as received, kept under its own digest, so any load can be explained or run again.

Nothing is visible until it is whole: bytes go to ``<folder>/.tmp`` and are renamed at the end.
"""

import hashlib
import os
import re
import time
import uuid
import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from nganam.documents.spreadsheets import is_bomb
from nganam.warehouse.engine.faults import fault

HEAD: Final = 4096
MEGABYTE: Final = 1_000_000  # as pages and file managers count
UNPACKED_LIMIT: Final = 2048 * MEGABYTE
SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF", "tài liệu PDF"),
    (b"\xd0\xcf\x11\xe0", "tệp Office đời cũ (.xls, .doc)"),
    (b"\x89PNG", "ảnh PNG"),
    (b"\xff\xd8\xff", "ảnh JPEG"),
    (b"GIF8", "ảnh GIF"),
    (b"SQLite format 3", "cơ sở dữ liệu SQLite"),
    (b"PAR1", "tệp Parquet"),
    (b"\x1f\x8b", "tệp nén GZIP"),
    (b"Rar!", "tệp nén RAR"),
    (b"7z\xbc\xaf", "tệp nén 7-Zip"),
    (b"MZ", "chương trình Windows"),
    (b"\x7fELF", "chương trình Linux"),
    (b"{\\rtf", "văn bản RTF"),
)
MOST_CELLS: Final = 50_000_000
"""Of one sheet of a workbook, empty ones too; a full one of 19 columns has 20 million."""
GEOPACKAGES: Final = (b"GPKG", b"GP10", b"GP11")
XML: Final = re.compile(rb"<(\?xml|!--|!DOCTYPE|[A-Za-z_][\w.-]*(:[\w.-]+)?[\s/>])")
FEATURES: Final = re.compile(rb'"type"\s*:\s*"FeatureCollection"')
LONGEST_LINE: Final = 2 * MEGABYTE
UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Landed:
    """A received file at rest, and its ``kind`` by its content, whatever its name says: see :func:`sniff`."""

    sha256: str
    size: int
    path: Path
    kind: str


def land(write: Callable[[BinaryIO], None], name: str, folder: Path, *, limit: int) -> Landed:
    """Let ``write`` fill a new landing file and keep it under its digest.

    Raises ``Invalid`` (empty, too_large, wrong_type) and leaves nothing behind then.
    """
    waiting = folder / ".tmp" / uuid.uuid4().hex
    waiting.parent.mkdir(parents=True, exist_ok=True)
    try:
        with waiting.open("wb") as raw:
            out = _Counting(raw, name, limit)
            write(out)  # type: ignore[arg-type]
            raw.flush()
            os.fsync(raw.fileno())
        if not out.size:
            raise fault("empty", name=name)
        kind = sniff(waiting, name)
        sha = out.digest.hexdigest()
        final = landed_path(folder, sha)
        final.parent.mkdir(parents=True, exist_ok=True)
        waiting.replace(final)
        return Landed(sha, out.size, final, kind)
    finally:
        waiting.unlink(missing_ok=True)


def land_stream(chunks: Iterable[bytes], name: str, folder: Path, *, limit: int) -> Landed:
    """Keep an uploaded file, chunk by chunk."""

    def write(out: BinaryIO) -> None:
        out.writelines(chunks)

    return land(write, name, folder, limit=limit)


def landed_path(folder: Path, sha256: str) -> Path:
    """Return where the file with this digest is kept."""
    return folder / sha256[:2] / sha256


def sniff(path: Path, name: str) -> str:
    """Return what a file holds: csv, xlsx, json, jsonl (one object a line), geojson, xml, shp (in a zip) or gpkg.

    Raises ``Invalid`` (wrong_type, empty) naming what it is instead.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(b"PK"):
        return _sniff_zip(path, name)
    if head.startswith(b"SQLite format 3") and head[68:72] in GEOPACKAGES:
        return "gpkg"
    for signature, found in SIGNATURES:
        if head.startswith(signature):
            raise fault("wrong_type", name=name, found=found)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    wide = head.startswith(UTF16)
    marked = _markup(head[: HEAD & ~1].decode("utf-16", "replace").lstrip().encode() if wide else text, name)
    if marked in {"json", "geojson"} and wide:
        raise fault("wrong_type", name=name, found="tệp JSON không phải UTF-8")
    if marked:
        return "jsonl" if marked == "json" and _is_lines(path, name) else marked
    if not wide and b"\x00" in text:
        raise fault("wrong_type", name=name, found="tệp nhị phân")
    if not text and path.stat().st_size <= HEAD:
        raise fault("empty", name=name)
    return "csv"


def clean(folder: Path, *, older_than: float = 3600) -> int:
    """Remove unfinished files that a killed process left more than ``older_than`` seconds ago; return how many."""
    removed = 0
    for path in (folder / ".tmp").glob("*"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > older_than:
                path.unlink()
                removed += 1
    return removed


class _Counting:
    """A writer that digests what passes and stops past the limit."""

    def __init__(self, raw: BinaryIO, name: str, limit: int) -> None:
        self.raw, self.name, self.limit = raw, name, limit
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, chunk: bytes) -> int:
        self.size += len(chunk)
        if self.size > self.limit:
            raise fault("too_large", name=self.name, limit_mb=self.limit // MEGABYTE)
        self.digest.update(chunk)
        return self.raw.write(chunk)

    def writelines(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self.write(chunk)


def _sniff_zip(path: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile as error:
        raise fault("broken_workbook", name=name) from error
    if sum(one.file_size for one in members) > UNPACKED_LIMIT:  # a small zip may unpack to fill the disk
        raise fault("too_large", name=name, limit_mb=UNPACKED_LIMIT // MEGABYTE)
    endings = {one.filename[-4:].lower() for one in members}
    if {".shp", ".dbf"} <= endings:
        return "shp"
    if not any(one.filename == "xl/workbook.xml" for one in members):
        kind = "tài liệu Word" if any(one.filename.startswith("word/") for one in members) else "tệp nén ZIP"
        raise fault("wrong_type", name=name, found=kind)
    try:
        bomb = is_bomb(path, unpacked=UNPACKED_LIMIT, cells=MOST_CELLS)
    except (zipfile.BadZipFile, OSError) as error:
        raise fault("broken_workbook", name=name) from error
    if bomb:
        raise fault("sheet_too_far", name=name, most=MOST_CELLS // 1_000_000)
    return "xlsx"


def _markup(text: bytes, name: str) -> str:
    """Return json, geojson or xml when a file begins so, "" for any other text; raise for pages and drawings."""
    low = text[:64].lower()
    if low.startswith((b"<!doctype html", b"<html")):
        raise fault("wrong_type", name=name, found="trang web HTML")
    if low.startswith(b"<svg") or (low.startswith(b"<?xml") and b"<svg" in text[:HEAD].lower()):
        raise fault("wrong_type", name=name, found="hình vẽ SVG")
    if low.startswith(b"<?xml") and b"<html" in text[:HEAD].lower():
        raise fault("wrong_type", name=name, found="trang web HTML")
    if XML.match(text):
        return "xml"
    listed = text.startswith(b"[") and (text[1:].lstrip()[:1] == b"{" or name.lower().endswith((".json", ".geojson")))
    if not listed and not text.startswith(b"{"):
        return ""
    return "geojson" if FEATURES.search(text) or name.lower().endswith(".geojson") else "json"


def _is_lines(path: Path, name: str) -> bool:
    """Say whether each line is an object of its own (NDJSON)."""
    if name.lower().endswith((".ndjson", ".jsonl")):
        return True
    with path.open("rb") as file:
        first = file.readline(LONGEST_LINE).removeprefix(b"\xef\xbb\xbf").strip()
        second = file.readline(HEAD).strip()
    return first.startswith(b"{") and first.endswith(b"}") and second.startswith(b"{")
