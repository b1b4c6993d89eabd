"""Publication: decisions of the registers become the files of the gateway and the data server."""

import json
from datetime import timedelta

import pytest
from django.conf import settings

import scenes
import scenes_services
from nganam.audit.models import Entry
from nganam.lgsp import gateway, operations, publishing, swapping
from nganam.lgsp.operations import publish_snapshot
from nganam.services.operations import end_service
from nganam.serving.snapshot import read_snapshot
from nganam.sharing.accounts.operations import move_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(province):
    return scenes.account()


@pytest.fixture
def files(data):
    def read(name):
        return json.loads((data / "gateway" / name).read_bytes())

    return read


def routes(files):
    return {one["name"]: one for one in files("rds.json")["resources"][0]["virtual_hosts"][0]["routes"]}


def denied(files):
    return set(files("ecds_deny.json")["resources"][0]["typed_config"]["rules"]["policies"])


@pytest.mark.law("S14", "S8.2d")
def test_a_published_service_and_its_account_reach_both(account, files, data):
    assert publish_snapshot(at=scenes.AT).changed
    code = account.service.code
    assert routes(files)[code]["match"]["path_separated_prefix"] == f"/r1/VN/GOV/CT-SYT/KHO/{code}"
    told = read_snapshot(data / "serving" / "snapshot.json")
    assert told.services[code].table == "co-so-kham-chua-benh"
    assert told.grants["CT-X31507/MCDT"][code].fields == ("ma_co_so", "ten_co_so")
    assert [one.name for one in told.services[code].fields] == ["ma_co_so", "ten_co_so", "loai", "dien_thoai"]
    assert told.services[code].personal == ("dien_thoai",)
    assert (told.services[code].title, told.gateway) == (account.service.name, settings.NGANAM_GATEWAY_URL)
    assert Entry.objects.filter(action="lgsp.gateway.published").count() == 1


def test_nothing_decided_nothing_written(account, data):
    publish_snapshot(at=scenes.AT)
    before = {path: path.stat().st_mtime_ns for path in data.rglob("*.json")}
    assert not publish_snapshot(at=scenes.AT + timedelta(minutes=1)).changed
    assert before == {path: path.stat().st_mtime_ns for path in data.rglob("*.json")}
    assert Entry.objects.filter(action="lgsp.gateway.published").count() == 1


@pytest.mark.law("D43", "D44")
@pytest.mark.parametrize(("transition", "reason"), [("lock", "Kiểm tra"), ("revoke", "Sai mục đích")])
def test_an_account_out_of_force_is_denied_and_loses_its_grant(account, files, data, transition, reason):
    publish_snapshot(at=scenes.AT)
    move_account(actor=scenes.LAN, at=scenes.AT, account=account, transition=transition, reason=reason)
    done = publish_snapshot(at=scenes.AT + timedelta(seconds=1))
    assert (done.files, done.serving) == (("ecds_deny.json", "ecds_snapshot.json"), True)
    assert denied(files) == {f"revoked-{account.code}"}
    assert read_snapshot(data / "serving" / "snapshot.json").grants == {}
    publish_snapshot(at=scenes.AT + timedelta(hours=1))
    assert denied(files) == set()


def test_a_restored_account_is_let_in_again(account, files, data):
    locked = move_account(actor=scenes.LAN, at=scenes.AT, account=account, transition="lock", reason="Kiểm tra")
    publish_snapshot(at=scenes.AT)
    move_account(actor=scenes.LAN, at=scenes.AT, account=locked, transition="restore")
    publish_snapshot(at=scenes.AT)
    assert denied(files) == set()
    assert read_snapshot(data / "serving" / "snapshot.json").grants


def test_a_revoked_credential_is_denied_by_its_client(account, files):
    row, _secret = operations.issue_credential(account, actor=scenes.PHUC, at=scenes.AT)
    operations.revoke_credential(row, actor=scenes.PHUC, at=scenes.AT)
    publish_snapshot(at=scenes.AT)
    assert denied(files) == {"revoked-clients"}


@pytest.mark.law("D43", "D44")
def test_a_suspended_service_says_so_and_an_ended_one_is_gone(account, files, data):
    service = scenes_services.suspended(account.service)
    publish_snapshot(at=scenes.AT)
    assert routes(files)[service.code]["direct_response"] == {"status": 503}
    assert read_snapshot(data / "serving" / "snapshot.json").services == {}
    end_service(actor=scenes.LAN, at=scenes.AT, service=service, reason="Thay dịch vụ khác", ground="ended")
    publish_snapshot(at=scenes.AT)
    assert service.code not in routes(files)


def test_when_envoy_refuses_the_rest_the_denial_acts_and_the_old_stays(account, files, data, monkeypatch):
    publish_snapshot(at=scenes.AT)
    before = files("rds.json")
    account = move_account(actor=scenes.LAN, at=scenes.AT, account=account, transition="lock", reason="Kiểm tra")
    broken = publishing.compile_gateway

    def compiled(decided):
        made = broken(decided)
        made["rds.json"]["resources"][0]["virtual_hosts"][0]["routes"].append({"name": "no match"})
        return made

    monkeypatch.setattr(publishing, "compile_gateway", compiled)
    with pytest.raises(swapping.BadGateway):
        publish_snapshot(at=scenes.AT)
    assert files("rds.json") == before
    assert denied(files) == {f"revoked-{account.code}"}


def test_a_moved_gateway_keeps_what_was_published(account, files, data):
    publish_snapshot(at=scenes.AT)
    before = files("rds.json")
    gateway.command(data, port=18999, host="127.0.0.1", serving="127.0.0.1:18998")
    assert files("lds.json")["resources"][0]["address"]["socket_address"]["port_value"] == 18999
    assert files("rds.json") == before
    assert publish_snapshot(at=scenes.AT).files == ("ecds_snapshot.json",)
    assert not publish_snapshot(at=scenes.AT).changed


def test_the_platforms_events_lead_to_a_publication(account, files, run_jobs):
    run_jobs()
    assert account.service.code in routes(files)
