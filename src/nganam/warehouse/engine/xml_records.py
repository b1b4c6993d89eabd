"""XML as records: of the elements that are repeated, the one repeated most is a record. Read as a stream.

Attributes and texts inside a record become fields, named by the way to them; what is there several times is a list, as
JSON. A document type, an entity, an external reference is refused before it is read.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import create_parser

from nganam.warehouse.engine.cells import DEEPEST, LONGEST_CELL, MOST_FIELDS, as_cell, as_json
from nganam.warehouse.engine.faults import fault

CHUNK: Final = 256 * 1024
LONGEST_TOKEN: Final = 2_000_000
"""Bytes of a comment, a tag or the like: the parser begins a longer one anew with every piece that is fed."""
MOST_REPEATED: Final = 10_000
"""Values of one field within one record."""


def layout(path: Path, name: str, asked: str) -> tuple[tuple[str, ...], str]:
    """Return the fields of the records and the way to the element that each is, joined by slashes."""
    outline = _Outline(name)
    for _ in _fed(path, name, outline):
        pass
    inside = outline.chosen(asked.strip("/"))
    within = [one for one in outline.fields() if one == inside or one.startswith((f"{inside}/", f"{inside}@"))]
    return tuple(dict.fromkeys(_field(one.removeprefix(inside)) for one in within)), inside


def rows(path: Path, name: str, inside: str) -> Iterator[dict[str, str]]:
    """Yield the records that stand at ``inside``."""
    handler = _Records(name, inside)
    for _ in _fed(path, name, handler):
        yield from handler.taken()
    yield from handler.taken()


def _field(way: str) -> str:
    return way.strip("/@").replace("/@", ".").replace("@", ".").replace("/", ".") or "noi_dung"


def _fed(path: Path, name: str, handler: "_Walker") -> Iterator[None]:
    """Feed the file to a handler, piece by piece."""
    parser: Any = create_parser(forbid_dtd=True)
    parser.setContentHandler(handler)
    fed = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                parser.feed(chunk)
                fed += len(chunk)
                if fed - parser._parser.CurrentByteIndex > LONGEST_TOKEN:  # noqa: SLF001 - SAX does not tell it
                    raise fault("cell_too_long", name=name, record=max(handler.number(), 1))
                yield
        parser.close()
        yield
    except DefusedXmlException as error:
        raise fault("xml_entities", name=name) from error
    except (SAXException, LookupError, ValueError) as error:
        line = getattr(error, "getLineNumber", lambda: None)() or parser.getLineNumber() or 1
        raise fault("broken_xml", name=name, line=line) from error


class _Walker(ContentHandler):
    """Knows at which element it is; a text beyond measure, or nesting without end, is refused."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.way, self.length = name, [""], 0

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802 - SAX calls it so
        if len(self.way) > DEEPEST:
            raise fault("too_deep", name=self.name, most=DEEPEST)
        local = name.rpartition(":")[2]
        self.way.append(f"{self.way[-1]}/{local}" if self.way[-1] else local)
        self.length = 0
        self.opened(self.way[-1], [(key.rpartition(":")[2], value) for key, value in attrs.items() if _told(key)])

    def characters(self, content: str) -> None:
        self.length += len(content)
        if self.length > LONGEST_CELL:
            raise fault("cell_too_long", name=self.name, record=self.number())
        self.text(content)

    def endElement(self, name: str) -> None:  # noqa: N802, ARG002 - SAX calls it so
        self.closed(self.way.pop())
        self.length = 0

    def opened(self, way: str, attributes: list[tuple[str, str]]) -> None:
        raise NotImplementedError

    def text(self, content: str) -> None:
        raise NotImplementedError

    def closed(self, way: str) -> None:
        raise NotImplementedError

    def number(self) -> int:
        raise NotImplementedError


def _told(attribute: str) -> bool:
    return not attribute.startswith(("xmlns", "xsi:", "xml:"))


class _Outline(_Walker):
    """Counts every kind of element, and which of them hold text or others, in the order they first appear."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.counts: dict[str, int] = {}
        self.ways: dict[str, None] = {}
        self.parents: set[str] = set()
        self.texts: set[str] = set()

    def opened(self, way: str, attributes: list[tuple[str, str]]) -> None:
        count = self.counts[way] = self.counts.get(way, 0) + 1
        if count == 1:
            self.parents.add(way.rpartition("/")[0])
            self.ways[way] = None
        for key, _value in attributes:
            self.ways[f"{way}@{key}"] = None
        if len(self.ways) > MOST_FIELDS:
            raise fault("too_wide", name=self.name, most=MOST_FIELDS)

    def text(self, content: str) -> None:
        if self.way[-1] not in self.texts and not content.isspace():
            self.texts.add(self.way[-1])

    def closed(self, way: str) -> None:
        """Nothing more is to be learned at an end."""

    def number(self) -> int:
        return max(self.counts.values(), default=1)

    def fields(self) -> list[str]:
        """Return the ways that hold values: attributes, texts, and elements in which nothing is."""
        return [one for one in self.ways if "@" in one or one in self.texts or one not in self.parents]

    def chosen(self, asked: str) -> str:
        """Return the way to the records: as asked, else what is repeated most without being within a repeated one."""
        if asked:
            if asked not in self.counts:
                raise fault("no_part", name=self.name, asked=asked, found=self._lists())
            return asked
        lone = {"": True}
        for way, count in self.counts.items():
            lone[way] = count == 1 and lone[way.rpartition("/")[0]]
        repeated = [one for one, count in self.counts.items() if count > 1 and lone[one.rpartition("/")[0]]]
        if repeated:
            return max(repeated, key=lambda one: self.counts[one])
        found = next(iter(self.fields()), "").partition("@")[0]
        record = found if found in self.parents else found.rpartition("/")[0]  # the one record there is
        if not record:
            raise fault("no_records", name=self.name)
        return record

    def _lists(self) -> list[str]:
        return [one for one, count in self.counts.items() if count > 1 and one in self.parents][:20]


class _Records(_Walker):
    """Makes a record of each element at ``inside``."""

    def __init__(self, name: str, inside: str) -> None:
        super().__init__(name)
        self.inside, self.count = inside, 0
        self.done: list[dict[str, str]] = []
        self.open: dict[str, list[str]] | None = None
        self.texts: list[list[str]] = []

    def taken(self) -> list[dict[str, str]]:
        done, self.done = self.done, []
        return done

    def opened(self, way: str, attributes: list[tuple[str, str]]) -> None:
        if way == self.inside:
            self.open, self.texts = {}, []
            self.count += 1
        if self.open is None:
            return
        self.texts.append([])
        for key, value in attributes:
            self._put(_field(f"{way.removeprefix(self.inside)}@{key}"), value)

    def text(self, content: str) -> None:
        if self.open is not None:
            self.texts[-1].append(content)

    def closed(self, way: str) -> None:
        if self.open is None:
            return
        text = "".join(self.texts.pop()).strip()
        if text:
            self._put(_field(way.removeprefix(self.inside)), text)
        if way == self.inside:
            self.done.append({key: _cell(values) for key, values in self.open.items()})
            self.open = None

    def _put(self, key: str, value: str) -> None:
        assert self.open is not None  # noqa: S101 - only called within a record
        held = self.open.setdefault(key, [])
        held.append(as_cell(value))
        if len(held) > MOST_REPEATED or len(value) > LONGEST_CELL:
            raise fault("cell_too_long", name=self.name, record=self.count)

    def number(self) -> int:
        return self.count


def _cell(values: list[str]) -> str:
    return values[0] if len(values) == 1 else as_json(values)
