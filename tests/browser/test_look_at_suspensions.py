"""Pages of suspension and of credentials in a browser: nothing blocked, inaccessible or wider than the screen.

``NGANAM_PICTURES=<folder>`` keeps a picture of each.
"""

import os
from pathlib import Path

import pytest

import scenes
import scenes_accounts as suspensions

SETTLE = 300
PICTURES = os.environ.get("NGANAM_PICTURES", "")
PATHS = {
    "tam-ngung-nhieu": ("lan", "/tam-ngung/quan-ly/dich-vu/moi/"),
    "bao-xoa": ("phuc", "/tam-ngung/quan-ly/cham-dut/{code}/"),
    "khoa": ("phuc", "/tai-khoan-ket-noi/{account}/khoa/"),
}


@pytest.fixture
def stage(live, province):
    """Three services of one agency; one account that ended with data to delete, one in use."""
    end = suspensions.ended_sharing()
    other = scenes.published_service(scenes.loaded_table(code="benh-vien"))
    scenes.published_service(scenes.loaded_table(code="nha-thuoc"))
    return {"code": end.code, "account": suspensions.second_account(other).code}


@pytest.mark.parametrize("name", PATHS)
def test_nothing_is_blocked_inaccessible_or_too_wide(browser_page, live, stage, client, axe, name):
    from nganam.accounts.models import Person

    who, path = PATHS[name]
    client.force_login(Person.objects.get(username=who))
    cookie = client.cookies["sessionid"].value
    browser_page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live}])
    answer = browser_page.goto(live + path.format(**stage))
    assert answer.status == 200
    browser_page.wait_for_timeout(SETTLE)
    if PICTURES:
        width = browser_page.viewport_size["width"]
        browser_page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)
    assert browser_page.said == []
    assert axe(browser_page) == []
    assert browser_page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
