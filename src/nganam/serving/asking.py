"""Reads a request: which service, which key, which parameters. Anything undocumented is refused, not ignored."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from nganam.kernel.opened import caller_of
from nganam.serving.plans import Plan
from nganam.serving.problems import bad_request, not_through_gateway, unknown_service
from nganam.serving.reading import DEFAULT_PAGE, MAX_VALUE, PageQuestion
from nganam.serving.secret import HEADER

SAFE_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
CONSUMER = b"x-lgsp-consumer"
GATE = HEADER.encode()
# What the journal says of a call in the caller's words, and how much of it.
NOTED = {
    b"x-road-id": ("messageId", 128), b"x-road-userid": ("messageUserId", 128), b"x-road-issue": ("messageIssue", 256),
    b"x-lgsp-node": ("node", 64), b"x-lgsp-key": ("clientId", 64),
}  # fmt: skip
RESERVED = ("limit", "cursor")
PASSED = frozenset({
    b"content-type", b"content-encoding", b"x-request-id", b"x-road-id", b"x-road-client", b"x-road-userid",
    b"x-road-issue", CONSUMER,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers the data server looks at; ``passed`` are those an agency's system gets as they came."""

    consumer: str = ""
    gate: bytes = b""
    request_id: str = ""
    etag: str = ""
    noted: dict[str, str] = field(default_factory=dict)
    passed: tuple[tuple[str, str], ...] = ()
    has_body: bool = False


def read_headers(raw: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Pick the headers out; raise ``Refused`` when the caller's name stands twice."""
    consumer: bytes | None = None
    gate = request_id = etag = b""
    noted: dict[str, str] = {}
    passed: list[tuple[str, str]] = []
    has_body = False
    for name, value in raw:
        if name == CONSUMER:
            if consumer is not None:
                raise not_through_gateway()
            consumer = value
        elif name == GATE:
            gate = value
        elif name == b"x-request-id":
            request_id = value
        elif name == b"if-none-match":
            etag = value
        elif name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            has_body = True
        elif name in NOTED:
            said, most = NOTED[name]
            noted[said] = value.decode("utf-8", "replace")[:most]
        if name in PASSED:
            passed.append((name.decode(), value.decode("latin-1")))
    given = request_id.decode("latin-1")
    return Headers(
        (consumer or b"").decode("latin-1"), gate, given if SAFE_ID.match(given) else "", etag.decode("latin-1"),
        _with_caller(noted), tuple(passed), has_body,
    )  # fmt: skip


def _with_caller(noted: dict[str, str]) -> dict[str, str]:
    """Name the caller by its key of the open tier: only the log tells those callers apart."""
    return {**noted, "consumer": caller_of(noted["clientId"])} if "clientId" in noted else noted


def read_service(raw: bytes) -> str:
    """Return the code of the service a path names first."""
    first = raw.partition(b"?")[0].strip(b"/").partition(b"/")[0]
    if not first:
        raise unknown_service()
    return _decoded(first)


def read_key(raw: bytes) -> tuple[str, ...] | None:
    """Return the parts of the key that stands behind the service, ``None`` when a page is asked for."""
    parts = raw.split(b"?", 1)[0].strip(b"/").split(b"/")
    if len(parts) > 2:  # noqa: PLR2004 - service and key
        raise unknown_service()
    if len(parts) == 1:
        return None
    return tuple(_decoded(part) for part in parts[1].split(b","))


def _decoded(raw: bytes) -> str:
    try:
        text = unquote(raw.decode("ascii"), errors="strict")
    except UnicodeDecodeError as error:
        raise bad_request("Địa chỉ không phải UTF-8.", "Mã hóa phần trăm các ký tự có dấu theo UTF-8.") from error
    if len(text) > MAX_VALUE or "\0" in text:
        raise bad_request(f"Khóa dài quá {MAX_VALUE} ký tự hoặc có ký tự cấm.", "Kiểm tra lại khóa.")
    return text


def read_parameters(query: bytes) -> dict[str, str]:
    """Return the parameters; raise ``Refused`` when one stands twice or is not UTF-8."""
    try:
        text = query.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=50)
    except ValueError as error:
        raise bad_request("Tham số không đọc được.", "Viết dạng ten=gia_tri, mã hóa phần trăm theo UTF-8.") from error
    found = dict(pairs)
    if len(found) != len(pairs):
        raise bad_request("Có tham số lặp lại.", "Mỗi tham số chỉ viết một lần.")
    return found


def read_page_question(parameters: dict[str, str], plan: Plan) -> PageQuestion:
    """Check the parameters of a page against what the service offers."""
    filterable = plan.filters()
    known = (*filterable, *RESERVED)
    _refuse_unknown(parameters, known)
    for name, value in parameters.items():
        if "\0" in value or (name != "cursor" and len(value) > MAX_VALUE):
            raise bad_request(f"Giá trị của {name} quá dài hoặc có ký tự cấm.", "Kiểm tra lại giá trị.")
    filters = tuple((name, parameters[name]) for name in filterable if name in parameters)
    return PageQuestion(filters, _limit(parameters, plan.service.page_limit), parameters.get("cursor", ""))


def refuse_parameters(parameters: dict[str, str]) -> None:
    """Refuse any parameter of a look-up by key: it takes none."""
    _refuse_unknown(parameters, ())


def _refuse_unknown(parameters: dict[str, str], known: tuple[str, ...]) -> None:
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        listed = ", ".join(known) or "(không có)"
        raise bad_request(
            f"Không có tham số: {', '.join(unknown)}.", f"Các tham số nhận được: {listed}.", known=list(known)
        )


def _limit(parameters: dict[str, str], most: int) -> int:
    text = parameters.get("limit", "")
    if not text and "limit" not in parameters:
        return min(DEFAULT_PAGE, most)
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= most):  # noqa: PLR2004
        raise bad_request(f"Tham số limit phải là số nguyên từ 1 đến {most}.", "Sửa limit rồi gọi lại.")
    return int(text)
