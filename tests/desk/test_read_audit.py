"""The audit page: oversight roles read every deed, filter it and check the chain; nobody else does."""

import re
from dataclasses import replace

import pytest
from django.db import connection

import scenes
from nganam.audit import guards
from nganam.audit.models import Entry
from nganam.desk import queries
from nganam.kernel.actors import VISITOR

pytestmark = pytest.mark.django_db
OVERSIGHT = ("minh", "hoa", "quantri")
OTHERS = ("lan", "phuc", "khanh")


@pytest.fixture
def browse(client, province):
    def enter(username):
        client.logout()
        assert client.login(username=username, password=scenes.PASSWORD)
        return client

    return enter


def numbers(browser, **asked):
    """Return the numbers of the entries a page lists."""
    text = browser.get("/nhat-ky/", asked).content.decode()
    return [int(number) for number in re.findall(r'<td class="num"[^>]*>(\d+)</td>', text)]


def kept(**wanted):
    return list(Entry.objects.filter(**wanted).order_by("-seq").values_list("seq", flat=True)[:50])


@pytest.mark.parametrize("username", OVERSIGHT)
def test_oversight_roles_read_every_deed_newest_first(browse, username):
    scenes.account()
    browser = browse(username)
    first = numbers(browser)
    assert first == kept()
    assert len(first) == 50 or len(first) == Entry.objects.count()


def test_the_record_itself_gives_others_nothing_whatever_they_ask(province, lan, minh):
    scenes.application()
    assert queries.audit_entries(minh).count() == Entry.objects.count()
    for actor in (lan, replace(lan, agency=""), VISITOR):
        assert not queries.audit_entries(actor).exists()


@pytest.mark.parametrize("username", OTHERS)
def test_others_find_no_audit_page(browse, username):
    browser = browse(username)
    assert browser.get("/nhat-ky/").status_code == 404
    assert browser.post("/nhat-ky/kiem-tra/").status_code == 404


def test_a_visitor_signs_in_first(client, db):
    assert client.get("/nhat-ky/").status_code == 302
    assert client.post("/nhat-ky/kiem-tra/").status_code == 404


def test_filters_narrow_by_action_object_and_person_and_combine(browse):
    account = scenes.account()
    browser = browse("minh")
    request = account.request.code
    for asked, wanted in (
        ({"hanh-dong": "sharing.request.grant"}, {"action": "sharing.request.grant"}),
        ({"ma": request}, {"object_code": request}),
        ({"nguoi": "phuc"}, {"actor_code": "phuc"}),
        ({"ma": request, "nguoi": "lan"}, {"object_code": request, "actor_code": "lan"}),
    ):
        assert numbers(browser, **asked) == kept(**wanted) != []
    assert numbers(browser, ma="KHONG-CO") == []
    assert "Không có mục nào khớp" in browser.get("/nhat-ky/?ma=KHONG-CO").content.decode()


def test_what_was_asked_stands_in_the_form_escaped(browse):
    page = browse("minh").get("/nhat-ky/", {"ma": '"><script>x', "nguoi": "lan"}).content.decode()
    assert "<script>x" not in page
    assert "&quot;&gt;&lt;script&gt;x" in page
    assert 'name="nguoi" value="lan"' in page


def test_the_check_says_that_the_chain_holds_and_names_the_place_where_it_does_not(browse):
    scenes.application()
    browser = browse("minh")
    good = browser.post("/nhat-ky/kiem-tra/").content.decode()
    assert str(Entry.objects.count()) in good
    last = Entry.objects.order_by("-seq").first()
    with guards.suspended(connection):
        Entry.objects.filter(pk=last.pk).update(actor_name="Người khác")
    bad = browser.post("/nhat-ky/kiem-tra/").content.decode()
    assert str(last.seq) in bad
    assert bad != good


def test_the_check_is_a_deed_of_a_button_not_of_a_link(browse):
    assert browse("minh").get("/nhat-ky/kiem-tra/").status_code == 405


@pytest.mark.parametrize("username", OVERSIGHT)
def test_every_thing_the_record_links_to_opens_for_its_reader(browse, username):
    scenes.account()
    browser = browse(username)
    page = browser.get("/nhat-ky/").content.decode()
    links = set(re.findall(r'<a class="link nowrap" href="([^"]+)"', page))
    assert {link: browser.get(link).status_code for link in links} == dict.fromkeys(links, 200)
    if username == "minh":
        assert any("/yeu-cau/" in link for link in links)


def test_what_the_reader_may_not_see_is_named_without_a_link(browse, province):
    table = scenes.loaded_table()
    code = table.loads.get().code
    shown = {name: browse(name).get("/nhat-ky/").content.decode() for name in ("minh", "hoa")}
    assert all(code in page for page in shown.values())
    assert f'href="/kho/nap/{code}/"' in shown["minh"]
    assert f'href="/kho/nap/{code}/"' not in shown["hoa"]
