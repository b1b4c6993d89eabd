"""Tells what a file is by its content. A name can lie; the first bytes and the inside of a ZIP do not."""

import zipfile
from pathlib import Path, PurePath
from typing import BinaryIO

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
CSV = "text/csv"
TEXT = "text/plain"
JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
XML = "application/xml"
SVG = "image/svg+xml"
PARQUET = "application/vnd.apache.parquet"
OLE = "application/x-ole-storage"
ZIP = "application/zip"
GZIP = "application/gzip"
BINARY = "application/octet-stream"
HEAD = 65_536

MAGIC = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"PAR1", PARQUET),
    (b"\x1f\x8b", GZIP),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-executable"),
)
SUFFIXES = {
    ".pdf": {PDF}, ".png": {"image/png"}, ".jpg": {"image/jpeg"}, ".jpeg": {"image/jpeg"}, ".gif": {"image/gif"},
    ".xlsx": {XLSX}, ".docx": {DOCX}, ".ods": {ODS}, ".xls": {OLE}, ".doc": {OLE}, ".csv": {CSV, TEXT},
    ".tsv": {CSV, TEXT}, ".txt": {TEXT, CSV}, ".json": {JSON, GEOJSON}, ".geojson": {GEOJSON, JSON},
    ".parquet": {PARQUET}, ".zip": {ZIP}, ".gz": {GZIP}, ".html": {HTML}, ".htm": {HTML}, ".xml": {XML}, ".svg": {SVG},
}  # fmt: skip
NAMES = {
    PDF: "PDF", XLSX: "Excel (.xlsx)", DOCX: "Word (.docx)", ODS: "ODS", CSV: "CSV", TEXT: "văn bản thuần (.txt)",
    JSON: "JSON", GEOJSON: "GeoJSON", PARQUET: "Parquet", OLE: "Office cũ (.xls, .doc)", ZIP: "ZIP", HTML: "HTML",
    XML: "XML", SVG: "SVG", GZIP: "GZIP", "image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF",
    BINARY: "nhị phân không rõ loại",
}  # fmt: skip


def name_of(media_type: str) -> str:
    """Return the name people know a media type by."""
    return NAMES.get(media_type, media_type)


def suffix_agrees(name: str, media_type: str) -> bool:
    """Say whether the name's ending is one this content may carry; an unknown ending agrees with nothing."""
    return media_type in SUFFIXES.get(PurePath(name).suffix.lower(), set())


def sniff(path: Path, name: str) -> str:
    """Return the media type of the content at ``path``; ``name`` only tells CSV from text and JSON from GeoJSON."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        for magic, media_type in MAGIC:
            if head.startswith(magic):
                return media_type
        if head.startswith(b"PK\x03\x04"):
            file.seek(0)
            return _inside_zip(file)
    return _text_type(head, PurePath(name).suffix.lower())


def _inside_zip(file: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            if "xl/workbook.xml" in names:
                return XLSX
            if "word/document.xml" in names:
                return DOCX
            is_ods = "mimetype" in names and archive.getinfo("mimetype").file_size < len(ODS) + 2
            return ODS if is_ods and archive.read("mimetype").decode("ascii", "replace").strip() == ODS else ZIP
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return BINARY


def _text_type(head: bytes, suffix: str) -> str:
    text = _decoded(head)
    if text is None:
        return BINARY
    start = text.lstrip("\ufeff \t\r\n").lower()
    if start.startswith(("<!doctype html", "<html", "<script", "<body", "<head")):
        return HTML
    if start.startswith(("<?xml", "<svg")):
        return SVG if "<svg" in start else XML
    if start.startswith(("{", "[")) and suffix in {".json", ".geojson"}:
        return _json_type(start)
    return CSV if suffix in {".csv", ".tsv"} else TEXT


def _json_type(start: str) -> str:
    """Tell GeoJSON by its first members: a whole file may be too large to parse here."""
    return GEOJSON if '"featurecollection"' in start.replace(" ", "") else JSON


def _decoded(head: bytes) -> str | None:
    """Return the head as text, or ``None`` when it is not text in any encoding Vietnamese files come in."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")
    if b"\x00" in head:
        return None
    text = head.decode("utf-8", "replace")
    # Windows-1258 and TCVN3 files are text too: only control characters tell a binary file apart.
    controls = sum(1 for byte in head if byte < 32 and byte not in b"\t\n\r\f\x1b")  # noqa: PLR2004 - the first printable character is 32
    return None if controls * 100 > len(head) else text
