"""What ends with platforms beyond the province: who is told, whose certificates stay, stale forms, what is refused."""

import http.client
import ssl
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as django_settings

import scenes
import scenes_beyond
from gateway_rig import certificate_request
from national_platform import Ca
from nganam.agencies.models import Agency, Succession
from nganam.kernel.errors import NotFound, RuleBroken, Unavailable
from nganam.lgsp import gateway
from nganam.lgsp import queries as lgsp
from nganam.lgsp.beyond import checking, exchanging, fetching, operations, queries
from nganam.lgsp.beyond.models import Access, Platform
from nganam.notices.models import Notice

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province"), pytest.mark.law("S17.4")]
AT, MINH, LAN, PHUC = scenes.AT, scenes.MINH, scenes.LAN, scenes.PHUC


@pytest.fixture(scope="module")
def ca() -> Ca:
    return Ca()


@pytest.fixture(autouse=True)
def _network(settings):
    settings.NGANAM_UPSTREAM_NETWORKS = "127.0.0.0/8"


def signed(access):
    csr = certificate_request(ec.generate_private_key(ec.SECP256R1()))
    return exchanging.certify_access(actor=PHUC, at=AT, access=access, csr=csr)


# -- two at once --


def test_a_form_filled_from_an_older_platform_writes_nothing_over(client, ca):
    found = scenes_beyond.known(ca)
    client.login(username="minh", password=scenes.PASSWORD)
    page = f"/nen-tang/{found.code}/sua/"
    assert f'name="version" value="{found.version}"' in client.get(page).content.decode()
    operations.edit_platform(actor=MINH, at=AT, platform=found, values={"note": "Thư 12/2026"}, seen=found.version)
    sent = {"title": "Tên khác", "kind": "xroad", "timeout_seconds": 5, "concurrent": 5, "version": 1}
    answer = client.post(page, sent)
    assert answer.status_code == 422
    assert "Người khác vừa sửa" in answer.content.decode()
    assert Platform.objects.get().note == "Thư 12/2026"


def test_operations_chosen_from_an_older_service_are_not_written(client, ca):
    found = scenes_beyond.known(ca)
    row = scenes_beyond.service(found)
    exchanging.change_service(actor=MINH, at=AT, service=row, values={"rate_per_minute": 7}, seen=row.version)
    client.login(username="minh", password=scenes.PASSWORD)
    page = f"/nen-tang/{found.code}/dich-vu/{row.code}/"
    sent = {"operations": "GET /khac", "rate_per_minute": 9, "version": 1}
    assert client.post(page, sent).status_code == 422
    row.refresh_from_db()
    assert (row.rate_per_minute, row.version) == (7, 2)
    assert client.post(page, {**sent, "version": 2}).status_code == 302
    row.refresh_from_db()
    assert row.rate_per_minute == 9


# -- who is told --


def test_units_that_call_out_are_told_when_the_direction_stops(ca):
    found = scenes_beyond.opened(scenes_beyond.proven(ca))
    access = scenes_beyond.access(found)
    Notice.objects.all().delete()
    operations.stop(actor=MINH, at=AT, platform=found, direction="outgoing", reason="Nền tảng bảo trì")
    told = Notice.objects.get()
    assert (told.agency, told.body) == (access.outbound.proposer.code, "Nền tảng bảo trì")
    assert access.outbound.code in told.title


@pytest.mark.parametrize("deed", ["dismissed", "stopped"])
def test_agencies_whose_data_were_read_are_told_when_somebody_calls_in_no_more(ca, deed):
    found = scenes_beyond.opened(scenes_beyond.known(ca), "incoming")
    member = scenes_beyond.admitted(found)
    Notice.objects.all().delete()
    if deed == "dismissed":
        exchanging.dismiss_member(actor=MINH, at=AT, member=member, reason="Cơ quan đề nghị")
    else:
        operations.stop(actor=MINH, at=AT, platform=found, direction="incoming", reason="Cơ quan đề nghị")
    told = Notice.objects.filter(event="lgsp.platform.member")
    assert {one.agency for one in told} == {"CT-SYT", "BO-YT"}
    assert {one.body for one in told} == {"Cơ quan đề nghị"}


# -- certificates that stay --


def test_the_certificate_of_an_ended_access_is_revoked_on_the_platforms_page(client, ca):
    found = scenes_beyond.opened(scenes_beyond.proven(ca))
    access = scenes_beyond.access(found)
    made = signed(access)
    client.login(username="minh", password=scenes.PASSWORD)
    page, revoke = f"/nen-tang/{found.code}/", f"/nen-tang/{found.code}/quyen/chung-thu/{made.serial}/thu-hoi/"
    assert made.serial[:16] not in client.get(page).content.decode()
    assert client.post(revoke).status_code == 404, "its access is open: it is its unit's"
    exchanging.end_access(actor=MINH, at=AT, access=access, reason="Hết nhu cầu")
    assert made.serial[:16] in client.get(page).content.decode()
    client.login(username="phuc", password=scenes.PASSWORD)
    assert client.post(revoke).status_code == 404
    client.login(username="minh", password=scenes.PASSWORD)
    assert client.post(revoke).status_code == 302
    made.refresh_from_db()
    assert made.revoked_at
    assert made.serial[:16] not in client.get(page).content.decode()


def test_the_unit_still_revokes_what_its_ended_access_gave_and_gets_nothing_new(client, ca):
    access = scenes_beyond.access(scenes_beyond.opened(scenes_beyond.proven(ca)))
    made, code = signed(access), access.outbound.code
    exchanging.end_access(actor=MINH, at=AT, access=access, reason="Hết nhu cầu")
    client.login(username="phuc", password=scenes.PASSWORD)
    page = f"/ngoai-tinh/di/{code}/goi/"
    shown = client.get(page).content.decode()
    assert "Quyền gọi đã đóng" in shown
    assert "Cấp chứng thư" not in shown
    access.refresh_from_db()
    with pytest.raises(RuleBroken, match="Quyền gọi đã đóng") as refused:
        signed(access)
    assert refused.value.article == "nội bộ"
    assert client.post(f"{page}chung-thu/{made.serial}/thu-hoi/").status_code == 302
    made.refresh_from_db()
    assert made.revoked_at


# -- there and back --


def test_a_proposal_leads_to_the_platforms_service_and_back(client, ca):
    found = scenes_beyond.opened(scenes_beyond.proven(ca))
    access = scenes_beyond.access(found)
    case = access.outbound.get_absolute_url()
    service, call = f"/nen-tang/{found.code}/dich-vu/{access.service.code}/", f"{case}goi/"
    client.login(username="minh", password=scenes.PASSWORD)
    shown = client.get(case).content.decode()
    assert f'href="{service}"' in shown
    assert f'href="{case}"' in client.get(service).content.decode()
    client.login(username="phuc", password=scenes.PASSWORD)
    shown = client.get(case).content.decode()
    assert f'href="{call}"' in shown
    assert service not in shown, "the platform's pages are the operator's"


# -- an agency that was merged --


def test_who_took_over_from_a_unit_sees_its_access_and_a_grant_outlives_a_merger_of_ministries(ca):
    found = scenes_beyond.opened(scenes_beyond.proven(ca))
    service = scenes_beyond.service(found)
    outbound = scenes_beyond.approved()
    known = (outbound.provider_id, outbound.proposer_id, Agency.objects.get(code=LAN.agency).pk)
    heir = Agency.objects.exclude(pk__in=known)[0]
    Succession.objects.create(predecessor=outbound.provider, successor=heir, on=AT.date())
    type(service.external).objects.update(provider=heir)
    service.external.refresh_from_db()
    assert outbound in queries.openable(found)
    access = exchanging.open_access(actor=MINH, at=AT, service=service, outbound=outbound)
    with pytest.raises(NotFound):
        queries.get_access_for(LAN, outbound.code)
    lan = Agency.objects.get(code=LAN.agency)
    Succession.objects.create(predecessor=outbound.proposer, successor=lan, on=AT.date())
    assert queries.get_access_for(LAN, outbound.code) == access


def test_an_officer_of_no_agency_finds_no_access(ca):
    access = scenes_beyond.access(scenes_beyond.opened(scenes_beyond.proven(ca)))
    nobody = type(PHUC)(PHUC.kind, "x", "x", roles=PHUC.roles)
    with pytest.raises(NotFound):
        queries.get_access_for(nobody, access.outbound.code)
    assert Access.objects.count() == 1


# -- what is refused, in words --


def test_callers_are_not_let_in_by_a_door_that_is_not_there(ca):
    found = scenes_beyond.known(ca)
    with pytest.raises(RuleBroken, match="Cổng TLS") as refused:
        operations.go_live(actor=MINH, at=AT, platform=found, direction="incoming", reason="Đã thử")
    assert "NGANAM_PORT_GATEWAY_TLS" in refused.value.hint
    assert scenes_beyond.opened(found, "incoming").incoming_at


@pytest.mark.parametrize(
    ("curve", "good"),
    [(ec.SECP256R1(), True), (ec.SECP384R1(), True), (ec.SECP521R1(), False), (ec.SECP256K1(), False)],
    ids=lambda one: getattr(one, "name", ""),
)  # fmt: skip
def test_a_key_of_a_curve_not_named_is_refused(ca, curve, good):
    from datetime import UTC, datetime

    chain, key = ca.sign(uris=["urn:x"], key=ec.generate_private_key(curve))
    if good:
        assert checking.read_pair(chain, key, datetime.now(UTC))
        return
    with pytest.raises(ValueError, match="P-256 hoặc P-384"):
        checking.read_pair(chain, key, datetime.now(UTC))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ssl.SSLCertVerificationError("self-signed"), "không được tin"), (ssl.SSLError("x"), "TLS"),
        (TimeoutError("x"), "quá thời gian chờ"), (ConnectionRefusedError("x"), "từ chối kết nối"),
        (http.client.IncompleteRead(b"x"), "HTTP"), (http.client.RemoteDisconnected("x"), "HTTP"),
        (ConnectionResetError("x"), "bị ngắt"), (OSError("x"), "không kết nối được"),
        (UnicodeError("x"), "không đọc được"),
    ],
)  # fmt: skip
def test_what_went_wrong_is_told_in_words_never_by_the_name_of_an_exception(ca, monkeypatch, error, words):
    found = scenes_beyond.proven(ca)

    def failing(*_arguments):
        raise error

    monkeypatch.setattr(fetching, "_answered", failing)
    with pytest.raises(Unavailable, match=words) as refused:
        fetching.ask(found, "GET", "https://127.0.0.1:9443/x")
    assert type(error).__name__ not in refused.value.message


# -- reminders --


def test_a_missed_morning_loses_no_reminder(ca):
    found = scenes_beyond.opened(scenes_beyond.proven(ca))
    until = found.certificate_until
    mornings = ((31, 0), (28, 1), (27, 1), (8, 1), (6, 2), (5, 2), (0, 3))
    for days, told in mornings:
        operations.remind_of_ends(at=until - timedelta(days=days, hours=1))
        assert Notice.objects.filter(event="lgsp.platform.fault").count() == told, days
    chain, key = ca.sign(uris=["urn:x"], days=20)
    found.refresh_from_db()
    operations.set_certificate(actor=MINH, at=until - timedelta(hours=1), platform=found, chain=chain, key=key)
    operations.remind_of_ends(at=until)
    assert Notice.objects.filter(event="lgsp.platform.fault").count() == 4, "another certificate, reminded of anew"
    assert django_settings.DATA


# -- until when an end is a denial --


def test_what_has_ended_is_denied_until_every_node_has_a_snapshot_without_it(ca, data):
    found = scenes_beyond.opened(scenes_beyond.proven(ca))
    exchanging.end_access(actor=MINH, at=AT, access=scenes_beyond.access(found), reason="Hết nhu cầu")
    assert lgsp.decided_denials(AT).closed
    gateway.confirm(data, (AT + timedelta(minutes=14)).isoformat())
    assert lgsp.decided_denials(AT).closed
    gateway.confirm(data, (AT + timedelta(minutes=16)).isoformat())
    assert not lgsp.decided_denials(AT).closed
