"""Pages of the gateway's snapshots in a browser: nothing blocked, nothing inaccessible, nothing wider than the screen.

``NGANAM_PICTURES=<folder>`` keeps a picture of each.
"""

import os
from pathlib import Path

import pytest

import scenes
from nganam.lgsp.models import GatewaySnapshot
from nganam.lgsp.operations import publish_snapshot
from nganam.lgsp.snapshots import operations
from nganam.sharing.accounts.operations import move_account

SETTLE = 300
PICTURES = os.environ.get("NGANAM_PICTURES", "")
PATHS = {
    "giam-sat": "/giam-sat/",
    "cac-ban": "/giam-sat/ban-cau-hinh/",
    "mot-ban": "/giam-sat/ban-cau-hinh/2/",
    "so-sanh": "/giam-sat/ban-cau-hinh/1/so-sanh/2/",
}


@pytest.fixture
def stage(live, province):
    """Two snapshots, the gateway held to the first."""
    account = scenes.account()
    publish_snapshot(at=scenes.AT)
    move_account(actor=scenes.LAN, at=scenes.AT, account=account, transition="lock", reason="Kiểm tra")
    publish_snapshot(at=scenes.AT)
    first = GatewaySnapshot.objects.get(number=1)
    operations.roll_back(first, actor=scenes.MINH, at=scenes.AT, reason="Giới hạn mới làm nghẽn một cửa của phường.")
    publish_snapshot(at=scenes.AT)


@pytest.mark.parametrize("name", PATHS)
def test_nothing_is_blocked_inaccessible_or_too_wide(browser_page, live, stage, client, axe, name):
    from nganam.accounts.models import Person

    client.force_login(Person.objects.get(username="minh"))
    cookie = client.cookies["sessionid"].value
    browser_page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live}])
    answer = browser_page.goto(live + PATHS[name])
    assert answer.status == 200
    browser_page.wait_for_timeout(SETTLE)
    if PICTURES:
        width = browser_page.viewport_size["width"]
        browser_page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)
    assert browser_page.said == []
    assert axe(browser_page) == []
    assert browser_page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
