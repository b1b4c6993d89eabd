"""A question kept: one's own, shared in the agency, pinned to its board; it holds no answer."""

import pytest

import scenes
from at_once import signed_in
from nganam.analysis import operations
from nganam.analysis.models import Question
from nganam.audit.models import Entry
from nganam.kernel.actors import Actor, Kind, Role
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken

pytestmark = pytest.mark.django_db
TU = Actor(Kind.PERSON, "tu", "Tú", "CT-SYT", frozenset({Role.FOCAL}))


def save(browser, title="Theo loại", asked="nhom=loai&tinh=tong&cot=chi_phi"):
    return browser.post("/phan-tich/hoi/luot-kham/luu/", {"title": title, "asked": asked})


def test_a_question_is_saved_opened_again_and_answered_anew(visits, browse):
    browser = browse("lan")
    assert save(browser).status_code == 302
    (one,) = Question.objects.all()
    assert (one.ref, one.asked) == ("luot-kham", {"nhom": "loai", "tinh": "tong", "cot": "chi_phi"})
    assert "1.000,5" in browser.get(one.get_absolute_url()).content.decode()
    scenes.load(visits, [("9", "31507", "Mới", "77", "01/01/2026", "", "")])
    page = browser.get(one.get_absolute_url()).content.decode()
    assert "Phiên bản 2" in page
    assert "1.000,5" not in page
    assert "Bạn đã có câu hỏi cùng tên" in save(browser).content.decode()
    assert "Đặt tên" in save(browser, title=" ").content.decode()
    assert Question.objects.count() == 1
    assert Entry.objects.filter(action="analysis.saved").count() == 1


def test_another_officer_opens_it_when_it_is_shared_and_never_changes_it(visits, browse):
    save(browse("lan"))
    code = Question.objects.get().code
    with pytest.raises(NotFound):
        operations.share_question(actor=TU, at=scenes.AT, code=code, shared=True)
    operations.share_question(actor=scenes.LAN, at=scenes.AT, code=code, shared=True)
    for deed in (
        lambda: operations.share_question(actor=TU, at=scenes.AT, code=code, shared=False),
        lambda: operations.remove_question(actor=TU, at=scenes.AT, code=code),
    ):
        with pytest.raises(NotAllowed):
            deed()
    assert browse("phuc").get(f"/phan-tich/cau-hoi/{code}/").status_code == 404
    assert Question.objects.get().is_shared


def test_what_is_pinned_stands_on_the_agencys_board_until_it_is_no_longer_shared(visits, browse):
    browser = browse("lan")
    save(browser)
    one = Question.objects.get()
    address = one.get_absolute_url()
    browser.post(f"{address}ghim/", {"to": "1"})
    one.refresh_from_db()
    assert (one.is_pinned, one.is_shared) == (True, True)
    assert "Bảng điều khiển của cơ quan" in browser.get("/phan-tich/").content.decode()
    browser.post(f"{address}ghim/", {"to": "1"})
    assert Entry.objects.filter(action="analysis.pinned").count() == 1
    browser.post(f"{address}chia-se/", {"to": "0"})
    one.refresh_from_db()
    assert (one.is_pinned, one.is_shared) == (False, False)
    browser.post(f"{address}xoa/")
    assert not Question.objects.exists()
    assert browser.get(address).status_code == 404


def test_a_board_holds_so_many_and_a_person_keeps_so_many(visits, monkeypatch):
    from nganam.analysis.scope import get_scope_for

    scope = get_scope_for(scenes.LAN, "luot-kham", scenes.AT)
    values = {"actor": scenes.LAN, "at": scenes.AT, "scope": scope, "asked": {}}
    first, second = (operations.save_question(**values, title=title) for title in ("Một", "Hai"))
    monkeypatch.setattr(operations, "MOST_PINNED", 1)
    operations.pin_question(actor=scenes.LAN, at=scenes.AT, code=first.code, pinned=True)
    with pytest.raises(RuleBroken, match="Bảng điều khiển"):
        operations.pin_question(actor=scenes.LAN, at=scenes.AT, code=second.code, pinned=True)
    monkeypatch.setattr(operations, "MOST_KEPT", 2)
    with pytest.raises(Invalid, match="quá nhiều"):
        operations.save_question(**values, title="Ba")


def test_a_pinned_question_whose_column_is_gone_says_so(visits, browse):
    browser = browse("lan")
    save(browser)
    one = Question.objects.get()
    one.asked, one.is_pinned, one.is_shared = {"nhom": "cot_cu"}, True, True
    one.save()
    assert "Bảng nay có cột khác" in browser.get("/phan-tich/").content.decode()


def test_a_visitor_and_a_reader_without_the_role_keep_nothing(visits, client):
    assert client.get("/phan-tich/").status_code == 302
    assert signed_in("khanh").get("/phan-tich/").status_code == 404
