"""Addresses of the JSON interface."""

from django.urls import URLPattern, URLResolver, path

from nganam.api.views import api
from nganam.face.doors import Audience

# No name of the room's own: the interface describes itself under the namespace "api", which must be a first one.
_PUBLIC = ("datasets", "services", "agencies", "code-lists", "openapi.json")
_patterns, _app, _namespace = api.urls
for _pattern in _patterns:
    # What asks for an officer's key checks it itself; everything else is public.
    _is_public = str(_pattern.pattern).partition("/")[0] in {*_PUBLIC, ""}
    setattr(_pattern.callback, "audience", Audience.PUBLIC if _is_public else Audience.MACHINE)  # noqa: B010 - a function has no such attribute to a type checker
urlpatterns: list[URLPattern | URLResolver] = [path("api/v1/", (_patterns, _app, _namespace))]
