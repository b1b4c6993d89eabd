"""What feeds a table: its sources and uploads, and which heading there became which column.

The loader notes with each load which heading it took for which column. For loads from before it did, what a try saw of
the source is matched by the loader's own rule. Where neither is known the column was read all the same, or the load
had stopped: then the heading is assumed, and said to be.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from nganam.lineage.graph import Field, Node
from nganam.warehouse.engine import headings, records
from nganam.warehouse.engine.contract import Column
from nganam.warehouse.models import Load, Source, Table, Way
from nganam.warehouse.queries import ENDED_WELL


@dataclass(frozen=True)
class Feed:
    """A source, or an upload (``source`` None), that feeds a table; ``load`` is the last one that came this way."""

    table: Table
    source: Source | None
    load: Load | None
    fields: tuple[Field, ...]
    pairs: frozenset[tuple[str, str]]

    @property
    def node(self) -> str:
        """Return the id of its node."""
        return id_of(self.source) if self.source else f"upload:{self.table.code}"

    @property
    def is_meant(self) -> bool:
        """Say whether it is only declared: nothing in the table came from there."""
        return self.load is None


def id_of(source: Source) -> str:
    """Return the id of a source's node."""
    return f"source:{source.code}"


def feeds(tables: Mapping[int, Table]) -> list[Feed]:
    """Return what feeds each table now: every load since the last whole one, and the source that is declared."""
    found = []
    contributed = _contributed(tables)
    for pk, table in tables.items():
        by_source = contributed.get(pk, {})
        if table.source and table.source.pk not in by_source:
            found.append(_feed(table, table.source, None))
        found += [_feed(table, source, load) for source, load in by_source.values()]
    return found


def nodes(found: Iterable[Feed]) -> list[Node]:
    """Return a node for each source and upload, with every heading that is known of it."""
    made: dict[str, Node] = {}
    for one in found:
        node = node_of(one.source, one.fields) if one.source else _upload(one)
        before = made.get(node.id)
        made[node.id] = replace(node, fields=_joined(before.fields, node.fields)) if before else node
    return list(made.values())


def node_of(source: Source, fields: tuple[Field, ...]) -> Node:
    """Return the node of a source: by its declared name, never by where it is reached."""
    state = source.message or (_("Kết nối được") if source.tried_at else _("Chưa thử kết nối"))
    return Node(
        id_of(source), "source", source.code, source.name, source.agency.code, source.agency.label,
        source.get_absolute_url(), fields, state, bool(source.fault), str(source.get_kind_display()), source.tried_at,
    )  # fmt: skip


def seen_fields(source: Source) -> tuple[Field, ...]:
    """Return the columns a try saw; what looked personal there is told as personal."""
    return tuple(
        Field(one["title"], one["title"], one["type"], "personal" if one.get("personal") else "") for one in source.seen
    )


def _upload(one: Feed) -> Node:
    load, agency = one.load, one.table.agency
    if load is None:
        raise AssertionError("an upload is known by its load")
    return Node(
        one.node, "upload", one.table.code, load.name, agency.code, agency.label, load.get_absolute_url(), one.fields,
        load.current, at=load.ended_at,
    )  # fmt: skip


def _contributed(tables: Mapping[int, Table]) -> dict[int, dict[int, tuple[Source | None, Load]]]:
    """Return by table and source (0: uploads) the last load that brought rows of what the table holds now."""
    ended = Load.objects.filter(state__in=ENDED_WELL, erasure=None)  # what an erasure writes anew came from before
    whole = ended.filter(table=OuterRef("table"), way=Way.WHOLE).order_by("-pk").values("pk")[:1]
    since = ended.filter(table__in=list(tables), pk__gte=Subquery(whole))
    found: dict[int, dict[int, tuple[Source | None, Load]]] = {}
    for load in since.select_related("source__agency", "restores__load__source__agency").order_by("pk"):
        # A version that was restored came from where it came from the first time.
        origin = load.restores.load if load.restores else load
        if origin.model_id:  # computed from tables of the warehouse: no source, no file
            continue
        if load.way != Way.MEND:  # rows of a file that is there already
            found.setdefault(load.table_id, {})[origin.source_id or 0] = (origin.source, origin)
    return found


def _feed(table: Table, source: Source | None, load: Load | None) -> Feed:
    told = dict(load.found.get("headings", {})) if load else {}
    matched = told or _matched(table, source, load)
    fields = seen_fields(source) if source else ()
    known = {one.name for one in fields}
    extra, pairs = [], []
    for column in table.shape.columns:
        heading = matched.get(column.name, "")
        name = heading or column.title or column.name
        pairs.append((name, column.name))
        if name not in known:
            extra.append(Field(name, name, classification=column.classification, is_assumed=not heading))
            known.add(name)
    ignored = [Field(one, one) for one in (load.ignored_columns if load else ()) if one not in known]
    return Feed(table, source, load, (*_classed(fields, pairs, table), *extra, *ignored), frozenset(pairs))


def _matched(table: Table, source: Source | None, load: Load | None) -> dict[str, str]:
    """Return the heading of each column as the loader would find it among those a try of the source saw."""
    seen = [str(one["title"]) for one in source.seen] if source else []
    joint = "." if load and load.file_kind in records.KINDS else headings.JOINT
    paths = tuple(tuple(part for part in one.split(joint) if part) or (one,) for one in seen)
    heading = headings.Heading("", 0, 0, paths, joint=joint)
    return {one.name: seen[at[0]] for one in table.shape.columns if (at := _places(heading, one))}


def _places(heading: headings.Heading, column: Column) -> list[int]:
    at = heading.places(column.labels)
    return [place for place in at if heading.paths[place][-1] == column.name] or at


def _classed(fields: Iterable[Field], pairs: Iterable[tuple[str, str]], table: Table) -> tuple[Field, ...]:
    """Return the headings with the class of the column they became: the contract knows better than a try."""
    classes = {one.name: one.classification for one in table.shape.columns}
    declared = {heading: classes[column] for heading, column in pairs}
    return tuple(replace(one, classification=declared.get(one.name, one.classification)) for one in fields)


def _joined(before: tuple[Field, ...], more: tuple[Field, ...]) -> tuple[Field, ...]:
    known = {one.name for one in before}
    return (*before, *(one for one in more if one.name not in known))
