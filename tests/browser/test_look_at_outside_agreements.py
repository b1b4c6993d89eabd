"""The pages on which an outside agency's special agreement begins and stands, in a browser.

``NGANAM_PICTURES=<folder>`` keeps a picture of each.
"""

import os
from pathlib import Path

import pytest

import scenes_outside as outside

SETTLE = 300
PICTURES = os.environ.get("NGANAM_PICTURES", "")
PATHS = {
    "yeu-cau-den": "/ngoai-tinh/den/{case}/",
    "thoa-thuan-moi": "/thoa-thuan/moi/?tu=sharing.inbound:{case}",
    "yeu-cau-co-thoa-thuan": "/ngoai-tinh/den/{case}/",
    "thoa-thuan": "/thoa-thuan/{agreement}/",
}


@pytest.mark.parametrize("name", PATHS)
def test_nothing_is_blocked_inaccessible_or_too_wide(browser_page, live, province, client, axe, name):
    from nganam.accounts.models import Person

    case = outside.special()
    begun = name in {"yeu-cau-co-thoa-thuan", "thoa-thuan"}
    stage = {"case": case.code, "agreement": outside.agreeing(case).code if begun else ""}
    client.force_login(Person.objects.get(username="minh"))
    cookie = client.cookies["sessionid"].value
    browser_page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live}])
    answer = browser_page.goto(live + PATHS[name].format(**stage))
    assert answer.status == 200
    browser_page.wait_for_timeout(SETTLE)
    if PICTURES:
        width = browser_page.viewport_size["width"]
        browser_page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)
    assert browser_page.said == []
    assert axe(browser_page) == []
    assert browser_page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
