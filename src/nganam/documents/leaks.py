"""Credentials in a file that comes in: private keys, tokens still good, passwords. Says what and where, never the text.

Whoever may see a case may have its files, for years. A key that stands in one is in many hands from then on, so the
file is refused before it is kept. Only what can hardly be anything else counts: a table of access tokens that have run
out, a form with an empty "Mật khẩu:", a password covered with stars, the rule a password must keep are no finding.

Who sends a file must not hold up who serves it: every pattern takes time in proportion to what it reads, and what lies
beyond ``MOST_WORK`` is not looked at.
"""

import base64
import binascii
import json
import operator
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice, takewhile
from pathlib import Path
from typing import Final

import python_calamine
from django.utils.translation import gettext as _

from nganam.documents import media
from nganam.documents.spreadsheets import is_bomb
from nganam.kernel.text import fold

MOST_TOLD: Final = 5
MOST_TEXT: Final = 50 * 1024 * 1024
MOST_STREAMS: Final = 20_000
MOST_WORK: Final = 60_000_000
"""Characters looked at in a file; a piece counts ``PIECE`` more, since a short one costs about as much as that."""
PIECE: Final = 40
SHORTEST: Final = len("pwd:12345678")
STEP: Final = 16 * 1024
KEYS = re.compile(r"-----BEGIN (?:[A-Z0-9]+ ){0,5}PRIVATE KEY(?: BLOCK)?-----")
JWK = re.compile(r'"d"\s*:\s*"[A-Za-z0-9_-]{16,}"')
JWT = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.(eyJ[\w-]{8,})\.[\w-]{20,}")
TOKENS = re.compile(
    r"(?<![\w-])(?:nn_[0-9a-f]{8}\.[\w-]{32,}|gh[pousr]_[A-Za-z0-9]{36,}|glpat-[\w-]{20,}|xox[abprs]-[\w-]{20,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{16})(?![\w-])"
)
HEADER = re.compile(r"(?i)authorization\s*:\s*(?:basic|bearer)\s+([A-Za-z0-9+/=._~-]{16,})")
ADDRESS = re.compile(r"(?i)\b[a-z][a-z0-9+.-]{2,20}://[^\s:/@]{1,80}:([^\s:/@]{4,80})@")
NAMES = r"mật\s*khẩu|mat\s*khau|password|passwd|pwd|client[_-]?secret|api[_-]?key|secret[_-]?key|access[_-]?token"
NAMED = re.compile(rf"(?i)(?<![\w-])(?:{NAMES})[\"']?\s*[:=]\s*[\"']?([^\s\"'<>,;]{{8,200}})")
HEADING = re.compile(rf"(?i)\s*(?:{NAMES})\s*")
COVER = re.compile(r"[*•xX.…_-]{3,}|^[<\[{$%(]")
COVERED: Final = "***"
FEWEST_WORDS: Final = 3
SMALL = re.compile(r"\d{1,3}")
RULE_WORDS = frozenset(
    [
        "toi",
        "thieu",
        "da",
        "it",
        "nhat",
        "nhieu",
        "tu",
        "den",
        "va",
        "hoac",
        "co",
        "gom",
        "bao",
        "tro",
        "len",
        "ky",
        "chu",
        "so",
        "hoa",
        "thuong",
        "dac",
        "biet",
        "at",
        "least",
        "most",
        "min",
        "max",
        "minimum",
        "maximum",
        "to",
        "and",
        "or",
        "with",
        "more",
        "than",
        "characters",
        "character",
        "chars",
        "letters",
        "digits",
    ]
)
"""What a rule for passwords is written with, as ``fold`` writes it: "tối-thiểu-8-ký-tự", "at-least-12-characters"."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A credential in a file: what kind, and where it stands."""

    kind: str
    place: str


def words(kind: str) -> str:
    """Return what a kind is called."""
    return {
        "private_key": _("khóa riêng"),
        "token": _("mã truy cập còn hiệu lực"),
        "password": _("mật khẩu"),
    }[kind]


def find(path: Path, media_type: str, at: datetime) -> list[Leak]:
    """Return the first few credentials in the file at ``path``, each once for its place; an image has none."""
    read = READERS.get(media_type)
    if read is None:
        return []
    found: dict[Leak, None] = {}
    left = MOST_WORK
    for place, text in read(path):
        left -= len(text) + PIECE
        if left < 0 or len(found) >= MOST_TOLD:
            break
        for kind in kinds_in(text, at) if len(text) >= SHORTEST else ():
            found[Leak(kind, place)] = None
    return list(found)


def kinds_in(text: str, at: datetime) -> set[str]:
    """Return the kinds of credentials in a piece of text. A token that has run out is none, whatever names it."""
    found = set()
    if KEYS.search(text) or ('"kty"' in text and JWK.search(text)):
        found.add("private_key")
    if TOKENS.search(text) or any(_is_good(one[1], at) for one in JWT.finditer(text)):
        found.add("token")
    rest = JWT.sub(COVERED, text)
    if any(_is_secret(one[1]) for pattern in (HEADER, ADDRESS) for one in pattern.finditer(rest)):
        found.add("password")
    if any(_is_secret(one[1]) and _is_mixed(one[1]) for one in NAMED.finditer(rest)):
        found.add("password")
    return found


def _is_good(claims: str, at: datetime) -> bool:
    """Say whether a token's own term, if it states one, is not over."""
    try:
        told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return float(told.get("exp", float("inf"))) > at.timestamp()
    except (ValueError, binascii.Error, AttributeError, TypeError):
        return False


def _is_secret(value: str) -> bool:
    return COVER.search(value) is None


def _is_mixed(value: str) -> bool:
    """Say whether a value has letters and digits, as what follows "Mật khẩu:" in a sentence has not, and is no rule."""
    return any(one.isdigit() for one in value) and any(one.isalpha() for one in value) and not _is_rule(value)


def _is_rule(value: str) -> bool:
    """Say whether a value only says how a password must be: every word of it is such a word or a small number."""
    said = [one for one in re.split(r"[-_./]+", fold(value)) if one]
    return len(said) >= FEWEST_WORDS and all(one in RULE_WORDS or SMALL.fullmatch(one) for one in said)


# ---- what a file says, piece by piece ----

Pieces = Iterator[tuple[str, str]]


def _lines(path: Path) -> Pieces:
    place = _("dòng %(number)s")
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            yield place % {"number": number}, line.decode("utf-8", "replace")


def _csv(path: Path) -> Pieces:
    """Yield the lines, and each value below a heading that names a password."""
    yield from _lines(path)
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        head = file.readline()
        mark = max(",;\t|", key=head.count)
        rows = ([cell.strip().strip('"') for cell in line.rstrip("\r\n").split(mark)] for line in file)
        first = [cell.strip().strip('"') for cell in head.rstrip("\r\n").split(mark)]
        place = _("dòng %(row)s, cột %(column)s")
        yield from _below(first, rows, lambda column, row: place % {"row": row, "column": first[column]})


def _below(first: list[str], rows: Iterable[list[str]], place: Callable[[int, int], str]) -> Pieces:
    """Yield the values of columns whose heading names a password, written so that they are read as one."""
    asked = [number for number, cell in enumerate(first) if HEADING.fullmatch(cell)]
    if asked:
        for row, cells in enumerate(rows, start=2):
            for column in takewhile(partial(operator.gt, len(cells)), asked):
                if cells[column]:
                    yield place(column, row), f"password: {cells[column]}"


def _xlsx(path: Path) -> Pieces:
    try:
        if is_bomb(path):
            return
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        sheets = [(name, book.get_sheet_by_name(name).to_python()) for name in book.sheet_names]
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError):
        return
    for name, grid in sheets:
        yield from _sheet(name, [[str(cell) for cell in row] for row in grid])


def _sheet(name: str, rows: list[list[str]]) -> Pieces:
    def place(column: int, row: int) -> str:
        return f"{name}!{_letters(column)}{row}"

    for number, cells in enumerate(rows, start=1):
        for column, cell in enumerate(cells):
            yield place(column, number), cell
    yield from _below(rows[0] if rows else [], islice(rows, 1, None), place)


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


TAG = re.compile(rb"<[^<>]*+>")


def _docx(path: Path) -> Pieces:
    try:
        with zipfile.ZipFile(path) as book, book.open("word/document.xml") as part:
            data = part.read(MOST_TEXT)
    except (zipfile.BadZipFile, zlib.error, KeyError, OSError, RuntimeError):  # the last: locked by a password
        return
    place = _("đoạn %(number)s")
    for number, one in enumerate(_paragraphs(data), start=1):
        text = TAG.sub(b"", one).decode("utf-8", "replace")
        yield place % {"number": number}, text.replace("&quot;", '"').replace("&amp;", "&")


def _paragraphs(data: bytes) -> Iterator[bytes]:
    """Yield what stands between the ends of paragraphs; what comes before the first of them is marks without text."""
    start = 0
    while (end := data.find(b"</w:p>", start)) >= 0:
        yield data[start:end]
        start = end + len(b"</w:p>")


STRING = re.compile(rb"(?<!\\)\(((?:\\.|[^\\()]++)*+)\)")


def _pdf(path: Path) -> Pieces:
    """Yield what is written in plain letters: a font of its own letters (as in most office PDFs) is not read."""
    left, place = MOST_TEXT, _("luồng %(number)s của PDF")
    for number, packed in enumerate(islice(_streams(path.read_bytes()), MOST_STREAMS), start=1):
        text = _unpacked(packed, left)
        left -= len(text)
        said = b"".join(found[1] for found in STRING.finditer(text)).decode("latin-1")
        yield place % {"number": number}, said
        if left <= 0:
            return


def _streams(data: bytes) -> Iterator[bytes]:
    """Yield what stands between each ``stream`` and the ``endstream`` after it."""
    end = 0
    while (start := data.find(b"stream", end)) >= 0:
        start += len(b"stream")
        if (stop := data.find(b"endstream", start)) < 0:
            return
        yield data[start:stop]
        end = stop + len(b"endstream")


def _unpacked(stream: bytes, most: int) -> bytes:
    """Return at most ``most`` bytes of a stream; where the word stood in a text before it, from the last one on."""
    for packed in (stream, stream.rpartition(b"stream")[2]):
        if text := _inflated(packed.removeprefix(b"\r").removeprefix(b"\n"), most):
            return text
    return stream[:most]


def _inflated(packed: bytes, most: int) -> bytes:
    """Unpack as far as it goes, step by step, so that one who fails late has not cost more than is counted."""
    unpack, done, size = zlib.decompressobj(), list[bytes](), 0
    for place in range(0, len(packed), STEP):
        rest, full = packed[place : place + STEP], True
        while full and size < most and not unpack.eof:
            room = min(STEP, most - size)
            try:
                done.append(unpack.decompress(rest, room))
            except zlib.error:
                return b"".join(done)
            size, full, rest = size + len(done[-1]), len(done[-1]) == room, unpack.unconsumed_tail
    return b"".join(done)


READERS: dict[str, Callable[[Path], Pieces]] = {
    media.TEXT: _lines, media.JSON: _lines, media.XML: _lines, media.CSV: _csv, media.XLSX: _xlsx, media.DOCX: _docx,
    media.PDF: _pdf,
}  # fmt: skip
