"""What suspends, ends, restores or renews sharing reaches the gateway by itself within two seconds: all of it real."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

import scenes
import scenes_accounts as suspensions
from gateway_rig import Stack, free_port, wait_for
from nganam.kernel.clock import local_date
from nganam.lgsp import operations, tokens
from nganam.lgsp.envoy.decided import Listen
from nganam.services.models import Service
from nganam.services.queries import gateway_path
from nganam.sharing.models import Account, Breach, Maintenance
from nganam.sharing.requests.operations import grant_request
from nganam.sharing.suspensions import maintaining
from nganam.sharing.suspensions import operations as deeds

pytestmark = pytest.mark.slow
FASTEST, LIMIT = 10.0, 2.0


@pytest.fixture
def running(data, committed_db, make_province):
    make_province()
    stack = Stack(data, Listen(port=free_port(), serving_port=free_port()))
    try:
        stack.start_serving()
        stack.start_gateway()
        stack.start_keeper()
        yield stack
    finally:
        stack.stop()


def until(stack, path, token, status, seconds=LIMIT):
    """Call until the status comes; return after how many seconds it did."""
    began = time.monotonic()
    wait_for(lambda: stack.ask(path, token).status == status, seconds)
    return time.monotonic() - began


def caller(account):
    """Take a key of the account and a token with it; return the path and the token."""
    row, secret = operations.issue_credential(account, actor=scenes.PHUC, at=timezone.now())
    token = tokens.issue_token(tokens.Proof(row.client_id, secret=secret), at=timezone.now()).text
    return gateway_path(account.service, "VN") + "/00123", token


@pytest.mark.law("D43.1", "D43.2", "D43.4", "D44", "D40.2")
def test_every_decision_acts_within_two_seconds(running, client, record_property):
    account = scenes.account()
    path, token = caller(account)
    until(running, path, token, 200, seconds=FASTEST)
    took = {}

    # A forced stop: announced by the button, 503 for everybody; restored by the button.
    assert client.login(username="lan", password=scenes.PASSWORD)
    now = timezone.now()
    forced = suspensions.FORCED | {"planned_from": now, "planned_until": now + timedelta(hours=5)}
    stop = maintaining.plan_stop(actor=scenes.LAN, at=now, service=account.service, values=forced)
    client.post(f"{stop.get_absolute_url()}buoc/announce/", {})
    took["stop"] = until(running, path, token, 503)
    client.post(f"{stop.get_absolute_url()}buoc/restore/", {})
    took["service restored"] = until(running, path, token, 200)

    # A planned stop whose time has come, made by the job.
    other = maintaining.plan_stop(actor=scenes.LAN, at=now, service=account.service, values=forced)
    Maintenance.objects.filter(pk=other.pk).update(state="announced", announced_at=now)
    assert maintaining.stop_due(at=timezone.now()) == 1
    took["stop by the job"] = until(running, path, token, 503)
    client.post(f"{other.get_absolute_url()}buoc/restore/", {})
    until(running, path, token, 200)

    # A breach: the account is locked, restored.
    breach = suspensions.notified_breach(Account.objects.get())
    client.post(f"{breach.get_absolute_url()}buoc/suspend/", {})
    took["breach"] = until(running, path, token, 403)
    client.post(f"{Breach.objects.get().get_absolute_url()}buoc/restore/", {})
    took["use restored"] = until(running, path, token, 200)

    # The consumer gives up: its young token dies.
    client.logout()
    assert client.login(username="phuc", password=scenes.PASSWORD)
    client.post(f"{account.get_absolute_url()}buoc/give_up/", {"reason": "Hết nhu cầu"})
    took["give up"] = until(running, path, token, 403)

    # The operator issues another by delegation; then its term ends.
    suspensions.delegation()
    again = next_request(account)
    issued = grant_request(actor=scenes.MINH, at=timezone.now(), request=again, granted=["ma_co_so"], **scenes.WITHHELD)
    path, token = caller(issued)
    took["delegated issue"] = until(running, path, token, 200)
    Account.objects.filter(pk=issued.pk).update(valid_until=local_date(timezone.now()))
    assert deeds.expire_accounts(at=timezone.now()) == 1
    took["expiry"] = until(running, path, token, 403)

    record_property("seconds", took)
    assert max(took.values()) < LIMIT, took
    assert Service.objects.get().state == "published"


def next_request(account):
    """Send another request of the same application for the same service."""
    from nganam.sharing.requests import operations as requests

    at = timezone.now()
    asked = requests.draft_request(
        actor=scenes.PHUC, at=at, application=account.application, service=account.service, values=scenes.REQUEST
    )
    return requests.send_request(actor=scenes.PHUC, at=at, request=asked)
