"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from nganam.cases import views

app_name = "cases"
urlpatterns: list[URLPattern | URLResolver] = [
    path("van-ban/<str:code>/<slug:name>.<slug:file_format>", views.paper_file, name="paper_file"),
]
