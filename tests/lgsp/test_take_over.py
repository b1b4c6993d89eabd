"""A merged agency's account at the gateway: it calls on, and once it is taken over its calls are the successor's."""

import pytest

import scenes
from gateway_rig import everything, wait_for
from nganam.agencies import operations as agencies
from nganam.kernel.clock import local_date
from nganam.lgsp import operations, tokens
from nganam.lgsp.models import Exchange
from nganam.services.queries import gateway_path
from nganam.sharing.accounts.succeeding import take_over_account
from nganam.sharing.models import Account
from nganam.sharing.suspensions import closing

pytestmark = pytest.mark.slow


@pytest.fixture
def running(data, committed_db, make_province):
    make_province()
    with everything(data) as stack:
        yield stack


def token_of(row, secret):
    from django.utils import timezone

    return tokens.issue_token(tokens.Proof(row.client_id, secret=secret), at=timezone.now()).text


def until(stack, path, token, status, seconds=10.0):
    wait_for(lambda: stack.ask(path, token).status == status, seconds)


def close(*successors):
    from django.utils import timezone

    now = timezone.now()
    agencies.close_agency(actor=scenes.MINH, at=now, agency="CT-X31507", until=local_date(now), successors=successors)
    closing.follow_closed(at=now)


@pytest.mark.law("D44")
def test_an_account_taken_over_calls_as_the_successor_and_one_of_nobody_is_refused(running):
    from django.utils import timezone

    account = scenes.account()
    row, secret = operations.issue_credential(account, actor=scenes.PHUC, at=timezone.now())
    old = token_of(row, secret)
    path = gateway_path(account.service, "VN") + "/00123"
    until(running, path, old, 200)
    close("CT-STC")
    assert running.ask(path, old).status == 200, "who was served goes on being served"

    taken = take_over_account(
        actor=scenes.MINH, at=timezone.now(), account=Account.objects.get(), successor="CT-STC", reason="Sáp nhập."
    )
    until(running, path, old, 401)
    # A token is denied by the second it was issued in: the next one is asked for until it is later.
    wait_for(lambda: running.ask(path, token_of(row, secret)).status == 200, 10)
    wanted = running.ask(path, token_of(row, secret)).headers["x-request-id"]
    wait_for(lambda: Exchange.objects.filter(request_id=wanted).exists(), 10)
    assert Exchange.objects.get(request_id=wanted).consumer == taken.subject == "CT-STC/MCDT"


@pytest.mark.law("D44")
def test_the_account_of_an_agency_that_is_no_more_is_refused_at_the_gateway(running):
    from django.utils import timezone

    account = scenes.account()
    row, secret = operations.issue_credential(account, actor=scenes.PHUC, at=timezone.now())
    token = token_of(row, secret)
    path = gateway_path(account.service, "VN") + "/00123"
    until(running, path, token, 200)
    close()
    until(running, path, token, 403, 2.0)
