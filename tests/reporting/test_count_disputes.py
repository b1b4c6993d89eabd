"""The public figures of disputes: by kind and outcome, no party named."""

import pytest

import scenes
import scenes_disputes as told
from nganam.disputes import operations, saying
from nganam.reporting import queries

pytestmark = pytest.mark.django_db


def figures():
    return {
        row.code: {end: number for end, number in row.ends.items() if number}
        for row in queries.disputes_by_kind()
        if row.total
    }


@pytest.mark.law("S17.1đ", "D47", "D50")
def test_every_dispute_is_counted_once_by_kind_and_how_it_ended(province, lan, phuc, minh, at):
    account = scenes.account()
    answered = told.error(account)
    told.error(account)
    answered = operations.answer_error(actor=lan, at=at, dispute=answered, transition="correct", reason="Đã sửa.")
    operations.accept_answer(actor=phuc, at=at, dispute=answered)
    told.against(kind="plan")
    operations.withdraw(actor=phuc, at=at, dispute=told.against(kind="plan"), reason="x")
    terms = saying.offer_terms(actor=lan, at=at, dispute=told.against(kind="plan"), terms="x")
    operations.agree(actor=phuc, at=at, dispute=terms)
    for outcome in ("for", "partly", "against"):
        dispute = told.at_level_two(told.against(kind="standards", summary=outcome))
        operations.guide(actor=minh, at=at, dispute=dispute, **told.TERMS | {"outcome": outcome})
    assert figures() == {
        "error": {"open": 1, "for": 1},
        "plan": {"open": 1, "withdrawn": 1, "agreed": 1},
        "standards": {"for": 1, "partly": 1, "against": 1},
    }


def test_all_six_kinds_stand_there_when_nothing_happened(province):
    rows = queries.disputes_by_kind()
    assert [row.code for row in rows] == [
        "rights", "infrastructure", "standards", "quality", "plan", "other", "error",
    ]  # fmt: skip
    assert not any(row.total for row in rows)


def test_the_page_and_the_file_name_no_party(province, client):
    told.against("CT-SYT", summary="Việc riêng của hai bên")
    page = client.get("/thong-ke/").content.decode()
    lines = client.get("/thong-ke/so-lieu.csv").content.decode()
    assert "vuong_mac,rights,open,1" in lines
    for words in ("Việc riêng của hai bên", "Sở Y tế thành phố Cần Thơ", "UBND phường Sóc Trăng", "VM-2026-0001"):
        assert words not in page
        assert words not in lines
