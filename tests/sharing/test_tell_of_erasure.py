"""Consumers learn that rows of a table they were given were erased by decision."""

from dataclasses import replace

import pytest

import scenes
from nganam.kernel.actors import system
from nganam.notices.models import Notice
from nganam.sharing import erasures
from nganam.warehouse import erasing, loading
from scenes import AT, LAN, PHUC

pytestmark = pytest.mark.django_db


@pytest.mark.law("S27")
def test_whoever_was_given_the_data_is_told_once_and_nobody_else(province, run_jobs):
    account = scenes.account()
    table = account.service.table
    made = erasing.propose(
        actor=LAN, at=AT, table=table, column="ma_co_so", values=["00124"], basis="subject", reason="Theo yêu cầu"
    )
    load = erasing.confirm(actor=replace(LAN, code="hoa"), at=AT, erasure=made)
    loading.run_load(actor=system("worker"), now=lambda: AT, code=load.code)
    run_jobs()
    told = Notice.objects.filter(event=erasures.EVENT)
    assert [(one.agency, one.link) for one in told] == [(PHUC.agency, account.get_absolute_url())]
    assert made.code in told[0].body
    assert "00124" not in told[0].title + told[0].body
    assert erasures.tell(at=AT, erasure=made.code, table=table.code, rows=1) == 0
    assert erasures.tell(at=AT, erasure="XDL-2026-0099", table="bang-khac", rows=1) == 0
