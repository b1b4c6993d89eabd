"""Contracts as the Open Data Contract Standard (ODCS) v3.1.0 writes them, out and in.

What we know goes out and comes back as it was: what the standard has no word for stands in ``customProperties`` under
our own attribute's name. Of a file that comes in, every part nothing here reads is named, by its path.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from nganam.kernel.errors import Invalid
from nganam.warehouse.engine import rules as ruling
from nganam.warehouse.engine.contract import CLASSES, Column, Contract, from_list, to_list

API_VERSION: Final = "v3.1.0"
SCHEMA: Final = Path(__file__).with_name("odcs-3.1.0.schema.json")
"""The official JSON Schema of the standard, unchanged (Bitol, LF AI & Data; Apache-2.0)."""
ENGINE: Final = "nganam"
LARGEST: Final = 1_000_000
MOST_TOLD: Final = 20
LOGICAL: Final = {
    "text": "string", "commune": "string", "integer": "integer", "decimal": "number", "date": "date",
    "datetime": "timestamp", "boolean": "boolean",
}  # fmt: skip
PHYSICAL: Final = {
    "text": "VARCHAR", "commune": "VARCHAR", "integer": "BIGINT", "decimal": "DOUBLE", "date": "DATE",
    "datetime": "TIMESTAMP", "boolean": "BOOLEAN",
}  # fmt: skip
TYPES: Final = {"string": "text", "integer": "integer", "number": "decimal", "date": "date", "timestamp": "datetime",
                "boolean": "boolean"}  # fmt: skip
COMMUNES: Final = {
    "url": "https://danhmuchanhchinh.gso.gov.vn/", "type": "codeList",
    "description": "Danh mục đơn vị hành chính (Quyết định 124/2004/QĐ-TTg)",
}  # fmt: skip
CLASS_WORDS: Final = {
    "public": "open", "internal": "shared", "restricted": "personal", "confidential": "personal",
    "sensitive": "sensitive",
}  # fmt: skip
"""Words others use for our classes, read in the stricter sense."""
OURS: Final = ("apiVersion", "kind", "id", "version", "status", "domain", "tenant", "dataProduct", "servers", "team",
               "contractCreatedTs")  # fmt: skip
"""Parts the platform says itself: not taken from a file."""
DAYS: Final = {"d": 1.0, "day": 1.0, "days": 1.0, "h": 1 / 24, "hour": 1 / 24, "hours": 1 / 24}
YEARS: Final = frozenset({"y", "yr", "year", "years"})


@dataclass(frozen=True, slots=True)
class Described:
    """A table's contract with what the document says about the table around it."""

    code: str
    columns: Sequence[Mapping[str, Any]]
    rules: Sequence[Mapping[str, Any]] = ()
    terms: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    version: str = "1.0.0"
    status: str = "active"
    domain: str = ""
    tenant: str = ""
    product: str = ""
    owner: str = ""
    owner_code: str = ""
    created: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file says in our words, the name of its table, and the paths of all it says that we have no place for."""

    name: str
    columns: list[dict[str, Any]]
    rules: list[dict[str, str]]
    terms: dict[str, str]
    about: dict[str, str]
    unknown: tuple[str, ...]


def to_document(told: Described) -> dict[str, Any]:
    """Return the contract as an ODCS document that its official schema accepts."""
    contract = from_list([dict(one) for one in told.columns])
    made = ruling.from_plain(told.rules, contract) if told.rules else ()
    document: dict[str, Any] = {
        "apiVersion": API_VERSION, "kind": "DataContract", "id": told.code, "name": told.about.get("title", told.code),
        "version": told.version, "status": told.status, "domain": told.domain, "tenant": told.tenant,
        "dataProduct": told.product, "contractCreatedTs": told.created,
        "description": _filled(
            purpose=told.about.get("description", ""), usage=told.terms.get("usage", ""),
            limitations=told.terms.get("limitations", ""),
        ),
        "servers": [{"server": "kho", "type": "custom", "description": "Kho dữ liệu dùng chung"}],
        "schema": [_object(told.code, contract, made)],
        "team": _filled(name=told.owner, description=told.owner_code),
        "support": _support(told.terms.get("contact", "")),
        "slaProperties": list(_promises(told.code, made, told.terms)),
        "customProperties": [
            {"property": _camel(name), "value": value}
            for name, value in told.about.items()
            if value and name not in {"title", "description"}
        ],
    }  # fmt: skip
    return {name: value for name, value in document.items() if value}


def to_yaml(told: Described) -> str:
    """Write the contract as ODCS in YAML."""
    return yaml.safe_dump(to_document(told), allow_unicode=True, sort_keys=False, width=120)


def from_yaml(text: str) -> Imported:
    """Read an ODCS document; raise ``Invalid`` naming each place where it breaks the standard or fits no table."""
    document = _parsed(text)
    faults = list(broken(document))
    if faults:
        raise _refused("Tệp không đúng chuẩn ODCS v3.1.0.", faults)
    left = deepcopy(document)
    objects = left.pop("schema", None) or []
    if len(objects) != 1:
        raise _refused("Hợp đồng phải mô tả đúng một bảng.", [f"schema: có {len(objects)} bảng"])
    for name in OURS:
        left.pop(name, None)
    said, about = _descriptions(left)
    table = objects[0]
    name = str(table.pop("name"))
    columns = [_column(one) for one in table.pop("properties", None) or []]
    found = list(_rules(table))
    promised = [one for one in _promised(left, said, name) if one["name"] not in {rule["name"] for rule in found}]
    made = [*found, *promised]
    targets = {_reference(one["table"], one["target"]) for one in made if one["kind"] == "reference"}
    leftover = [*_paths(left, ""), *_paths(_useful(table), "schema[0]")]
    for one in columns:
        rest = one.pop("_left")
        rest["relationships"] = [link for link in rest.get("relationships", []) if link.get("to") not in targets]
        leftover += _paths(rest, f"schema[0].properties[{one['name']}]")
    contract = from_list(columns)
    ruling.from_plain(made, contract)
    return Imported(name, to_list(contract), made, said, about, tuple(dict.fromkeys(leftover)))


def broken(document: Any) -> Iterator[str]:
    """Yield each place where a document breaks the official schema of ODCS v3.1.0, as path and reason."""
    if not isinstance(document, dict) or document.get("apiVersion") != API_VERSION:
        found = document.get("apiVersion") if isinstance(document, dict) else None
        yield f"apiVersion: cần {API_VERSION}, trong tệp là {found or '(trống)'}"
        return
    for place, error in enumerate(_validator().iter_errors(document)):
        if place == MOST_TOLD:
            return
        yield f"{'.'.join(map(str, error.instance_path)) or '(gốc)'}: {error.message[:200]}"


@cache
def _validator() -> Any:
    import jsonschema_rs  # noqa: PLC0415 - only who exchanges contracts needs it

    return jsonschema_rs.Draft201909Validator(json.loads(SCHEMA.read_bytes()))


def _refused(message: str, faults: Sequence[str]) -> Invalid:
    return Invalid(message, fields={"file": list(faults)})


def _parsed(text: str) -> Any:
    if len(text) > LARGEST:
        raise _refused("Tệp hợp đồng quá lớn.", [f"nhiều nhất {LARGEST // 1_000_000} MB"])
    try:
        return yaml.load(text, Loader=_Plain)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError) as error:
        place = getattr(error, "problem_mark", None)
        line = f"dòng {place.line + 1}" if place else "cú pháp"
        raise _refused("Tệp YAML không đọc được.", [line]) from error


class _Plain(yaml.SafeLoader):
    """YAML with days left as text, as JSON Schema knows them, and no anchors: a few lines could unfold to gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # the library has no types here
            raise yaml.composer.ComposerError(None, None, "aliases are not taken", event.start_mark)
        return super().compose_node(parent, index)


_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


# ---- out ----


def _object(code: str, contract: Contract, made: Sequence[ruling.Rule]) -> dict[str, Any]:
    positions = {name: at for at, name in enumerate(contract.key, 1)}
    properties = []
    for one in contract.columns:
        refers = [rule for rule in made if rule.kind == "reference" and rule.column == one.name]
        properties.append(_property(one, positions, refers))
    quality = [_quality(one) for one in made]
    told = {"id": code, "name": code, "logicalType": "object", "physicalType": "table", "properties": properties}
    return told | ({"quality": quality} if quality else {})


def _property(column: Column, positions: Mapping[str, int], refers: Sequence[ruling.Rule]) -> dict[str, Any]:
    options, beyond = _options(column)
    told: dict[str, Any] = {
        "id": column.name, "name": column.name, "businessName": column.title, "logicalType": LOGICAL[column.type],
        "physicalType": PHYSICAL[column.type], "description": column.description, "required": column.required,
        "primaryKey": column.key, "primaryKeyPosition": positions.get(column.name),
        "unique": (column.key and len(positions) == 1) or None, "classification": column.classification,
        "logicalTypeOptions": options,
        "quality": [_allowed(column)] if column.allowed else None,
        "relationships": [{"type": "foreignKey", "to": _reference(one.table, one.target)} for one in refers],
        "authoritativeDefinitions": [dict(COMMUNES)] if column.type == "commune" else None,
        "customProperties": [{"property": _camel(name), "value": value} for name, value in beyond.items()],
    }  # fmt: skip
    return {name: value for name, value in told.items() if value not in (None, "", [], {})}


STANDARD: Final = frozenset(
    {"name", "title", "type", "description", "required", "key", "classification", "personal", "allowed"}
)


def _options(column: Column) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the standard's options of a type can say, and what is left for custom properties."""
    options: dict[str, Any] = {}
    beyond = {name: value for name, value in asdict(column).items() if value and name not in STANDARD}
    if column.type == "commune":
        beyond["type"] = column.type
    if column.pattern and LOGICAL[column.type] == "string":
        options["pattern"] = f"^(?:{beyond.pop('pattern')})$"  # ours matches the whole text, theirs any part of it
    for name in ("minimum", "maximum"):
        limit = beyond.get(name)
        value = _number(limit) if column.type in {"integer", "decimal"} and limit else limit
        if value is not None and column.type in {"integer", "decimal", "date", "datetime"}:
            options[name] = value
            del beyond[name]
    return options, {name: list(value) if isinstance(value, tuple) else value for name, value in beyond.items()}


def _reference(table: str, column: str) -> str:
    """Return how a column of another contract is named, by its ``id`` there."""
    return f"{table}.yaml#/schema/{table}/properties/{column}"


def _number(text: str) -> int | float | None:
    """Return a number that is written again as ``text``, None when there is none."""
    value: int | float = int(text) if re.fullmatch(r"-?[0-9]+", text) else float(text)
    return value if str(value) == text else None


def _as_number(text: str) -> int | float:
    number = _number(text)
    return float(text) if number is None else number


def _allowed(column: Column) -> dict[str, Any]:
    return {
        "type": "library", "metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": list(column.allowed)},
    }  # fmt: skip


def _quality(rule: ruling.Rule) -> dict[str, Any]:
    told = {"name": rule.name, "description": rule.description, "severity": rule.severity}
    told = {name: value for name, value in told.items() if value}
    if rule.kind != "sql":
        parts = {name: value for name, value in asdict(rule).items() if value and name not in told}
        return {**told, "type": "custom", "engine": ENGINE, "implementation": parts}
    if rule.operator:
        return {**told, "type": "sql", "query": rule.query, rule.operator: _as_number(rule.value)}
    query = f"SELECT count(*) FROM ({rule.query}\n) AS violations"
    kept = [{"property": "violatingRows", "value": rule.query}]
    return {**told, "type": "sql", "query": query, "mustBe": 0, "customProperties": kept}


def _promises(code: str, made: Sequence[ruling.Rule], terms: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for one in made:
        if one.kind == "freshness":
            days = _number(one.limit)
            yield {
                "property": "freshness", "value": one.limit if days is None else days, "unit": "d",
                "element": f"{code}.{one.column}", "description": one.name,
            }  # fmt: skip
    if terms.get("retention_years"):
        yield {"property": "retention", "value": int(terms["retention_years"]), "unit": "y"}


def _support(contact: str) -> list[dict[str, str]]:
    if not contact:
        return []
    is_mail = re.fullmatch(r"[^@\s]+@[^@\s]+", contact)
    return [{"channel": contact, **({"tool": "email", "url": f"mailto:{contact}"} if is_mail else {})}]


def _filled(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: "_" + found[1].lower(), name)


# ---- in ----


def _column(said: dict[str, Any]) -> dict[str, Any]:
    """Take one property apart; what nothing here reads is left under ``_left``."""
    told: dict[str, Any] = {"name": said.pop("name"), "title": said.pop("businessName", "")}
    custom, rest = _custom(said.pop("customProperties", None), Column.__dataclass_fields__)
    logical = said.pop("logicalType", "string")
    told["type"] = custom.pop("type", None) or TYPES.get(logical, logical)
    told |= custom
    told["description"] = said.pop("description", "")
    told["required"], told["key"] = bool(said.pop("required", False)), bool(said.pop("primaryKey", False))
    word = str(said.pop("classification", "") or "").strip().lower()
    told["classification"] = word if word in CLASSES else CLASS_WORDS.get(word, word)
    options = said.pop("logicalTypeOptions", None) or {}
    told |= {name: str(options.pop(name)) for name in ("minimum", "maximum") if name in options}
    if "pattern" in options and told["type"] in {"text", "commune"}:
        told["pattern"] = _whole(str(options.pop("pattern")))
    quality, allowed = _allowed_of(said.pop("quality", None) or [])
    told |= {"allowed": allowed} if allowed else {}
    _drop_told(said, told)
    left = {"logicalTypeOptions": options, "quality": quality, "customProperties": rest, **said}
    return {name: value for name, value in told.items() if value not in ("", None)} | {"_left": left}


def _drop_told(said: dict[str, Any], told: Mapping[str, Any]) -> None:
    """Take away what only says again what has been read."""
    for name in ("id", "physicalName"):
        if said.get(name) == told["name"]:
            del said[name]
    said.pop("physicalType", None)
    said.pop("primaryKeyPosition", None)
    if told["key"] or not said.get("unique"):
        said.pop("unique", None)
    if told["type"] == "commune":
        kept = [one for one in said.pop("authoritativeDefinitions", []) if one != COMMUNES]
        said |= {"authoritativeDefinitions": kept} if kept else {}


def _whole(pattern: str) -> str:
    """Turn a pattern that may match any part of a text into one that matches the whole of it."""
    wrapped = re.fullmatch(r"\^\(\?:(.*)\)\$", pattern, re.DOTALL)
    if wrapped:
        return wrapped[1]
    start = "" if pattern.startswith("^") else ".*"
    end = "" if pattern.endswith("$") and not pattern.endswith(r"\$") else ".*"
    body = pattern.removeprefix("^") if not start else pattern
    body = body[:-1] if not end else body
    return f"{start}(?:{body}){end}" if start or end or "|" in body else body


def _allowed_of(quality: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
    for one in quality:
        values = (one.get("arguments") or {}).get("validValues")
        if one.get("metric") == "invalidValues" and one.get("mustBe") == 0 and values:
            return [other for other in quality if other is not one], [str(value) for value in values]
    return quality, []


def _custom(said: list[dict[str, Any]] | None, known: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Split custom properties into those under our names and the rest."""
    ours = {_snake(one["property"]): one["value"] for one in said or [] if _snake(one["property"]) in known}
    return ours, [one for one in said or [] if _snake(one["property"]) not in known]


def _descriptions(left: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Take the words about the table out of ``left``: terms, and what the declaration says."""
    said = left.get("description") or {}
    terms = {name: str(said.pop(name)) for name in ("usage", "limitations") if said.get(name)}
    about = _filled(title=str(left.pop("name", "") or ""), description=str(said.pop("purpose", "") or ""))
    support = left.get("support") or []
    if support:
        terms["contact"] = str(support[0].pop("channel"))
        support[0].pop("url", None), support[0].pop("tool", None)
    custom, rest = _custom(left.pop("customProperties", None), {"title_en", "communes_on", "schedule", *ABOUT_COLUMNS})
    left |= {"customProperties": rest} if rest else {}
    return terms, about | {name: str(value) for name, value in custom.items()}


ABOUT_COLUMNS: Final = ("commune_column", "time_column")


def _rules(table: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Take the rules that can be run out of a table's quality."""
    kept = []
    for place, one in enumerate(table.pop("quality", None) or [], 1):
        made = _rule(one, place)
        if made is None:
            kept.append(one)
        else:
            yield {name: str(value) for name, value in made.items() if value not in ("", None)}
    if kept:
        table["quality"] = kept


def _rule(said: Mapping[str, Any], place: int) -> dict[str, Any] | None:
    head = {
        "name": said.get("name") or f"quy-tac-{place}", "description": said.get("description", ""),
        "severity": said.get("severity") if said.get("severity") in ruling.SEVERITIES else "error",
    }  # fmt: skip
    parts = said.get("implementation")
    if said.get("type") == "custom" and said.get("engine") == ENGINE and isinstance(parts, dict):
        return {**head, **{name: value for name, value in parts.items() if name not in head}}
    if said.get("type") != "sql":
        return None
    for one in said.get("customProperties") or []:
        if one["property"] == "violatingRows":
            return {**head, "kind": "sql", "query": one["value"]}
    operator = next((one for one in ruling.OPERATORS if one in said), None)
    if operator is None:
        return None
    return {**head, "kind": "sql", "query": said["query"], "operator": operator, "value": said[operator]}


def _promised(left: dict[str, Any], terms: dict[str, str], name: str) -> Iterator[dict[str, str]]:
    """Take retention and freshness out of the service levels; freshness is a rule where none says it already."""
    kept = []
    for one in left.pop("slaProperties", None) or []:
        unit, value = str(one.get("unit") or "d"), one.get("value")
        column = str(one.get("element") or "").removeprefix(f"{name}.")
        if one["property"] == "retention" and unit in YEARS and str(value).isdigit():
            terms["retention_years"] = str(value)
        elif one["property"] == "freshness" and unit in DAYS and column and ruling.NUMBER.fullmatch(str(value)):
            limit = str(value) if DAYS[unit] == 1 else f"{float(value) * DAYS[unit]:g}"
            told = one.get("description") or f"freshness-{column}"
            yield {"name": str(told)[:100], "kind": "freshness", "severity": "error", "column": column, "limit": limit}
        else:
            kept.append(one)
    if kept:
        left["slaProperties"] = kept


def _useful(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name not in {"id", "logicalType", "physicalType"}}


def _paths(value: Any, path: str) -> list[str]:
    """Name every filled part that is left, as deep as it goes."""
    if value in (None, "", [], {}, False):
        return []
    if isinstance(value, dict):
        return [one for name, part in value.items() for one in _paths(part, f"{path}.{name}".lstrip("."))]
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return [one for at, part in enumerate(value) for one in _paths(part, f"{path}[{at}]")]
    return [path]
