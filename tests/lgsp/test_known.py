"""What the keeper has read before gives the same as reading everything anew, whatever changed meanwhile."""

from datetime import timedelta

import pytest

import scenes
import scenes_accounts
from nganam.lgsp import queries
from nganam.sharing.accounts.operations import move_account

pytestmark = pytest.mark.django_db


def test_reading_what_changed_gives_what_reading_everything_gives(province, django_assert_num_queries):
    known, at = queries.Known(), scenes.AT

    def both():
        quick = queries.decided_serving(at, 1, known)
        assert quick == queries.decided_serving(at, 1)
        return quick.grants

    assert both() == {}
    first = scenes.account()
    second = scenes_accounts.second_account(first.service)
    assert set(both()) == {first.subject, second.subject}
    for step, reason in (("lock", "Kiểm tra"), ("restore", ""), ("revoke", "Sai mục đích")):
        at += timedelta(seconds=1)
        move_account(
            actor=scenes.LAN, at=at, account=type(first).objects.get(pk=first.pk), transition=step,
            **({"reason": reason} if reason else {}),
        )  # fmt: skip
        assert (first.subject in both()) == (step == "restore")
    type(second).objects.filter(pk=second.pk).update(valid_until=at.date(), version=99)
    assert both() == {}


def test_an_account_that_did_not_change_is_not_read_again(province, django_assert_max_num_queries):
    account, known = scenes.account(), queries.Known()
    queries.decided_serving(scenes.AT, 1, known)
    before = known.grants[account.pk][3]
    with django_assert_max_num_queries(6):  # services, their tables and fields, the accounts' marks, members
        told = queries.decided_serving(scenes.AT, 1, known)
    assert told.grants[account.subject][account.service.code] is before
