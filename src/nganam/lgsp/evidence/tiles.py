"""Files of the tree in the C2SP tlog-tiles layout: where they are, and reading them.

A full hash tile holds 256 hashes, a full bundle 256 entries, each with its length in two bytes before it. An entry that
retention has removed has the length 0; its hash stays in the tile.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from nganam.lgsp.evidence.merkle import HASH, complete_root

WIDTH = 256
HEIGHT = 8
LONGEST_ENTRY = 65_535
CHECKPOINT = "checkpoint"
KEPT_TILES = 64


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """Return the path of a tile, of a bundle for the level ``entries``; ``width`` below 256 names a partial one."""
    parts = [f"{number % 1000:03d}"]
    while number >= 1000:  # noqa: PLR2004
        number //= 1000
        parts.insert(0, f"x{number % 1000:03d}")
    part = f".p/{width}" if width < WIDTH else ""
    return f"tile/{level}/{'/'.join(parts)}{part}"


def width_at(size: int, level: int, number: int) -> int:
    """Return how many hashes tile ``number`` of ``level`` holds in a tree of ``size`` leaves."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - number * WIDTH))


def pack(entries: list[bytes]) -> bytes:
    """Return the bytes of a bundle."""
    return b"".join(len(one).to_bytes(2, "big") + one for one in entries)


def unpack(bundle: bytes) -> list[bytes]:
    """Return the entries of a bundle; raise ``ValueError`` when it is cut off."""
    found, at, end = [], 0, len(bundle)
    while at < end:
        stop = at + 2 + (bundle[at] << 8) + bundle[at + 1] if at + 1 < end else end + 1
        if stop > end:
            raise ValueError("the bundle is cut off")
        found.append(bundle[at + 2 : stop])
        at = stop
    return found


def read_wide(folder: Path, level: int | str, number: int, width: int) -> bytes:
    """Return the file of a tile or bundle that holds at least ``width``; the full one replaces all partial ones."""
    if width < WIDTH:
        try:
            return (folder / tile_path(level, number, width)).read_bytes()
        except FileNotFoundError:
            pass
    return (folder / tile_path(level, number)).read_bytes()


def read_bundle(folder: Path, number: int, width: int) -> list[bytes]:
    """Return the first ``width`` entries of a bundle."""
    found = unpack(read_wide(folder, "entries", number, width))
    if len(found) < width:
        raise ValueError(f"bundle {number} holds {len(found)} entries, not {width}")
    return found[:width]


def read_entry(folder: Path, index: int, size: int) -> bytes:
    """Return one entry of a tree of ``size``; b"" when retention has removed it."""
    number = index // WIDTH
    try:
        return read_bundle(folder, number, width_at(size, 0, number))[index % WIDTH]
    except FileNotFoundError:
        return b""


@dataclass
class Tiles:
    """Reads hashes of complete subtrees of a tree of ``size`` leaves."""

    folder: Path
    size: int
    _kept: OrderedDict[tuple[int, int], bytes] = field(default_factory=OrderedDict)

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of subtree ``index`` of ``level``; raise ``OSError`` or ``ValueError`` when files fail."""
        height = level % HEIGHT
        first = index << height
        tile = self.tile(level // HEIGHT, first // WIDTH)
        at = first % WIDTH
        hashes = [tile[one * HASH : (one + 1) * HASH] for one in range(at, at + (1 << height))]
        if len(hashes[-1]) != HASH:
            raise ValueError(f"subtree {index} of level {level} lies outside the tree of {self.size}")
        return complete_root(hashes)

    def tile(self, level: int, number: int) -> bytes:
        """Return the hashes of a tile as far as the tree goes."""
        key = (level, number)
        if key not in self._kept:
            width = width_at(self.size, level, number)
            content = read_wide(self.folder, level, number, width)[: width * HASH]
            if not width or len(content) != width * HASH:
                raise ValueError(f"tile {number} of level {level} is not whole")
            self._kept[key] = content
            while len(self._kept) > KEPT_TILES:
                self._kept.popitem(last=False)
        return self._kept[key]
