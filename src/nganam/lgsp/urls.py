"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from nganam.lgsp import evidence_views, upstream_views, views
from nganam.lgsp import machine_views as machines
from nganam.lgsp.beyond import views as beyond
from nganam.lgsp.snapshots import views as snapshots
from nganam.lgsp.webhooks import views as webhooks

app_name = "lgsp"
urlpatterns: list[URLPattern | URLResolver] = [
    path("oauth2/token", machines.token, name="token"),
    path("oauth2/introspect", machines.introspect, name="introspect"),
    path("oauth2/revoke", machines.revoke_token, name="revoke-token"),
    path(".well-known/jwks.json", machines.jwks, name="jwks"),
    path(".well-known/oauth-authorization-server", machines.metadata, name="metadata"),
    path(".well-known/est/cacerts", machines.est_authorities, name="est-authorities"),
    path(".well-known/est/simplereenroll", machines.est_reenroll, name="est-reenroll"),
    path(".well-known/est/<str:code>/simpleenroll", machines.est_enroll, name="est-enroll"),
    path("lgsp/ca.pem", machines.authority_pem, name="authority"),
    path("lgsp/ca.crl", machines.revocation_list, name="revocation-list"),
    path("tai-khoan-ket-noi/<str:code>/khoa/", views.credentials, name="credentials"),
    path("tai-khoan-ket-noi/<str:code>/khoa/cap/", views.issue, name="issue"),
    path("tai-khoan-ket-noi/<str:code>/khoa/chung-thu/", views.certify, name="certify"),
    path("tai-khoan-ket-noi/<str:code>/khoa/nhan-chung-thu/", views.allow, name="allow"),
    path("tai-khoan-ket-noi/<str:code>/khoa/chung-thu/<str:serial>.pem", views.certificate, name="certificate"),
    path(
        "tai-khoan-ket-noi/<str:code>/khoa/chung-thu/<str:serial>/thu-hoi/",
        views.revoke_certificate,
        name="revoke-certificate",
    ),
    path("tai-khoan-ket-noi/<str:code>/khoa/<str:client_id>/thu-hoi/", views.revoke, name="revoke"),
    path("tai-khoan-ket-noi/<str:code>/thong-bao/", webhooks.webhook, name="webhook"),
    path("tai-khoan-ket-noi/<str:code>/thong-bao/ngung/", webhooks.stop, name="webhook_stop"),
    path("tai-khoan-ket-noi/<str:code>/thong-bao/thu/", webhooks.try_out, name="webhook_try"),
    path("tai-khoan-ket-noi/<str:code>/thong-bao/<str:message>/gui-lai/", webhooks.send_again, name="webhook_again"),
    path("he-thong/<str:code>/khoa/", upstream_views.credential, name="upstream_credential"),
    path("giam-sat/", views.monitor, name="monitor"),
    path("giam-sat/ban-cau-hinh/", snapshots.listing, name="snapshots"),
    path("giam-sat/ban-cau-hinh/bo-giu/", snapshots.release, name="snapshot_release"),
    path("giam-sat/ban-cau-hinh/<int:number>/", snapshots.one, name="snapshot"),
    path("giam-sat/ban-cau-hinh/<int:number>/quay-lai/", snapshots.roll_back, name="snapshot_roll_back"),
    path("giam-sat/ban-cau-hinh/<int:earlier>/so-sanh/<int:number>/", snapshots.compare, name="snapshot_compare"),
    path("nen-tang/", beyond.platforms, name="platforms"),
    path("nen-tang/khai-bao/", beyond.declare, name="declare_platform"),
    path("nen-tang/<str:code>/", beyond.platform, name="platform"),
    path("nen-tang/<str:code>/sua/", beyond.edit, name="edit_platform"),
    path("nen-tang/<str:code>/mo/", beyond.go_live, name="platform_go_live"),
    path("nen-tang/<str:code>/dong/", beyond.stop, name="platform_stop"),
    path("nen-tang/<str:code>/chung-thu/", beyond.certificate, name="platform_certificate"),
    path("nen-tang/<str:code>/bi-mat/", beyond.secret, name="platform_secret"),
    path("nen-tang/<str:code>/khoa/", beyond.make_key, name="platform_key"),
    path("nen-tang/<str:code>/dich-vu/", beyond.enter, name="beyond_enter"),
    path("nen-tang/<str:code>/dich-vu/<str:service>/", beyond.change, name="beyond_service"),
    path("nen-tang/<str:code>/dich-vu/<str:service>/ngung/", beyond.end_service, name="beyond_end_service"),
    path("nen-tang/<str:code>/quyen/", beyond.open_access, name="beyond_open_access"),
    path("nen-tang/<str:code>/quyen/<str:outbound>/dong/", beyond.end_access, name="beyond_end_access"),
    path("nen-tang/<str:code>/ben-goi/", beyond.admit, name="beyond_admit"),
    path("nen-tang/<str:code>/ben-goi/<int:member>/ngung/", beyond.dismiss, name="beyond_dismiss"),
    path("ngoai-tinh/di/<str:outbound>/goi/", beyond.access, name="beyond_call"),
    path("giam-sat/giao-dich/<str:request_id>/", views.exchange, name="exchange"),
    path("giam-sat/giao-dich/<str:request_id>/bang-chung/", evidence_views.evidence, name="evidence"),
    path("nhat-ky-lgsp/", evidence_views.log_page, name="log"),
    path("nhat-ky-lgsp/checkpoint", evidence_views.checkpoint, name="checkpoint"),
    path("nhat-ky-lgsp/key", evidence_views.key, name="log-key"),
    path("nhat-ky-lgsp/nhat-quan/", evidence_views.consistency, name="consistency"),
    path("nhat-ky-lgsp/verify_evidence.py", evidence_views.tool, name="log-tool"),
    path("nhat-ky-lgsp/checkpoints/<str:day>", evidence_views.sealed, name="sealed"),
    path("nhat-ky-lgsp/timestamps/<str:name>", evidence_views.stamp, name="stamp"),
    path("nhat-ky-lgsp/tile/<path:rest>", evidence_views.tile, name="tile"),
]
