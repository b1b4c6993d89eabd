"""Doors: every view states whom it is for, and the statement is what is enforced.

``tests/contracts`` walks the addresses and refuses a view without ``audience``.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Role
from nganam.kernel.errors import NotFound

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class Audience(StrEnum):
    """Whom a view is for."""

    PUBLIC = "public"
    """Anybody, no sign-in."""
    SIGNED_IN = "signed_in"
    """Any person with an account, also one who holds no post (own profile, own inbox)."""
    OFFICER = "officer"
    """A person who holds a post at an agency today."""
    MACHINE = "machine"
    """Programs; the view checks the credential itself, since how differs (token, signature, key)."""


def door(audience: Audience, roles: tuple[Role, ...] = ()) -> Callable[[View[P]], View[P]]:
    """Let only ``audience`` (and, when given, holders of one of ``roles``) into a view.

    A visitor is sent to sign in (GET) or told that nothing is there; a person without the role is told the latter.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if audience in {Audience.PUBLIC, Audience.MACHINE}:
                return view(request, *args, **kwargs)
            actor: Actor = request.actor
            if not actor.is_person:
                return _send_to_sign_in(request)
            if audience is Audience.OFFICER and not _may_enter(actor, roles):
                raise not_found()
            return view(request, *args, **kwargs)

        marked = cast("Any", guarded)
        marked.audience, marked.roles = audience, tuple(roles)
        return guarded

    return decorate


def not_found() -> NotFound:
    """Return the one refusal that is the same for "does not exist" and "not yours to see"."""
    return NotFound(
        _("Không tìm thấy trang này."),
        hint=_("Kiểm tra lại địa chỉ, hoặc đăng nhập bằng tài khoản có quyền xem."),
    )


def _may_enter(actor: Actor, roles: tuple[Role, ...]) -> bool:
    return actor.has(*roles) if roles else bool(actor.agency or actor.roles)


def _send_to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        raise not_found()
    address = f"{settings.LOGIN_URL}?next={quote(request.get_full_path())}"
    if "HX-Request" in request.headers:
        # A redirect would put the sign-in page inside a fragment; htmx follows this header with the whole page instead.
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
