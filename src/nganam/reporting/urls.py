"""Addresses of the statistics."""

from django.urls import URLPattern, URLResolver, path

from nganam.reporting import views

app_name = "reporting"
urlpatterns: list[URLPattern | URLResolver] = [
    path("thong-ke/", views.statistics, name="statistics"),
    path("thong-ke/so-lieu.csv", views.statistics_csv, name="csv"),
]
