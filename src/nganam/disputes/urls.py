"""Addresses of disputes."""

from django.urls import URLPattern, URLResolver, path

from nganam.disputes import views

app_name = "disputes"
urlpatterns: list[URLPattern | URLResolver] = [
    path("vuong-mac/", views.disputes, name="disputes"),
    path("vuong-mac/moi/", views.new_dispute, name="new"),
    path("vuong-mac/bao-sai-sot/", views.new_error, name="new_error"),
    path("vuong-mac/<str:code>/", views.dispute_page, name="dispute"),
    path("vuong-mac/<str:code>/buoc/<slug:transition>/", views.step, name="step"),
    path("vuong-mac/<str:code>/y-kien/", views.speak, name="speak"),
    path("vuong-mac/<str:code>/thoa-thuan/", views.offer, name="offer"),
    path("vuong-mac/<str:code>/tep/<str:sha256>/", views.evidence, name="evidence"),
]
