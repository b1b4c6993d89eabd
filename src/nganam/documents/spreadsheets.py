"""How large a workbook would become: its reader lays every sheet out whole, so this is asked before it is read."""

import re
import zipfile
from pathlib import Path
from typing import Final

MOST_UNPACKED: Final = 60 * 1024 * 1024
MOST_CELLS: Final = 2_000_000
"""Of one sheet, from its first cell to its last, empty ones too."""
LETTERS: Final = 26
ADDRESS = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')


def is_bomb(path: Path) -> bool:
    """Say whether an XLSX would take far more memory than it says; raise ``zipfile.BadZipFile`` or ``OSError``."""
    with zipfile.ZipFile(path) as archive:
        if sum(one.file_size for one in archive.infolist()) > MOST_UNPACKED:
            return True
        sheets = [one for one in archive.namelist() if one.startswith("xl/worksheets/") and one.endswith(".xml")]
        return any(_area(archive.read(one)) > MOST_CELLS for one in sheets)


def _area(sheet: bytes) -> int:
    """Return how many cells the sheet spans, from the addresses of its cells."""
    lines, places = 1, 1
    for found in ADDRESS.finditer(sheet):
        places = max(places, _place_of(found[1]))
        lines = max(lines, int(found[2]))
    return lines * places


def _place_of(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * LETTERS + letter - ord("A") + 1
    return place
