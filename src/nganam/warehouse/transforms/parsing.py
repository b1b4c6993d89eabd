"""Reads a model: one SELECT over tables of the warehouse; says from which columns each of its columns stems.

Nothing here runs the statement. What is refused is named with its line and what to do. The fence (``engine.fence``) is
what keeps a statement in; this says early what would fail there, and what must not be in a model although it would run:
what has another answer tomorrow from the same versions, and what cannot be traced to its columns.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, cast

import sqlglot
from django.utils.translation import gettext as _
from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError, SqlglotError
from sqlglot.lineage import Node, to_node
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import MappingSchema

from nganam.kernel.errors import Invalid
from nganam.warehouse.engine.duck import duck

LONGEST: Final = 20_000
DIALECT: Final = "duckdb"
SERIES: Final = frozenset({"range", "generate_series", "unnest"})
"""Functions that may stand where a table stands: they read nothing."""
LENGTHY: Final[Mapping[str, tuple[str, ...]]] = {
    "range": ("start", "end", "step"), "generate_series": ("start", "end", "step"), "repeat": ("times",),
    "lpad": ("expression",), "rpad": ("expression",), "list_resize": ("expressions",), "array_resize": ("expressions",),
}  # fmt: skip
"""Functions that make one value as long as an argument says, beside the engine's memory limit; and these arguments."""
LONGEST_VALUE: Final = 10_000
OF_THE_MOMENT: Final = frozenset({
    "ago", "current_role", "current_user", "current_catalog", "pg_sleep", "session_user", "user", "version",
    "current_timestamp", "localtimestamp", "current_time", "localtime",
})  # fmt: skip
"""Macros and words the engine does not tell of: what they answer depends on when, where or by whom they are asked."""
LOWERING: Final = (
    exp.Count, exp.CountIf, exp.ApproxDistinct, exp.Sum, exp.Avg, exp.Stddev, exp.StddevPop, exp.StddevSamp,
    exp.Variance, exp.VariancePop,
)  # fmt: skip
"""Aggregates that tell no single value; the smallest, the largest, any one or a list of them does."""
REFUSED: Final = (exp.Summarize, exp.Describe, exp.Pivot, exp.TableSample)
"""What asks about tables instead of reading them, makes columns of values, or takes rows by chance."""
KINDS: Final = ("IDENTITY", "TRANSFORMATION", "AGGREGATION")
"""What became of a column on its way, as OpenLineage names it; the first is the closest."""
CLAUSES: Final[Mapping[str, tuple[str, ...]]] = {
    "FILTER": ("where", "having", "qualify", "limit", "offset"), "GROUP_BY": ("group",), "SORT": ("order",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """A column of an input that goes into a column, or (``kind`` FILTER, JOIN, GROUP_BY, SORT) decides about rows."""

    table: str
    column: str
    kind: str


@dataclass(frozen=True)
class Parsed:
    """What a model reads: tables by the names its SQL has for them, what each column stems from, what decides."""

    names: Mapping[str, str]
    columns: Mapping[str, tuple[Origin, ...]]
    deciding: tuple[Origin, ...] = field(default=())

    @property
    def inputs(self) -> tuple[str, ...]:
        """Return the codes of the tables it reads, each once, in order."""
        return tuple(sorted(set(self.names.values())))

    def as_plain(self) -> dict[str, Any]:
        """Return the lineage as plain data for a JSON column."""
        return {
            "names": dict(self.names),
            "columns": {name: [asdict(one) for one in held] for name, held in self.columns.items()},
            "deciding": [asdict(one) for one in self.deciding],
        }


def sql_name(code: str) -> str:
    """Return the name a table has in SQL without quotes: its code with underscores."""
    return code.replace("-", "_")


def inputs_of(sql: str) -> list[tuple[str, int]]:
    """Return the names of tables a statement reads, with the line each stands on; raise ``Invalid`` for any other."""
    root = _one_select(sql)
    _refuse_functions(root, sql)
    found: dict[str, int] = {}
    for scope in _scopes(root):
        for one in scope.sources.values():
            if isinstance(one, exp.Table) and isinstance(one.this, exp.Identifier):
                found.setdefault(one.name.lower(), _line(one.this, sql, one.name))
    return list(found.items())


def parse(sql: str, tables: Mapping[str, tuple[str, Iterable[tuple[str, str]]]]) -> Parsed:
    """Trace a statement. ``tables``: by the name it has there a table's code, and its columns with their types.

    Raises ``Invalid`` under the field ``sql`` for a column that is not there and for what cannot be traced.
    """
    root = _one_select(sql)
    _refuse_hidden(root, sql)
    known = {name: {column: kind for column, kind in columns} for name, (_code, columns) in tables.items()}  # noqa: C416 - a type checker reads it so
    schema = MappingSchema(cast("dict[str, object]", known), dialect=DIALECT)
    try:
        whole = qualify(root.copy(), dialect=DIALECT, schema=schema)
        scope = build_scope(whole)
        if scope is None:
            raise _wrong(1, _("câu SQL không lần được nguồn gốc các cột"))
        names = list(whole.named_selects)
        _refuse_untraceable(whole, scope, sql)
        codes = {name: code for name, (code, _columns) in tables.items()}
        trace = _Trace(scope, schema, codes)
        deciding = tuple(dict.fromkeys(trace.deciding()))
        bound = tuple(dict.fromkeys(trace.bound()))
        columns = {name: tuple(trace.column(name, bound)) for name in names}
        _refuse_unnoted(_pruned(whole, schema, codes), columns, deciding, sql)
    except OptimizeError as error:
        raise _not_resolved(error) from error
    except (SqlglotError, ValueError, KeyError, RecursionError, AssertionError) as error:
        raise _wrong(1, _("câu SQL không lần được nguồn gốc các cột: %(why)s") % {"why": _short(error)}) from error
    return Parsed(codes, columns, deciding)


def _one_select(sql: str) -> exp.Query:
    if not sql.strip() or len(sql) > LONGEST:
        raise _wrong(1, _("cần một câu SELECT, không quá %(most)s ký tự") % {"most": LONGEST})
    try:
        found = [one for one in sqlglot.parse(sql, dialect=DIALECT) if one is not None]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        told = _("sai cú pháp gần “%(near)s”") % {"near": str(first.get("highlight") or "")[:60]}
        raise _wrong(int(first.get("line") or 1), told) from error
    except (SqlglotError, RecursionError, AssertionError) as error:
        raise _wrong(1, _("sai cú pháp: %(why)s") % {"why": _short(error)}) from error
    if len(found) != 1 or not isinstance(found[0], exp.Select | exp.SetOperation):
        raise _wrong(1, _("chỉ nhận một câu SELECT (có thể có WITH, UNION)"))
    for one in found[0].find_all(*REFUSED):
        told = _("không dùng %(name)s trong mô hình") % {"name": type(one).__name__.upper()}
        raise _wrong(_line(one, sql, one.key), told)
    return found[0]


def _scopes(root: exp.Query) -> list[Scope]:
    scope = build_scope(root)
    return list(scope.traverse()) if scope is not None else []


def _refuse_functions(root: exp.Query, sql: str) -> None:
    """Refuse functions where a table stands, schemas of the engine, and what answers otherwise each time."""
    for table in root.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            name = _written(table.this, sql)
            if name not in SERIES and not isinstance(table.this, exp.GenerateSeries):
                told = _("không được gọi %(name)s: mô hình không đọc tệp, mạng hay máy chủ")
                raise _wrong(_line(table.this, sql, name), told % {"name": name})
        elif table.db or table.catalog:
            told = _("không có bảng “%(name)s”; ghi mã bảng, không ghi lược đồ")
            raise _wrong(_line(table.this, sql, table.name), told % {"name": f"{table.db}.{table.name}"})
    for call in root.find_all(exp.Func):
        name = _written(call, sql)
        single_age = name == "age" and len([*call.iter_expressions()]) == 1
        if name in changing() or single_age:
            told = _("không dùng %(name)s: cùng đầu vào, mô hình phải luôn cho cùng kết quả; lấy ngày từ một cột")
            raise _wrong(_line(call, sql, name), told % {"name": name})
        if name in LENGTHY and not isinstance(call.parent, exp.Table) and not _is_short(call, name):
            told = _("%(name)s cần số ghi sẵn, không quá %(most)s; dãy dài hơn thì đặt %(name)s sau FROM")
            raise _wrong(_line(call, sql, name), told % {"name": name, "most": LONGEST_VALUE})


def _is_short(call: exp.Expr, name: str) -> bool:
    """Say whether what tells how long a value becomes is a small number that stands there."""
    given = [call.args.get(one) for one in LENGTHY[name]]
    sizes = [given[0][1]] if isinstance(given[0], list) and len(given[0]) > 1 else given
    numbers = [one.this if isinstance(one, exp.Neg) else one for one in sizes if one is not None]
    return all(isinstance(one, exp.Literal) and one.is_int and int(one.this) <= LONGEST_VALUE for one in numbers)


@functools.cache
def changing() -> frozenset[str]:
    """Return the functions that do not always answer the same, as the engine itself tells, and those it does not."""
    with duck() as base:
        found = base.execute(
            "SELECT DISTINCT lower(function_name) FROM duckdb_functions() "
            "WHERE function_type IN ('scalar', 'aggregate') AND (stability <> 'CONSISTENT' OR has_side_effects)"
        ).fetchall()
    return OF_THE_MOMENT | {str(name) for (name,) in found}


def _refuse_hidden(root: exp.Query, sql: str) -> None:
    """Refuse forms in which a column goes by another's name or place, or values become a table of their own."""
    by_place = _("gọi cột bằng tên, không bằng số thứ tự; không đặt lại tên cột sau tên bảng")
    for place in root.find_all(exp.PositionalColumn):
        raise _wrong(_line(place, sql, "#"), by_place)
    for table in root.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier) and table.alias_column_names:
            raise _wrong(_line(table.this, sql, table.name), by_place)
    for union in root.find_all(exp.SetOperation):
        if union.args.get("by_name"):
            raise _wrong(_line(union, sql, "name"), _("không dùng BY NAME; xếp các cột cùng thứ tự"))
    for select in root.find_all(exp.Select):
        if select.args.get("windows"):
            raise _wrong(_line(select, sql, "window"), _("không dùng WINDOW; ghi đủ trong OVER (…)"))
    for one in root.find_all(exp.Table, exp.Unnest, exp.Values):
        inner = one.this if isinstance(one, exp.Table) else one
        stands_as_table = isinstance(one, exp.Table | exp.Values) or isinstance(one.parent, exp.From | exp.Join)
        kinds = (exp.Query, exp.Column)
        if stands_as_table and not isinstance(inner, exp.Identifier) and _holds(inner, kinds):
            told = _("không đưa cột hay câu SELECT vào “%(what)s” ở chỗ của bảng; dùng JOIN hoặc WITH")
            raise _wrong(_line(one, sql, "from"), told % {"what": one.sql(DIALECT)[:60]})


def _holds(node: exp.Expr, kinds: tuple[type[exp.Expr], ...]) -> bool:
    return any(one is not node and isinstance(one, kinds) for one in node.walk())


def _refuse_untraceable(whole: exp.Expr, scope: Scope, sql: str) -> None:
    """Refuse what would hide where a column stems from: whole rows, patterns of columns, values handed inwards."""
    for held in scope.traverse():
        for column in held.external_columns:
            if isinstance(held.expression.parent, exp.Lateral) or _is_shown(column, held.expression):
                told = _("không đưa cột “%(name)s” vào câu SELECT bên trong để lấy ra; dùng JOIN hoặc WITH")
                raise _wrong(_line(column.this, sql, column.name), told % {"name": column.name})
    for beside in whole.find_all(exp.Lateral):
        raise _wrong(_line(beside, sql, "lateral"), _("không dùng LATERAL; dùng JOIN hoặc WITH"))
    for one in whole.find_all(exp.Star, exp.Columns, exp.Pivot, exp.TableColumn):
        if isinstance(one, exp.Star) and isinstance(one.parent, exp.Count):
            continue
        told = _("ghi rõ tên từng cột: không lần được nguồn gốc của “%(what)s”")
        raise _wrong(_line(one, sql, one.name), told % {"what": one.sql(DIALECT)[:60]})


def _is_shown(column: exp.Expr, select: exp.Expr) -> bool:
    """Say whether a column stands among what a SELECT gives, not among what it compares."""
    one: exp.Expr = column
    while one.parent is not None and one.parent is not select:
        one = one.parent
    return one.arg_key == "expressions"


def _origins(node: Node, codes: Mapping[str, str]) -> tuple[list[Origin], int | None]:
    """Return the columns of inputs below a column's node; of several ways the closest one counts.

    Beside them the closest way (a place in ``KINDS``) to a value that no input gives: a series, a list, a constant.
    """
    found: dict[tuple[str, str], int] = {}
    made: list[int] = []
    waiting: list[tuple[Node, int]] = [(node, 0)]
    seen: set[tuple[int, int]] = set()
    while waiting:
        one, kind = waiting.pop()
        if (id(one), kind) in seen:
            continue
        seen.add((id(one), kind))
        if isinstance(one.expression, exp.Table) and one.expression.name in codes:
            point = (codes[one.expression.name], one.name.rpartition(".")[2].strip('"'))
            found[point] = min(kind, found.get(point, kind))
        elif not one.downstream and one is not node and not one.expression.find(exp.AggFunc):
            made.append(kind)
        waiting += [(lower, max(kind, _kind(one.expression, lower))) for lower in one.downstream]
    listed = [Origin(table, column, KINDS[kind]) for (table, column), kind in sorted(found.items())]
    return listed, min(made, default=None)


def _kind(made: exp.Expr, lower: Node) -> int:
    """Say what a step does to a column (a place in ``KINDS``): kept, changed, or lost in a figure over many rows."""
    if isinstance(made, exp.SetOperation | exp.Query):
        return 0
    inner = made.unalias()
    if isinstance(inner, exp.Column):
        return 0
    table, _dot, name = lower.name.replace('"', "").rpartition(".")
    held = [one for one in inner.find_all(exp.Column) if one.name == name and one.table == table]
    return 2 if held and all(_is_lowered(one, inner) for one in held) else 1


def _is_lowered(column: exp.Column, within: exp.Expr) -> bool:
    """Say whether a column stands inside an aggregate that tells no single value; a window leaves row beside row."""
    above: exp.Expr | None = column
    lowered = False
    while above is not None and above is not within.parent:
        if isinstance(above, exp.Window):
            return False
        counted = isinstance(above, exp.Filter) and isinstance(above.this, LOWERING)
        lowered = lowered or counted or isinstance(above, LOWERING)
        above = above.parent
    return lowered


class _Trace:
    """A qualified statement as its scopes, in which columns are followed down to the inputs."""

    def __init__(self, scope: Scope, schema: MappingSchema, codes: Mapping[str, str]) -> None:
        self.top, self.schema, self.codes = scope, schema, codes
        self.scopes = {id(one.expression): one for one in scope.traverse()}

    def column(self, name: str, bound: Iterable[Origin]) -> list[Origin]:
        """Return what a column of the statement stems from; a made-up value also from what it was compared with."""
        found, made = _origins(to_node(name, self.top, DIALECT, self.schema), self.codes)
        if made is None:
            return found
        held = {(one.table, one.column) for one in found}
        also = [replace(one, kind=KINDS[max(1, made)]) for one in bound if (one.table, one.column) not in held]
        return sorted([*found, *also], key=lambda one: (one.table, one.column))

    def deciding(self) -> Iterator[Origin]:
        """Yield the columns that decide which rows there are, and how they are put together."""
        for one in self.scopes.values():
            for kind, clause in _clauses(one.expression):
                for column in clause.find_all(exp.Column):
                    yield from (replace(each, kind=kind) for each in self.below(column)[0])

    def bound(self) -> Iterator[Origin]:
        """Yield the columns that conditions compare with values no input gives: equal to one, it is the value."""
        for one in self.scopes.values():
            for kind, clause in _clauses(one.expression):
                for part in _conditions(clause) if kind in {"FILTER", "JOIN"} else ():
                    held = [self.below(column) for column in part.find_all(exp.Column)]
                    if any(made is not None for _found, made in held):
                        yield from (each for found, _made in held for each in found)

    def below(self, column: exp.Column) -> tuple[list[Origin], int | None]:
        """Return what a column within the statement stems from, as :func:`_origins` does."""
        source = self.source(column)
        named = getattr(source.expression, "named_selects", ()) if isinstance(source, Scope) else ()
        if isinstance(source, Scope) and not source.is_udtf and column.name in named:
            return _origins(to_node(column.name, source, DIALECT, self.schema), self.codes)
        if isinstance(source, exp.Table) and source.name in self.codes:
            return [Origin(self.codes[source.name], column.name, KINDS[0])], None
        return [], None if source is None else 0

    def source(self, column: exp.Column) -> Any:
        """Return the table or the scope a column is of: that of its own SELECT, or of one around it."""
        node: exp.Expr | None = column
        while node is not None and id(node) not in self.scopes:
            node = node.parent
        scope = self.scopes.get(id(node))
        while scope is not None and column.table not in scope.sources:
            scope = scope.parent
        return scope.sources[column.table] if scope is not None else None


def _clauses(select: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    for kind, names in CLAUSES.items():
        yield from ((kind, found) for name in names if isinstance(found := select.args.get(name), exp.Expr))
    for join in select.args.get("joins") or ():
        if join.args.get("on") is not None:
            yield "JOIN", join.args["on"]
    if select.args.get("distinct"):  # what is the same in all it shows is one row
        yield from (("GROUP_BY", one) for one in _shown(select))


def _shown(select: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(select, exp.SetOperation):
        for side in (select.left, select.right):
            yield from _shown(side.unnest())
    else:
        yield from select.args.get("expressions") or ()
        if isinstance(select.args.get("distinct"), exp.Expr):
            yield select.args["distinct"]


def _conditions(clause: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the conditions of a clause that all have to hold."""
    inner = clause.this if isinstance(clause, exp.Where | exp.Having | exp.Qualify) else clause
    yield from inner.unnest().flatten() if isinstance(inner.unnest(), exp.And) else (inner,)


def _pruned(whole: exp.Expr, schema: MappingSchema, codes: Mapping[str, str]) -> Iterator[tuple[exp.Column, str]]:
    """Yield the columns of inputs that occur, with their tables; what an inner SELECT gives to nobody is none."""
    scope = build_scope(pushdown_projections(whole.copy()))
    if scope is None:
        return
    trace = _Trace(scope, schema, codes)
    for column in scope.expression.find_all(exp.Column):
        source = trace.source(column)
        if isinstance(source, exp.Table) and source.name in codes:
            yield column, codes[source.name]


def _refuse_unnoted(
    occurring: Iterable[tuple[exp.Column, str]], columns: Mapping[str, Iterable[Origin]], deciding: Iterable[Origin],
    sql: str,
) -> None:  # fmt: skip
    """Refuse a statement with a column of an input of which nothing is noted: it went a way nobody foresaw."""
    known = {(one.table, one.column) for held in (*columns.values(), deciding) for one in held}
    for column, table in occurring:
        if (table, column.name) not in known:
            told = _("không lần được cột “%(name)s” đi vào đâu; bỏ cột đó hoặc viết câu lệnh đơn giản hơn")
            raise _wrong(_line(column.this, sql, column.name), told % {"name": column.name})


def _written(node: exp.Expr, sql: str) -> str:
    """Return the name of a function as the statement writes it, in small letters."""
    start, end = node.meta.get("start"), node.meta.get("end")
    if isinstance(start, int) and isinstance(end, int):
        return sql[start : end + 1].strip('"').lower()
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    return str(node.sql_name() if isinstance(node, exp.Func) else node.key).lower()


def _line(node: exp.Expr, sql: str, name: str) -> int:
    """Return the line something stands on: as the parser noted it, else where its name first occurs."""
    noted = node.meta.get("line")
    if isinstance(noted, int):
        start = node.meta.get("start")
        return sql.count("\n", 0, start) + 1 if isinstance(start, int) else noted
    found = re.search(rf"(?i)\b{re.escape(name)}", sql) if name else None
    return sql.count("\n", 0, found.start()) + 1 if found else 1


def _not_resolved(error: OptimizeError) -> Invalid:
    told = str(error)
    line = re.search(r"Line: (\d+)", told)
    column = re.search(r"[Cc]olumn '([^']*)' could not be resolved", told)
    where = int(line[1]) if line else 1
    if column:
        return _wrong(where, _("các bảng đầu vào không có cột “%(name)s”") % {"name": column[1]})
    return _wrong(where, _short(error))


def _short(error: Exception) -> str:
    return str(error).split("\n")[0][:200]


def wrong(line: int, told: str) -> Invalid:
    """Return the refusal of a model's SQL, naming the line."""
    text = _("Dòng %(line)s: %(told)s.") % {"line": line, "told": told}
    return Invalid(
        _("Câu SQL của mô hình chưa đúng."), fields={"sql": [text]},
        hint=_("Sửa câu lệnh theo lời báo; chỉ một câu SELECT trên các bảng của kho."),
    )  # fmt: skip


_wrong = wrong
