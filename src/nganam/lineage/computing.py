"""Computes the graph from what is recorded: declarations, loads, versions, accounts and tallies. Nothing is drawn.

Each step asks one or two questions of the database for all tables together, so that the number of questions is the
same for one table and for a hundred.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import OuterRef, Q, Subquery, Sum
from django.utils.translation import gettext as _

from nganam.analysis.models import Question
from nganam.analysis.queries import questions_for
from nganam.kernel.actors import Actor
from nganam.kernel.opened import ANONYMOUS
from nganam.lgsp.models import OpenTier
from nganam.lgsp.watching import measuring
from nganam.lineage import origins
from nganam.lineage.graph import Field, Graph, Link, Node
from nganam.opendata.models import Dataset, Download, Release
from nganam.services.models import Service
from nganam.services.readers import OVER as SERVICES_OVER
from nganam.sharing.accounts.models import OVER, Account
from nganam.warehouse import queries as warehouse
from nganam.warehouse.models import ContractVersion, FileState, Load, ModelVersion, Source, Table, Version, VersionFile
from nganam.warehouse.transforms import planning

Pairs = frozenset[tuple[str, str]]
DATASETS_OVER = ("rejected", "removed")
MOST_FILES = 50
ASKED = ("nhom", "nhom2", "cot")
SIFTED = ("loc1", "loc2", "loc3", "loc4")
"""Parameters of a saved question that name columns: those it shows, and those it filters by."""


@dataclass
class Draft:
    """The graph as it is being put together, with what later steps need of earlier ones.

    ``mine`` are those of the tables the actor may see: of others that models tie to them only the tables are shown, not
    who feeds and who reads them.
    """

    actor: Actor
    at: datetime
    tables: dict[int, Table]
    mine: dict[int, Table]
    nodes: dict[str, Node] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)

    def add(self, node: Node, *links: Link) -> None:
        """Add a node with the links to those it comes from."""
        self.nodes[node.id] = node
        self.links += links

    def fields_of(self, node: str) -> tuple[Field, ...]:
        """Return the fields of a node that is there already."""
        return self.nodes[node].fields

    def same(self, upper: str, shown: Iterable[str], sifted: Iterable[str] = ()) -> tuple[Pairs, Pairs]:
        """Return pairs of fields that keep their names, and of those that only filter: as far as ``upper`` has them."""
        known = _names(self.fields_of(upper))
        pairs, filters = (frozenset((name, name) for name in names if name in known) for names in (shown, sifted))
        return pairs, filters


def of_tables(actor: Actor, tables: Sequence[Table], at: datetime) -> Graph:
    """Return the graph around tables the actor may see: what feeds them, and all that is made from them."""
    models = planning.models_now()
    known = _with_derived(tables, models)
    mine = set(warehouse.tables_for(actor).filter(pk__in=list(known)).values_list("pk", flat=True))
    draft = Draft(actor, at, known, {pk: one for pk, one in known.items() if pk in mine})
    _tables(draft)
    _sources(draft)
    _models(draft, models)
    accounts = _services(draft)
    _datasets(draft)
    _files(draft)
    _questions(draft, accounts)
    return Graph(draft.nodes, tuple(draft.links))


def of_source(actor: Actor, source: Source, at: datetime) -> Graph:
    """Return the graph of everything that depends on a source the actor may see."""
    fed = warehouse.tables_for(actor).filter(Q(source=source) | Q(loads__source=source)).distinct()
    whole = of_tables(actor, list(fed), at)
    node = origins.id_of(source)
    if node not in whole.nodes:
        return Graph({node: origins.node_of(source, origins.seen_fields(source))})
    return whole.around(node)


def _with_derived(tables: Sequence[Table], models: Sequence[ModelVersion]) -> dict[int, Table]:
    """Return the tables with all they are computed from, and all that is computed from them or from these."""
    feeds = planning.feeds_of(models)
    known = {one.code for one in tables}
    below: dict[str, list[str]] = {}
    for code, read in feeds.items():
        for one in read:
            below.setdefault(one, []).append(code)
    wanted = set(known)
    for code in known:
        wanted |= planning.above(below, code)
    for code in list(wanted):
        wanted |= planning.above(feeds, code)
    more = Table.objects.filter(code__in=wanted - known).select_related("agency", "source__agency")
    return {one.pk: one for one in (*tables, *(more if wanted - known else ()))}


def _models(draft: Draft, models: Sequence[ModelVersion]) -> None:
    """Add what derived tables are computed from, column by column; dashed while the model has not run."""
    derived = [one for one in models if one.table_id in draft.tables]
    ended = Load.objects.filter(table__in=[one.table_id for one in derived], model__isnull=False)
    ran = set(ended.filter(state__in=warehouse.ENDED_WELL).values_list("table", flat=True))
    for model in derived:
        lower = table_id(model.table.code)
        for code in model.inputs:
            stems = [(name, one) for name, held in model.origins.items() for one in held if one["table"] == code]
            pairs = frozenset((one["column"], name) for name, one in stems)
            deciding = {one["column"] for one in model.deciding if one["table"] == code}
            filters = frozenset((one, name) for one in deciding for name in model.origins) - pairs
            draft.links.append(Link(table_id(code), lower, pairs, filters, is_meant=model.table_id not in ran))


def table_id(code: str) -> str:
    """Return the id of a table's node."""
    return f"table:{code}"


def _tables(draft: Draft) -> None:
    tables = list(draft.tables)
    newest = Version.objects.filter(table=OuterRef("table")).order_by("-number").values("pk")[:1]
    versions = {one.table_id: one for one in Version.objects.filter(table__in=tables, pk=Subquery(newest))}
    declared = ContractVersion.objects.filter(table=OuterRef("table")).order_by("-major", "-minor", "-patch")
    numbers = {
        one.table_id: one.number
        for one in ContractVersion.objects.filter(table__in=tables, pk=Subquery(declared.values("pk")[:1]))
    }
    last = Load.objects.filter(table=OuterRef("table")).order_by("-pk").values("pk")[:1]
    loads = {one.table_id: one for one in Load.objects.filter(table__in=tables, pk=Subquery(last))}
    for pk, table in draft.tables.items():
        version, load = versions.get(pk), loads.get(pk)
        told = [_("phiên bản %(number)s") % {"number": version.number}] if version else []
        told += [_("hợp đồng %(number)s") % {"number": numbers[pk]}] if pk in numbers else []
        draft.add(
            Node(
                table_id(table.code), "table", table.code, table.title, table.agency.code, table.agency.label,
                table.get_absolute_url() if pk in draft.mine else "", _columns(table),
                load.current if load else _("Chưa nạp lần nào"),
                load is not None and load.state == "failed", ", ".join(told),
                version.committed_at if version else None,
            )
        )  # fmt: skip


def _columns(table: Table) -> tuple[Field, ...]:
    return tuple(Field(one.name, one.title, one.type, one.classification) for one in table.shape.columns)


def _sources(draft: Draft) -> None:
    found = origins.feeds(draft.mine)
    for node in origins.nodes(found):
        draft.add(node)
    for one in found:
        draft.links.append(Link(one.node, table_id(one.table.code), one.pairs, is_meant=one.is_meant))


def _services(draft: Draft) -> list[Account]:
    """Add the services over the tables, and who may call them; return the accounts."""
    services = list(
        Service.objects.filter(table__in=list(draft.mine)).exclude(state__in=SERVICES_OVER)
        .select_related("provider").prefetch_related("fields").order_by("code")
    )  # fmt: skip
    calls = measuring.calls_by_consumer([one.code for one in services], draft.at)
    for service in services:
        upper = table_id(draft.mine[service.table_id or 0].code)
        offered = [one.name for one in service.fields.all()]
        sifted = [one for one in (*service.lookup_columns, *service.filter_columns) if one not in offered]
        number = sum(count for (code, _consumer), count in calls.items() if code == service.code)
        draft.add(
            Node(
                f"service:{service.code}", "service", service.code, service.name, service.provider.code,
                service.provider.label, service.get_absolute_url(),
                _named(draft.fields_of(upper), [*offered, *dict.fromkeys(sifted)]), service.current, calls=number,
            ),
            Link(upper, f"service:{service.code}", *draft.same(upper, offered, sifted)),
        )  # fmt: skip
    _open_tiers(draft, services, calls)
    return _accounts(draft, services, calls)


def _accounts(draft: Draft, services: Iterable[Service], calls: dict[tuple[str, str], int]) -> list[Account]:
    live = Account.objects.filter(service__in=list(services)).exclude(state__in=OVER)
    accounts = list(live.select_related("application__agency", "service").order_by("code"))
    for one in accounts:
        upper = f"service:{one.service.code}"
        table = table_id(draft.mine[one.service.table_id or 0].code)
        offered, granted = _names(draft.fields_of(upper)), [*one.granted_fields]
        limits = [name for name in one.rows if name not in granted]
        beside = [name for name in limits if name not in offered]
        agency = one.application.agency
        draft.add(
            Node(
                f"consumer:{one.code}", "consumer", one.code, one.application.name, agency.code, agency.label,
                one.get_absolute_url(), _named(draft.fields_of(table), [*granted, *limits]), one.current,
                one.state == "locked", calls=calls.get((one.service.code, one.subject), 0),
            ),
            Link(upper, f"consumer:{one.code}", *draft.same(upper, granted, limits)),
        )  # fmt: skip
        if beside:  # records are limited by a column that the service itself does not offer
            draft.links.append(Link(table, f"consumer:{one.code}", *draft.same(table, (), beside)))
    return accounts


def _open_tiers(draft: Draft, services: Iterable[Service], calls: dict[tuple[str, str], int]) -> None:
    opened = OpenTier.objects.filter(service__in=list(services), state=OpenTier.State.OPEN).select_related("service")
    for one in opened:
        upper = f"service:{one.service.code}"
        number = sum(
            count for (code, who), count in calls.items()
            if code == one.service.code and who.partition("/")[0] == ANONYMOUS
        )  # fmt: skip
        draft.add(
            Node(
                f"consumer:{one.code}", "consumer", one.code, _("Tầng mở, không cần mã truy cập"),
                agency_name=_("Mọi người"), link=one.get_absolute_url(),
                fields=_named(draft.fields_of(upper), one.fields), state=str(one.get_state_display()), calls=number,
            ),
            Link(upper, f"consumer:{one.code}", *draft.same(upper, one.fields)),
        )  # fmt: skip


def _datasets(draft: Draft) -> None:
    found = list(
        Dataset.objects.filter(table__in=list(draft.mine)).exclude(state__in=DATASETS_OVER)
        .select_related("publisher").order_by("code")
    )  # fmt: skip
    since = measuring.Window.of(measuring.JUDGED_DAYS, draft.at).since.date()
    counted = Download.objects.filter(dataset__in=found, on__gte=since).order_by().values_list("dataset")
    downloads = dict(counted.annotate(number=Sum("count")))
    for one in found:
        upper = table_id(draft.mine[one.table_id].code)
        fields = draft.fields_of(upper)
        draft.add(
            Node(
                f"dataset:{one.code}", "dataset", one.code, one.title, one.publisher.code, one.publisher.label,
                one.get_absolute_url(), fields, one.current, at=one.published_at, calls=downloads.get(one.pk, 0),
            ),
            Link(upper, f"dataset:{one.code}", *draft.same(upper, [each.name for each in fields])),
        )  # fmt: skip
    _releases(draft, found)


def _releases(draft: Draft, datasets: Sequence[Dataset]) -> None:
    """Add the newest release of each dataset: the one ``/latest/`` is."""
    newest = Release.objects.filter(dataset=OuterRef("dataset"), published_at__isnull=False).order_by("-number")
    found = Release.objects.filter(dataset__in=datasets, pk=Subquery(newest.values("pk")[:1]))
    for one in found.select_related("version", "dataset__publisher").prefetch_related("distributions"):
        upper, lower = f"dataset:{one.dataset.code}", f"release:{one.dataset.code}:{one.number}"
        columns = one.version.shape.columns
        formats = ", ".join(file.format.upper() for file in one.distributions.all())
        draft.add(
            Node(
                lower, "release", f"{one.dataset.slug} v{one.number}",
                _("Bản phát hành %(number)s: %(formats)s") % {"number": one.number, "formats": formats},
                one.dataset.publisher.code, one.dataset.publisher.label, f"/du-lieu/{one.dataset.slug}/",
                tuple(Field(each.name, each.title, each.type, each.classification) for each in columns),
                version=_("phiên bản %(number)s") % {"number": one.version.number}, at=one.published_at,
            ),
            Link(upper, lower, *draft.same(upper, one.version.shape.names)),
        )  # fmt: skip


def _files(draft: Draft) -> None:
    """Add the files of versions that can be taken now, the newest of them."""
    ready = VersionFile.objects.filter(version__table__in=list(draft.mine), state=FileState.READY)
    for one in ready.select_related("version__table__agency")[:MOST_FILES]:
        table = one.version.table
        upper, lower = table_id(table.code), f"file:{table.code}:{one.version.number}:{one.code}"
        sifted = [name for name in one.filters if name not in one.columns]
        draft.add(
            Node(
                lower, "file", one.code, _("Tệp %(kind)s của phiên bản %(number)s") % {
                    "kind": one.kind, "number": one.version.number,
                },
                table.agency.code, table.agency.label, one.get_absolute_url(),
                _named(draft.fields_of(upper), [*one.columns, *sifted]),
                version=_("phiên bản %(number)s") % {"number": one.version.number}, at=one.made_at,
            ),
            Link(upper, lower, *draft.same(upper, one.columns, sifted)),
        )  # fmt: skip


def _questions(draft: Draft, accounts: Sequence[Account]) -> None:
    """Add saved questions. Who may not open one learns whose it is, not what it is called."""
    uppers = {table.code: table_id(table.code) for table in draft.mine.values()}
    uppers |= {one.code: f"consumer:{one.code}" for one in accounts}
    mine = set(questions_for(draft.actor).filter(ref__in=list(uppers)).values_list("pk", flat=True))
    for one in Question.objects.filter(ref__in=list(uppers)).select_related("agency").order_by("code"):
        upper, agency = uppers[one.ref], one.agency
        known = _names(draft.fields_of(upper))
        shown, sifted = (known & {str(one.asked.get(name, "")) for name in names} for names in (ASKED, SIFTED))
        draft.add(
            Node(
                f"question:{one.code}", "question", one.code,
                one.title if one.pk in mine else _("Câu hỏi phân tích đã lưu"), agency.code, agency.label,
                one.get_absolute_url() if one.pk in mine else "",
                _named(draft.fields_of(upper), [*shown, *(sifted - shown)]), at=one.created_at,
            ),
            Link(upper, f"question:{one.code}", *draft.same(upper, shown, sifted - shown)),
        )  # fmt: skip


def _names(fields: Iterable[Field]) -> set[str]:
    return {one.name for one in fields}


def _named(fields: Iterable[Field], names: Iterable[str]) -> tuple[Field, ...]:
    """Return fields by their names, in the order of the table; a name the table has no more stands for itself."""
    wanted = list(dict.fromkeys(names))
    held = {one.name: replace(one, is_assumed=False) for one in fields}
    order = {name: at for at, name in enumerate(held)}
    return tuple(held.get(name, Field(name)) for name in sorted(wanted, key=lambda one: order.get(one, len(order))))
