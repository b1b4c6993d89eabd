"""Addresses of the public pages."""

from django.urls import URLPattern, URLResolver, path

from nganam.portal.views import agencies, datasets, home, interruptions, machines, searching, services, trying

app_name = "portal"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("gioi-thieu/", home.about, name="about"),
    path("phap-luat/", home.law, name="law"),
    path("phap-luat/thuat-ngu/", home.terms, name="terms"),
    path("phap-luat/dieu-kien-su-dung/", home.terms_of_use, name="terms_of_use"),
    path("tim-kiem/", searching.find, name="search"),
    path("du-lieu/", datasets.datasets, name="datasets"),
    path("du-lieu/<slug:slug>/", datasets.dataset, name="dataset"),
    path("du-lieu/<slug:slug>/ban-do.geojson", datasets.map_data, name="map"),
    path("du-lieu/<slug:slug>/latest/<slug:name>.<str:file_format>", datasets.latest_file, name="latest_file"),
    path("du-lieu/<slug:slug>/v/<int:number>/", datasets.release, name="release"),
    path("du-lieu/<slug:slug>/v/<int:number>/ban-do.geojson", datasets.map_data, name="release_map"),
    path(
        "du-lieu/<slug:slug>/v/<int:number>/<slug:name>.<str:file_format>", datasets.release_file, name="release_file"
    ),
    path("dich-vu/", services.services, name="services"),
    path("dich-vu/<str:code>/", services.service, name="service"),
    path("dich-vu/<str:code>/goi-thu/", trying.try_service, name="try_service"),
    path("dich-vu/<str:code>/goi-thu/goi/", trying.call_service, name="call_service"),
    path("dich-vu/<str:code>/so-sanh/", services.versions, name="service_versions"),
    path("dich-vu/<str:code>/openapi.json", services.openapi, name="openapi"),
    path("tam-ngung/", interruptions.interruptions, name="interruptions"),
    path("tam-ngung/feed.xml", interruptions.feed, name="interruptions_feed"),
    path("co-quan/", agencies.agencies, name="agencies"),
    path("co-quan/<str:code>/", agencies.agency, name="agency"),
    path("dau-moi/", agencies.focal_points, name="focal_points"),
    path("robots.txt", machines.robots, name="robots"),
    path("sitemap.xml", machines.sitemap, name="sitemap"),
    path("feed.xml", machines.feed, name="feed"),
]
