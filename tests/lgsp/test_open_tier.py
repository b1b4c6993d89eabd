"""The open tier as deeds: who offers, opens, closes; what may be in it; keys; and all of it with a real gateway."""

from datetime import timedelta

import pytest
from django.utils import timezone

import scenes
from gateway_rig import Stack, free_port, wait_for
from nganam.audit import queries as audit
from nganam.kernel.actors import VISITOR, Actor, Kind, Role
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.kernel.opened import ANONYMOUS, caller_of, open_twin_of
from nganam.lgsp import queries as lgsp
from nganam.lgsp import quotas, reading
from nganam.lgsp.envoy.decided import Listen
from nganam.lgsp.models import CallCount, Exchange
from nganam.lgsp.open_tier import operations, queries
from nganam.notices import queries as notices
from nganam.opendata import operations as opendata
from scenes_open_tier import LIMITS, NAMES, OPEN_FIELDS, key, offered, open_service, opened

OTHER_LEAD = Actor(Kind.PERSON, "tam", "Tâm", "CT-SKHCN", frozenset({Role.FOCAL, Role.LEAD}))


@pytest.fixture
def make_service():
    """Return the function that publishes a service over a table whose open dataset stands published."""
    return open_service


@pytest.fixture
def service(province):
    return open_service()


# -- who, and what --


def test_the_provider_offers_the_lead_agency_opens_and_both_are_recorded(service):
    tier = offered(service)
    assert (tier.code, tier.state, tier.fields) == ("MO-2026-0001", "offered", NAMES)
    assert queries.in_force(service) is None
    told = notices.inbox(scenes.MINH).filter(event="lgsp.open_tier.offered")
    assert told.get().title == f"MO-2026-0001: đề nghị mở dịch vụ {service.code} cho mọi người"
    operations.open_tier(tier, actor=scenes.MINH, at=scenes.AT)
    assert queries.in_force(service).opened_by == scenes.MINH.name
    deeds = audit.entries(object_type="lgsp.open_tier", object_code=tier.code)
    assert sorted(one.action for one in deeds) == ["lgsp.open_tier.offered", "lgsp.open_tier.opened"]


def test_nobody_else_may(service):
    for actor in (scenes.PHUC, scenes.MINH, VISITOR):
        with pytest.raises(NotAllowed):
            operations.offer_tier(service, actor=actor, at=scenes.AT, open_fields=NAMES, note="", **LIMITS)
    tier = offered(service)
    for actor in (scenes.LAN, scenes.PHUC, VISITOR):
        with pytest.raises(NotAllowed):
            operations.open_tier(tier, actor=actor, at=scenes.AT)
    with pytest.raises(NotAllowed):
        operations.close_tier(tier, actor=scenes.PHUC, at=scenes.AT, reason="Không.")
    tier.offered_by_code = OTHER_LEAD.code
    with pytest.raises(NotAllowed, match="không được tự duyệt"):
        operations.open_tier(tier, actor=OTHER_LEAD, at=scenes.AT)
    with pytest.raises(NotFound):
        queries.get_tier_for(scenes.PHUC, tier.code)


def test_only_what_the_register_calls_open_data_is_opened(province):
    closed = scenes.published_service()
    with pytest.raises(RuleBroken, match="chưa được công bố là dữ liệu mở"):
        offered(closed)
    with pytest.raises(RuleBroken, match="chưa công khai"):
        offered(scenes.declared_service(closed.table))


def test_fields_are_the_services_own_without_personal_data_and_the_key_is_one_of_them(service):
    service.fields.filter(name="loai").update(personal=True)
    for names in (["ma_co_so", "loai"], ["ma_co_so", "khong_co"], []):
        with pytest.raises(Invalid, match="không mở được"):
            offered(fresh(service), open_fields=names)
    with pytest.raises(Invalid, match="Khóa tra cứu"):
        offered(fresh(service), open_fields=["ten_co_so"])
    for wrong in ({"key_per_minute": 4}, {"per_minute_together": 4}):
        with pytest.raises(Invalid):
            offered(fresh(service), **wrong)


def fresh(service):
    return queries.service_for(scenes.LAN, service.code)


def test_one_tier_at_a_time_and_a_closed_one_may_be_offered_again(service):
    tier = opened(service)
    with pytest.raises(StateMoved):
        offered(service)
    with pytest.raises(StateMoved):
        operations.open_tier(tier, actor=scenes.MINH, at=scenes.AT)
    with pytest.raises(Invalid):
        operations.close_tier(tier, actor=scenes.LAN, at=scenes.AT, reason=" ")
    operations.close_tier(tier, actor=scenes.LAN, at=scenes.AT, reason="Dữ liệu sắp thay.")
    with pytest.raises(StateMoved):
        operations.close_tier(tier, actor=scenes.LAN, at=scenes.AT, reason="Nữa.")
    assert offered(service).code == "MO-2026-0002"


# -- what gateway and data server are told --


def test_gateway_and_data_server_are_told_open_fields_only(service, data):
    before = lgsp.decision_mark(scenes.AT)
    opened(service)
    assert lgsp.decision_mark(scenes.AT) != before
    told = queries.told_gateway()
    assert [(one.service, one.per_minute) for one in told["open_tiers"]] == [(service.code, 5)]
    assert told["open_keys"][0]["kty"] == "EC"
    assert "d" not in told["open_keys"][0]
    snapshot = reading.decided_serving(scenes.AT, 1)
    twin = snapshot.services[open_twin_of(service.code)]
    assert ([one.name for one in twin.fields], twin.filters) == (NAMES, ())
    assert snapshot.grants[ANONYMOUS][open_twin_of(service.code)].fields == tuple(NAMES)
    assert len(snapshot.services[service.code].fields) == len(OPEN_FIELDS)


def test_a_field_that_becomes_personal_and_a_dataset_that_is_removed_end_it_at_once(service, data):
    tier = opened(service, open_fields=OPEN_FIELDS)
    service.fields.filter(name="loai").update(personal=True)
    twin = reading.decided_serving(scenes.AT, 1).services[open_twin_of(service.code)]
    assert ([one.name for one in twin.fields], twin.filters) == (NAMES, ())
    opendata.move_dataset(
        actor=scenes.MINH, at=scenes.AT, dataset=service.table.dataset, transition="remove", reason="Sai sót."
    )
    assert queries.told_gateway()["open_tiers"] == ()
    assert queries.denied_tiers(scenes.AT) == (service.code,)
    assert open_twin_of(service.code) not in reading.decided_serving(scenes.AT, 1).services
    operations.close_tier(tier, actor=scenes.MINH, at=scenes.AT, reason="Dữ liệu không còn mở.")
    assert lgsp.decided_denials(scenes.AT).denied_tiers == (service.code,)
    assert lgsp.decided_denials(scenes.AT + timedelta(hours=1)).denied_tiers == ()


# -- keys --


def test_a_key_is_told_once_and_kept_nowhere(province, data):
    made, text = key()
    assert text.count(".") == 2
    assert text not in str(made.__dict__)
    assert made.code in str(audit.entries(object_type="lgsp.open_key").get().object_code)
    assert text not in str([one.details for one in audit.entries(object_type="lgsp.open_key")])
    with pytest.raises(NotAllowed):
        key(actor=VISITOR)


def test_keys_are_few_for_a_person_at_once_and_in_a_day(province, data):
    first = [key()[0] for _ in range(3)]
    with pytest.raises(RuleBroken, match="tối đa 3 khóa"):
        key()
    for one in first:
        operations.revoke_key(one, actor=scenes.PHUC, at=scenes.AT)
    for one in [key()[0] for _ in range(2)]:
        operations.revoke_key(one, actor=scenes.PHUC, at=scenes.AT)
    with pytest.raises(RuleBroken, match="24 giờ"):
        key()
    assert key(actor=scenes.LAN)
    assert key(at=scenes.AT + timedelta(hours=25))


def test_what_was_revoked_counts_until_it_would_have_ended(province, data, monkeypatch):
    def given_and_revoked(at):
        operations.revoke_key(key(at=at)[0], actor=scenes.PHUC, at=at)

    for day in range(3):
        for _one in range(5):
            given_and_revoked(scenes.AT + timedelta(days=2 * day))
    with pytest.raises(RuleBroken, match="kể cả khóa đã thu hồi"):
        key(at=scenes.AT + timedelta(days=6))
    assert key(at=scenes.AT + timedelta(days=91))
    monkeypatch.setattr(operations, "MOST_A_DAY_OF_AGENCY", 1)
    with pytest.raises(RuleBroken, match="Cơ quan nhận tối đa 1 khóa"):
        key(at=scenes.AT + timedelta(days=91))
    monkeypatch.setattr(operations, "MOST_KEPT_OF_AGENCY", 6)
    with pytest.raises(RuleBroken, match="Cơ quan có tối đa 6 khóa"):
        key(at=scenes.AT + timedelta(days=93))


def test_a_revoked_key_is_denied_until_it_would_have_ended(province, data):
    made, _text = key()
    before = lgsp.decision_mark()
    with pytest.raises(NotAllowed):
        operations.revoke_key(made, actor=scenes.LAN, at=scenes.AT)
    with pytest.raises(NotFound):
        queries.get_key_for(scenes.LAN, made.code)
    operations.revoke_key(made, actor=scenes.MINH, at=scenes.AT)
    assert lgsp.decision_mark() != before
    assert made.code in lgsp.decided_denials(scenes.AT).denied_tokens
    assert made.code not in lgsp.decided_denials(made.expires_at).denied_tokens
    with pytest.raises(StateMoved):
        operations.revoke_key(made, actor=scenes.MINH, at=scenes.AT)


def test_a_key_that_used_up_its_day_is_refused_wherever_it_called(service, data):
    opened(service, key_per_day=20)
    today = timezone.localdate(scenes.AT)
    row = CallCount.objects.create(
        period="day", starts_on=today, consumer=caller_of("MO.1"), service=service.code, calls=19
    )
    CallCount.objects.create(period="day", starts_on=today, consumer=ANONYMOUS, service=service.code, calls=500)
    assert list(queries.spent_keys(scenes.AT)) == []
    before = lgsp.decision_mark(scenes.AT)
    CallCount.objects.filter(pk=row.pk).update(calls=20)
    assert [one.consumer for one in queries.spent_keys(scenes.AT)] == [caller_of("MO.1")]
    assert lgsp.decision_mark(scenes.AT) != before
    assert quotas.spent(scenes.AT) == ([], [])
    assert list(queries.spent_keys(scenes.AT + timedelta(days=1))) == []


# -- pages and the interface --


def test_from_the_offer_to_the_public_page(service, data, client):
    address = f"/tang-mo/{service.code}/"
    assert "tang-mo" not in client.get(f"/dich-vu/{service.code}/").content.decode()
    sign_in(client, "lan")
    assert "Gửi đề nghị" in client.get(address).content.decode()
    wrong = client.post(address, {"open_fields": ["ten_co_so"], "note": "Ai cũng cần.", **LIMITS})
    assert wrong.status_code == 422
    assert "Khóa tra cứu cũng phải là mục tin mở" in wrong.content.decode()
    assert client.post(address, {"open_fields": NAMES, "note": "Ai cũng cần.", **LIMITS}).status_code == 302
    tier = queries.present(service)
    client.post(f"/tang-mo/{tier.code}/duyet/")
    assert not queries.present(service).is_open
    sign_in(client, "minh")
    assert "Mở cho mọi người" in client.get(address).content.decode()
    assert client.post(f"/tang-mo/{tier.code}/duyet/").status_code == 302
    assert tier.code in client.get("/tang-mo/").content.decode()
    client.logout()
    page = client.get(f"/dich-vu/{service.code}/").content.decode()
    assert 'curl -H "X-API-Key: $KHOA"' in page
    assert "open_limit" in page
    sign_in(client, "phuc")
    assert client.get(address).status_code == 404
    assert client.post(f"/tang-mo/{tier.code}/dong/", {"reason": "Không."}).status_code == 404
    sign_in(client, "lan")
    blank = client.post(f"/tang-mo/{tier.code}/dong/", {"reason": " "})
    assert blank.status_code == 422
    assert 'id="id_reason-error"' in blank.content.decode()
    assert client.post(f"/tang-mo/{tier.code}/dong/", {"reason": "Dữ liệu sắp thay."}).status_code == 302
    assert "Dữ liệu sắp thay." in client.get(address).content.decode()
    assert "X-API-Key" not in client.get(f"/dich-vu/{service.code}/").content.decode()


def test_a_person_takes_a_key_on_a_page_and_gives_it_back(province, data, client):
    assert client.get("/khoa-mo/").status_code == 302
    sign_in(client, "phuc")
    page = client.post("/khoa-mo/", {"purpose": "Bản đồ y tế"})
    assert "Chép khóa ngay bây giờ" in page.content.decode()
    assert page["Cache-Control"].startswith("max-age=0")
    made = queries.keys_for(scenes.PHUC).get()
    assert "eyJ" not in client.get("/khoa-mo/").content.decode()
    sign_in(client, "lan")
    assert client.post(f"/khoa-mo/{made.code}/thu-hoi/").status_code == 404
    sign_in(client, "phuc")
    client.post(f"/khoa-mo/{made.code}/thu-hoi/")
    assert queries.keys_for(scenes.PHUC).get().revoked_at


def sign_in(client, name):
    from django.contrib.auth import get_user_model

    client.force_login(get_user_model().objects.get(username=name))


# -- the whole way --


@pytest.fixture
def running(data, committed_db, make_province, settings):
    make_province()
    stack = Stack(data, Listen(port=free_port(), serving_port=free_port()))
    settings.NGANAM_GATEWAY_URL = f"http://127.0.0.1:{stack.listen.port}"
    try:
        stack.start_serving()
        stack.start_gateway()
        stack.start_collector()
        stack.start_keeper()
        yield stack
    finally:
        stack.stop()


@pytest.mark.slow
def test_from_the_offer_to_the_call_the_log_and_the_closing(running, make_service):
    service, now = make_service(), timezone.now()
    path = lgsp.service_url(service).removeprefix(f"http://127.0.0.1:{running.listen.port}")
    wait_for(lambda: running.ask(f"{path}/00123").status == 401)
    tier = opened(service, now, per_minute=50, key_per_minute=80)
    reply = wait_for(lambda: (got := running.ask_from("127.0.0.9", f"{path}/00123")).status == 200 and got)
    assert reply.json["data"] == {"ma_co_so": "00123", "ten_co_so": "Trạm y tế Phường 5"}
    made, text = key(at=now)
    shown = [("X-API-Key", text)]
    assert running.ask_from("127.0.0.9", f"{path}/00123", shown).headers["x-ratelimit-limit"].startswith("80")
    rows = wait_for(lambda: (found := list(Exchange.objects.filter(status=200))) and len(found) >= 2 and found)
    assert {(one.consumer, one.client_id, one.account) for one in rows} == {
        (ANONYMOUS, "", tier.code), (caller_of(made.code), made.code, tier.code),
    }  # fmt: skip
    operations.revoke_key(made, actor=scenes.PHUC, at=timezone.now())
    wait_for(lambda: running.ask_from("127.0.0.9", f"{path}/00123", shown).status == 403, 2)
    assert running.ask_from("127.0.0.9", f"{path}/00123").status == 200
    operations.close_tier(tier, actor=scenes.LAN, at=timezone.now(), reason="Dữ liệu sắp thay.")
    wait_for(lambda: running.ask_from("127.0.0.9", f"{path}/00123").status == 401, 2)
