"""What withholds something carries what a refusal does: reason, basis, a copy to the lead, the way to a dispute."""

from datetime import UTC, datetime

import pytest

import scenes
import scenes_agreements as agreed
import scenes_outside as outside
from nganam.cases.models import History
from nganam.cases.papers import papers_of
from nganam.disputes import operations as disputes
from nganam.disputes.subjects import subject_for
from nganam.documents.queries import issued
from nganam.kernel.errors import Invalid, NotAllowed
from nganam.notices.queries import inbox
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.agreements import joining
from nganam.sharing.models import Account, Request
from nganam.sharing.outside import inbound
from nganam.sharing.outside import queries as outside_queries
from nganam.sharing.requests import operations, queries

pytestmark = pytest.mark.django_db
BEFORE = datetime(2025, 8, 18, 2, tzinfo=UTC)
SOME = ["ma_co_so", "ten_co_so"]


@pytest.fixture
def sign_in(client, province):
    def enter(username):
        client.logout()
        assert client.login(username=username, password=scenes.PASSWORD)
        return client

    return enter


def titles(actor):
    return [notice.title for notice in inbox(actor)]


def body(case):
    return "\n".join(issued(papers_of(case).get()).letter.body)


@pytest.mark.law("D35.3", "D51.1a", "N194.16", "N194.16.2")
@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({}, ["reason", "legal_basis"]),
        ({"reason": " ", "legal_basis": "Điều 1"}, ["reason"]),
        ({"reason": "Không cần"}, ["legal_basis"]),
    ],
)
def test_a_grant_of_some_items_says_why_not_the_others(province, lan, minh, at, said, missing):
    request = scenes.sent_request()
    with pytest.raises(Invalid) as refused:
        operations.grant_request(actor=lan, at=at, request=request, granted=SOME, **said)
    assert list(refused.value.fields) == missing
    assert (Request.objects.get().state, Account.objects.count()) == ("received", 0)
    assert not papers_of(request).exists()
    assert not any("một phần" in title for title in titles(minh))


@pytest.mark.law("D35.3", "D51.1a", "N194.16", "N194.16.2")
def test_the_letter_the_record_and_the_lead_agency_learn_why(province, lan, minh, at):
    request = scenes.sent_request()
    operations.grant_request(actor=lan, at=at, request=request, granted=SOME, **scenes.WITHHELD)
    said = body(request)
    assert "Không cấp các mục tin: Điện thoại. Lý do:" in said
    assert all(words in said for words in (*scenes.WITHHELD.values(), "giải quyết vướng mắc"))
    moved = History.objects.get(object_code=request.code, transition="grant")
    assert {"reason": moved.reason, "legal_basis": moved.legal_basis} == scenes.WITHHELD
    assert any(request.code in title and "một phần" in title for title in titles(minh))


def test_a_full_grant_needs_no_reason_and_is_no_refusal(province, lan, phuc, minh, at):
    request = scenes.sent_request()
    operations.grant_request(actor=lan, at=at, request=request, granted=scenes.REQUEST["fields"])
    request.refresh_from_db()
    assert (request.withheld, request.refusal_reason) == ([], "")
    assert "Không cấp" not in body(request)
    assert not any("một phần" in title for title in titles(minh))
    assert not queries.may_dispute(phuc, request, at)


@pytest.mark.law("N194.16", "N194.16.2")
def test_before_august_2025_a_part_needed_a_reason_only(province, lan):
    request = scenes.sent_request(at=BEFORE)
    with pytest.raises(Invalid):
        operations.grant_request(actor=lan, at=BEFORE, request=request, granted=SOME)
    made = operations.grant_request(actor=lan, at=BEFORE, request=request, granted=SOME, reason="Không cần đến.")
    assert made.state == "created"
    assert "Căn cứ pháp lý" not in body(request)


@pytest.mark.law("D49.1", "D51.1a")
def test_the_requester_may_dispute_what_was_left_out_while_it_uses_the_rest(province, lan, phuc, minh, at):
    account = scenes.created_account()
    code = account.request.code
    for _state in ("granted", "testing", "in_use"):
        found = queries.get_request_for(phuc, code)
        assert found.state == _state
        assert queries.may_dispute(phuc, found, at)
        assert not queries.may_dispute(lan, found, at)
        assert not queries.may_dispute(minh, found, at)
        if _state == "granted":
            accounts.hand_over(actor=phuc, at=at, account=account)
        elif _state == "testing":
            operations.start_use(actor=phuc, at=at, request=found, reason="Đã thử.")
    values = {"kind": "rights", "summary": "Cần thêm", "content": "Số điện thoại cần cho việc.", "wish": "Cấp thêm"}
    subject = subject_for(phuc, f"sharing.request:{code}", at.date())
    opened = disputes.open_dispute(actor=phuc, at=at, values=values, subject=subject)
    assert (opened.state, opened.respondent.code) == ("level_one", "CT-SYT")
    assert queries.get_request_for(phuc, code).state == "in_use", "what was granted is not held"


def test_an_ended_connection_offers_no_dispute_about_the_grant(province, lan, phuc, at):
    account = scenes.account()
    accounts.move_account(actor=lan, at=at, account=account, transition="revoke", reason="Hết nhu cầu")
    assert not queries.may_dispute(phuc, Request.objects.get(), at)


@pytest.mark.law("D36", "D49.1", "D51.1a", "N194.16", "N194.16.2")
def test_to_be_sent_to_special_sharing_is_a_refusal(province, lan, phuc, minh, at):
    request = scenes.sent_request()
    with pytest.raises(Invalid) as refused:
        operations.move_to_special(actor=lan, at=at, request=request, reason="Dữ liệu đặc thù")
    assert list(refused.value.fields) == ["legal_basis"]
    with pytest.raises(NotAllowed):
        operations.move_to_special(actor=phuc, at=at, request=request, reason="x")
    moved = operations.move_to_special(
        actor=lan, at=at, request=request, reason="Dữ liệu đặc thù", legal_basis="Khoản 1 Điều 36"
    )
    assert all(words in body(request) for words in ("Khoản 1 Điều 36", "giải quyết vướng mắc"))
    assert any(request.code in title and "bị từ chối" in title for title in titles(minh))
    assert queries.may_dispute(phuc, moved, at)
    subject = subject_for(phuc, f"sharing.request:{request.code}", at.date())
    values = {"kind": "rights", "summary": "Là mặc định", "content": "Có trong danh mục mặc định.", "wish": "Cấp"}
    assert disputes.open_dispute(actor=phuc, at=at, values=values, subject=subject).state == "level_one"


@pytest.mark.law("D36.4", "D51.1a", "N194.16", "N194.16.2")
def test_who_is_not_taken_into_an_agreement_learns_the_legal_basis_and_the_lead_the_answer(province, lan, minh):
    asked = agreed.joining()
    with pytest.raises(Invalid) as refused:
        joining.refuse(actor=lan, at=agreed.LATER, joining=asked, reason="Không phù hợp")
    assert list(refused.value.fields) == ["legal_basis"]
    assert not papers_of(asked).exists()
    joining.refuse(actor=lan, at=agreed.LATER, joining=asked, reason="Không phù hợp", legal_basis="Khoản 7 Điều 38")
    assert "Khoản 7 Điều 38" in body(asked)
    assert any(asked.code in title and "bị từ chối" in title for title in titles(minh))


@pytest.mark.law("S17.3", "D51.1a", "N194.16", "N194.16.2")
def test_an_agency_from_outside_learns_why_some_items_are_left_out(province, lan, minh, at):
    case = outside.weighed()
    with pytest.raises(Invalid) as refused:
        inbound.grant_inbound(actor=lan, at=at, inbound=case, granted=["ma_co_so"])
    assert list(refused.value.fields) == ["reason", "legal_basis"]
    assert not Account.objects.exists()
    case = outside_queries.fresh_inbound(case)
    inbound.grant_inbound(actor=lan, at=at, inbound=case, granted=["ma_co_so"], **scenes.WITHHELD)
    assert all(words in body(case) for words in scenes.WITHHELD.values())
    assert any("một phần" in title for title in titles(minh))


def test_the_page_keeps_what_was_typed_and_shows_what_was_left_out(province, sign_in):
    request = scenes.sent_request()
    page = sign_in("lan").post(f"/yeu-cau/{request.code}/buoc/grant/", {"granted": SOME, "reason": "Không cần đến."})
    assert page.status_code == 422
    assert "Không cần đến." in page.content.decode()
    assert "Phải nêu căn cứ pháp lý" in page.content.decode()
    sign_in("lan").post(f"/yeu-cau/{request.code}/buoc/grant/", {"granted": SOME, **scenes.WITHHELD})
    seen = sign_in("phuc").get(f"/yeu-cau/{request.code}/").content.decode()
    assert scenes.WITHHELD["reason"] in seen
    assert "Không đồng ý với việc không cấp đủ mục tin?" in seen
    assert "Không đồng ý với việc không cấp đủ mục tin?" not in (
        sign_in("lan").get(f"/yeu-cau/{request.code}/").content.decode()
    )
