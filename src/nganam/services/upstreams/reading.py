"""What a system lets be done and answers: read from a few typed lines or from its OpenAPI document. Pure functions."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import yaml
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from nganam.services.models import Upstream

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SEGMENT = re.compile(r"^[A-Za-z0-9._~!$&'()+,=:@-]{1,80}$")
NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*){0,3}$")
HEADER = re.compile(r"^[A-Za-z][A-Za-z0-9-]{0,59}$")
# Of the connection, of the gateway, or such as make an answer another than was asked for.
RESERVED_HEADERS = frozenset({
    "host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive", "expect",
    "cookie", "accept-encoding", "x-forwarded-for", "x-forwarded-proto", "x-request-id", "forwarded", "range",
})  # fmt: skip
MOST_OPERATIONS, MOST_PARTS, MOST_COLUMNS, MOST_BYTES = 100, 10, 300, 2_000_000
TYPES = ("text", "integer", "decimal", "boolean", "date", "datetime")
WHOLE = {"name": "toan_bo", "title": "Toàn bộ câu trả lời", "type": "text", "personal": True}
"""The one item of a system whose answers are not looked into."""
Operation = dict[str, Any]


# -- typed lines --


def read_operations(text: str) -> list[Operation]:
    """Return the operations of lines ``GET /cong-dan/* -> /citizens/* ? ma_xa, limit``; raise ``ValueError``."""
    found = [_operation(line) for line in _lines(text)]
    pairs = [(one["method"], one["path"]) for one in found]
    twice = next((pair for pair in pairs if pairs.count(pair) > 1), None)
    if twice:
        raise ValueError(_("Thao tác khai hai lần: %(line)s.") % {"line": " ".join(twice)})
    if len(found) > MOST_OPERATIONS:
        raise ValueError(_("Nhiều nhất %(most)s thao tác.") % {"most": MOST_OPERATIONS})
    return found


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _operation(line: str) -> Operation:
    asked, _mark, names = line.partition("?")
    left, _arrow, to = asked.partition("->")
    method, _space, path = left.strip().partition(" ")
    found: Operation = {"method": method.upper(), "path": path.strip(), "to": to.strip()}
    if "?" in line:
        found["parameters"] = [one.strip() for one in names.split(",") if one.strip()]
    check_operation(found)
    return found


def check_operation(one: Mapping[str, Any]) -> None:
    """Raise ``ValueError`` in Vietnamese when an operation is none the gateway can route."""
    said = f"{one['method']} {one['path']}"
    if one["method"] not in METHODS:
        raise ValueError(_("%(line)s: phương thức phải là GET, POST, PUT, PATCH hoặc DELETE.") % {"line": said[:80]})
    _check_path(str(one["path"]), said)
    if one.get("to"):
        _check_path(str(one["to"]), said)
    if one.get("to") and stars(one["to"]) != stars(one["path"]):
        raise ValueError(_("%(line)s: hai đường dẫn phải có cùng số dấu *.") % {"line": said[:80]})


def stars(path: str) -> list[str]:
    """Return the ``*`` and ``**`` of a path in order."""
    return [part for part in path.split("/") if part in {"*", "**"}]


def _check_path(path: str, said: str) -> None:
    parts = path.removeprefix("/").split("/")
    if path == "/":
        return
    good = path.startswith("/") and len(parts) <= MOST_PARTS and not {".", "..", ""} & set(parts)
    good = good and all(part in {"*", "**"} or SEGMENT.match(part) for part in parts) and "**" not in parts[:-1]
    if not good:
        raise ValueError(
            _("%(line)s: đường dẫn bắt đầu bằng /, mỗi phần là chữ, số hoặc *; ** chỉ ở cuối.") % {"line": said[:80]}
        )


def write_operations(operations: Iterable[Operation]) -> str:
    """Return operations as the lines ``read_operations`` reads."""
    return "\n".join(write_operation(one) for one in operations)


def write_operation(one: Mapping[str, Any]) -> str:
    """Return one operation as its line."""
    to = f" -> {one['to']}" if one.get("to") else ""
    names = f" ? {', '.join(one['parameters'])}" if one.get("parameters") is not None else ""
    return f"{one['method']} {one['path']}{to}{names}"


def read_columns(text: str) -> list[dict[str, Any]]:
    """Return the items of lines ``ho_ten | Họ và tên | text | cá nhân``; raise ``ValueError``."""
    found = [_column(line) for line in _lines(text)]
    names = [one["name"] for one in found]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice or len(found) > MOST_COLUMNS:
        raise ValueError(_("Mục tin khai hai lần hoặc quá nhiều: %(name)s.") % {"name": twice or len(found)})
    return found


def _column(line: str) -> dict[str, Any]:
    name, title, kind, personal = [*(part.strip() for part in line.split("|")), "", "", ""][:4]
    if not NAME.match(name):
        text = _("%(line)s: mã mục tin gồm chữ không dấu, số, gạch dưới; mục bên trong nối bằng dấu chấm.")
        raise ValueError(text % {"line": line[:80]})
    if kind and kind not in TYPES:
        raise ValueError(
            _("%(line)s: kiểu phải là một trong %(types)s.") % {"line": line[:80], "types": ", ".join(TYPES)}
        )
    return {"name": name, "title": title or name, "type": kind or "text", "personal": bool(personal)}


def write_columns(columns: Iterable[Mapping[str, Any]]) -> str:
    """Return items as the lines ``read_columns`` reads."""
    return "\n".join(
        " | ".join([one["name"], one["title"], one["type"], *(["cá nhân"] if one.get("personal") else [])])
        for one in columns
    )


def read_headers(text: str) -> dict[str, str]:
    """Return the headers of lines ``X-Don-Vi: SYT``; raise ``ValueError``."""
    found: dict[str, str] = {}
    for line in _lines(text):
        name, _colon, value = line.partition(":")
        if (
            not HEADER.match(name.strip())
            or name.strip().lower() in RESERVED_HEADERS
            or name.lower().startswith("x-lgsp")
        ):
            raise ValueError(_("Không gửi kèm được đầu mục này: %(line)s.") % {"line": line[:80]})
        found[name.strip().lower()] = value.strip()[:500]
    return found


def read_soap(text: str) -> list[dict[str, Any]]:
    """Return the JSON faces of SOAP operations, from YAML; raise ``ValueError``."""
    try:
        said = yaml.safe_load(text) or []
    except yaml.YAMLError as error:
        raise ValueError(_("Mô tả SOAP không phải YAML.")) from error
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise ValueError(_("Mô tả SOAP là một danh sách, mỗi mục một thao tác."))
    return [_face(one) for one in said]


FACE = ("operation", "action", "namespace", "element", "records")


def _face(said: Mapping[str, Any]) -> dict[str, Any]:
    missing = [name for name in FACE if not isinstance(said.get(name), str) or not said[name]]
    if missing:
        raise ValueError(_("Mô tả SOAP thiếu: %(names)s.") % {"names": ", ".join(missing)})
    parameters = said.get("parameters") or {}
    version = str(said.get("version", "1.1"))
    if not isinstance(parameters, dict) or version not in {"1.1", "1.2"}:
        raise ValueError(_("Mô tả SOAP: parameters là cặp phần tử: tham số; version là 1.1 hoặc 1.2."))
    named = {str(element): str(name) for element, name in parameters.items()}
    return {**{name: str(said[name]) for name in FACE}, "version": version, "parameters": named}


# -- OpenAPI --


def read_document(content: bytes) -> dict[str, Any]:
    """Return operations, items, place of the records and envelope of an OpenAPI 3 document; raise ``ValueError``."""
    if len(content) > MOST_BYTES:
        raise ValueError(_("Tài liệu OpenAPI lớn quá 2 MB."))
    try:
        said = yaml.safe_load(content)  # JSON is YAML
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(_("Tài liệu OpenAPI không đọc được: phải là JSON hoặc YAML.")) from error
    if (
        not isinstance(said, dict)
        or not str(said.get("openapi", "")).startswith("3.")
        or not isinstance(said.get("paths"), dict)
    ):
        raise ValueError(_("Đây không phải tài liệu OpenAPI 3."))
    return _Document(said).contract()


class _Document:
    def __init__(self, said: dict[str, Any]) -> None:
        self._said = said

    def contract(self) -> dict[str, Any]:
        operations: list[Operation] = []
        shape: dict[str, Any] | None = None
        for path, item in self._said["paths"].items():
            for method, told in item.items() if isinstance(item, dict) else ():
                if str(method).upper() not in METHODS or not isinstance(told, dict):
                    continue
                made = self._operation(str(path), str(method).upper(), told, item)
                check_operation(made)
                operations.append(made)
                shape = shape or (self._shape(told) if made["method"] == "GET" else None)
        if not operations:
            raise ValueError(_("Tài liệu OpenAPI không có thao tác nào."))
        return {"operations": operations[:MOST_OPERATIONS], **(shape or {"columns": [], "records": "", "envelope": []})}

    def _operation(self, path: str, method: str, told: dict[str, Any], item: dict[str, Any]) -> Operation:
        parts = ["*" if "{" in part else part for part in path.strip("/").split("/")]
        listed = [self._resolved(one) for one in [*(item.get("parameters") or []), *(told.get("parameters") or [])]]
        names = [str(one["name"]) for one in listed if one.get("in") == "query" and one.get("name")]
        title = str(told.get("summary") or told.get("operationId") or "")[:200]
        return {"method": method, "path": "/" + "/".join(parts), "to": "", "title": title, "parameters": names}

    def _resolved(self, value: Any, depth: int = 0) -> dict[str, Any]:
        if not isinstance(value, dict):
            return {}
        reference = value.get("$ref")
        if not isinstance(reference, str) or depth > MOST_PARTS:
            return value
        found: Any = self._said
        for part in reference.removeprefix("#/").split("/"):
            found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        return self._resolved(found, depth + 1)

    def _shape(self, told: dict[str, Any]) -> dict[str, Any] | None:
        answers = told.get("responses") or {}
        answer = self._resolved(answers.get("200") or answers.get(200))
        content = answer.get("content") or {}
        schema = self._resolved((content.get("application/json") or {}).get("schema"))
        return self._records(schema)

    def _records(self, schema: dict[str, Any]) -> dict[str, Any] | None:
        if schema.get("items"):
            return self._described(self._resolved(schema["items"]), "", [])
        members = {name: self._resolved(one) for name, one in (schema.get("properties") or {}).items()}
        lists = [name for name, one in members.items() if self._resolved(one.get("items")).get("properties")]
        if lists:
            beside = [name for name, one in members.items() if not one.get("items") and not one.get("properties")]
            return self._described(self._resolved(members[lists[0]]["items"]), lists[0], beside)
        return self._described(schema, "", []) if members else None

    def _described(self, schema: dict[str, Any], records: str, envelope: list[str]) -> dict[str, Any]:
        return {"columns": self._columns(schema, "")[:MOST_COLUMNS], "records": records, "envelope": envelope}

    def _columns(self, schema: dict[str, Any], before: str, depth: int = 0) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for name, value in (schema.get("properties") or {}).items():
            told, full = self._resolved(value), f"{before}{name}"
            if told.get("properties") and depth < 2:  # noqa: PLR2004 - two levels down, as the filter's names go
                found += self._columns(told, f"{full}.", depth + 1)
            elif NAME.match(full):
                found.append(_described(full, told))
        return found


def _described(name: str, told: Mapping[str, Any]) -> dict[str, Any]:
    kind = told.get("type")
    kind = next((one for one in kind if one != "null"), "string") if isinstance(kind, list) else kind
    made = {"integer": "integer", "number": "decimal", "boolean": "boolean"}.get(str(kind), "text")
    made = {"date": "date", "date-time": "datetime"}.get(str(told.get("format")), made)
    return {
        "name": name, "title": str(told.get("title") or told.get("description") or name)[:200], "type": made,
        "personal": bool(told.get("x-personal")), "description": str(told.get("description") or "")[:500],
    }  # fmt: skip


def write_soap(faces: list[dict[str, Any]]) -> str:
    """Return faces as the YAML ``read_soap`` reads."""
    return yaml.safe_dump(faces, allow_unicode=True, sort_keys=False) if faces else ""


def written(found: "Upstream") -> dict[str, str]:
    """Return what a system is declared by as its form takes it, a text for each."""
    contract = found.contract
    return {
        "endpoints": "\n".join(found.endpoints),
        "operations": write_operations(contract.get("operations", [])),
        "columns": "" if found.answers == "whole" else write_columns(contract.get("columns", [])),
        "records": contract.get("records", ""),
        "envelope": ", ".join(contract.get("envelope", [])),
        "soap": write_soap(contract.get("soap", [])),
        "headers": "\n".join(f"{name}: {value}" for name, value in found.headers.items()),
    }
