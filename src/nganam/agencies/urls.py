"""Addresses of the officers' pages; the public pages of agencies and focal points are the portal's."""

from django.urls import URLPattern, URLResolver, path

from nganam.agencies import views

app_name = "agencies"
urlpatterns: list[URLPattern | URLResolver] = [
    path("chon-co-quan/", views.choose_agency, name="choose_agency"),
    path("dau-moi/ho-so/", views.focal_points, name="focal_points"),
    path("dau-moi/cu/", views.nominate, name="nominate"),
    path("dau-moi/phe-duyet/", views.approve, name="approve"),
    path("dau-moi/ho-so/<str:code>/", views.focal_point, name="focal_point"),
    path("dau-moi/ho-so/<str:code>/sua/", views.edit_focal_point, name="edit_focal_point"),
    path("dau-moi/ho-so/<str:code>/quoc-gia/", views.post_nationally, name="post_nationally"),
    path("dau-moi/ho-so/<str:code>/buoc/<slug:transition>/", views.step_focal_point, name="step_focal_point"),
    path("phan-cong/", views.postings, name="postings"),
    path("phan-cong/ket-thuc/", views.end_posting, name="end_posting"),
]
