"""One deed for several cases: each is done or refused by itself, and said to be."""

import pytest

import scenes
import scenes_work
from nganam.desk import bulk
from nganam.kernel.errors import Invalid, NotFound
from nganam.sharing.models import Request
from nganam.sharing.requests import operations as sharing

pytestmark = pytest.mark.django_db
PAGE = "/ho-so/"


def drafts(number):
    service, application = scenes.published_service(), scenes.application()
    words = {"actor": scenes.PHUC, "at": scenes.AT, "application": application, "service": service}
    return [sharing.draft_request(values=scenes.REQUEST, **words) for _each in range(number)]


def key(case):
    return f"{case.MACHINE.code}:{case.code}"


def test_some_are_done_and_some_refused_with_their_own_reason(browse):
    first, second, sent, other = drafts(4)
    sharing.send_request(actor=scenes.PHUC, at=scenes.AT, request=sent)
    browser = browse("phuc")
    keys = [*map(key, (first, sent, second)), "sharing.request:YC-2026-9999", "x"]
    answer = browser.post(f"{PAGE}nhieu/", {"viec": "sharing.request:withdraw", "ho-so": keys})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Đã thực hiện cho 2 hồ sơ" in page
    assert "3 hồ sơ chưa thực hiện được" in page
    assert "đang ở trạng thái “Đã tiếp nhận”" in page
    states = {one.code: one.state for one in Request.objects.all()}
    assert states == {
        first.code: "withdrawn", second.code: "withdrawn", sent.code: "received", other.code: "draft",
    }  # fmt: skip
    again = browser.post(f"{PAGE}nhieu/", {"viec": "sharing.request:withdraw", "ho-so": [key(first)]})
    assert again.status_code == 422


def test_each_is_a_deed_of_its_own_in_history_and_record(province, phuc, at):
    from nganam.audit.models import Entry
    from nganam.cases.queries import history_of

    chosen = drafts(3)
    outcomes = bulk.move_all(actor=phuc, at=at, move="sharing.request:withdraw", keys=map(key, chosen))
    assert [(one.code, one.is_done) for one in outcomes] == [(one.code, True) for one in chosen]
    assert Entry.objects.filter(action="sharing.request.withdraw").count() == 3
    assert all(history_of(one).last().transition == "withdraw" for one in chosen)


def test_nobody_moves_what_is_not_theirs(province, lan, minh, at):
    chosen = drafts(2)
    for actor in (lan, minh):
        outcomes = bulk.move_all(actor=actor, at=at, move="sharing.request:withdraw", keys=map(key, chosen))
        assert not any(one.is_done or one.url for one in outcomes)
    assert {one.state for one in Request.objects.all()} == {"draft"}


def test_only_what_weighs_nothing_of_a_case_is_done_for_several(province, lan, at):
    request = scenes.sent_request()
    for move in ("sharing.request:grant", "sharing.request:refuse", "sharing.request:x", "x:y", ""):
        with pytest.raises(NotFound):
            bulk.move_all(actor=lan, at=at, move=move, keys=[key(request)])


def test_a_case_of_another_kind_is_refused(province, phuc, at):
    (draft,) = drafts(1)
    database = scenes_work.drafted_database()
    found = bulk.move_all(actor=scenes.LAN, at=at, move="sharing.request:withdraw", keys=[key(database)])
    assert "không dành cho loại hồ sơ" in found[0].words
    assert draft.state == "draft"


def test_none_and_too_many_are_told_before_anything_is_done(browse, phuc, at):
    browser = browse("phuc")
    answer = browser.post(f"{PAGE}nhieu/", {"viec": "sharing.request:withdraw"}, follow=True)
    assert "Chưa chọn hồ sơ nào" in answer.content.decode()
    with pytest.raises(Invalid, match="tối đa"):
        bulk.move_all(actor=phuc, at=at, move="sharing.request:withdraw", keys=[f"a:{n}" for n in range(51)])
    assert browser.get(f"{PAGE}nhieu/").status_code == 405


def test_the_list_offers_what_can_be_done_for_those_it_shows(browse):
    chosen = drafts(2)
    phuc = browse("phuc").get(PAGE).content.decode()
    assert "sharing.request:withdraw" in phuc
    assert f'value="{key(chosen[0])}"' in phuc
    assert "ho-so/nhieu" not in browse("lan").get(PAGE).content.decode()


@pytest.mark.law("D44")
def test_revoked_accounts_are_archived_together(browse, lan, at):
    from nganam.sharing.accounts import operations

    account = operations.move_account(
        actor=lan, at=at, account=scenes.account(), transition="revoke", reason="Hết nhu cầu"
    )
    browser = browse("lan")
    assert "sharing.account:archive" in browser.get(f"{PAGE}?loai=sharing.account").content.decode()
    browser.post(f"{PAGE}nhieu/", {"viec": "sharing.account:archive", "ho-so": [key(account)]})
    account.refresh_from_db()
    assert account.state == "archived"
