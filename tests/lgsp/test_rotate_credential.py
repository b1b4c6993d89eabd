"""Changing a credential without a break, and credentials that end by themselves."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

import scenes
from nganam.kernel.clock import VIETNAM, local_date
from nganam.kernel.errors import Invalid, RuleBroken
from nganam.lgsp import operations, queries, tokens
from nganam.lgsp.rotating import rotation_of
from nganam.lgsp.tokens import Proof, TokenRefused

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 3)


@pytest.fixture
def account(province):
    return scenes.account()


def issue(account, **more):
    return operations.issue_credential(account, actor=scenes.PHUC, at=scenes.AT, **more)


def rotation(account, day=TODAY):
    return rotation_of(list(queries.credentials_of(account)), day)


def ask(row, secret, at=scenes.AT):
    return tokens.issue_token(Proof(row.client_id, secret=secret), at=at)


@pytest.mark.law("D40", "S9.7")
def test_both_keys_work_until_the_old_one_is_revoked(account):
    assert rotation(account) is None
    old, old_secret = issue(account)
    assert rotation(account).step == 1
    new, new_secret = issue(account)
    assert (rotation(account).step, rotation(account).old) == (2, (old,))
    assert ask(old, old_secret)
    assert rotation(account).step == 2, "the old key says nothing of the new one"
    assert ask(new, new_secret)
    assert rotation(account).may_finish
    assert rotation(account).step == 3
    operations.revoke_credential(old, actor=scenes.PHUC, at=scenes.AT)
    assert (rotation(account).step, rotation(account).new) == (1, new)
    assert ask(new, new_secret)
    with pytest.raises(TokenRefused):
        ask(old, old_secret)


def test_a_key_with_an_end_gives_no_token_from_that_day_on(account):
    row, secret = issue(account, valid_until=date(2026, 11, 10))
    midnight = datetime(2026, 11, 10, tzinfo=VIETNAM)
    assert ask(row, secret, midnight - timedelta(minutes=1)).expires_in == 60, "no token outlives its key"
    with pytest.raises(TokenRefused, match="hết hạn"):
        ask(row, secret, midnight)
    assert rotation(account, local_date(midnight)) is None


def test_a_key_over_leaves_room_for_another(account):
    for _each in range(3):
        issue(account, valid_until=date(2026, 11, 10))
    with pytest.raises(RuleBroken, match="3 khóa"):
        issue(account)
    row, _secret = operations.issue_credential(account, actor=scenes.PHUC, at=scenes.AT + timedelta(days=7))
    assert row.is_live


def test_a_key_does_not_end_today(account):
    with pytest.raises(Invalid) as caught:
        issue(account, valid_until=TODAY)
    assert "valid_until" in caught.value.fields


def test_the_page_leads_through_the_change(account, client):
    assert client.login(username="phuc", password=scenes.PASSWORD)
    page = f"/tai-khoan-ket-noi/{account.code}/khoa/"
    assert "Đổi khóa không gián đoạn" not in client.get(page).content.decode()
    assert client.post(f"{page}cap/", {"valid_until": "hôm nay"}).status_code == 422
    client.post(f"{page}cap/", {})
    shown = client.get(page).content.decode()
    assert "Cấp khóa mới; khóa cũ vẫn dùng được" in shown
    made = client.post(f"{page}cap/", {})
    assert made.context["secret"]
    assert "Vẫn thu hồi ngay" in client.get(page).content.decode()
    new = queries.credentials_of(account).first()
    tokens.issue_token(Proof(new.client_id, secret=made.context["secret"]), at=timezone.now())
    assert "Ứng dụng đã lấy mã bằng khóa mới" in client.get(page).content.decode()


@pytest.mark.law("D40")
def test_an_account_nobody_took_over_gives_no_token(province):
    created = scenes.created_account()
    assert "chờ bàn giao" in queries.refusal_of(created, scenes.AT)
