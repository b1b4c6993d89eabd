"""Lays a graph out as boxes in columns with lines between them; measures are those of the picture's own grid."""

from dataclasses import dataclass

from nganam.lineage.graph import Graph, Link, Node
from nganam.lineage.words import KINDS

BOX, GAP = 212, 72
HIGH, ROW = 62, 78
MARGIN = 6
MOST_ROWS = 10
"""Boxes in a column of the picture; the list beside it has all."""
LETTERS, SMALL_LETTERS = 24, 30
"""How many letters of a title, and of the small line below it, a box holds."""
SHOWN_FIELDS = 3


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its corner, its lines of text, and the node (``None``: so many more that are not drawn)."""

    x: int
    y: int
    kind: str
    title: str
    detail: str
    node: Node | None
    is_focus: bool = False

    @property
    def is_wrong(self) -> bool:
        """Say whether the node stands badly."""
        return self.node is not None and self.node.is_wrong


@dataclass(frozen=True, slots=True)
class Line:
    """A line from one box to another, as a path."""

    path: str
    is_meant: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """What the template draws."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: int
    height: int


def draw(graph: Graph, focus: str, *, fields: bool = False) -> Picture:
    """Lay out a graph; with ``fields`` the small line of a box names the fields that are told of it."""
    columns = _columns(graph)
    tallest = max((min(len(one), MOST_ROWS + 1) for one in columns), default=1)
    boxes: list[Box] = []
    places: dict[str, tuple[int, int]] = {}
    for at, names in enumerate(columns):
        shown = names if len(names) <= MOST_ROWS else names[: MOST_ROWS - 1]
        count = len(shown) + (len(names) > len(shown))
        top = MARGIN + (tallest - count) * ROW // 2
        x = MARGIN + at * (BOX + GAP)
        for row, name in enumerate(shown):
            places[name] = (x, top + row * ROW)
            boxes.append(_box(graph.nodes[name], *places[name], is_focus=name == focus, fields=fields))
        if len(names) > len(shown):
            left = len(names) - len(shown)
            boxes.append(Box(x, top + len(shown) * ROW, "", f"+ {left}", "", None))
    lines = [_line(one, places) for one in graph.links if one.upper in places and one.lower in places]
    width = 2 * MARGIN + len(columns) * BOX + (len(columns) - 1) * GAP
    return Picture(tuple(boxes), tuple(lines), width, 2 * MARGIN + tallest * ROW - (ROW - HIGH))


def _columns(graph: Graph) -> list[list[str]]:
    """Return the nodes by how far from the beginning they are, each column ordered by what it hangs on, then by use."""
    depth: dict[str, int] = {}

    def deep(name: str) -> int:
        if name not in depth:
            depth[name] = 1 + max((deep(one) for one in graph.above.get(name, ())), default=-1)
        return depth[name]

    columns: list[list[str]] = [[] for _ in range(1 + max(map(deep, graph.nodes), default=0))]
    for name in graph.nodes:
        columns[depth[name]].append(name)
    rank: dict[str, float] = {}
    for held in columns:
        held.sort(key=lambda name: (_mean(graph, name, rank), -(graph.nodes[name].calls or 0), name))
        rank |= {name: float(at) for at, name in enumerate(held)}
    return columns


def _mean(graph: Graph, name: str, rank: dict[str, float]) -> float:
    found = [rank[one] for one in graph.above.get(name, ()) if one in rank]
    return sum(found) / len(found) if found else 0.0


def _box(node: Node, x: int, y: int, *, is_focus: bool, fields: bool) -> Box:
    detail = _field_names(node) if fields else node.agency_name
    return Box(
        x, y, str(KINDS.get(node.kind, node.kind)), _cut(node.title, LETTERS), _cut(detail, SMALL_LETTERS), node,
        is_focus,
    )  # fmt: skip


def _field_names(node: Node) -> str:
    names = [one.name for one in node.fields]
    more = f" + {len(names) - SHOWN_FIELDS}" if len(names) > SHOWN_FIELDS else ""
    return ", ".join(names[:SHOWN_FIELDS]) + more


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _line(link: Link, places: dict[str, tuple[int, int]]) -> Line:
    (x, y), (to_x, to_y) = places[link.upper], places[link.lower]
    start, end = (x + BOX, y + HIGH // 2), (to_x, to_y + HIGH // 2)
    bend = max((end[0] - start[0]) // 2, GAP // 2)
    path = f"M{start[0]} {start[1]}C{start[0] + bend} {start[1]} {end[0] - bend} {end[1]} {end[0]} {end[1]}"
    return Line(path, link.is_meant)
