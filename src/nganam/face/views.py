"""Pages of the face itself: the choice of language, what problem codes mean, every component on one page."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from django.views.i18n import set_language

from nganam.face import problems, showcase
from nganam.face.doors import Audience, door


# Without a token: a page that sets no cookie can be cached, and switching a language harms nobody.
@csrf_exempt
@door(Audience.PUBLIC)
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language in a cookie and go back."""
    return set_language(request)


@door(Audience.PUBLIC)
@require_GET
def problem_kinds(request: HttpRequest) -> HttpResponse:
    """Explain every kind of problem: what a problem document's ``type`` points to."""
    kinds = [{"code": code, "status": status, "title": _(title)} for code, (status, title) in problems.KINDS.items()]
    return render(request, "face/problem_kinds.html", {"kinds": kinds})


@door(Audience.PUBLIC)
@require_GET
def components(request: HttpRequest) -> HttpResponse:
    """Show every component with realistic content."""
    return render(request, "face/components.html", showcase.context(request.at))


@door(Audience.PUBLIC)
@require_GET
def sample_areas(request: HttpRequest) -> JsonResponse:
    """Return the made-up areas of the page of components."""
    return JsonResponse(showcase.Cells.geojson(), content_type="application/geo+json")
