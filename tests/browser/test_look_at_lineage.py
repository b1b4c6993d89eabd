"""The pages of lineage in a browser: a picture where there is room for it, a nested list everywhere."""

import pytest

import scenes
from scenes_lineage import declared_source, everything, read_source, table_of


@pytest.fixture
def world(live, province):
    """One table read from a source and served to two agencies, and one that is open to everybody."""
    from nganam.sharing.requests import operations as requests

    source = declared_source()
    table = table_of(source, code="co-so-tu-nguon")
    assert read_source(table).state == "committed"
    service = scenes.published_service(table)
    sent = requests.send_request(actor=scenes.PHUC, at=scenes.AT, request=scenes.drafted_request(service))
    requests.grant_request(
        actor=scenes.LAN, at=scenes.AT, request=sent, granted=["ma_co_so", "ten_co_so"], **scenes.WITHHELD
    )
    everything()
    return {"source": source.code}


@pytest.mark.parametrize(("path", "name"), [
    ("/kho/co-so-tu-nguon/dong-du-lieu/", "lineage-table"),
    ("/kho/co-so-tu-nguon/dong-du-lieu/?cot=so_giuong", "lineage-column"),
    ("/kho/co-so-kham-chua-benh/dong-du-lieu/", "lineage-open"),
    ("/kho/nguon/{source}/dong-du-lieu/", "lineage-source"),
    ("/kho/co-so-tu-nguon/", "lineage-from-table"),
    ("/kho/nguon/{source}/", "lineage-from-source"),
])  # fmt: skip
def test_lineage_can_be_read_at_every_width(look, seen, browser_page, world, path, name):
    look("lan", path.format(**world), name)
    picture = browser_page.locator(".lineage-picture")
    if "dong-du-lieu" in path:
        assert picture.is_visible() == (browser_page.viewport_size["width"] > 768)
        assert browser_page.locator(".lineage-tree, table").first.is_visible()
    for more in browser_page.locator("details.twin > summary").all():
        more.click()
    seen(browser_page, f"{name}-open")
