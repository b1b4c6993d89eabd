"""The inbox: list and mark as read. Works without JavaScript."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from nganam.face.doors import Audience, door
from nganam.kernel.errors import NotFound
from nganam.notices import operations, queries

PAGE = 30


@door(Audience.SIGNED_IN)
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """Show the actor's notices, newest first."""
    found = queries.inbox(request.actor)
    page = Paginator(found, PAGE).get_page(request.GET.get("trang"))
    return render(request, "notices/inbox.html", {"page": page, "unread": queries.unread_count(request.actor)})


@door(Audience.SIGNED_IN)
@require_POST
def mark_read(request: HttpRequest, ref: UUID | None = None) -> HttpResponse:
    """Mark one notice, or all, as read and show the inbox again."""
    operations.mark_read(actor=request.actor, at=request.at, refs=None if ref is None else [ref])
    return redirect("notices:inbox")


@door(Audience.SIGNED_IN)
@require_POST
def mark_some_read(request: HttpRequest) -> HttpResponse:
    """Mark the notices that were chosen as read and show the inbox again."""
    operations.mark_read(actor=request.actor, at=request.at, refs=_refs(request.POST.getlist("thong-bao")))
    return redirect("notices:inbox")


def _refs(given: list[str]) -> list[UUID]:
    try:
        return [UUID(one) for one in given[:PAGE]]
    except ValueError as error:
        raise NotFound(_("Không có thông báo này trong hộp thư của bạn.")) from error
