"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from nganam.deadlines import views

app_name = "deadlines"
urlpatterns: list[URLPattern | URLResolver] = [
    path("lich-lam-viec/", views.calendar, name="calendar"),
    path("lich-lam-viec/thoi-han-noi-bo/<slug:key>/", views.local_term, name="local_term"),
]
