"""The graph of lineage: things that hold data, the links on which data go from one to the next, and its questions.

It knows nothing of what the things are.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from nganam.kernel.machine import State

CLASSES = ("open", "shared", "personal", "sensitive")
"""From what anybody may see to what nobody else may."""
T = TypeVar("T")
Point = tuple[str, str]
"""A field of a node: the node's id and the field's name."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column, data item or heading. ``is_assumed``: it must be there, but nothing recorded says what it is called."""

    name: str
    title: str = ""
    type: str = ""
    classification: str = ""
    is_assumed: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """A thing that holds or gets data. ``calls`` counts uses in the last 30 days (``None``: nobody counts them)."""

    id: str
    kind: str
    code: str
    title: str
    agency: str = ""
    agency_name: str = ""
    link: str = ""
    fields: tuple[Field, ...] = ()
    state: State | str = ""
    is_wrong: bool = False
    version: str = ""
    at: datetime | None = None
    calls: int | None = None

    @property
    def classification(self) -> str:
        """Return the strictest class of its fields; "" where none is known."""
        known = [CLASSES.index(one.classification) for one in self.fields if one.classification in CLASSES]
        return CLASSES[max(known)] if known else ""


@dataclass(frozen=True, slots=True)
class Link:
    """Data go from ``upper`` to ``lower``: ``pairs`` say from which field to which.

    A field in ``filters`` (pairs too) only decides which records go, or is asked by. ``is_meant``: declared, but no
    data have come this way into what is there now.
    """

    upper: str
    lower: str
    pairs: frozenset[tuple[str, str]] = frozenset()
    filters: frozenset[tuple[str, str]] = frozenset()
    is_meant: bool = False


@dataclass(frozen=True)
class Graph:
    """Nodes by their ids, and the links among them; links go one way and never in a circle."""

    nodes: Mapping[str, Node]
    links: tuple[Link, ...] = field(default=())

    @cached_property
    def below(self) -> dict[str, list[str]]:
        """Return what each node leads to directly."""
        return self._beside([(one.upper, one.lower) for one in self.links])

    @cached_property
    def above(self) -> dict[str, list[str]]:
        """Return what each node comes from directly."""
        return self._beside([(one.lower, one.upper) for one in self.links])

    def downstream(self, node: str) -> set[str]:
        """Return everything that depends on a node."""
        return _reached(self.below, node)

    def upstream(self, node: str) -> set[str]:
        """Return everything a node depends on."""
        return _reached(self.above, node)

    def points_below(self, point: Point) -> set[Point]:
        """Return every field that depends on a field."""
        return _reached(self._points(down=True), point)

    def points_above(self, point: Point) -> set[Point]:
        """Return every field that a field depends on."""
        return _reached(self._points(down=False), point)

    def around(self, node: str) -> "Graph":
        """Return the part of the graph that a node depends on or that depends on it, with itself."""
        return self.part({node} | self.upstream(node) | self.downstream(node))

    def around_field(self, point: Point) -> "Graph":
        """Return the part of the graph a field comes from or goes to: of each node only the fields concerned."""
        points = {point} | self.points_above(point) | self.points_below(point)
        nodes = self.part({node for node, _ in points}).nodes
        links = []
        for one in self.links:
            pairs, filters = (
                frozenset(pair for pair in held if (one.upper, pair[0]) in points and (one.lower, pair[1]) in points)
                for held in (one.pairs, one.filters)
            )
            if pairs or filters:
                links.append(Link(one.upper, one.lower, pairs, filters, one.is_meant))
        return Graph({name: _only(node, points) for name, node in nodes.items()}, tuple(links))

    def part(self, kept: Iterable[str]) -> "Graph":
        """Return these nodes and the links among them."""
        nodes = {name: self.nodes[name] for name in self.nodes if name in set(kept)}
        return Graph(nodes, tuple(one for one in self.links if one.upper in nodes and one.lower in nodes))

    def _beside(self, pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one, other in pairs:
            found.setdefault(one, []).append(other)
        return found

    def _points(self, *, down: bool) -> dict[Point, list[Point]]:
        found: dict[Point, list[Point]] = {}
        for upper, lower in self._steps():
            one, other = (upper, lower) if down else (lower, upper)
            found.setdefault(one, []).append(other)
        return found

    def _steps(self) -> Iterator[tuple[Point, Point]]:
        for one in self.links:
            for upper, lower in one.pairs | one.filters:
                yield (one.upper, upper), (one.lower, lower)


def _only(node: Node, points: set[Point]) -> Node:
    return replace(node, fields=tuple(one for one in node.fields if (node.id, one.name) in points))


def _reached(beside: Mapping[T, list[T]], start: T) -> set[T]:
    found: set[T] = set()
    waiting = [start]
    while waiting:
        for one in beside.get(waiting.pop(), ()):
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found
