"""The contract of a table: which columns it has, their types and rules, and the SQL that reads each type from text.

Types are declared, never guessed: a guess turns a 12-digit id or a commune code into a number and loses its zeros.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Final

import pyarrow as pa
import yaml

from nganam.kernel.digest import canonical_json, sha256_hex
from nganam.kernel.errors import Invalid

TYPES: Final = ("text", "integer", "decimal", "date", "datetime", "boolean", "commune")
ARROW: Final[Mapping[str, pa.DataType]] = {
    "text": pa.string(),
    "commune": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.float64(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
    "boolean": pa.bool_(),
}
NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
MOST_COLUMNS = 300
ALWAYS_TOLD: Final = frozenset({"name", "title", "type", "key", "required", "personal", "classification"})
CLASSES: Final = ("open", "shared", "personal", "sensitive")
"""How a column may be shared: open to all, between state agencies, basic and sensitive personal data (NĐ 13/2023)."""
PERSONAL: Final = frozenset({"personal", "sensitive"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``name`` is what machines use, ``title`` what people read and files may be headed with.

    ``point`` settles the decimal sign ("," or ".") where the file alone leaves it open. ``minimum`` and ``maximum`` are
    written as ISO dates or plain numbers; ``pattern`` must match the whole text. ``classification`` is one of
    ``CLASSES``; ``personal`` follows from it, and says it where older declarations have that word alone. ``codelist``
    names the shared code list whose codes the column holds; ``codes_on`` says of which day: a date column, an ISO day,
    or empty for the day of the load. ``additive`` says that figures of several places may be added up: counts and sums,
    never averages or rates. ``search`` says that services over the table find rows by the words of this column.
    """

    name: str
    title: str = ""
    title_en: str = ""
    type: str = "text"
    required: bool = False
    key: bool = False
    personal: bool = False
    unit: str = ""
    description: str = ""
    pattern: str = ""
    minimum: str = ""
    maximum: str = ""
    allowed: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    point: str = ""
    classification: str = ""
    codelist: str = ""
    codes_on: str = ""
    additive: bool = False
    search: bool = False

    def __post_init__(self) -> None:
        """Let the two words agree: who reads only ``personal`` must never miss a sensitive column."""
        said = self.classification or ("personal" if self.personal else "shared")
        object.__setattr__(self, "classification", said)
        object.__setattr__(self, "personal", self.personal or said in PERSONAL)

    @property
    def labels(self) -> frozenset[str]:
        """Return every heading under which a file may hold this column, folded for comparison."""
        return frozenset(label_key(text) for text in (self.name, self.title, self.title_en, *self.aliases) if text)

    def problems(self) -> list[str]:
        """List in Vietnamese what is wrong with the declaration."""
        found = []
        if not NAME.match(self.name):
            found.append(f"tên cột “{self.name}” phải là chữ thường không dấu, số và gạch dưới, bắt đầu bằng chữ")
        if self.type not in TYPES:
            found.append(f"kiểu “{self.type}” không có; dùng một trong: {', '.join(TYPES)}")
        if self.classification not in CLASSES:
            found.append(f"phân loại “{self.classification}” không có; dùng một trong: {', '.join(CLASSES)}")
        elif self.personal and self.classification not in PERSONAL:
            found.append("khai là dữ liệu cá nhân (personal) nhưng phân loại là " + self.classification)
        if self.point not in {"", ",", "."}:
            found.append("dấu thập phân phải là dấu phẩy hoặc dấu chấm")
        if self.pattern and not _is_pattern(self.pattern):
            found.append(f"mẫu “{self.pattern}” không phải biểu thức chính quy hợp lệ")
        found += self._code_problems()
        found += [
            f"giá trị cho phép “{one}” không đúng kiểu {self.type}"
            for one in self.allowed
            if self.type in TYPES and not self._is_value(one)
        ]
        return found + [
            f"giới hạn “{limit}” không đúng kiểu {self.type}"
            for limit in (self.minimum, self.maximum)
            if limit and self.type in TYPES and not self._is_limit(limit)
        ]

    def _code_problems(self) -> list[str]:
        found = []
        if self.codelist and self.type not in {"text", "commune"}:
            found.append("chỉ cột kiểu chữ hoặc mã xã được theo danh mục dùng chung: mã là chữ, số 0 ở đầu phải giữ")
        if self.codes_on and not self.codelist:
            found.append("có ngày của mã (codes_on) mà không nêu danh mục (codelist)")
        if self.additive and self.type not in {"integer", "decimal"}:
            found.append("chỉ cột số được khai là cộng được (additive)")
        if self.search and self.type != "text":
            found.append("chỉ cột kiểu chữ được tìm theo từ (search)")
        return found

    def _is_limit(self, limit: str) -> bool:
        if self.type in {"date", "datetime"}:
            return _is_day(limit)
        return self.type in {"integer", "decimal"} and bool(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", limit))

    def _is_value(self, text: str) -> bool:
        if self.type == "boolean":
            return text.lower() in {"true", "false", "1", "0"}
        if self.type == "integer":
            return bool(re.fullmatch(r"[+-]?[0-9]{1,18}", text))
        if self.type == "decimal":
            return bool(re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text))
        if self.type == "date":
            return _is_day(text)
        return self.type != "datetime" or _is_instant(text)


@dataclass(frozen=True)
class Contract:
    """All columns of a table, in order."""

    columns: tuple[Column, ...]

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Return the names of the key columns, in order; empty when rows have no identity of their own."""
        return tuple(one.name for one in self.columns if one.key)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return all column names, in order."""
        return tuple(one.name for one in self.columns)

    @cached_property
    def hash(self) -> str:
        """Return a digest that changes when anything that decides the stored rows changes."""
        return sha256_hex(canonical_json(to_list(self)))

    @cached_property
    def codelists(self) -> tuple[str, ...]:
        """Return the shared code lists that columns name, each once."""
        return tuple(dict.fromkeys(one.codelist for one in self.columns if one.codelist))

    @cached_property
    def searched(self) -> tuple[str, ...]:
        """Return the columns by whose words rows are found, in order."""
        return tuple(one.name for one in self.columns if one.search)

    def column(self, name: str) -> Column:
        """Return the column called ``name``; raise ``KeyError`` if there is none."""
        return next((one for one in self.columns if one.name == name), None) or _no_column(name)

    def first_of(self, *types: str) -> str:
        """Return the name of the first column of one of ``types``, or "" if there is none."""
        return next((one.name for one in self.columns if one.type in types), "")

    def schema(self) -> pa.Schema:
        """Return the Arrow schema of the committed rows."""
        return pa.schema([pa.field(one.name, ARROW[one.type]) for one in self.columns])


def from_list(items: Sequence[Mapping[str, Any]]) -> Contract:
    """Build a contract from plain data; raise ``Invalid`` listing everything wrong under the field ``columns``."""
    columns = tuple(_column(item) for item in items)
    found = [f"cột {place}: {text}" for place, one in enumerate(columns, 1) for text in one.problems()]
    names = [one.name for one in columns]
    found += [f"tên cột “{name}” dùng hai lần" for name in sorted({name for name in names if names.count(name) > 1})]
    dates = {one.name for one in columns if one.type in {"date", "datetime"}}
    found += [
        f"cột {place}: ngày của mã “{one.codes_on}” không phải cột ngày của bảng, cũng không phải ngày NĂM-THÁNG-NGÀY"
        for place, one in enumerate(columns, 1)
        if one.codes_on and one.codes_on not in dates and not _is_day(one.codes_on)
    ]
    if not 0 < len(columns) <= MOST_COLUMNS:
        found.append(f"bảng phải có từ 1 đến {MOST_COLUMNS} cột")
    if found:
        raise Invalid("Mô tả cột của bảng chưa đúng.", fields={"columns": found})
    return Contract(columns)


def to_list(contract: Contract) -> list[dict[str, Any]]:
    """Return the contract as plain data for a JSON column or YAML; of the empty parts only the ones everybody reads."""
    return [
        {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(one).items()
            if value or name in ALWAYS_TOLD
        }
        for one in contract.columns
    ]


def from_yaml(text: str) -> Contract:
    """Read a contract written as YAML: a list of columns, or a mapping with ``columns``."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f" ở dòng {place.line + 1}" if place else ""
        raise Invalid("Mô tả YAML không đọc được.", fields={"columns": [f"YAML sai cú pháp{line}"]}) from error
    items = data.get("columns") if isinstance(data, dict) else data
    if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
        raise Invalid(
            "Mô tả YAML phải là danh sách cột.", fields={"columns": ["cần danh sách các cột, mỗi cột có name"]}
        )
    return from_list(items)


def to_yaml(contract: Contract) -> str:
    """Write the contract as YAML that ``from_yaml`` reads back."""
    return yaml.safe_dump(to_list(contract), allow_unicode=True, sort_keys=False)


def label_key(text: str) -> str:
    """Fold a heading to what two spellings of it share: no marks, no case, no spaces or punctuation."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D")).lower()
    return "".join(char for char in plain if char.isalnum())


def quote(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"


def value_sql(column: Column, text: str, point: str) -> str:
    """Return the SQL that reads ``text`` (SQL itself, NULL when empty) as the column's type, NULL when it cannot.

    ``point`` is the decimal sign of this column in this file.
    """
    if column.type == "integer":
        return _number_sql(text, point, fraction=f"([{point}]0+)?", kind="BIGINT")
    if column.type == "decimal":
        exponent = "([eE][+-]?[0-9]{1,3})?" if point == "." else ""
        return _number_sql(text, point, fraction=f"([{point}][0-9]+)?{exponent}", kind="DOUBLE")
    if column.type == "date":
        return _date_sql(text)
    if column.type == "datetime":
        return _datetime_sql(text)
    return _boolean_sql(text) if column.type == "boolean" else text


def point_evidence_sql(text: str) -> tuple[str, str]:
    """Return two SQL conditions: ``text`` can only have a decimal comma, or only a decimal point."""
    return _evidence_sql(text, ",", "."), _evidence_sql(text, ".", ",")


def _evidence_sql(text: str, point: str, other: str) -> str:
    # Both signs with this one last; a zero before it; not three digits after it; or several of the other one.
    shapes = (
        f"[0-9]+[{other}][0-9{other}]*[0-9][{point}][0-9]+",
        f"0[{point}][0-9]+",
        f"[0-9]+[{point}]([0-9]{{1,2}}|[0-9]{{4,}})",
        f"[0-9]+([{other}][0-9]{{3}}){{2,}}",
    )
    return f"regexp_full_match({text}, '[+-]?({'|'.join(shapes)})')"


def _number_sql(text: str, point: str, *, fraction: str, kind: str) -> str:
    # Thousands are set apart by the other sign, a space or a no-break space, in groups of three only.
    other = "." if point == "," else ","
    whole = rf"[0-9]{{1,3}}([{other}][0-9]{{3}})+|[0-9]{{1,3}}([ \x{{00A0}}\x{{202F}}][0-9]{{3}})+|[0-9]+"
    shape = f"[+-]?({whole}){fraction}"
    plain = rf"replace(regexp_replace({text}, '[{other} \x{{00A0}}\x{{202F}}]', '', 'g'), {literal(point)}, '.')"
    if kind == "BIGINT":
        plain = rf"regexp_replace({plain}, '\.0+$', '')"
    return f"CASE WHEN regexp_full_match({text}, {literal(shape)}) THEN TRY_CAST({plain} AS {kind}) END"


def _date_sql(text: str) -> str:
    day = rf"regexp_replace({text}, '[ T]0{{1,2}}:00(:00(\.0+)?)?Z?$', '')"
    slashed = f"regexp_replace({day}, '[-/.]', '/', 'g')"
    return (
        f"CASE WHEN regexp_full_match({day}, '[0-9]{{4}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}') "
        f"THEN TRY_STRPTIME({slashed}, '%Y/%m/%d')::DATE "
        f"WHEN regexp_full_match({day}, '[0-9]{{1,2}}[-/.][0-9]{{1,2}}[-/.][0-9]{{4}}') "
        f"THEN TRY_STRPTIME({slashed}, '%d/%m/%Y')::DATE END"
    )


def _datetime_sql(text: str) -> str:
    """Times without a zone are Vietnamese (UTC+7, no summer time); the value is the instant in UTC."""
    shape = (
        r"^([0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4})(?:[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
        r"(Z|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})?)?$"
    )

    def number(expression: str) -> str:
        return f"coalesce(TRY_CAST({expression} AS INTEGER), 0)"

    hour, minute, second = number("p.hour"), number("p.minute"), number("p.second")
    digits = "replace(substr(p.zone, 2), ':', '')"
    away = f"60 * {number(f'substr({digits}, 1, 2)')} + {number(f'substr({digits}, 3, 2)')}"
    offset = (
        f"CASE WHEN p.zone = '' THEN 420 WHEN p.zone = 'Z' THEN 0 WHEN p.zone LIKE '-%' THEN -({away}) ELSE {away} END"
    )
    micros = number("rpad(substr(p.part, 1, 6), 6, '0')")
    seconds = f"{hour} * 3600 + {minute} * 60 + {second} - 60 * ({offset})"
    value = (
        f"CASE WHEN p.day <> '' AND {hour} < 24 AND {minute} < 60 AND {second} < 60 "
        f"THEN ({_date_sql('p.day')})::TIMESTAMP + to_microseconds(({seconds})::BIGINT * 1000000 + {micros}) END"
    )
    # The pattern is matched once a row: its parts are bound by the lambda.
    parts = f"regexp_extract({text}, {literal(shape)}, ['day', 'hour', 'minute', 'second', 'part', 'zone'])"
    return f"list_transform([{parts}], lambda p: {value})[1]"


def _boolean_sql(text: str) -> str:
    low = f"lower({text})"
    return (
        f"CASE WHEN {low} IN ('true','t','1','có','co','yes','y','x','đúng','dung') THEN true "
        f"WHEN {low} IN ('false','f','0','không','khong','no','n','sai') THEN false END"
    )


def _column(item: Mapping[str, Any]) -> Column:
    known = {one.name: one for one in fields(Column)}
    unknown = sorted(set(item) - known.keys())
    if unknown or not item.get("name"):
        told = f"thuộc tính không có: {', '.join(map(str, unknown))}" if unknown else "có cột chưa đặt name"
        raise Invalid("Mô tả cột của bảng chưa đúng.", fields={"columns": [told]})
    values: dict[str, Any] = {}
    for name, value in item.items():
        kind = type(known[name].default) if known[name].name != "name" else str
        values[name] = _as(kind, value)
    if values.get("key"):
        values["required"] = True
    return Column(**{"title": values["name"], **values})


def _as(kind: type, value: Any) -> Any:
    if kind is bool:
        return value if isinstance(value, bool) else str(value).lower() in {"true", "1", "có", "yes", "on"}
    if kind is tuple:
        parts = value if isinstance(value, list | tuple) else str(value).split(",")
        return tuple(str(one).strip() for one in parts if str(one).strip())
    return "" if value is None else str(value).strip()


def _is_day(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)) and _is_instant(text)


def _is_instant(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=256)
def _is_pattern(pattern: str) -> bool:
    import duckdb  # noqa: PLC0415 - only a declared pattern needs it, and every process reads contracts

    try:
        with duckdb.connect() as base:
            base.execute("SELECT regexp_full_match('', ?)", [pattern])
    except duckdb.Error:
        return False
    return True


def _no_column(name: str) -> Column:
    raise KeyError(name)
