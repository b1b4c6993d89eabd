"""The public register of data-sharing services (S8.2c, S13.2, S13.6)."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from nganam.agencies import queries as agencies
from nganam.cases.queries import history_of
from nganam.deadlines.queries import clocks_of
from nganam.face.doors import Audience, door
from nganam.face.paging import page_of
from nganam.kernel.clock import local_date
from nganam.law.rules import rules
from nganam.lgsp import queries as lgsp
from nganam.lgsp.open_tier import queries as open_tier
from nganam.portal import listing, manual
from nganam.portal.indexing import FOLDER
from nganam.portal.search import search
from nganam.services import queries
from nganam.services.comparing import compare
from nganam.services.models import Service
from nganam.services.openapi import document
from nganam.sharing.disputed import may_raise
from nganam.sharing.suspensions.queries import stops_ahead

MOST_FOUND = 500
PUBLIC_MOVES = ("publish", "suspend", "resume", "end")


@door(Audience.PUBLIC)
@require_safe
def services(request: HttpRequest) -> HttpResponse:
    """List the services anybody may see; a consumer agency asks for a connection from a service's page."""
    text = request.GET.get("q", "").strip()[:200]
    codes = None
    if text:
        hits = search(text, settings.DATA / FOLDER, filters={"kind": "service"}, limit=MOST_FOUND).hits
        codes = [one.code for one in hits]
    found = listing.register(request.GET.dict(), local_date(request.at), codes)
    return render(request, "portal/services.html", {"found": found, "text": text})


@door(Audience.PUBLIC)
@require_safe
def service(request: HttpRequest, code: str) -> HttpResponse:
    """Show one service with all that D24.3 wants published."""
    found = queries.listed_service(code)
    fields = list(found.fields.all())
    lookups, filters = set(found.lookup_columns), set(found.filter_columns)
    law, opened = rules(found.rules), _open_tier(found)
    context = {
        "service": found,
        "fields": fields,
        "inputs": [one for one in found.source.contract["columns"] if one["name"] in lookups | filters],
        "lookups": lookups,
        "form": _word(law.vocabulary("sharing_form"), found.form),
        "method": _word(law.vocabulary("sharing_method"), found.method),
        "address": lgsp.service_url(found),
        "open_tier": opened,
        "operations": manual.operations(_document(found)),
        "sample": manual.sample(fields),
        "refusals": manual.refusals(lgsp.token_url(), settings.NGANAM_PUBLIC_URL, is_open=opened is not None),
        "snippets": manual.snippets(found),
        "moves": _moves(found),
        "stops": stops_ahead(found),
        "versions": page_of(queries.public_versions(found), request.GET, short=True),
        "announced": queries.announced_version(found),
        "interruptions": queries.interruptions(found),
        "clock": clocks_of(Service.MACHINE.code, found.code).filter(key="svc_publish").last(),
        "focal": agencies.focal_point_of(found.provider.code),
        "may_raise": may_raise(request.actor, found),
        "dataset": getattr(found.table, "dataset", None) if found.table else None,
    }
    return render(request, "portal/service.html", context)


def _open_tier(found: Service) -> dict[str, Any] | None:
    """Return what anybody may call without a token, when the service has an open tier in force."""
    tier = open_tier.in_force(found)
    if tier is None:
        return None
    names = open_tier.served(tier)
    fields = [one for one in found.fields.all() if one.name in names]
    return {"tier": tier, "fields": fields, "example": open_tier.example_url(found)}


@door(Audience.PUBLIC)
@require_safe
def versions(request: HttpRequest, code: str) -> HttpResponse:
    """Compare two published versions of a service (``?tu=1.0&den=1.1``; without, the last two)."""
    found = queries.listed_service(code)
    known = list(queries.public_versions(found))
    after = queries.public_version(found, request.GET.get("den") or found.number)
    before = queries.public_version(found, request.GET.get("tu") or queries.version_before(known, after))
    context = {
        "service": found,
        "versions": known,
        "before": before,
        "after": after,
        "comparison": compare(before.content, after.content, found.rules),
    }
    return render(request, "portal/service_versions.html", context)


@door(Audience.PUBLIC)
@require_safe
def openapi(_request: HttpRequest, code: str) -> HttpResponse:
    """Send the service's OpenAPI 3.1 document."""
    found = queries.listed_service(code)
    response = JsonResponse(_document(found), json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = f'inline; filename="{found.code}.openapi.json"'
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _document(service: Service) -> dict[str, Any]:
    return document(
        service,
        gateway_url=settings.NGANAM_GATEWAY_URL,
        token_url=lgsp.token_url(),
        instance=settings.NGANAM_INSTANCE,
    )


def _word(vocabulary: Any, code: str) -> Any:
    return next((one for one in vocabulary if one.code == code), None)


def _moves(service: Service) -> list[tuple[Any, Any]]:
    """Return the moves the public may know of, without who made them."""
    names = {one.name: one for one in Service.MACHINE.transitions}
    return [(names[one.transition], one.at) for one in history_of(service) if one.transition in PUBLIC_MOVES]
