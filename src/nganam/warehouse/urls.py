"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from nganam.warehouse import views

app_name = "warehouse"
urlpatterns: list[URLPattern | URLResolver] = [
    path("kho/", views.tables, name="tables"),
    path("kho/nguon/moi/", views.declare_source, name="declare_source"),
    path("kho/nguon/<str:code>/", views.source, name="source"),
    path("kho/nguon/<str:code>/sua/", views.change_source, name="change_source"),
    path("kho/nguon/<str:code>/thu/", views.try_source, name="try_source"),
    path("kho/bang/moi/", views.declare_table, name="declare_table"),
    path("kho/nap/<str:code>/", views.load, name="load"),
    path("kho/nap/<str:code>/dong-bi-loai.csv", views.rejected_rows, name="rejected_rows"),
    path("kho/nap/<str:code>/doc-lai/", views.load_again, name="load_again"),
    path("kho/<slug:table>/", views.table, name="table"),
    path("kho/<slug:table>/sua/", views.change_table, name="change_table"),
    path("kho/<slug:table>/nap/", views.start_load, name="start_load"),
    path("kho/<slug:table>/nap/tu-nguon/", views.load_from_source, name="load_from_source"),
    path("kho/<slug:table>/phien-ban/<int:number>/", views.version, name="version"),
    path("kho/<slug:table>/phien-ban/<int:number>/khoi-phuc/", views.restore_version, name="restore_version"),
]
