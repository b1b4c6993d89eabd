"""Every address of the platform, room by room."""

from django.urls import URLPattern, URLResolver, include, path

from nganam.face.problems import bad_request, forbidden, not_found, server_error
from nganam.site import health

WITH_PAGES = [
    "accounts", "agencies", "cases", "codelists", "catalogue", "scanning", "warehouse", "services", "sharing", "lgsp",
    "opendata", "disputes", "analysis", "master", "lineage", "reporting", "portal", "desk", "api", "deadlines",
    "notices", "documents", "face",
]  # fmt: skip
urlpatterns: list[URLPattern | URLResolver] = [
    path("suc-khoe/", health.alive),
    path("suc-khoe/san-sang/", health.ready),
    *(path("", include(f"nganam.{room}.urls")) for room in WITH_PAGES),
]
handler400, handler403, handler404, handler500 = bad_request, forbidden, not_found, server_error
