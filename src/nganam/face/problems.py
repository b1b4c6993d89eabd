"""Errors become words for people here and nowhere else: a page, an htmx fragment or ``application/problem+json``."""

import re
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from nganam.kernel.errors import NganamError

log = structlog.get_logger(__name__)
MACHINE_PATHS = ("/api/", "/oauth2/")
ACCEPTED = re.compile(r"\s*([\w*+.-]+/[\w*+.-]+)\s*(?:;\s*q=([0-9.]+))?")

KINDS: dict[str, tuple[int, str]] = {
    "bad_request": (400, gettext_noop("Yêu cầu không đúng dạng")),
    "unauthorized": (401, gettext_noop("Chưa xác thực")),
    "csrf": (403, gettext_noop("Biểu mẫu đã hết hạn")),
    "not_allowed": (403, gettext_noop("Không được phép")),
    "not_found": (404, gettext_noop("Không tìm thấy")),
    "method_not_allowed": (405, gettext_noop("Trang này không mở thẳng được")),
    "rule_broken": (409, gettext_noop("Trái quy định")),
    "state_moved": (409, gettext_noop("Hồ sơ đã chuyển trạng thái")),
    "invalid": (422, gettext_noop("Thông tin chưa hợp lệ")),
    "server_error": (500, gettext_noop("Hệ thống gặp lỗi")),
    "unavailable": (503, gettext_noop("Tạm thời không thực hiện được")),
}
"""Every kind of problem: its status and title. A problem's ``type`` points to ``/loi/``, which explains them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem in words, in the shape of RFC 9457 plus ``hint``, ``code``, ``article`` and ``fields``."""

    code: str
    status: int
    title: str
    detail: str
    hint: str = ""
    article: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)
    request_id: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the members of the problem document; empty ones are left out except ``detail``."""
        members: dict[str, Any] = {
            "type": f"{settings.NGANAM_PUBLIC_URL}/loi/#{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        extra = {"hint": self.hint, "article": self.article, "fields": self.fields, "request_id": self.request_id}
        return members | {name: value for name, value in extra.items() if value}


def problem_of(error: NganamError, request_id: str = "") -> Problem:
    """Put a typed error into words in the active language."""
    title = KINDS[error.code][1] if error.code in KINDS else error.title
    return Problem(
        code=error.code,
        status=error.status,
        title=_(title),
        detail=str(error.message),
        hint=str(error.hint),
        article=getattr(error, "article", ""),
        fields={name: [str(text) for text in texts] for name, texts in getattr(error, "fields", {}).items()},
        request_id=request_id,
    )


def problem_response(request: HttpRequest, error: NganamError) -> HttpResponse:
    """Answer a typed error in the form the caller understands."""
    return answer(request, problem_of(error, _request_id(request)))


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Answer ``problem`` as JSON, fragment or page; the bare page if the page cannot be drawn (database gone)."""
    if wants_json(request):
        return JsonResponse(problem.as_json(), status=problem.status, content_type="application/problem+json")
    name = "face/problem_fragment.html" if "HX-Request" in request.headers else "face/problem.html"
    try:
        html = get_template(name).render({"problem": problem}, request)
    except DatabaseError:
        log.exception("problem_page_failed", code=problem.code)
        html = get_template("face/problem_bare.html").render({"problem": problem})
    return HttpResponse(html, status=problem.status)


def wants_json(request: HttpRequest) -> bool:
    """Say whether the caller is a program: by the path, else by what ``Accept`` prefers."""
    if request.path.startswith(MACHINE_PATHS):
        return True
    weights = {kind: float(weight or 1) for kind, weight in ACCEPTED.findall(request.headers.get("Accept", ""))}
    json = max((weight for kind, weight in weights.items() if kind.endswith("json")), default=0.0)
    return json > max(weights.get("text/html", 0.0), weights.get("application/xhtml+xml", 0.0))


def unauthorized(request: HttpRequest) -> Problem:
    """Return the problem of a caller whose key is missing, wrong, expired or revoked (401)."""
    detail = _("Thiếu khóa API, hoặc khóa sai, hết hạn, đã thu hồi.")
    hint = _("Gửi “Authorization: Bearer …” với khóa tạo tại trang Tài khoản của tôi, mục Khóa API.")
    return _problem(request, "unauthorized", detail, hint)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django's signature
    """Answer 400: a malformed or suspicious request. The cause goes to the log only."""
    detail = _("Máy chủ không đọc được yêu cầu này.")
    return answer(request, _problem(request, "bad_request", detail, _("Tải lại trang rồi thử lại.")))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django's signature
    """Answer 403 of Django itself."""
    detail = _("Tài khoản này không được làm việc đó.")
    return answer(request, _problem(request, "not_allowed", detail, _("Liên hệ quản trị nếu bạn cần quyền này.")))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  # Django's signature
    """Answer 404 for an address that leads nowhere."""
    detail = _("Không tìm thấy trang này.")
    return answer(request, _problem(request, "not_found", detail, _("Kiểm tra lại địa chỉ hoặc tìm từ trang chủ.")))


def method_not_allowed(request: HttpRequest, allowed: str) -> HttpResponse:
    """Answer 405: an address that only takes a form was opened, as when a page sent by a form is loaded again.

    A program is told the methods there are.
    """
    detail = _("Địa chỉ này chỉ nhận biểu mẫu gửi đến, không có trang để xem.")
    hint = _("Quay lại trang trước và bấm nút trên trang đó.")
    if wants_json(request):
        detail = _("Địa chỉ này không nhận phương thức %(method)s.") % {"method": request.method}
        hint = _("Dùng: %(allowed)s.") % {"allowed": ", ".join(sorted(allowed.split(", ")))}
    response = answer(request, _problem(request, "method_not_allowed", detail, hint))
    response["Allow"] = allowed
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without touching session, user or database: any of them may be what broke."""
    detail = _("Yêu cầu chưa được thực hiện xong. Sự việc đã được ghi lại.")
    hint = _("Thử lại sau ít phút; nếu vẫn lỗi, gửi mã yêu cầu bên dưới cho quản trị.")
    problem = _problem(request, "server_error", detail, hint)
    if wants_json(request):
        return JsonResponse(problem.as_json(), status=500, content_type="application/problem+json")
    return HttpResponse(get_template("face/problem_bare.html").render({"problem": problem}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or old (``CSRF_FAILURE_VIEW``)."""
    log.info("csrf_refused", reason=reason, path=request.path)
    detail = _("Phiên làm việc của biểu mẫu đã hết hạn hoặc trình duyệt chặn cookie, nên biểu mẫu chưa được gửi.")
    hint = _("Quay lại trang trước, tải lại trang rồi gửi lại; kiểm tra trình duyệt có cho phép cookie.")
    return answer(request, _problem(request, "csrf", detail, hint))


def _problem(request: HttpRequest, code: str, detail: str, hint: str) -> Problem:
    status, title = KINDS[code]
    return Problem(code, status, _(title), detail, hint, request_id=_request_id(request))


def _request_id(request: HttpRequest) -> str:
    return str(getattr(request, "request_id", ""))
