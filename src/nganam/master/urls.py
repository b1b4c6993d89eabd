"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from nganam.master import views

app_name = "master"
urlpatterns: list[URLPattern | URLResolver] = [
    path("du-lieu-chu/", views.sets, name="sets"),
    path("du-lieu-chu/moi/", views.declare_set, name="declare"),
    path("du-lieu-chu/<str:code>/", views.entity_set, name="set"),
    path("du-lieu-chu/<str:code>/sua/", views.change_set, name="change"),
    path("du-lieu-chu/<str:code>/bang/", views.choose_table, name="choose_table"),
    path("du-lieu-chu/<str:code>/bang/<slug:table>/", views.member, name="member"),
    path("du-lieu-chu/<str:code>/bang/<slug:table>/bo/", views.remove_member, name="remove_member"),
    path("du-lieu-chu/<str:code>/ghep/", views.start_run, name="start_run"),
    path("du-lieu-chu/<str:code>/lan/<int:number>/", views.run, name="run"),
    path("du-lieu-chu/<str:code>/xem-xet/", views.review, name="review"),
    path("du-lieu-chu/<str:code>/cap/<slug:left>/<slug:right>/", views.pair, name="pair"),
    path("du-lieu-chu/<str:code>/quyet-dinh/", views.decisions, name="decisions"),
    path("du-lieu-chu/<str:code>/quyet-dinh/<int:number>/rut/", views.take_back, name="take_back"),
    path("du-lieu-chu/<str:code>/doi-tuong/", views.entities, name="entities"),
    path("du-lieu-chu/<str:code>/doi-tuong/<str:entity>/", views.entity, name="entity"),
]
