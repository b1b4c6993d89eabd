"""What an officer is told of lineage: around a table, one of its columns, or a source; both ways, by use.

Who works with a table (its owner's focal officer, the lead agency, administrators) sees all that is made of it and who
uses it; for everybody else table and source do not exist here, as in the warehouse.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor
from nganam.kernel.errors import NotFound
from nganam.lgsp.watching.measuring import JUDGED_DAYS
from nganam.lineage import computing, origins
from nganam.lineage.graph import Field, Graph, Node
from nganam.warehouse import queries as warehouse
from nganam.warehouse.models import Source, Table

DAYS = JUDGED_DAYS
ORDER = ("source", "upload", "table", "service", "consumer", "dataset", "release", "file", "question")
"""Kinds of node as lists have them."""


@dataclass(frozen=True)
class Branch:
    """A node in a nested list, with what is directly above or below it."""

    node: Node
    branches: tuple["Branch", ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A column of a table: what it is called where it comes from, and what gives it out or asks by it."""

    field: Field
    origins: tuple[tuple[Node, Field], ...]
    users: tuple[Node, ...]


@dataclass(frozen=True)
class Story:
    """The graph around one node, and the answers to the two questions about it."""

    graph: Graph
    focus: Node
    column: str = ""

    @cached_property
    def upstream(self) -> list[Node]:
        """Return what the node comes from."""
        return _sorted(self.graph.nodes[name] for name in self.graph.upstream(self.focus.id))

    @cached_property
    def downstream(self) -> list[Node]:
        """Return what depends on the node, the most used first."""
        return _sorted(self.graph.nodes[name] for name in self.graph.downstream(self.focus.id))

    @cached_property
    def affected(self) -> list[tuple[str, list[Node]]]:
        """Return what depends on the node by kind, the most used first."""
        return [(kind, held) for kind in ORDER if (held := [one for one in self.downstream if one.kind == kind])]

    @property
    def calls(self) -> int:
        """Return the calls of the services that depend on the node."""
        return sum(one.calls or 0 for one in self.downstream if one.kind == "service")

    @property
    def users(self) -> int:
        """Return how many agencies call these services."""
        return len({one.agency for one in self.downstream if one.kind == "consumer" and one.agency})

    @cached_property
    def tree_up(self) -> tuple[Branch, ...]:
        """Return what the node comes from as a nested list."""
        return self._branches(self.graph.above, self.focus.id)

    @cached_property
    def tree_down(self) -> tuple[Branch, ...]:
        """Return what depends on the node as a nested list."""
        return self._branches(self.graph.below, self.focus.id)

    @cached_property
    def columns(self) -> list[Mapped]:
        """Return the columns of a table with where each comes from and goes to; of a source nothing."""
        return [self._mapped(one) for one in self.focus.fields] if self.focus.kind == "table" else []

    def _branches(self, beside: dict[str, list[str]], name: str) -> tuple[Branch, ...]:
        nodes = _sorted(self.graph.nodes[one] for one in beside.get(name, ()))
        return tuple(Branch(one, self._branches(beside, one.id)) for one in nodes)

    def _mapped(self, column: Field) -> Mapped:
        point = (self.focus.id, column.name)
        nodes = self.graph.nodes
        above = sorted(self.graph.points_above(point))
        known = [(nodes[name], held) for name, field in above for held in nodes[name].fields if held.name == field]
        below = {name for name, _field in self.graph.points_below(point)}
        return Mapped(column, tuple(known), tuple(_sorted(nodes[name] for name in below)))


def of_table(actor: Actor, code: str, at: datetime, *, column: str = "") -> Story:
    """Return the lineage of a table the actor may see, or of one of its columns; raise ``NotFound``."""
    return of_known_table(actor, warehouse.get_table_for(actor, code), at, column=column)


def of_known_table(actor: Actor, table: Table, at: datetime, *, column: str = "") -> Story:
    """Return the lineage of a table that was found for the actor."""
    if column and column not in table.shape.names:
        raise NotFound(
            _("Bảng không có cột “%(name)s”.") % {"name": column[:63]},
            hint=_("Chọn cột ở trang dòng dữ liệu của bảng."),
        )
    focus = computing.table_id(table.code)
    graph = computing.of_tables(actor, [table], at)
    graph = graph.around_field((focus, column)) if column else graph.around(focus)
    return Story(graph, graph.nodes[focus], column)


def of_source(actor: Actor, code: str, at: datetime) -> Story:
    """Return what depends on a source the actor may see: what breaks when it stops; raise ``NotFound``."""
    return of_known_source(actor, warehouse.get_source_for(actor, code), at)


def of_known_source(actor: Actor, source: Source, at: datetime) -> Story:
    """Return what depends on a source that was found for the actor."""
    graph = computing.of_source(actor, source, at)
    return Story(graph, graph.nodes[origins.id_of(source)])


def _sorted(nodes: Iterable[Node]) -> list[Node]:
    return sorted(nodes, key=lambda one: (-(one.calls or 0), ORDER.index(one.kind), one.title, one.id))
