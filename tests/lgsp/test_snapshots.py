"""Snapshots: each publication has a number, a digest, a cause; two can be compared; the gateway can go back to one."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

import scenes
import scenes_beyond
import scenes_services
from gateway_rig import free_port
from nganam.audit.models import Entry
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.lgsp import gateway, publishing, swapping
from nganam.lgsp.envoy.decided import METASERVICES
from nganam.lgsp.models import GatewaySnapshot, SnapshotPin
from nganam.lgsp.operations import publish_snapshot
from nganam.lgsp.snapshots import archive, operations, queries, recording
from nganam.notices.models import Notice
from nganam.serving.snapshot import read_snapshot
from nganam.sharing.accounts.operations import move_account

pytestmark = pytest.mark.django_db
LATER = scenes.AT + timedelta(minutes=20)
WHY = "Giới hạn mới làm nghẽn một cửa."


@pytest.fixture
def account(province):
    return scenes.account()


def told(data):
    return read_snapshot(data / "serving" / "snapshot.json")


def routes(data, node="gateway"):
    read = json.loads((data / node / "rds.json").read_bytes())
    return {one["name"]: one for one in read["resources"][0]["virtual_hosts"][0]["routes"]}


def number_of_calls(data, node="gateway"):
    read = json.loads((data / node / "ecds_snapshot.json").read_bytes())
    return read["resources"][0]["typed_config"]["metadata"][0]["value"]["snapshot"]


def denied(data, node="gateway"):
    read = json.loads((data / node / "ecds_deny.json").read_bytes())
    return set(read["resources"][0]["typed_config"]["rules"]["policies"])


def set_rate(service, rate, *, at=scenes.AT):
    type(service).objects.filter(pk=service.pk).update(rate_per_minute=rate, updated_at=at)


def rates(data):
    read = json.loads((data / "gateway" / "ecds_limit.json").read_bytes())
    buckets = read["resources"][0]["typed_config"]["descriptors"]
    own = [one for one in buckets if one["entries"][0]["value"] not in METASERVICES]
    return [one["token_bucket"]["max_tokens"] for one in own]


def publish(at=scenes.AT):
    publish_snapshot(at=at)
    return GatewaySnapshot.objects.first()


def test_each_publication_is_a_snapshot_with_its_number_digest_and_cause(account, data):
    first = publish()
    move_account(actor=scenes.LAN, at=scenes.AT, account=account, transition="lock", reason="Kiểm tra")
    second = publish()
    assert (first.number, second.number) == (1, 2)
    assert number_of_calls(data) == told(data).number == 2
    assert len({first.digest, second.digest}) == 2
    assert [(one["action"], one["object"], one["who"]) for one in second.causes] == [
        ("sharing.account.lock", account.code, scenes.LAN.name)
    ]
    assert (second.counts["grants"], second.counts["denials"]) == (0, 1)
    assert second.counts["changed"] == {"services": 0, "grants": 1, "denials": 1, "limits": 0, "keys": 0}
    assert list(GatewaySnapshot.objects.values_list("state", flat=True)) == ["in_force", "replaced"]
    kept = archive.find(data, 2)
    assert kept.digest == second.digest
    assert kept.gateway.gate_secret == ""
    assert archive.file_of(data, 2).stat().st_mode & 0o077 == 0


def test_the_digest_covers_every_file_of_every_node_and_the_data_servers(account, data):
    publish()
    kept = archive.find(data, 1)
    for name, digest in kept.files.items():
        if name != publishing.TOLD:
            assert publishing.sha256_hex((data / name).read_bytes()) == digest, name
    assert kept.files[publishing.TOLD] == publishing._content_digest(told(data))
    changed = {**kept.files, "gateway/rds.json": "0" * 64}
    assert archive.digest_of(changed) != kept.digest


def test_a_snapshot_whose_file_was_changed_is_seen(account, data):
    row = publish()
    assert queries.is_whole(row)
    kept = archive.find(data, 1)
    files = {**kept.files, "gateway/rds.json": "0" * 64}
    archive.keep(data, archive.msgspec.structs.replace(kept, files=files))
    assert queries.is_whole(row) is False


def test_a_publication_killed_before_its_files_were_in_place_is_finished_under_its_number(account, data):
    row = publish()
    (data / "gateway" / "rds.json").unlink()
    (data / "serving" / "snapshot.json").unlink()
    assert publish_snapshot(at=scenes.AT).changed
    assert GatewaySnapshot.objects.count() == 1
    assert told(data).number == number_of_calls(data) == row.number


def test_a_rollback_brings_settings_back_and_is_held(account, data):
    set_rate(account.service, 600)
    old = publish()
    set_rate(account.service, 5)
    publish()
    assert rates(data) == [5]
    operations.roll_back(old, actor=scenes.MINH, at=scenes.AT, reason=WHY)
    held = publish()
    assert (held.restores, rates(data)) == (old.number, [600])
    assert held.causes[0]["action"] == "lgsp.snapshot.rolled_back"
    entry = Entry.objects.get(action="lgsp.snapshot.rolled_back")
    assert (entry.actor_name, entry.details) == (scenes.MINH.name, {"reason": WHY})
    set_rate(account.service, 7)
    publish()
    assert rates(data) == [600]
    operations.release(actor=scenes.MINH, at=scenes.AT, reason="Đã sửa")
    assert publish().restores is None
    assert rates(data) == [7]


@pytest.mark.law("D43", "D44")
def test_a_rollback_restores_no_right_that_was_withdrawn(account, data):
    """Locked since, revoked since, narrowed since, suspended since: none comes back, also after the denials ran out."""
    old = publish()
    assert told(data).grants
    account = move_account(actor=scenes.LAN, at=scenes.AT, account=account, transition="revoke", reason="Sai mục đích")
    publish()
    operations.roll_back(old, actor=scenes.MINH, at=scenes.AT, reason=WHY)
    publish()
    assert denied(data) == {f"revoked-{account.code}"}
    assert told(data).grants == {}
    publish(LATER)
    assert told(data).grants == {}


@pytest.mark.law("D43", "D44")
def test_while_held_a_lock_and_a_suspension_act_at_once(account, data):
    old = publish()
    operations.roll_back(old, actor=scenes.MINH, at=scenes.AT, reason=WHY)
    publish()
    assert told(data).grants
    move_account(actor=scenes.LAN, at=scenes.AT, account=account, transition="lock", reason="Kiểm tra")
    publish()
    assert (denied(data), told(data).grants) == ({f"revoked-{account.code}"}, {})
    scenes_services.suspended(account.service)
    publish()
    assert routes(data)[account.service.code]["direct_response"] == {"status": 503}
    assert told(data).services == {}


def test_narrowed_fields_stay_narrow_and_what_was_granted_since_waits(account, data):
    old = publish()
    fields = told(data).grants[account.subject][account.service.code].fields
    type(account).objects.filter(pk=account.pk).update(granted_fields=[*fields[:1], "dien_thoai"], version=99)
    operations.roll_back(old, actor=scenes.MINH, at=scenes.AT, reason=WHY)
    publish()
    assert told(data).grants[account.subject][account.service.code].fields == fields[:1]


def test_a_service_published_since_is_not_there_while_held(province, data):
    empty = publish()
    account = scenes.account()
    publish()
    assert account.service.code in routes(data)
    operations.roll_back(empty, actor=scenes.MINH, at=scenes.AT, reason=WHY)
    publish()
    assert account.service.code not in routes(data)
    assert (told(data).services, told(data).grants) == ({}, {})


def test_only_the_operator_goes_back_and_must_say_why(account):
    row = publish()
    for actor in (scenes.LAN, scenes.PHUC):
        with pytest.raises(NotAllowed):
            operations.roll_back(row, actor=actor, at=scenes.AT, reason=WHY)
        with pytest.raises(NotFound):
            queries.get_snapshot_for(actor, row.number)
    with pytest.raises(Invalid):
        operations.roll_back(row, actor=scenes.MINH, at=scenes.AT, reason="  ")
    with pytest.raises(StateMoved):
        operations.release(actor=scenes.MINH, at=scenes.AT, reason=WHY)
    operations.roll_back(row, actor=scenes.MINH, at=scenes.AT, reason=WHY)
    with pytest.raises(StateMoved):
        operations.roll_back(row, actor=scenes.MINH, at=scenes.AT, reason=WHY)
    assert SnapshotPin.objects.filter(is_live=True).count() == 1


def test_a_snapshot_whose_file_is_gone_is_not_returned_to(account, data):
    row = publish()
    archive.file_of(data, row.number).unlink()
    with pytest.raises(RuleBroken):
        operations.roll_back(row, actor=scenes.MINH, at=scenes.AT, reason=WHY)


def test_files_of_old_snapshots_are_forgotten_but_not_the_one_in_force(account, data, monkeypatch):
    monkeypatch.setattr(operations, "KEPT_LEAST", 1)
    for rate in (5, 6, 7):
        set_rate(account.service, rate)
        publish()
    operations.roll_back(GatewaySnapshot.objects.get(number=1), actor=scenes.MINH, at=scenes.AT, reason=WHY)
    assert operations.forget_snapshots(at=scenes.AT + timedelta(days=30)) == 0
    assert operations.forget_snapshots(at=scenes.AT + timedelta(days=91)) == 1
    assert [archive.find(data, one) is not None for one in (1, 2, 3)] == [True, False, True]
    assert queries.comparison(GatewaySnapshot.objects.get(number=2), GatewaySnapshot.objects.get(number=3)) is None


def break_routes(monkeypatch, *, when):
    real = publishing.compile_gateway

    def compiled(decided):
        made = real(decided)
        if any(one.rate_per_minute == when for one in decided.services):
            made["rds.json"]["resources"][0]["virtual_hosts"][0]["routes"].append({"name": "no match"})
        return made

    monkeypatch.setattr(publishing, "compile_gateway", compiled)


def test_a_bad_snapshot_is_refused_whole_and_the_operator_is_told_once(account, data, monkeypatch):
    break_routes(monkeypatch, when=666)
    publish()
    before = {path: path.read_bytes() for path in (data / "gateway").glob("*.json")}
    set_rate(account.service, 666)
    for _again in range(3):
        with pytest.raises(swapping.BadGateway):
            publish_snapshot(at=scenes.AT)
    assert before == {path: path.read_bytes() for path in (data / "gateway").glob("*.json")}
    assert told(data).number == 1
    bad = GatewaySnapshot.objects.get(state="refused")
    assert "Envoy" in bad.problem
    assert Notice.objects.filter(role="lead", link__endswith=f"/{bad.number}/").count() == 1
    with pytest.raises(RuleBroken):
        operations.roll_back(bad, actor=scenes.MINH, at=scenes.AT, reason=WHY)
    set_rate(account.service, 60)
    assert (publish().state, publish().number) == ("in_force", 3)


def test_what_is_withdrawn_while_snapshots_are_refused_acts_all_the_same(account, data, monkeypatch):
    break_routes(monkeypatch, when=666)
    publish()
    set_rate(account.service, 666)
    move_account(actor=scenes.LAN, at=scenes.AT, account=account, transition="lock", reason="Kiểm tra")
    for at in (scenes.AT, LATER):
        with pytest.raises(swapping.BadGateway):
            publish_snapshot(at=at)
        assert told(data).grants == {}
    assert rates(data) == [600]
    assert GatewaySnapshot.objects.filter(state="refused").count() <= 2


def test_a_second_node_is_told_the_same_and_denials_go_to_all_before_anything(account, data, monkeypatch):
    for node, port in (("gateway", free_port()), ("gateway-2", free_port())):
        gateway.command(
            data, port=port, host="127.0.0.1", serving="127.0.0.1:8710", others=["127.0.0.1:8711"], node=node
        )
    publish()
    for name in ("rds.json", "ecds_jwt.json", "ecds_limit.json", "ecds_deny.json", "cds.json"):
        assert (data / "gateway" / name).read_bytes() == (data / "gateway-2" / name).read_bytes(), name
    first, second = (json.loads((data / one / "lds.json").read_bytes()) for one in ("gateway", "gateway-2"))
    assert first["resources"][0]["address"] != second["resources"][0]["address"]
    endpoints = json.loads((data / "gateway-2" / "cds.json").read_bytes())["resources"][0]["load_assignment"][
        "endpoints"
    ]
    assert [one["endpoint"]["address"]["socket_address"]["port_value"] for one in endpoints[0]["lb_endpoints"]] == [
        8710,
        8711,
    ]

    swapped = []
    real = swapping.replace
    monkeypatch.setattr(swapping, "replace", lambda path, content: (swapped.append(path), real(path, content)))
    move_account(actor=scenes.LAN, at=scenes.AT, account=account, transition="lock", reason="Kiểm tra")
    publish()
    assert [str(path.relative_to(data)) for path in swapped[:2]] == [
        "gateway/ecds_deny.json",
        "gateway-2/ecds_deny.json",
    ]
    assert denied(data) == denied(data, "gateway-2") == {f"revoked-{account.code}"}
    assert number_of_calls(data, "gateway-2") == 2
    gateway.keep_nodes(data, 1)
    assert [one.name for one in gateway.nodes(data)] == ["gateway"]
    assert len(gateway.log_folders(data)) == 2


def test_the_comparison_names_what_changed_and_hides_secrets(account, data):
    first = publish()
    locked = move_account(actor=scenes.LAN, at=scenes.AT, account=account, transition="lock", reason="Kiểm tra")
    set_rate(account.service, 5)
    second = publish()
    found = queries.comparison(first, second)
    (grant,), (denial,), (limit,) = found.grants, found.denials, found.limits
    pair = f"{account.subject} → {account.service.code}"
    assert (grant.kind, grant.code) == ("removed", pair)
    assert (denial.kind, denial.code) == ("added", f"{locked.code} → {account.service.code}")
    assert [(one.name, one.before, one.after) for one in limit.changes] == [("rate_per_minute", "600", "5")]
    assert queries.comparison(second, first).grants[0].kind == "added"
    kept = archive.find(data, 1)
    odd = archive.msgspec.structs.replace(kept, gateway=replace(kept.gateway, denied_clients=("x",)))
    assert [one.code for one in archive_compare(kept, odd).denials] == ["x"]


def archive_compare(before, after):
    from nganam.lgsp.snapshots import comparing

    return comparing.compare(before, after)


def test_a_member_that_sounds_secret_is_masked_however_deep():
    from nganam.lgsp.snapshots import comparing

    words = comparing._changes(
        None, {"api_secret": "bi-mat-1", "upstream": {"url": "http://x", "password": "bi-mat-2"}}
    )
    assert "bi-mat" not in repr(words)
    assert "http://x" in repr(words)


def test_pages_show_list_detail_comparison_and_go_back(account, client, data):
    first = publish()
    move_account(actor=scenes.LAN, at=scenes.AT, account=account, transition="lock", reason="Kiểm tra")
    second = publish()
    base = "/giam-sat/ban-cau-hinh/"
    assert client.login(username="lan", password=scenes.PASSWORD)
    for path in (base, f"{base}1/", f"{base}1/so-sanh/2/"):
        assert client.get(path).status_code == 404
    assert client.post(f"{base}1/quay-lai/", {"reason": WHY}).status_code == 404
    client.logout()
    assert client.login(username="minh", password=scenes.PASSWORD)
    page = client.get(base).content.decode()
    assert "Tạm khóa" in page
    assert second.digest[:12] in page
    assert account.code in client.get(f"{base}2/").content.decode()
    assert f"{account.subject} → {account.service.code}" in client.get(f"{base}1/so-sanh/2/").content.decode()
    assert client.get(f"{base}9/").status_code == 404
    assert client.post(f"{base}1/quay-lai/", {"reason": ""}).status_code == 422
    assert client.post(f"{base}1/quay-lai/", {"reason": WHY}).status_code == 302
    assert recording.pin().snapshot == first
    assert WHY in client.get(base).content.decode()
    assert "giữ ở một bản" in client.get("/giam-sat/").content.decode()
    assert client.post(f"{base}bo-giu/", {"reason": "Đã sửa"}).status_code == 302
    assert recording.pin() is None


def test_the_json_interface_is_the_operators_only(account, data):
    from django.test import Client
    from django.utils import timezone

    from nganam.accounts.keys import issue_api_key

    publish()
    set_rate(account.service, 5)
    publish()

    def program(actor):
        _key, text = issue_api_key(actor=actor, at=timezone.now(), name="thử", days=30)
        return Client(headers={"authorization": f"Bearer {text}"})

    minh, lan = program(scenes.MINH), program(scenes.LAN)
    assert [one["number"] for one in minh.get("/api/v1/gateway/snapshots").json()] == [2, 1]
    assert lan.get("/api/v1/gateway/snapshots").json() == []
    assert lan.get("/api/v1/gateway/snapshots/1").status_code == 404
    assert lan.get("/api/v1/gateway/nodes").status_code == 403
    assert Client().get("/api/v1/gateway/snapshots").status_code == 401
    (limit,) = minh.get("/api/v1/gateway/snapshots/1/compare/2").json()["limits"]
    assert limit["changes"] == [{"name": "rate_per_minute", "before": "600", "after": "5"}]
    nodes = minh.get("/api/v1/gateway/nodes").json()
    assert (nodes["held_to"], nodes["gateways"][0]["running"]) == (None, False)
    send = {"data": {"reason": WHY}, "content_type": "application/json"}
    assert lan.post("/api/v1/gateway/snapshots/1/roll-back", **send).status_code == 404
    assert minh.post("/api/v1/gateway/snapshots/1/roll-back", **send).json()["snapshot"] == 1
    assert minh.post("/api/v1/gateway/snapshots/1/roll-back", **send).status_code == 409
    assert minh.post("/api/v1/gateway/release", **send).json()["released_by"] == scenes.MINH.name


def test_what_was_done_to_a_platform_is_a_cause(account, data):
    publish()
    platform = scenes_beyond.platform()
    causes = {(one["action"].rpartition(".")[0], one["object"]) for one in publish().causes}
    assert ("lgsp.platform", platform.code) in causes
