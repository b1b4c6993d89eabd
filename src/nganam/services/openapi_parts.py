"""What the documents of all services share: types of fields, made-up values, refusals, the form of an answer."""

from typing import Any

TYPES: dict[str, dict[str, Any]] = {
    "integer": {"type": ["integer", "null"]},
    "decimal": {"type": ["number", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "date": {"type": ["string", "null"], "format": "date"},
    "datetime": {"type": ["string", "null"], "format": "date-time"},
}
MADE_UP: dict[str, Any] = {
    "integer": 120,
    "decimal": 12.5,
    "boolean": True,
    "date": "2026-01-31",
    "datetime": "2026-01-31T08:00:00Z",
    "commune": "31507",
}
"""A value of each type for examples; a text is made of its column's name. None is anybody's."""
PROBLEM: dict[str, Any] = {
    "description": "Từ chối, theo RFC 9457",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
TOLD = {
    "ETag": "Dấu của câu trả lời; gửi lại trong If-None-Match thì dữ liệu không đổi được trả 304",
    "x-lgsp-version": "Phiên bản của bảng mà câu trả lời lấy từ đó",
    "x-lgsp-fields": "Số mục tin trong mỗi bản ghi",
    "x-lgsp-records": "Số bản ghi đã chia sẻ",
}


def made_up(name: str, kind: str) -> Any:
    """Return a value for the example of a column."""
    return MADE_UP.get(kind, f"{name}-0001")


def refusals(*codes: str) -> dict[str, Any]:
    """Return refusals by status."""
    return dict.fromkeys(codes, PROBLEM)


def answer(schema: dict[str, Any], example: Any = None) -> dict[str, Any]:
    """Return the description of an answer with data."""
    content: dict[str, Any] = {"schema": schema}
    if example is not None:
        content["example"] = example
    headers = {name: {"description": text, "schema": {"type": "string"}} for name, text in TOLD.items()}
    return {
        "description": "Chỉ gồm các mục tin được cấp", "headers": headers, "content": {"application/json": content},
    }  # fmt: skip
