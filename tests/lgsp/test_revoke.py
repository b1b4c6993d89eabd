"""Revoking in the portal stops calls within two seconds: everything real, from the button to the refused call."""

import http.client
import time
from contextlib import closing

import pytest

import scenes
from gateway_rig import Stack, free_port, wait_for
from nganam.lgsp import operations, tokens
from nganam.lgsp.envoy.decided import Listen
from nganam.lgsp.evidence.verifying import verify_log
from nganam.lgsp.models import Exchange
from nganam.services.queries import gateway_path
from nganam.sharing.models import Account

pytestmark = pytest.mark.slow


@pytest.fixture
def running(data, committed_db, make_province):
    make_province()
    stack = Stack(data, Listen(port=free_port(), serving_port=free_port()))
    try:
        stack.start_serving()
        stack.start_gateway()
        stack.start_collector()
        stack.start_keeper()
        yield stack
    finally:
        stack.stop()


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
    wait_for(lambda: Exchange.objects.filter(request_id=wanted).exists(), 5)
    last = Exchange.objects.get(request_id=wanted)
    assert (last.status, last.consumer, last.client_id) == (403, "CT-X31507/MCDT", row.client_id)
    assert Exchange.objects.filter(status=200, service=account.service.code, fields=2).exists()
    assert verify_log(running.data / "evidence", 1).ok
    with closing(http.client.HTTPConnection("127.0.0.1", running.listen.serving_port)) as link:
        link.request("GET", "/metrics")
        assert b"nganam_serving_answers_total" in link.getresponse().read()


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
    wait_for(lambda: Exchange.objects.filter(request_id__in=asked).count() == 5, 5)
    assert verify_log(running.data / "evidence", 1).ok
