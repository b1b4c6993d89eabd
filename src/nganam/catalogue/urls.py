"""Addresses of the room: officers' pages first, then the public ones."""

from django.urls import URLPattern, URLResolver, path

from nganam.catalogue import views

app_name = "catalogue"
urlpatterns: list[URLPattern | URLResolver] = [
    path("danh-muc/co-so-du-lieu/", views.databases, name="databases"),
    path("danh-muc/co-so-du-lieu/moi/", views.declare, name="declare"),
    path("danh-muc/co-so-du-lieu/<str:code>/", views.database, name="database"),
    path("danh-muc/co-so-du-lieu/<str:code>/sua/", views.edit, name="edit"),
    path("danh-muc/co-so-du-lieu/<str:code>/buoc/<slug:transition>/", views.step, name="step"),
    path("danh-muc/tham-dinh/", views.to_assess, name="to_assess"),
    path("danh-muc/dot/", views.editions, name="editions"),
    path("danh-muc/dot/moi/", views.compile_edition, name="compile"),
    path("danh-muc/dot/<str:code>/", views.work_edition, name="work_edition"),
    path("danh-muc/dot/<str:code>/sua/", views.edit_edition, name="edit_edition"),
    path("danh-muc/dot/<str:code>/trinh/", views.submit, name="submit"),
    path("danh-muc/dot/<str:code>/ban-hanh/", views.issue, name="issue"),
    path("danh-muc/dot/<str:code>/cong-bo/", views.publish, name="publish"),
    path("danh-muc/dot/<str:code>/buoc/<slug:transition>/", views.step_edition, name="step_edition"),
    path("danh-muc/", views.catalogue, name="catalogue"),
    path("danh-muc/so-sanh/", views.compare, name="compare"),
    path("danh-muc/csdl/<str:code>/", views.public_database, name="public_database"),
    path("danh-muc/<str:code>/", views.edition, name="edition"),
    path("danh-muc/<str:code>/tai-ve.csv", views.edition_csv, name="edition_csv"),
]
