"""Keeps text to the characters the typeface has: PDF/A forbids a missing glyph, and no letter may fail to be drawn."""

import struct
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

INSTEAD = "\u25a1"
"""An empty square: the reader sees that something was there."""


def printable(value: Any, font: Path) -> Any:
    """Return the value with every text in it kept to what ``font`` can show."""
    if isinstance(value, str):
        return value if value.isascii() else _kept(value, characters(font))
    if isinstance(value, dict):
        return {name: printable(one, font) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [printable(one, font) for one in value]
    return value


def _kept(text: str, known: frozenset[int]) -> str:
    return "".join(one if ord(one) in known or one == "\n" else _instead(one) for one in text)


def _instead(character: str) -> str:
    """Return a square for a sign, nothing for what has no shape of its own (joiners, variation selectors, accents)."""
    return "" if unicodedata.category(character) in {"Cf", "Mn", "Me", "Cc"} else INSTEAD


@cache
def characters(font: Path) -> frozenset[int]:
    """Return the code points a TrueType font maps to glyphs, from its ``cmap`` table (format 4 or 12)."""
    data = font.read_bytes()
    start = _table(data, b"cmap")
    (count,) = struct.unpack_from(">H", data, start + 2)
    offsets = [struct.unpack_from(">I", data, start + 8 + 8 * place)[0] for place in range(count)]
    found: set[int] = set()
    for offset in offsets:
        found |= _mapped(data, start + offset)
    return frozenset(found)


def _table(data: bytes, wanted: bytes) -> int:
    (count,) = struct.unpack_from(">H", data, 4)
    for place in range(count):
        tag, _sum, offset, _length = struct.unpack_from(">4sIII", data, 12 + 16 * place)
        if tag == wanted:
            return int(offset)
    raise ValueError(f"the font has no table {wanted!r}")


def _mapped(data: bytes, at: int) -> set[int]:
    (form,) = struct.unpack_from(">H", data, at)
    if form == 4:  # noqa: PLR2004 - segments of the first plane
        segments = struct.unpack_from(">H", data, at + 6)[0] // 2
        ends = struct.unpack_from(f">{segments}H", data, at + 14)
        starts = struct.unpack_from(f">{segments}H", data, at + 16 + 2 * segments)
        return {code for first, last in zip(starts, ends, strict=True) for code in range(first, last + 1)} - {0xFFFF}
    if form == 12:  # noqa: PLR2004 - groups of all planes
        (groups,) = struct.unpack_from(">I", data, at + 12)
        pairs = (struct.unpack_from(">II", data, at + 16 + 12 * place) for place in range(groups))
        return {code for first, last in pairs for code in range(first, last + 1)}
    return set()
