"""Views of one's own: a list with its filters under a name, for nobody else."""

import pytest

from at_once import signed_in, together, twin
from nganam.desk.models import SavedView
from nganam.desk.operations import MOST_VIEWS, save_view
from nganam.kernel.errors import RuleBroken

pytestmark = pytest.mark.django_db
OWN = "/ban-lam-viec/bo-loc/"


def save(browser, name="Quá hạn của tôi", query="cho=toi&han=qua-han&trang=3&x=1", place="desk:cases"):
    return browser.post(f"{OWN}luu/", {"name": name, "place": place, "query": query}, follow=True)


def test_a_list_is_kept_with_the_filters_it_knows(browse):
    page = save(browse("lan")).content.decode()
    view = SavedView.objects.get()
    assert (view.name, view.query, view.person.username) == ("Quá hạn của tôi", "cho=toi&han=qua-han", "lan")
    assert "Đã lưu bộ lọc" in page
    for where in ("/ban-lam-viec/", "/ho-so/", OWN):
        assert "/ho-so/?cho=toi&amp;han=qua-han" in browse("lan").get(where).content.decode()
        assert "Quá hạn của tôi" not in browse("phuc").get(where).content.decode()


def test_two_views_of_a_person_bear_two_names(browse):
    browser = browse("lan")
    save(browser)
    assert "đã có bộ lọc mang tên" in save(browser, name="  Quá hạn  của tôi ").content.decode()
    assert SavedView.objects.count() == 1
    save(browse("phuc"))
    assert SavedView.objects.count() == 2


def test_a_view_is_renamed_and_removed_by_its_owner_only(browse):
    save(browse("lan"))
    for deed, values in (("doi-ten/", {"new_name": "Khác"}), ("xoa/", {})):
        assert browse("phuc").post(OWN + deed, {"name": "Quá hạn của tôi", **values}).status_code == 404
    browser = browse("lan")
    browser.post(f"{OWN}doi-ten/", {"name": "Quá hạn của tôi", "new_name": "Trễ"})
    assert SavedView.objects.get().name == "Trễ"
    assert "Đặt tên" in browser.post(
        f"{OWN}doi-ten/", {"name": "Trễ", "new_name": " "}, follow=True
    ).content.decode()  # fmt: skip
    browser.post(f"{OWN}xoa/", {"name": "Trễ"})
    assert not SavedView.objects.exists()


def test_a_person_keeps_so_many_and_no_more(province, lan, at):
    for number in range(MOST_VIEWS):
        save_view(actor=lan, at=at, name=f"Bộ lọc {number}", place="desk:cases", query="")
    with pytest.raises(RuleBroken):
        save_view(actor=lan, at=at, name="Thêm", place="desk:cases", query="")


@pytest.mark.parametrize("wrong", [{"name": ""}, {"place": "x"}, {"name": "x" * 61}])
def test_what_cannot_be_kept_is_said(browse, wrong):
    save(browse("lan"), **wrong)
    assert not SavedView.objects.exists()


def test_a_view_of_the_province_is_of_those_who_urge(browse):
    save(browse("minh"), query="tre=tuan&loai=sharing.request", place="desk:oversight")
    assert "/don-doc/?loai=sharing.request&amp;tre=tuan" in browse("minh").get("/ban-lam-viec/").content.decode()


# ---- two at once ----


@pytest.fixture
def stage(committed_db, make_province):
    make_province()


@pytest.mark.parametrize("round_", range(3))
def test_one_name_saved_twice_at_once_is_one_view_and_the_other_is_told(stage, round_):
    lan = signed_in("lan")
    asked = ("cho=toi", "han=qua-han")
    pages = together(lambda: save(lan, query=asked[0]), lambda: save(twin(lan), query=asked[1]))
    view = SavedView.objects.get()
    assert view.query in asked
    texts = [page.content.decode() for page in pages]
    assert sum("Bạn đã có bộ lọc mang tên" in text for text in texts) == 1
    assert sum("Đã lưu bộ lọc" in text for text in texts) == 1


@pytest.mark.parametrize("round_", range(3))
def test_one_view_renamed_twice_at_once_has_one_new_name_and_the_other_is_told(stage, round_):
    lan = signed_in("lan")
    save(lan)
    names = ("Trễ", "Của tôi")

    def rename(browser, name):
        return browser.post(f"{OWN}doi-ten/", {"name": "Quá hạn của tôi", "new_name": name}, follow=True)

    pages = together(lambda: rename(lan, names[0]), lambda: rename(twin(lan), names[1]))
    texts = [page.content.decode() for page in pages]
    assert sum("Đã đổi tên bộ lọc" in text for text in texts) == 1
    assert sum("vừa được đổi tên hoặc xóa" in text or "Không có bộ lọc này" in text for text in texts) == 1
    won = names["Đã đổi tên bộ lọc" in texts[1]]
    assert [one.name for one in SavedView.objects.all()] == [won]
