"""Middleware: request id, actor, content security policy, typed errors to pages."""

import re
import uuid
from collections.abc import Callable

import structlog
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from nganam.agencies.queries import actor_for
from nganam.face.problems import bad_request, method_not_allowed, problem_response
from nganam.kernel.errors import NganamError

Answer = Callable[[HttpRequest], HttpResponse]
SAFE_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
OWN_ERRORS = "/oauth2/"
"""What is wrong with a form is answered there in words of its own standard (RFC 6749)."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)


class RequestIdMiddleware:
    """Gives every request an id, shown on problem pages, in logs and in ``X-Request-Id``."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Take the caller's id when it is harmless, else make one."""
        given = request.headers.get("X-Request-Id", "")
        request.request_id = given if SAFE_ID.match(given) else uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request.request_id):
            response = self.get_response(request)
        response["X-Request-Id"] = request.request_id
        return response


class AddressMiddleware:
    """Refuses a NUL in an address or a form: no text of ours holds one, PostgreSQL fails where SQLite finds nothing.

    Forms are looked at when somebody reads them, since a view of large files first says how they are taken in.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look at the path and the query before anything reads them."""
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return bad_request(request, ValueError("NUL in the address"))
        if not request.path_info.startswith(OWN_ERRORS):
            _refuse_nul_in_form(request)
        return self.get_response(request)


def _refuse_nul_in_form(request: HttpRequest) -> None:
    read = request._load_post_and_files  # noqa: SLF001 - the one place a form is read

    def checked() -> None:
        read()
        for name, values in request._post.lists():  # type: ignore[attr-defined]  # noqa: SLF001 - as above
            if any("\0" in text for text in (name, *values)):
                raise BadRequest("NUL in a form")

    request._load_post_and_files = checked  # type: ignore[method-assign]  # noqa: SLF001 - as above


class ActorMiddleware:
    """Sets ``request.at`` (the instant of the request) and ``request.actor`` (looked up when first used)."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Read the clock once: a request is one moment."""
        at = timezone.now()
        request.at = at
        request.actor = SimpleLazyObject(  # type: ignore[assignment]  # behaves as an Actor
            lambda: actor_for(request.user, at, agency_code=request.session.get("agency"))
        )
        return self.get_response(request)


class ContentSecurityPolicyMiddleware:
    """Nothing is fetched from elsewhere, no inline script or style runs."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the policy unless a view set its own."""
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response


class ProblemMiddleware:
    """Turns a typed error from any room into one shape of answer."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on (errors arrive in ``process_exception``); the frameworks' answer to a wrong method has no words."""
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            return method_not_allowed(request, response["Allow"])
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a typed error; leave anything else to Django (a 500 with the request id)."""
        return problem_response(request, error) if isinstance(error, NganamError) else None
