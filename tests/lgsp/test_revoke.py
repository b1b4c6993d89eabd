"""Revoking in the portal stops calls within two seconds: everything real, from the button to the refused call."""

import http.client
import time
from contextlib import closing

import pytest

import scenes
import scenes_accounts
from gateway_rig import everything, wait_for
from nganam.lgsp import operations, tokens
from nganam.lgsp.evidence.verifying import verify_log
from nganam.lgsp.models import Exchange
from nganam.services.queries import gateway_path
from nganam.sharing.models import Account

pytestmark = pytest.mark.slow


@pytest.fixture
def running(data, committed_db, make_province):
    make_province()
    with everything(data) as stack:
        yield stack


def until(stack, path, token, status, seconds=2.0):
    """Call until the status comes; return after how many seconds it did."""
    began = time.monotonic()
    wait_for(lambda: stack.ask(path, token).status == status, seconds)
    return time.monotonic() - began


@pytest.mark.law("D43", "D44", "D45", "S8.2d")
def test_from_the_grant_to_the_call_and_from_the_button_to_the_refusal(running, client, record_property):
    from django.utils import timezone

    account = scenes.account()
    row, secret = operations.issue_credential(account, actor=scenes.PHUC, at=timezone.now())
    token = tokens.issue_token(tokens.Proof(row.client_id, secret=secret), at=timezone.now()).text
    path = gateway_path(account.service, "VN") + "/00123"
    granted = until(running, path, token, 200, seconds=10)
    assert running.ask(path, token).json["data"] == {"ma_co_so": "00123", "ten_co_so": "Trạm y tế Phường 5"}

    page = f"/tai-khoan-ket-noi/{account.code}/"
    assert client.login(username="lan", password=scenes.PASSWORD)
    took = {}
    client.post(f"{page}buoc/lock/", {"reason": "Kiểm tra"})
    took["lock"] = until(running, path, token, 403)
    client.post(f"{page}buoc/restore/")
    took["restore"] = until(running, path, token, 200)
    client.post(f"{page}khoa/{row.client_id}/thu-hoi/")
    took["credential"] = until(running, path, token, 403)
    assert Account.objects.get().state == "active"
    record_property("seconds", {"granted": granted, **took})
    assert max(took.values()) < 2, took

    # What happened is in the log within five seconds too, the last refusal included.
    wanted = running.ask(path, token).headers["x-request-id"]
    wait_for(lambda: Exchange.objects.filter(request_id=wanted).exists())
    last = Exchange.objects.get(request_id=wanted)
    assert (last.status, last.consumer, last.client_id) == (403, "CT-X31507/MCDT", row.client_id)
    assert Exchange.objects.filter(status=200, service=account.service.code, fields=2).exists()
    assert verify_log(running.data / "evidence", 1).ok
    with closing(http.client.HTTPConnection("127.0.0.1", running.listen.serving_port)) as link:
        link.request("GET", "/metrics")
        assert b"nganam_serving_answers_total" in link.getresponse().read()


def _token_of(account):
    from django.utils import timezone

    row, secret = operations.issue_credential(account, actor=scenes.PHUC, at=timezone.now())
    return tokens.issue_token(tokens.Proof(row.client_id, secret=secret), at=timezone.now()).text


def _revoke(account):
    from django.utils import timezone

    from nganam.sharing.suspensions.operations import revoke_account

    revoke_account(actor=scenes.LAN, at=timezone.now(), account=account, ground="purpose", reason="Sai mục đích")


def _expire(account):
    from datetime import timedelta

    from django.utils import timezone

    from nganam.sharing.suspensions.operations import expire_accounts

    Account.objects.filter(pk=account.pk).update(valid_until=timezone.localdate() + timedelta(days=1))
    assert expire_accounts(at=timezone.now() + timedelta(days=2)) == 1


def _stop(account):
    from datetime import timedelta

    from django.utils import timezone

    from nganam.sharing.suspensions import maintaining

    at = timezone.now()
    plan = {
        "ground": "force_majeure", "work": "Khắc phục điện", "force": "Mất điện diện rộng", "planned_from": at,
        "planned_until": at + timedelta(hours=2),
    }  # fmt: skip
    stop = maintaining.plan_stop(actor=scenes.LAN, at=at, service=account.service, values=plan)
    return maintaining.announce_stop(actor=scenes.LAN, at=at, stop=stop)


def _end(account):
    from django.utils import timezone

    from nganam.services.operations import end_service

    account.service.refresh_from_db()
    end_service(
        actor=scenes.LAN, at=timezone.now(), service=account.service, reason="Thay bằng dịch vụ mới", ground="ended"
    )


@pytest.mark.law("D43.4", "D44", "S8.2d")
@pytest.mark.parametrize("deed", [_revoke, _expire, _stop, _end], ids=["revoked", "expired", "stopped", "ended"])
def test_what_ends_or_stops_the_use_is_refused_within_two_seconds(running, record_property, deed):
    account = scenes.account()
    token, path = _token_of(account), gateway_path(account.service, "VN") + "/00123"
    until(running, path, token, 200, seconds=20)
    deed(account)
    began = time.monotonic()
    wait_for(lambda: running.ask(path, token).status != 200, 2)
    took = time.monotonic() - began
    record_property("seconds", took)
    assert running.ask(path, token).status in {403, 404, 503}
    assert took < 2


@pytest.mark.law("D35.3", "D43.3", "S8.2d")
def test_a_first_grant_and_the_end_of_a_stop_act_within_two_seconds(running, record_property):
    from django.utils import timezone

    from nganam.sharing.suspensions import maintaining

    account = scenes.account()
    path = gateway_path(account.service, "VN") + "/00123"
    until(running, path, _token_of(account), 200, seconds=20)
    took = {}
    other = scenes_accounts.second_account(account.service)
    took["granted"] = until(running, path, _token_of(other), 200)
    token = _token_of(account)
    stop = _stop(account)
    took["stopped"] = until(running, path, token, 503)
    maintaining.restore_service(actor=scenes.LAN, at=timezone.now(), stop=stop)
    took["restored"] = until(running, path, token, 200)
    record_property("seconds", took)
    assert max(took.values()) < 2, took


def test_a_killed_keeper_takes_up_where_it_was(running):
    from django.utils import timezone

    account = scenes.account()
    row, secret = operations.issue_credential(account, actor=scenes.PHUC, at=timezone.now())
    token = tokens.issue_token(tokens.Proof(row.client_id, secret=secret), at=timezone.now()).text
    path = gateway_path(account.service, "VN") + "/00123"
    until(running, path, token, 200, seconds=10)
    running.kill("keeper")
    asked = [running.ask(path, token).headers["x-request-id"] for _ in range(5)]
    operations.revoke_credential(row, actor=scenes.PHUC, at=timezone.now())
    running.start_keeper()
    until(running, path, token, 403, seconds=10)
    wait_for(lambda: Exchange.objects.filter(request_id__in=asked).count() == 5)
    assert verify_log(running.data / "evidence", 1).ok
