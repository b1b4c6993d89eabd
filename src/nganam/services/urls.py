"""Addresses of the officers' pages of the register; the public ones are the portal's."""

from django.urls import URLPattern, URLResolver, path

from nganam.services import import_views, version_views, views
from nganam.services.upstreams import views as upstream_views

app_name = "services"
SERVICE = "dich-vu/quan-ly/<str:code>/"
REVISION = f"{SERVICE}phien-ban/<str:revision>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("dich-vu/quan-ly/", views.services, name="services"),
    path("dich-vu/khai-bao/", views.declare, name="declare"),
    path("dich-vu/quan-ly/nhap-tu-tep/", import_views.imports, name="imports"),
    path("dich-vu/quan-ly/nhap-tu-tep/mau.xlsx", import_views.template, name="import_template"),
    path("dich-vu/quan-ly/nhap-tu-tep/<str:code>/", import_views.import_file, name="import_file"),
    path("he-thong/", upstream_views.upstreams, name="upstreams"),
    path("he-thong/khai-bao/", upstream_views.declare, name="declare_upstream"),
    path("he-thong/<str:code>/", upstream_views.upstream, name="upstream"),
    path("he-thong/<str:code>/sua/", upstream_views.edit, name="edit_upstream"),
    path(SERVICE, views.service, name="service"),
    path(f"{SERVICE}sua/", views.edit, name="edit"),
    path(f"{SERVICE}buoc/<slug:transition>/", views.step, name="step"),
    path(f"{SERVICE}so-sanh/", version_views.compare, name="compare"),
    path(f"{SERVICE}phien-ban-moi/", version_views.new_revision, name="new_revision"),
    path(REVISION, version_views.revision, name="revision"),
    path(f"{REVISION}sua/", version_views.edit_revision, name="edit_revision"),
    path(f"{REVISION}buoc/<slug:transition>/", version_views.step, name="revision_step"),
]
