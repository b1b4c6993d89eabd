"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from nganam.documents import views

app_name = "documents"
urlpatterns: list[URLPattern | URLResolver] = [
    path("van-ban/xac-minh/", views.verify, name="verify"),
    path("van-ban/xac-minh/<str:token>/", views.paper, name="paper"),
]
