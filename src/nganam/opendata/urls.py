"""Addresses of the officers' pages of open data; the public ones are the portal's."""

from django.urls import URLPattern, URLResolver, path

from nganam.opendata import views

app_name = "opendata"
urlpatterns: list[URLPattern | URLResolver] = [
    path("du-lieu-mo/", views.datasets, name="datasets"),
    path("du-lieu-mo/de-xuat/", views.propose, name="propose"),
    path("du-lieu-mo/<str:code>/", views.dataset, name="dataset"),
    path("du-lieu-mo/<str:code>/buoc/<slug:transition>/", views.step, name="step"),
]
