"""Addresses of the officer's home."""

from django.urls import URLPattern, URLResolver, path

from nganam.desk import list_views, oversight_views, own_views, views

app_name = "desk"
urlpatterns: list[URLPattern | URLResolver] = [
    path("ban-lam-viec/", views.home, name="home"),
    path("ban-lam-viec/tuy-chon/", own_views.preferences, name="preferences"),
    path("ban-lam-viec/tuy-chon/thu/", own_views.choose_digest, name="choose_digest"),
    path("ban-lam-viec/tuy-chon/lich/", own_views.issue_feed, name="issue_feed"),
    path("ban-lam-viec/tuy-chon/lich/<slug:prefix>/thu-hoi/", own_views.revoke_feed, name="revoke_feed"),
    path("ban-lam-viec/bo-loc/", list_views.views, name="views"),
    path("ban-lam-viec/bo-loc/luu/", list_views.save_view, name="save_view"),
    path("ban-lam-viec/bo-loc/doi-ten/", list_views.rename_view, name="rename_view"),
    path("ban-lam-viec/bo-loc/xoa/", list_views.drop_view, name="drop_view"),
    path("lich-thoi-han/<str:token>.ics", own_views.feed, name="feed"),
    path("ho-so/", list_views.cases, name="cases"),
    path("ho-so/nhieu/", list_views.move_many, name="move_many"),
    path("don-doc/", oversight_views.overdue, name="oversight"),
    path("don-doc/nhieu/", oversight_views.urge_many, name="urge_many"),
    path("don-doc/<str:kind>/<str:code>/", oversight_views.urge_one, name="urge_one"),
    path("nhat-ky/", views.audit_page, name="audit"),
    path("nhat-ky/kiem-tra/", views.verify_audit, name="verify_audit"),
]
