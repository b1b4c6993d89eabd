"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from nganam.notices import views

app_name = "notices"
urlpatterns: list[URLPattern | URLResolver] = [
    path("thong-bao/", views.inbox, name="inbox"),
    path("thong-bao/da-doc/", views.mark_read, name="mark_all_read"),
    path("thong-bao/chon/da-doc/", views.mark_some_read, name="mark_some_read"),
    path("thong-bao/<uuid:ref>/da-doc/", views.mark_read, name="mark_read"),
]
