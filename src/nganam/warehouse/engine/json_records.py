"""JSON, NDJSON and GeoJSON as records, one decoded at a time: a file of any size takes the memory of one record.

Only the outside of the file is walked here, down to its lists; what stands in a list is decoded by Python's own reader.
Refused on the way: a key given twice in one object, nesting without end, a cell beyond measure, more fields than any
table has, text that is not JSON (RFC 8259).
"""

import codecs
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final

from nganam.kernel.errors import NganamError
from nganam.warehouse.engine.cells import DEEPEST, LONGEST_CELL, LONGEST_GEOMETRY, MOST_FIELDS, as_cell
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.engine.positions import DEGREES, Frame, frame_of_name, placed

CHUNK: Final = 256 * 1024
LONGEST_RECORD: Final = 4_000_000
NEAR_THE_END: Final = 32
MOST_TOLD: Final = 20
"""Names of lists that a fault tells."""
FEATURES: Final = "features"
OWN: Final = frozenset({"geometry", "lon", "lat"})
BLANK: Final = " \t\r\n"
Row = dict[str, str]


def layout(path: Path, name: str, kind: str, asked: str) -> tuple[tuple[str, ...], str]:
    """Return the fields of the records and which list they stand in ("" for the outermost)."""
    lists: dict[str, dict[str, None]] = {}
    for inside, row in _all(path, name, kind):
        known = lists.setdefault(inside, {})
        known.update(dict.fromkeys(row))
        if len(known) > MOST_FIELDS:
            raise fault("too_wide", name=name, most=MOST_FIELDS)
    wanted = FEATURES if kind == "geojson" else asked
    if not lists or (kind == "geojson" and FEATURES not in lists):
        raise fault("no_records", name=name)
    if wanted and wanted not in lists:
        raise fault("no_part", name=name, asked=wanted, found=list(lists)[:MOST_TOLD])
    if not wanted and len(lists) > 1:
        raise fault("several_parts", name=name, found=list(lists)[:MOST_TOLD])
    inside = wanted or next(iter(lists))
    return tuple(lists[inside]), inside


def rows(path: Path, name: str, kind: str, inside: str) -> Iterator[Row]:
    """Yield the records of one list."""
    return (row for found, row in _all(path, name, kind) if found == inside)


def _all(path: Path, name: str, kind: str) -> Iterator[tuple[str, Row]]:
    """Yield every record that stands in a list, with the way to that list."""
    with path.open("rb") as file:
        frame = frame_of_name(_crs(file, name), name) if kind == "geojson" else DEGREES
        text = _Text(file, name, LONGEST_GEOMETRY if kind == "geojson" else LONGEST_RECORD)
        for inside, value in text.lines() if kind == "jsonl" else text.lists():
            if kind == "geojson" and inside == FEATURES:
                yield inside, _feature(value, frame, name, text.count)
            else:
                yield inside, _flat(value, name, text.count)


def _flat(value: dict[str, Any], name: str, record: int) -> Row:
    """Return an object's values by the way to each; lists stay JSON."""
    row: Row = {}
    waiting: list[tuple[str, dict[str, Any], int]] = [("", value, 1)]
    while waiting:
        prefix, held, depth = waiting.pop()
        for key, one in held.items():
            way = prefix + key
            if isinstance(one, dict):
                waiting.append((f"{way}.", one, depth + 1))
                continue
            if way in row:
                raise fault("repeated_field", name=name, column=way, record=record)
            row[way] = as_cell(one)
            if len(row[way]) > LONGEST_CELL:
                raise fault("cell_too_long", name=name, record=record)
        if len(row) > MOST_FIELDS:
            raise fault("too_wide", name=name, most=MOST_FIELDS)
        if depth > DEEPEST:
            raise fault("too_deep", name=name, most=DEEPEST)
    return row


def _feature(value: dict[str, Any], frame: Frame, name: str, record: int) -> Row:
    """Return a feature's properties by their own names, its number, its geometry and, for a point, where it is."""
    properties = value.get("properties")
    row = _flat(properties if isinstance(properties, dict) else {}, name, record)
    row = {f"properties.{key}" if key in OWN else key: one for key, one in row.items()}
    if value.get("id") is not None:
        row.setdefault("id", as_cell(value["id"]))
    return row | placed(value.get("geometry"), frame, name, record)


def _crs(file: BinaryIO, name: str) -> str:
    """Return the old ``crs`` member at the head of a GeoJSON file, "" when it has none (as RFC 7946 wants)."""
    head = file.read(4096)
    file.seek(0)
    at = head.find(b'"crs"')
    if at < 0:
        return ""
    try:
        told, _end = json.JSONDecoder().raw_decode(head[at + 5 :].decode("utf-8", "replace").lstrip(" \t\r\n:"))
        return str(told["properties"]["name"]) if told else ""
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise fault("unknown_projection", name=name, found="crs") from error


class _Text:
    """The text of a file, read piece by piece; ``count`` is how many records there were."""

    def __init__(self, file: BinaryIO, name: str, longest: int) -> None:
        self.file, self.name, self.longest, self.count = file, name, longest, 0
        self.decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self.text, self.at, self.ended = "", 0, False
        self.json = json.JSONDecoder(
            object_pairs_hook=self._object, parse_float=Decimal, parse_constant=self._constant, strict=True
        )

    def lines(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the objects that stand one after the other."""
        while self._next():
            value = self._value()
            if not isinstance(value, dict):
                raise fault("no_records", name=self.name)
            yield "", value

    def lists(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the objects of each list that is reached by keys alone, with the way to it."""
        way: list[str] = []
        keys: list[set[str]] = []
        while True:
            sign = self._next()
            if sign == "[":
                inside = ".".join(way)
                for value in self._elements():
                    yield inside, value
            elif sign == "{":
                self.at += 1
                if len(keys) >= DEEPEST:
                    raise fault("too_deep", name=self.name, most=DEEPEST)
                keys.append(set())
                way.append("")
                if self._next() != "}":
                    way[-1] = self._key(keys[-1])
                    continue
            else:
                self._value()
            while way and self._closed():
                way.pop()
                keys.pop()
            if not way:
                break
            way[-1] = self._key(keys[-1])
        if self._next():
            raise self._broken()

    def _closed(self) -> bool:
        """Go past what follows a value in an object: the object's end (True) or a comma."""
        sign = self._next()
        if sign not in {"}", ","}:
            raise self._broken()
        self.at += 1
        return sign == "}"

    def _key(self, known: set[str]) -> str:
        if self._next() != '"':
            raise self._broken()
        key = str(self._value())
        if key in known:
            raise fault("repeated_field", name=self.name, column=key, record=self.count + 1)
        known.add(key)
        if self._next() != ":":
            raise self._broken()
        self.at += 1
        return key

    def _elements(self) -> Iterator[dict[str, Any]]:
        self.at += 1
        if self._next() == "]":
            self.at += 1
            return
        while True:
            value = self._value()
            if isinstance(value, dict):
                yield value
            sign = self._next()
            if sign not in {"]", ","}:
                raise self._broken()
            self.at += 1
            if sign == "]":
                return

    def _next(self) -> str:
        """Return the next sign that is no blank, "" at the end."""
        while True:
            while self.at < len(self.text):
                if self.text[self.at] not in BLANK:
                    return self.text[self.at]
                self.at += 1
            if not self._more(CHUNK):
                return ""

    def _value(self) -> Any:
        """Decode the value that begins here."""
        if self._next() == "{":
            self.count += 1
        room = CHUNK
        while True:
            value, end = self._decoded()
            # A number at the end of what was read may go on.
            if end and (end < len(self.text) or self.ended or isinstance(value, dict | list | str)):
                self.at = end
                return value
            if len(self.text) - self.at > self.longest:
                raise fault("cell_too_long", name=self.name, record=max(self.count, 1))
            self._more(room)
            room *= 2

    def _decoded(self) -> tuple[Any, int]:
        """Decode what was read of a value; where it ends, or 0 when more of it must be read first."""
        try:
            return self.json.raw_decode(self.text, self.at)
        except json.JSONDecodeError as error:
            unended = error.pos > len(self.text) - NEAR_THE_END or error.msg.startswith("Unterminated")
            if not unended or self.ended:
                raise self._broken() from error
            return None, 0
        except RecursionError as error:
            raise fault("too_deep", name=self.name, most=DEEPEST) from error
        except NganamError:
            raise
        except (ValueError, ArithmeticError) as error:  # a number of more digits than any number has
            raise self._broken() from error

    def _more(self, size: int) -> bool:
        """Read on; say whether there was more."""
        if self.ended:
            return False
        chunk = self.file.read(size)
        try:
            self.text = self.text[self.at :] + self.decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise self._broken() from error
        self.at, self.ended = 0, not chunk
        return bool(chunk)

    def _object(self, pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        if len(pairs) > MOST_FIELDS:
            raise fault("too_wide", name=self.name, most=MOST_FIELDS)
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                raise fault("repeated_field", name=self.name, column=key, record=max(self.count, 1))
            found[key] = value
        return found

    def _constant(self, _said: str) -> Any:
        raise self._broken()

    def _broken(self) -> NganamError:
        return fault("broken_json", name=self.name, record=max(self.count, 1))
