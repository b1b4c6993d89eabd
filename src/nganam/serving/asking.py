"""Reads a request: which service, which key, which parameters. Anything undocumented is refused, not ignored."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from nganam.kernel.opened import caller_of
from nganam.serving.aggregates import MEASURES, MOST_GROUPED, Aggregation
from nganam.serving.changes import ChangeQuestion
from nganam.serving.finding import MOST_METRES, Asked, Place, Words, read_words
from nganam.serving.ordering import Order
from nganam.serving.plans import Plan
from nganam.serving.problems import bad_request, not_through_gateway, too_long, unknown_service
from nganam.serving.reading import DEFAULT_PAGE, MAX_VALUE, OPERATORS, Filter, PageQuestion
from nganam.serving.secret import HEADER
from nganam.serving.values import ORDERED

DECIMAL = re.compile(r"^-?[0-9]{1,9}(\.[0-9]{1,15})?$", re.ASCII)
COMMUNE = re.compile(r"^[0-9]{5}\Z", re.ASCII)
SAFE_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
CONSUMER = b"x-lgsp-consumer"
GATE = HEADER.encode()
# What the journal says of a call in the caller's words, and how much of it.
NOTED = {
    b"x-road-id": ("messageId", 128), b"x-road-userid": ("messageUserId", 128), b"x-road-issue": ("messageIssue", 256),
    b"x-lgsp-node": ("node", 64), b"x-lgsp-key": ("clientId", 64),
}  # fmt: skip
RESERVED = ("fields", "sort", "limit", "cursor")
BATCH, CHANGES, AGGREGATE, SEARCH, NEAR = "$batch", "$changes", "$aggregate", "$search", "$near"
FEATURES = "$features"
FORMS = frozenset({BATCH, CHANGES, AGGREGATE, SEARCH, NEAR, FEATURES})
"""Reserved words behind a service's address; more stands behind ``FEATURES`` only."""
FOUND = ("fields", "limit", "cursor")
PLACED = ("lon", "lat", "within")
NUMERIC = frozenset({"integer", "decimal"})
LONGEST_VERSION = 9
MOST_SORT = 3
MOST_KEYS = 100
MOST_PARAMETERS = 200
MOST_ADDRESS = 2048
"""How much of an address the gateway's log and the journal keep."""
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
    return decoded(first)


def read_key(raw: bytes) -> tuple[str, ...] | None:
    """Return the parts of the key that stands behind the service, ``None`` when a page is asked for."""
    parts = raw.split(b"?", 1)[0].strip(b"/").split(b"/")
    if len(parts) > 2:  # noqa: PLR2004 - service and key
        raise unknown_service()
    if len(parts) == 1:
        return None
    return tuple(decoded(part) for part in parts[1].split(b","))


def decoded(raw: bytes) -> str:
    """Return a part of a path as text; raise ``Refused`` when it is not UTF-8 or too long."""
    try:
        text = unquote(raw.decode("ascii"), errors="strict")
    except UnicodeDecodeError as error:
        raise bad_request("Địa chỉ không phải UTF-8.", "Mã hóa phần trăm các ký tự có dấu theo UTF-8.") from error
    if len(text) > MAX_VALUE or "\0" in text:
        raise bad_request(f"Khóa dài quá {MAX_VALUE} ký tự hoặc có ký tự cấm.", "Kiểm tra lại khóa.")
    return text


def read_form(raw: bytes) -> str:
    """Return the reserved word behind the service (``$batch``…), "" when a key stands there or nothing.

    A key stands alone, so a key that reads like one of these words is asked by ``$batch`` only.
    """
    behind = raw.partition(b"?")[0].strip(b"/").partition(b"/")[2].replace(b"%24", b"$").decode("latin-1")
    word, _slash, rest = behind.partition("/")
    return word if word in FORMS and (not rest or word == FEATURES) else ""


def read_rest(raw: bytes) -> bytes:
    """Return what stands behind the reserved word, without the slashes around it."""
    return raw.partition(b"?")[0].strip(b"/").partition(b"/")[2].partition(b"/")[2]


def check_length(path: bytes, query: bytes, plan: Plan) -> None:
    """Refuse an address longer than the gateway logs: what does not fit there would be asked without a trace."""
    around = len(plan.service.path) + len("/r1//?") + len(query)
    if around + len(path) <= MOST_ADDRESS:  # also with the service's code, which the path here begins with
        return
    if around + len(path.partition(b"?")[0].lstrip(b"/").partition(b"/")[2]) > MOST_ADDRESS:
        raise too_long(MOST_ADDRESS)


def read_pairs(query: bytes) -> list[tuple[str, str]]:
    """Return the parameters in order; raise ``Refused`` when they cannot be read."""
    try:
        text = query.decode("ascii")
        return parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except ValueError as error:
        raise bad_request("Tham số không đọc được.", "Viết dạng ten=gia_tri, mã hóa phần trăm theo UTF-8.") from error


def read_parameters(query: bytes) -> dict[str, str]:
    """Return the parameters; raise ``Refused`` when one stands twice or is not UTF-8."""
    pairs = read_pairs(query)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise bad_request("Có tham số lặp lại.", "Mỗi tham số chỉ viết một lần.")
    return found


def read_page_question(parameters: dict[str, str], plan: Plan) -> PageQuestion:
    """Check the parameters of a page against what the service offers."""
    return PageQuestion(
        read_filters(parameters, plan, RESERVED), read_limit(parameters, plan.service.page_limit),
        parameters.get("cursor", ""), _order(parameters, plan), read_fields(parameters),
    )  # fmt: skip


def read_filters(parameters: dict[str, str], plan: Plan, reserved: tuple[str, ...]) -> tuple[Filter, ...]:
    """Return the filters: ``column=value`` and ranges (``column.gte=value``); refuse what is neither nor reserved.

    Ranges are for granted columns only: by halving them a value that may not be read would be read.
    """
    filterable = plan.filters()
    offered = {
        f"{name}.{operator}" if operator else name: (name, operator)
        for name in filterable
        if name not in reserved
        for operator in (OPERATORS if name in plan.names and plan.service.type_of(name) in ORDERED else ("",))
    }
    refuse_unknown(parameters, (*offered, *reserved), (*filterable, *reserved))
    for name, value in parameters.items():
        if "\0" in value or (name in offered and len(value) > MAX_VALUE):
            raise bad_request(f"Giá trị của {name} quá dài hoặc có ký tự cấm.", "Kiểm tra lại giá trị.")
    return tuple((*offered[name], parameters[name]) for name in offered if name in parameters)


def read_fields(parameters: dict[str, str]) -> tuple[str, ...]:
    """Return the fields asked for, none for all that are granted; ``Plan.narrowed`` checks the names."""
    return tuple(parameters["fields"].split(",")) if "fields" in parameters else ()


def _order(parameters: dict[str, str], plan: Plan) -> Order:
    """Return the order asked for: granted columns among those the service lets be filtered by and its key."""
    if "sort" not in parameters:
        return ()
    offered = dict.fromkeys((*plan.filters(), *plan.service.lookup))
    sortable = tuple(name for name in offered if name in plan.names)
    order = tuple((text.removeprefix("-"), text.startswith("-")) for text in parameters["sort"].split(","))
    names = [name for name, _ in order]
    if not set(names) <= set(sortable) or len(set(names)) < len(names) or len(names) > MOST_SORT:
        raise bad_request(
            f"Tham số sort là 1 đến {MOST_SORT} cột khác nhau, cách nhau dấu phẩy; dấu trừ trước cột là giảm dần.",
            f"Các cột sắp xếp được: {', '.join(sortable) or '(không có)'}.", known=list(sortable),
        )  # fmt: skip
    return order


def read_keys(query: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the keys asked for (``key`` repeated) and the fields; raise ``Refused`` when there are too many."""
    pairs = read_pairs(query)
    keys = tuple(value for name, value in pairs if name == "key")
    rest = [(name, value) for name, value in pairs if name != "key"]
    if len(dict(rest)) < len(rest):
        raise bad_request("Có tham số lặp lại.", "Chỉ tham số key được viết nhiều lần.")
    refuse_unknown(dict(rest), ("fields",), ("key", "fields"))
    if not 1 <= len(keys) <= MOST_KEYS:
        raise bad_request(
            f"Mỗi lần hỏi từ 1 đến {MOST_KEYS} khóa; câu hỏi này có {len(keys)}.",
            "Viết key=… cho từng khóa; nhiều hơn thì chia thành nhiều lần gọi.",
        )
    for key in keys:
        if not key or "\0" in key or len(key) > MAX_VALUE:
            raise bad_request(f"Có khóa trống, dài quá {MAX_VALUE} ký tự hoặc có ký tự cấm.", "Kiểm tra lại khóa.")
    return keys, read_fields(dict(rest))


def read_change_question(parameters: dict[str, str], plan: Plan) -> ChangeQuestion:
    """Check the parameters of a question for changes: ``since`` is a version's number."""
    known = ("since", "fields", "limit", "cursor")
    refuse_unknown(parameters, known, known)
    since = parameters.get("since", "")
    if not (since.isascii() and since.isdigit() and len(since) <= LONGEST_VERSION and int(since)):
        raise bad_request(
            "Thiếu tham số since, hoặc since không phải số phiên bản.",
            "Lấy since từ trường next_since của lần hỏi trước, hoặc từ version của trang đầu khi đọc toàn bộ.",
        )
    return ChangeQuestion(
        int(since), read_limit(parameters, plan.service.page_limit), parameters.get("cursor", ""),
        read_fields(parameters),
    )  # fmt: skip


def read_aggregation(parameters: dict[str, str], plan: Plan) -> Aggregation:
    """Check the parameters of figures: groups are granted fields, measures granted fields that are numbers."""
    numbers = tuple(name for name in plan.names if plan.service.type_of(name) in NUMERIC)
    groups = _columns(parameters, "group", plan, plan.names)
    if len(groups) > MOST_GROUPED:
        raise bad_request(f"Chỉ gộp theo nhiều nhất {MOST_GROUPED} cột.", "Bớt cột trong tham số group.")
    measures = tuple((one, name) for one in MEASURES for name in _columns(parameters, one, plan, numbers))
    return Aggregation(groups, measures, read_filters(parameters, plan, ("group", *MEASURES)))


def read_search(parameters: dict[str, str], plan: Plan) -> tuple[Words, Asked]:
    """Check the parameters of a search: the words and, as of a page, filters, fields and how many."""
    asked = _asked(parameters, plan, ("q",))
    return read_words(parameters.get("q", "")), asked


def read_near(parameters: dict[str, str], plan: Plan) -> tuple[Place, Asked]:
    """Check the parameters of a question by place: a point with a distance, a box, a commune, or several of these."""
    asked = _asked(parameters, plan, (*PLACED, "bbox", "commune"))
    given = [name for name in PLACED if name in parameters]
    if (given and len(given) < len(PLACED)) or not (given or "bbox" in parameters or "commune" in parameters):
        raise bad_request(
            "Hỏi theo vị trí cần đủ lon, lat và within, hoặc bbox, hoặc commune.",
            "Viết lon=105.97&lat=9.6&within=2000 (độ và mét), bbox=105.9,9.5,106.1,9.7, hoặc commune=31507 (mã xã).",
        )
    box = _box(parameters["bbox"]) if "bbox" in parameters else None
    commune = read_commune(parameters)
    if not given:
        return Place(box=box, commune=commune), asked
    point = (_number(parameters, "lon", -180, 180), _number(parameters, "lat", -90, 90))
    return Place(point, _number(parameters, "within", 0, MOST_METRES), box, commune), asked


def read_commune(parameters: dict[str, str]) -> str:
    """Return the code of the commune asked for, "" for none; raise ``Refused`` when it cannot be a code."""
    text = parameters.get("commune", "")
    if "commune" in parameters and not COMMUNE.match(text):
        raise bad_request("Tham số commune phải là mã xã, gồm 5 chữ số.", "Viết commune=31507; giữ các số 0 ở đầu.")
    return text


def _asked(parameters: dict[str, str], plan: Plan, own: tuple[str, ...]) -> Asked:
    return Asked(
        read_filters(parameters, plan, (*own, *FOUND)), read_limit(parameters, plan.service.page_limit),
        parameters.get("cursor", ""), read_fields(parameters),
    )  # fmt: skip


def _number(parameters: dict[str, str], name: str, least: float, most: float) -> float:
    value = _as_float(parameters[name])
    if not least <= value <= most:
        raise bad_request(
            f"Tham số {name} phải là số từ {least} đến {most}, dấu thập phân là dấu chấm.", f"Sửa {name} rồi gọi lại."
        )
    return value


def _as_float(text: str) -> float:
    """Return a plain decimal number, NaN for anything else: NaN lies between no two limits."""
    return float(text) if DECIMAL.match(text) else math.nan


def _box(text: str) -> tuple[float, float, float, float]:
    parts = [_as_float(one) for one in text.split(",")] if len(text) <= MAX_VALUE else []
    if len(parts) == 4:  # noqa: PLR2004 - west, south, east, north
        west, south, east, north = parts
        if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:  # noqa: PLR2004 - degrees
            return west, south, east, north
    raise bad_request(
        "Tham số bbox phải là bốn số: kinh độ nhỏ, vĩ độ nhỏ, kinh độ lớn, vĩ độ lớn (độ, WGS 84).",
        "Viết bbox=105.9,9.5,106.1,9.7; kinh độ từ -180 đến 180, vĩ độ từ -90 đến 90.",
    )


def _columns(parameters: dict[str, str], asked: str, plan: Plan, offered: tuple[str, ...]) -> tuple[str, ...]:
    if asked not in parameters:
        return ()
    names = tuple(parameters[asked].split(","))
    plan.narrowed(names)
    if not set(names) <= set(offered) or len(set(names)) < len(names):
        raise bad_request(
            f"Tham số {asked} là các cột khác nhau, cách nhau dấu phẩy.",
            f"Các cột dùng được: {', '.join(offered) or '(không có)'}.", known=list(offered),
        )  # fmt: skip
    return names


def refuse_unknown(parameters: Iterable[str], known: Iterable[str], told: tuple[str, ...]) -> None:
    """Refuse parameters that are not ``known``; ``told`` are the names to choose from."""
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        listed = ", ".join(told) or "(không có)"
        raise bad_request(
            f"Không có tham số: {', '.join(unknown)}.",
            f"Các tham số nhận được: {listed}; cột số, ngày được cấp thì lọc được theo khoảng: cột.gte, cột.gt,"
            " cột.lte, cột.lt.",
            known=list(told),
        )


def read_limit(parameters: dict[str, str], most: int) -> int:
    """Return how many are asked for at once; raise ``Refused`` outside 1 to ``most``."""
    text = parameters.get("limit", "")
    if not text and "limit" not in parameters:
        return min(DEFAULT_PAGE, most)
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= most):  # noqa: PLR2004
        raise bad_request(f"Tham số limit phải là số nguyên từ 1 đến {most}.", "Sửa limit rồi gọi lại.")
    return int(text)
