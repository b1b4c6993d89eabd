"""What the gateway itself answers: a problem document in Vietnamese that says why and what to do, and X-Road's error.

Only the platform's refusals pass here; what a provider answers is not touched. ``X-Road-Error`` is set for the same
reason X-Road sets it: the caller can tell our refusal from the provider's. Who sends ``X-Road-Client`` speaks X-Road's
protocol and gets its error (``type``, ``message``, ``detail``) with our members beside; others get RFC 9457's document.
"""

from dataclasses import dataclass

from nganam.kernel.opened import SUFFIX as OPEN_SUFFIX
from nganam.lgsp.envoy.decided import PLATFORM
from nganam.lgsp.envoy.identity import SPEAKS
from nganam.lgsp.envoy.shapes import Json, escaped, extension, set_header

PROBLEM = "application/problem+json; charset=utf-8"
XROAD_JSON = "application/json; charset=utf-8"
REQUEST = "%REQ(X-REQUEST-ID)%"
SPEAKS_XROAD = {"header_filter": {"header": {"name": SPEAKS, "present_match": True}}}


@dataclass(frozen=True, slots=True)
class Reply:
    """One refusal: when it is given (status, and a CEL condition on Envoy's reason) and what it says."""

    status: int
    code: str
    xroad: str
    title: str
    detail: str
    hint: str
    when: str = ""
    answered: int = 0
    """The status to answer with, when Envoy's own would say something else."""


def _reason(text: str) -> str:
    return f"response.code_details.startsWith('{text}')"


def _beyond(text: str) -> str:
    """Return the condition of a platform beyond the province: its clusters are known by its code."""
    return f"xds.cluster_name.startsWith('up-{PLATFORM}-') && response.code_details.contains('{text}')"


REPLIES: tuple[Reply, ...] = (
    Reply(
        401, "token_missing", "client.authentication_failed", "Chưa có mã truy cập",
        "Yêu cầu không kèm mã truy cập.",
        "Lấy mã tại {token_url} (client_credentials), rồi gửi đầu mục Authorization: Bearer <mã>.",
        _reason("jwt_authn_access_denied{Jwt_is_missing}"),
    ),
    Reply(
        401, "token_expired", "client.authentication_failed", "Mã truy cập hết hạn",
        "Mã truy cập đã hết hạn; mỗi mã dùng được 5 phút.", "Lấy mã mới tại {token_url} rồi gọi lại.",
        _reason("jwt_authn_access_denied{Jwt_is_expired}"),
    ),
    Reply(
        401, "token_invalid", "client.authentication_failed", "Mã truy cập không hợp lệ",
        "Mã truy cập không do cổng này cấp, hoặc đã bị thay đổi.", "Lấy mã mới tại {token_url} rồi gọi lại.",
    ),
    Reply(
        403, "access_revoked", "server.serverproxy.access_denied", "Quyền đã bị thu hồi hoặc tạm khóa",
        "Tài khoản kết nối hoặc khóa của ứng dụng đã bị thu hồi hay tạm khóa.",
        "Hỏi cơ quan cung cấp dữ liệu; xem tình trạng tài khoản trên cổng.",
        _reason("rbac_access_denied_matched_policy[revoked"),
    ),
    Reply(
        403, "token_bound", "client.authentication_failed", "Mã truy cập gắn với chứng thư khác",
        "Mã này chỉ dùng được trên kết nối TLS có đúng chứng thư đã dùng khi lấy mã.",
        "Gọi cổng TLS bằng chứng thư đó, hoặc lấy mã mới tại {token_url}.",
        _reason("rbac_access_denied_matched_policy[bound"), answered=401,
    ),
    Reply(
        403, "identity_mismatch", "server.clientproxy.ssl_authentication_failed", "Bên gọi không khớp",
        "X-Road-Client hoặc chứng thư nêu một ứng dụng khác với ứng dụng đã được chứng minh.",
        "Gửi X-Road-Client của chính ứng dụng, một lần, dạng INSTANCE/GOV/CƠ QUAN/ỨNG DỤNG; hoặc bỏ đầu mục này.",
        _reason("rbac_access_denied_matched_policy[identity"),
    ),
    Reply(
        403, "peer_unknown", "server.serverproxy.access_denied", "Chưa được nhận vào LGSP",
        "Chứng thư hợp lệ nhưng bên gọi chưa được LGSP của tỉnh ghi nhận.",
        "Cơ quan đầu mối cấp tỉnh ghi nhận bên gọi theo yêu cầu đã được chấp thuận.",
        _reason("rbac_access_denied_matched_policy[peer"),
    ),
    Reply(
        403, "duplicate_header", "client.bad_request", "Đầu mục lặp lại",
        "X-Road-Id, X-Road-UserId, X-Road-Issue và X-Road-Represented-Party mỗi đầu mục chỉ gửi một lần, không có dấu "
        "phẩy.",
        "Bỏ đầu mục lặp rồi gọi lại.", _reason("rbac_access_denied_matched_policy[twice"), answered=400,
    ),
    Reply(
        403, "token_outdated", "client.authentication_failed", "Quyền của tài khoản vừa thay đổi",
        "Mã truy cập này được cấp trước khi quyền của tài khoản thay đổi.", "Lấy mã mới tại {token_url} rồi gọi lại.",
        _reason("rbac_access_denied_matched_policy[changed"), answered=401,
    ),
    Reply(
        403, "outside_hours", "server.serverproxy.access_denied", "Ngoài giờ được phép",
        "Tài khoản kết nối chỉ được gọi trong những giờ đã thỏa thuận.",
        "Xem giờ được phép ở trang tài khoản trên cổng rồi gọi lại trong giờ.",
        _reason("rbac_access_denied_matched_policy[hours"),
    ),
    Reply(
        403, "not_granted", "server.serverproxy.access_denied", "Chưa được cấp quyền",
        "Mã truy cập này không dùng được cho dịch vụ hoặc thao tác đang gọi.",
        "Kiểm tra đúng tài khoản của dịch vụ và thao tác được cấp; nếu chưa có, gửi yêu cầu kết nối trên cổng.",
    ),
    Reply(
        404, "unknown_service", "server.serverproxy.unknown_service", "Không có dịch vụ này",
        "Không có dịch vụ hay thao tác nào tại địa chỉ này.", "Xem địa chỉ đúng tại {public_url}/dich-vu/.",
    ),
    Reply(
        405, "method_not_allowed", "client.bad_request", "Phương thức không được dùng",
        "Dịch vụ chỉ nhận GET.", "Dùng GET.",
    ),
    Reply(
        413, "too_large", "client.bad_request", "Yêu cầu quá lớn",
        "Nội dung gửi lên vượt quá giới hạn {body_limit} byte.", "Chia nhỏ nội dung rồi gọi lại.",
    ),
    Reply(
        431, "headers_too_large", "client.bad_request", "Đầu mục quá lớn",
        "Địa chỉ và các đầu mục gửi lên vượt quá 8 KiB hoặc 100 đầu mục.", "Bớt đầu mục, rút ngắn địa chỉ rồi gọi lại.",
    ),
    Reply(
        429, "quota_exceeded_day", "server.clientproxy.quota_exceeded", "Hết hạn mức ngày",
        "Ứng dụng đã dùng hết số cuộc gọi được phép trong ngày cho dịch vụ này.",
        "Gọi lại từ thời điểm ghi ở Retry-After; cần nhiều hơn thì đề nghị cơ quan cung cấp nâng hạn mức.",
        "response.headers['x-lgsp-quota'] == 'day'",
    ),
    Reply(
        429, "quota_exceeded_month", "server.clientproxy.quota_exceeded", "Hết hạn mức tháng",
        "Ứng dụng đã dùng hết số cuộc gọi được phép trong tháng cho dịch vụ này.",
        "Gọi lại từ thời điểm ghi ở Retry-After; cần nhiều hơn thì đề nghị cơ quan cung cấp nâng hạn mức.",
        "response.headers['x-lgsp-quota'] == 'month'",
    ),
    Reply(
        429, "rate_limited", "server.clientproxy.rate_limited", "Gọi quá nhanh",
        "Ứng dụng đã gọi quá giới hạn mỗi phút của dịch vụ này.",
        "Chờ số giây ghi ở Retry-After rồi gọi lại; cần nhiều hơn thì đề nghị cơ quan cung cấp nâng giới hạn.",
    ),
    Reply(
        503, "service_suspended", "server.serverproxy.service_disabled", "Dịch vụ tạm ngừng",
        "Cơ quan cung cấp đang tạm ngừng dịch vụ này.", "Xem thông báo tại {public_url}/dich-vu/ và thử lại sau.",
        _reason("direct_response"),
    ),
    Reply(
        503, "log_full", "server.serverproxy.network_error", "Cổng tạm ngừng nhận cuộc gọi",
        "Ổ đĩa ghi nhật ký sắp đầy; cổng không phục vụ cuộc gọi nào mà không ghi được.",
        "Thử lại sau ít phút; đơn vị vận hành LGSP đã được báo.",
        _reason("overload"),
    ),
    Reply(
        503, "too_many_at_once", "server.serverproxy.service_failed", "Hệ thống nguồn đang quá tải",
        "Quá nhiều cuộc gọi đang chờ hệ thống của cơ quan cung cấp.", "Gọi ít cuộc cùng lúc hơn; thử lại sau ít giây.",
        _reason("upstream_reset_before_response_started{overflow}"),
    ),
    Reply(
        503, "platform_unavailable", "server.clientproxy.network_error", "Nền tảng ngoài tỉnh không trả lời",
        "LGSP không kết nối được nền tảng ngoài tỉnh đang giữ dịch vụ này.",
        "Thử lại sau ít phút; nếu vẫn lỗi, gửi mã yêu cầu cho đơn vị vận hành LGSP.",
        _beyond("upstream_reset"), answered=502,
    ),
    Reply(
        502, "platform_unavailable", "server.clientproxy.network_error", "Chưa gọi được nền tảng ngoài tỉnh",
        "LGSP của tỉnh lúc này không có địa chỉ hoặc mã truy cập dùng được tại nền tảng ngoài tỉnh.",
        "Gọi lại sau; nếu kéo dài, báo đơn vị vận hành LGSP.", _reason("direct_response"),
    ),
    Reply(
        504, "platform_timeout", "server.clientproxy.network_error", "Nền tảng ngoài tỉnh trả lời quá chậm",
        "Nền tảng ngoài tỉnh không trả lời trong thời gian chờ; chưa rõ yêu cầu đã được xử lý hay chưa.",
        "Yêu cầu đọc: gọi lại sau. Yêu cầu ghi: hỏi kết quả trước khi gửi lại.",
        _beyond("response_timeout"),
    ),
    Reply(
        503, "unavailable", "server.serverproxy.network_error", "Tạm thời không phục vụ được",
        "Máy chủ dữ liệu của dịch vụ không trả lời.",
        "Thử lại sau ít giây; nếu vẫn lỗi, gửi mã yêu cầu cho đơn vị vận hành LGSP.",
    ),
    Reply(
        504, "timeout", "server.serverproxy.network_error", "Quá thời gian chờ",
        "Máy chủ dữ liệu của dịch vụ trả lời quá chậm.", "Thử lại với ít bản ghi hơn (limit).",
    ),
    Reply(
        500, "server_error", "server.serverproxy.service_failed", "Cổng gặp lỗi",
        "Yêu cầu chưa được chuyển xong.", "Thử lại; nếu vẫn lỗi, gửi mã yêu cầu cho đơn vị vận hành LGSP.",
        "response.code >= 500",
    ),
    Reply(
        400, "bad_request", "client.bad_request", "Yêu cầu không đúng dạng", "Cổng không đọc được yêu cầu này.",
        "Kiểm tra địa chỉ và các đầu mục: không mã hóa dấu gạch chéo, không mã hóa hai lần.",
        "response.code >= 400",
    ),
)  # fmt: skip
# Answered by a route of the open tier; without one, none of these can be given.
OPEN_REPLIES: tuple[Reply, ...] = (
    Reply(
        401, "key_invalid", "client.authentication_failed", "Khóa truy cập mở không hợp lệ",
        "X-API-Key không do cổng này cấp, đã bị thay đổi hoặc đã hết hạn.",
        "Gửi nguyên khóa, một lần; hoặc bỏ đầu mục để gọi không khóa; hoặc nhận khóa mới tại {public_url}/khoa-mo/.",
        f"xds.route_name.endsWith('{OPEN_SUFFIX}')",
    ),
    Reply(
        403, "open_tier_closed", "server.serverproxy.access_denied", "Tầng mở của dịch vụ đã đóng",
        "Dịch vụ không còn cho gọi mà không có mã truy cập.",
        "Xem trang dịch vụ tại {public_url}/dich-vu/; cần dữ liệu thì gửi yêu cầu kết nối.",
        _reason("rbac_access_denied_matched_policy[closed"), answered=401,
    ),
    Reply(
        429, "open_limit", "server.clientproxy.rate_limited", "Vượt giới hạn của tầng mở",
        "Địa chỉ hoặc khóa này đã gọi quá giới hạn mỗi phút của tầng mở, hoặc có quá nhiều người gọi cùng lúc.",
        "Chờ số giây ghi ở Retry-After; nhận khóa có giới hạn cao hơn tại {public_url}/khoa-mo/.",
        "response.headers['x-lgsp-quota'] == 'open'",
    ),
)  # fmt: skip
HEALTHY = {"json_format": {"status": "%RESPONSE_CODE%"}, "content_type": "application/json"}
SAID_WITH: dict[str, tuple[tuple[str, str], ...]] = {
    "method_not_allowed": (("allow", "GET, HEAD"),),
    "open_limit": (("retry-after", "%METADATA(ROUTE:lgsp:retry_after)%"),),
    "rate_limited": (("retry-after", "%METADATA(ROUTE:lgsp:retry_after)%"),),
    "service_suspended": (("retry-after", "5"),),
    "too_many_at_once": (("retry-after", "1"),),
    "unavailable": (("retry-after", "5"),),
    "log_full": (("retry-after", "5"),),
}


def local_replies(*, public_url: str, token_url: str, body_limit: int) -> Json:
    """Return the connection manager's rules for its own answers; the first rule that fits is used."""
    replies = (*OPEN_REPLIES, *REPLIES)
    words = {"public_url": public_url, "token_url": token_url, "body_limit": str(body_limit)}
    as_xroad = [_mapper(reply, words, xroad=True) for reply in replies]
    return {"mappers": [*as_xroad, *(_mapper(reply, words) for reply in replies)], "body_format": HEALTHY}


def _mapper(reply: Reply, words: dict[str, str], *, xroad: bool = False) -> Json:
    headers = [
        set_header("x-road-error", reply.xroad),
        set_header("cache-control", "no-store"),
        *(set_header(*one) for one in SAID_WITH.get(reply.code, ())),
    ]
    body = _xroad_body(reply, words) if xroad else _body(reply, words)
    mapper = {"filter": _filter(reply, xroad=xroad), "body_format_override": body, "headers_to_add": headers}
    return {**mapper, "status_code": reply.answered} if reply.answered else mapper


def _filter(reply: Reply, *, xroad: bool) -> Json:
    conditions = [_cel(reply.when)] if reply.when else []
    if not reply.when.startswith("response.code >="):
        value = {"default_value": reply.status, "runtime_key": f"lgsp.reply.{reply.code}"}
        conditions.insert(0, {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}})
    if xroad:
        conditions.insert(0, SPEAKS_XROAD)
    return conditions[0] if len(conditions) == 1 else {"and_filter": {"filters": conditions}}


def _cel(expression: str) -> Json:
    message = "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"
    return {"extension_filter": extension("envoy.access_loggers.extension_filters.cel", message, expression=expression)}


def _body(reply: Reply, words: dict[str, str]) -> Json:
    members = {
        "type": f"{words['public_url']}/loi/#{reply.code}",
        "detail": reply.detail,
        "x_road_type": reply.xroad,
        "request_id": REQUEST,
    }
    return {"json_format": _members(reply, members, words), "content_type": PROBLEM}


def _xroad_body(reply: Reply, words: dict[str, str]) -> Json:
    """Return X-Road's error. Its ``detail`` names the one occurrence, so that a log can be searched for it."""
    members = {
        "type": reply.xroad,
        "message": f"{reply.title}. {reply.detail}",
        "detail": REQUEST,
        "request_id": REQUEST,
    }
    return {"json_format": _members(reply, members, words), "content_type": XROAD_JSON}


def _members(reply: Reply, more: dict[str, str], words: dict[str, str]) -> Json:
    known = {"title": reply.title, "hint": reply.hint, "code": reply.code, **more}
    texts = {name: text if text.startswith("%") else escaped(_filled(text, words)) for name, text in known.items()}
    # RESPONSE_CODE is written as a number.
    return {**texts, "status": "%RESPONSE_CODE%"}


def _filled(text: str, words: dict[str, str]) -> str:
    for name, value in words.items():
        text = text.replace("{" + name + "}", value)
    return text
