"""How large a workbook would become: its reader lays every sheet out whole, so this is asked before it is read."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Final

MOST_UNPACKED: Final = 60 * 1024 * 1024
MOST_CELLS: Final = 2_000_000
"""Of one sheet, from its first cell to its last, empty ones too."""
LETTERS: Final = 26
PIECE: Final = 1024 * 1024
LONGEST_NUMBER: Final = 10
OTHERS: Final = frozenset({"xl/workbook.bin", "content.xml"})
"""What other kinds of workbook begin with: the reader would try them when the XLSX beside is none."""
CELLS: Final = b"sheetData"
ADDRESS: Final = re.compile(rb"""r(?<=[\s"']r)\s*=\s*["']([A-Za-z]*)([0-9]+)["']""")
UNPLACED: Final = re.compile(rb"""<(?:(/)(?:[^\s<>/:]+:)?row|(?:[^\s<>/:]+:)?(?:c|(row))(?! r=["']))[\s/>]""")
"""The end of a row, and a cell or a row that may have no address of its own."""


def is_bomb(path: Path, *, unpacked: int = MOST_UNPACKED, cells: int = MOST_CELLS) -> bool:
    """Say whether an XLSX would take far more memory than it says; raise ``zipfile.BadZipFile`` or ``OSError``."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sum(one.file_size for one in members) > unpacked or OTHERS & {one.filename.lower() for one in members}:
            return True
        try:
            for one in members:
                sheet = _Sheet()
                for piece in _unpacked(archive, one, unpacked):
                    unpacked -= len(piece)
                    if unpacked < 0 or not sheet.goes_on(piece) or sheet.area > cells:
                        return True
        except (RuntimeError, zlib.error, EOFError) as error:  # encrypted, packed in another way, cut off
            raise zipfile.BadZipFile(str(error)) from error
    return False


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """Yield all there is in a part, which may be more than it says: the reader of workbooks does not ask either."""
    whole = copy(part)
    whole.file_size = most + 1
    with archive.open(whole) as file:
        while piece := file.read(PIECE):
            yield piece
    yield b""


class _Sheet:
    """How far the cells of a sheet reach, as its text comes in piece by piece; never less than they do."""

    def __init__(self) -> None:
        self.rest, self.begun = b"", False
        self.lines = self.places = self.unplaced_lines = self.unplaced = self.run = 0

    @property
    def area(self) -> int:
        return (self.lines + self.unplaced_lines) * (self.places + self.unplaced)

    def goes_on(self, piece: bytes) -> bool:
        """Look at one more piece, the last one empty; say whether there is nothing strange about it."""
        text = self.rest + piece
        self.begun = self.begun or CELLS in text
        if not self.begun:
            self.rest = text[-len(CELLS) :]
            return True
        end = text.rfind(b"<") if piece else len(text)
        self.rest = text[max(end, 0) :]
        return self._far(text[: max(end, 0)]) and len(self.rest) <= PIECE

    def _far(self, text: bytes) -> bool:
        found = ADDRESS.findall(text)
        places, lines = {place for place, _ in found}, {line for _, line in found}
        if any(len(one) > LONGEST_NUMBER for one in places | lines):
            return False
        self.places = max([self.places, *map(_place_of, places)])
        self.lines = max([self.lines, *map(int, lines)])
        if _is_odd(text):
            self._count(text)
        return True

    def _count(self, text: bytes) -> None:
        """Count cells and rows that stand where the one before ends."""
        for end, row in UNPLACED.findall(text):
            if end:
                self.run = 0
            elif row:
                self.unplaced_lines += 1
            else:
                self.run += 1
                self.unplaced = max(self.unplaced, self.run)


def _is_odd(text: bytes) -> bool:
    """Say whether there may be cells or rows written in another way than all known programs write them."""
    return (
        any(text.count(b"<" + one) != text.count(b"<" + one + b" r=") for one in (b"c", b"row"))
        or b":c" in text
        or b":row" in text
    )


def _place_of(letters: bytes) -> int:
    place = 0
    for letter in letters.upper():
        place = place * LETTERS + letter - ord("A") + 1
    return place
