"""Addresses of the room."""

from django.urls import URLPattern, URLResolver, path

from nganam.lgsp import evidence_views, upstream_views, views
from nganam.lgsp import machine_views as machines
from nganam.lgsp.snapshots import views as snapshots
from nganam.lgsp.watching import views as watching
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
    path("lgsp/metrics", machines.figures, name="metrics"),
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
    path("giam-sat/chat-luong/", watching.quality, name="quality"),
    path("giam-sat/chat-luong/<str:code>/", watching.service, name="service_quality"),
    path("giam-sat/chat-luong/<str:code>/cam-ket/", watching.promise, name="promise"),
    path("giam-sat/su-co/", watching.incidents, name="incidents"),
    path("giam-sat/su-co/<str:code>/", watching.incident, name="incident"),
    path("giam-sat/su-co/<str:code>/nhan/", watching.acknowledge, name="incident_acknowledge"),
    path("giam-sat/su-co/<str:code>/ghi/", watching.note, name="incident_note"),
    path("giam-sat/nguong/", watching.thresholds, name="thresholds"),
    path("giam-sat/nguong/<str:key>/", watching.set_rule, name="set_rule"),
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
