"""A list of cases: by state, by code, overdue only, so many to a page; nonsense in the address narrows nothing."""

from datetime import timedelta

import pytest
from django.http import QueryDict

from nganam.cases.lists import listed
from nganam.cases.operations import advance, open_case
from nganam.face.paging import PAGE

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases(probe, phuc, at):
    made = [open_case(probe(), actor=phuc, at=at) for _ in range(3)]
    advance(made[0], "send", actor=phuc, at=at)
    return made


def codes(probe, asked, at):
    found = listed(probe.objects.order_by("code"), probe.MACHINE, QueryDict(asked), at)
    return [one.code for one in found.page]


def test_a_list_is_narrowed_by_what_the_address_asks(probe, cases, at):
    every = [one.code for one in cases]
    assert codes(probe, "", at) == every
    assert codes(probe, "trang-thai=sent", at) == every[:1]
    assert codes(probe, "q=0002", at) == every[1:2]
    assert codes(probe, "trang-thai=la&q=%00", at) == every
    assert codes(probe, "qua-han=1", at) == []
    assert codes(probe, "qua-han=1", at + timedelta(days=30)) == every[:1]


def test_a_list_is_cut_into_pages(probe, phuc, at):
    for _ in range(PAGE + 1):
        open_case(probe(), actor=phuc, at=at)
    assert len(codes(probe, "", at)) == PAGE
    assert len(codes(probe, "trang=2", at)) == 1
    assert len(codes(probe, "trang=la", at)) == PAGE
