"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from nganam.analysis import views

app_name = "analysis"
urlpatterns: list[URLPattern | URLResolver] = [
    path("phan-tich/", views.board, name="board"),
    path("phan-tich/sql/", views.by_sql, name="sql"),
    path("phan-tich/hoi/<slug:ref>/", views.ask, name="ask"),
    path("phan-tich/hoi/<slug:ref>/ban-do.geojson", views.ask_map, name="map"),
    path("phan-tich/hoi/<slug:ref>/ket-qua.<slug:kind>", views.ask_file, name="file"),
    path("phan-tich/hoi/<slug:ref>/luu/", views.save, name="save"),
    path("phan-tich/cau-hoi/<slug:code>/", views.question, name="question"),
    path("phan-tich/cau-hoi/<slug:code>/chia-se/", views.share, name="share"),
    path("phan-tich/cau-hoi/<slug:code>/ghim/", views.pin, name="pin"),
    path("phan-tich/cau-hoi/<slug:code>/xoa/", views.remove, name="remove"),
]
