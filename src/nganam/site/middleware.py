"""Middleware: request id, actor, content security policy, typed errors to pages."""

import re
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from nganam.agencies.queries import actor_for
from nganam.face.problems import bad_request, method_not_allowed, problem_response
from nganam.kernel.errors import NganamError

Answer = Callable[[HttpRequest], HttpResponse]
SAFE_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
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
    """Refuses an address with a NUL: no text of ours holds one, and PostgreSQL fails where SQLite finds nothing."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look at the path and the query before anything reads them."""
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return bad_request(request, ValueError("NUL in the address"))
        return self.get_response(request)


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
