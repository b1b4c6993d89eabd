"""A page of made-up people says so: whoever reads it, whatever it shows, whichever command serves it."""

import re

import pytest
from django.core.cache import cache

import scenes
from addresses import patterns, sample
from nganam.audit import operations as audit
from nganam.face import demobar
from nganam.kernel.actors import Actor, Kind, system
from nganam.site import provision

pytestmark = pytest.mark.once
BAR = "do máy tạo ra, không phải người thật"
READERS = ("", "lan", "minh", "khanh", "hoa", "phuc", "quantri")
LINK = re.compile(r'href="(/(?!/)[^"#?]*)')
SIGNS_OUT = "/dang-xuat/"


@pytest.fixture
def full(province):
    """Enough of everything that lists have rows and rows lead to pages."""
    cache.clear()
    scenes.account()
    scenes.published_dataset(scenes.loaded_table(code="bang-mo", columns=scenes.OPEN_COLUMNS))


def is_whole_page(answer) -> bool:
    return answer.get("Content-Type", "").startswith("text/html") and not answer.streaming and "<html" in answer.text


def walked(client) -> dict[str, str]:
    """Return the text of each whole page that ``client`` comes to by links, and of an example of every address."""
    waiting = ["/", "/ban-lam-viec/", *filter(None, (sample(route) for route, _ in patterns()))]
    seen, pages = {SIGNS_OUT}, {}
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        if is_whole_page(answer):
            pages[path] = answer.text
            waiting += LINK.findall(answer.text)
        elif answer.streaming:
            list(answer.streaming_content)  # read to its end, a file is closed; closed by hand, the connection is too
    return pages


@pytest.mark.parametrize("reader", READERS, ids=[one or "dung" for one in READERS])
def test_every_page_of_the_demo_says_that_its_people_are_made_up(full, client, settings, reader):
    from nganam.accounts.models import Person

    settings.NGANAM_DEMO = True
    if reader:
        client.force_login(Person.objects.get(username=reader))
    pages = walked(client)
    assert {"/", "/du-lieu/co-so/", "/dich-vu/DV-2026-0001/", "/co-quan/CT-SYT/"} <= pages.keys()
    assert ("/ban-lam-viec/" in pages) == bool(reader)
    if reader in {"lan", "minh", "phuc"}:
        assert scenes.REQUEST["purpose"] in pages["/yeu-cau/YC-2026-0001/"]
    assert len(pages) > 50
    assert [path for path, text in pages.items() if BAR not in text] == []


def test_a_platform_of_real_data_has_no_bar(full, client):
    assert BAR not in client.get("/").text
    assert provision.mark_demo() == ""
    assert not demobar.is_shown()


def test_the_bar_goes_with_the_data_folder_whatever_the_command(db, client, data):
    assert demobar.mark()
    assert not demobar.mark()
    assert (data / "demo-data").read_text(encoding="utf-8") == demobar.WORDS
    assert BAR in client.get("/").text


def test_the_province_is_marked_before_anybody_made_up_is_in_it(db, monkeypatch):
    from nganam.demo import province

    class Cut(Exception):
        pass

    def cut(*_args, **_named):
        raise Cut

    monkeypatch.setattr(province, "build_sources", cut)
    with pytest.raises(Cut):
        province.build()
    assert demobar.is_shown()


def test_a_demo_restored_into_another_folder_is_marked_when_it_starts(db, at):
    from nganam.demo.province import BUILDER

    def deed(actor):
        audit.record(actor=actor, at=at, action="deadlines.calendar.edited", object_type="x", object_code="1")

    deed(system("worker"))
    deed(Actor(Kind.PERSON, "demo", "Người tên Demo", "CT-SYT"))
    assert provision.mark_demo() == ""
    deed(BUILDER)
    assert "đánh dấu mọi trang" in provision.mark_demo()
    assert provision.mark_demo() == ""
    assert demobar.is_shown()
    assert BUILDER.code == provision.DEMO_BUILDER
