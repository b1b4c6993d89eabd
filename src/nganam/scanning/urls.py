"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from nganam.scanning import views

app_name = "scanning"
urlpatterns: list[URLPattern | URLResolver] = [path("ra-quet/", views.scans, name="scans")]
