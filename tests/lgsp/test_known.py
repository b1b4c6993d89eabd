"""What the keeper has read before gives the same as reading everything anew, whatever changed meanwhile."""

from datetime import timedelta

import pytest

import scenes
import scenes_accounts
from nganam.lgsp import reading
from nganam.services.models import Service
from nganam.sharing.accounts.operations import move_account
from nganam.warehouse.models import Table

pytestmark = pytest.mark.django_db


def test_reading_what_changed_gives_what_reading_everything_gives(province, django_assert_num_queries):
    known, at = reading.Known(), scenes.AT

    def both():
        quick = reading.decided_serving(at, 1, known)
        assert quick == reading.decided_serving(at, 1)
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


def test_a_service_that_changed_is_read_again_and_no_other(province):
    service, known, at = scenes.account().service, reading.Known(), scenes.AT
    other = scenes.published_service(scenes.table(code="bang-khac"))

    def both():
        quick = reading.decided_serving(at, 1, known)
        assert quick == reading.decided_serving(at, 1)
        assert reading.openapi_documents(known) == reading.openapi_documents(_read(at))
        return quick

    told = both()
    assert {service.code, other.code} <= set(told.services)
    same = known.offers[other.pk]
    Service.objects.filter(pk=service.pk).update(name="Tên khác", version=99)
    assert both().services.keys() == told.services.keys()
    assert "Tên khác" in known.offers[service.pk].document.decode()
    contract = service.table.contract
    Table.objects.filter(pk=service.table.pk).update(
        contract={**contract, "columns": [{**one, "personal": "basic"} for one in contract["columns"]]}
    )
    assert len(both().services[service.code].personal) == len(contract["columns"])
    Service.objects.filter(pk=service.pk).update(state="suspended", updated_at=at + timedelta(seconds=9))
    assert service.code not in both().services
    assert known.offers[other.pk] is same


def _read(at):
    known = reading.Known()
    reading.decided_serving(at, 1, known)
    return known


def test_an_account_that_did_not_change_is_not_read_again(province, django_assert_max_num_queries):
    account, known = scenes.account(), reading.Known()
    reading.decided_serving(scenes.AT, 1, known)
    before = known.grants[account.pk].grant
    with django_assert_max_num_queries(
        8
    ):  # services, tables and fields, accounts' and purposes' marks, open tiers, members
        told = reading.decided_serving(scenes.AT, 1, known)
    assert told.grants[account.subject][account.service.code] is before
