"""Of a quota that runs out both sides are told: from a call through the gateway to the notice, all of it real."""

import time

import pytest
from django.utils import timezone

import scenes
from gateway_rig import everything, wait_for
from nganam.lgsp import operations, tokens
from nganam.lgsp.models import CallCount
from nganam.notices.models import Notice
from nganam.services.queries import gateway_path
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.requests import operations as requests

pytestmark = pytest.mark.slow
PATIENT = 60.0


@pytest.fixture
def running(data, committed_db, make_province):
    make_province()
    with everything(data) as stack:
        yield stack


def granted(application, service, **scope):
    """Grant Phúc's request, hand the account over; return a path of its service, a token, and the account."""
    wanted = scenes.REQUEST["fields"]
    request = requests.draft_request(
        actor=scenes.PHUC, at=scenes.AT, application=application, service=service, values=scenes.REQUEST
    )
    request = requests.send_request(actor=scenes.PHUC, at=scenes.AT, request=request)
    account = requests.grant_request(actor=scenes.LAN, at=scenes.AT, request=request, granted=wanted, **scope)
    account = accounts.hand_over(actor=scenes.PHUC, at=scenes.AT, account=account)
    row, secret = operations.issue_credential(account, actor=scenes.PHUC, at=timezone.now())
    token = tokens.issue_token(tokens.Proof(row.client_id, secret=secret), at=timezone.now()).text
    return gateway_path(service, "VN") + "/00123", token, account


@pytest.mark.law("D35.3")
def test_at_four_fifths_of_a_quota_both_sides_are_told_once_and_calls_go_on(running):
    path, token, account = granted(scenes.application(), scenes.published_service(), per_day=60)
    wait_for(lambda: running.ask(path, token).status == 200, PATIENT)

    def counted():
        return CallCount.objects.filter(period="day").values_list("calls", flat=True).first() or 0

    def called(most):
        while counted() < most:
            seen = counted()
            assert running.ask(path, token).status == 200
            wait_for(lambda seen=seen: counted() > seen)

    called(47)
    told = Notice.objects.filter(link=account.get_absolute_url(), title__contains="80")
    assert not told.exists()
    called(50)
    agencies = wait_for(lambda: sorted(set(told.values_list("agency", flat=True))))
    assert agencies == sorted({account.consumer.code, account.provider.code})
    many = told.count()
    called(53)
    time.sleep(1)
    assert told.count() == many
    assert not Notice.objects.filter(link=account.get_absolute_url(), title__contains="100").exists()
