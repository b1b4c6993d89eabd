"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from nganam.lineage import views

app_name = "lineage"
urlpatterns: list[URLPattern | URLResolver] = [
    path("kho/nguon/<str:code>/dong-du-lieu/", views.source, name="source"),
    path("kho/<slug:table>/dong-du-lieu/", views.table, name="table"),
]
