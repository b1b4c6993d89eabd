"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from nganam.face import views

app_name = "face"
urlpatterns: list[URLPattern | URLResolver] = [
    path("ngon-ngu/", views.language, name="language"),
    path("loi/", views.problem_kinds, name="problems"),
    path("thanh-phan/", views.components, name="components"),
    path("thanh-phan/mau.geojson", views.sample_areas, name="sample_areas"),
]
