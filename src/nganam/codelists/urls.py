"""Addresses of the room: officers' pages first, then the public ones."""

from django.urls import URLPattern, URLResolver, path

from nganam.codelists import public, views

app_name = "codelists"
HOME, KEEP = "danh-muc-dung-chung/", "danh-muc-dung-chung/quan-ly/"
urlpatterns: list[URLPattern | URLResolver] = [
    path(KEEP, views.lists, name="lists"),
    path(f"{KEEP}moi/", views.declare, name="declare"),
    path(f"{KEEP}ma/<slug:code>/", views.keep, name="keep"),
    path(f"{KEEP}ma/<slug:code>/nhap/", views.import_version, name="import"),
    path(f"{KEEP}ma/<slug:code>/<int:number>/", views.version, name="version"),
    path(f"{KEEP}ma/<slug:code>/<int:number>/cong-bo/", views.publish, name="publish"),
    path(f"{KEEP}ma/<slug:code>/<int:number>/bo/", views.withdraw, name="withdraw"),
    path(HOME, public.code_lists, name="code_lists"),
    path(f"{HOME}<slug:code>/", public.code_list, name="code_list"),
    path(f"{HOME}<slug:code>/ma.csv", public.code_list_csv, name="csv"),
    path(f"{HOME}<slug:code>/so-sanh/", public.compare, name="compare"),
    path(f"{HOME}<slug:code>/v/<int:number>/", public.code_list_version, name="code_list_version"),
    path(f"{HOME}<slug:code>/v/<int:number>/ma.csv", public.version_csv, name="version_csv"),
    path(f"{HOME}<slug:code>/ma/<str:entry>/", public.code, name="code"),
]
