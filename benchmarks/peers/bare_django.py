"""The floor of Django pages: one template of the same weight, no middleware, no database; and a plain file answer."""

import os
from pathlib import Path

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

settings.configure(
    SECRET_KEY="peer",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)
django.setup()
PAGE = engines["django"].from_string(
    "<!doctype html><title>{{ title }}</title>"
    "{% for row in rows %}<p><a href='/{{ row.0 }}/'>{{ row.1 }}</a></p>{% endfor %}"
)
ROWS = [(number, f"Bộ dữ liệu số {number}") for number in range(200)]


def page(_request: HttpRequest) -> HttpResponse:
    """Render two hundred lines."""
    content = PAGE.render({"title": "Trang", "rows": ROWS})
    return HttpResponse(content, headers={"Content-Length": str(len(content.encode()))})


def file(_request: HttpRequest) -> FileResponse:
    """Send the file of the download benchmark."""
    return FileResponse(Path(os.environ["PEER_FILE"]).open("rb"), content_type="text/csv")


urlpatterns = [path("", page), path("file", file)]
application = get_wsgi_application()
