"""SM1 by keyboard alone: from the public page of a service to a call that answers, in Vietnamese, by two officers."""

import re

import pytest
from django.utils import timezone

import scenes
from gateway_rig import Stack, free_port, wait_for
from nganam.lgsp.envoy.decided import Listen
from nganam.lgsp.publishing import publish_snapshot
from nganam.sharing.models import Account

pytestmark = pytest.mark.slow
MOST_TABS = 150


@pytest.fixture
def town(live, transactional_db, make_province, data, settings):
    """Serve the pages, a gateway and a data server of one data folder; a service is published, an application known."""
    settings.NGANAM_PUBLIC_URL = live
    make_province()
    service = scenes.published_service()
    scenes.application()
    stack = Stack(data, Listen(port=free_port(), serving_port=free_port()))
    try:
        stack.start_serving()
        stack.start_gateway()
        yield stack, live, service
    finally:
        stack.stop()


class Keyboard:
    """A person who has no mouse: goes from control to control with Tab, and says what has the focus."""

    def __init__(self, page):
        self.page = page

    def to(self, selector, text=""):
        """Press Tab until a control that matches has the focus; what a keyboard cannot reach fails here."""
        self.page.locator(selector).filter(has_text=re.compile(re.escape(text))).first.wait_for(state="attached")
        for _ in range(MOST_TABS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(FOCUSED, [selector, text]):
                return self
        raise AssertionError(f"no keyboard reaches {selector} {text!r} on {self.page.url}")

    def type(self, text):
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)
        return self

    def press(self, key="Enter"):
        self.page.keyboard.press(key)
        return self

    def go(self, key="Enter"):
        """Press a key that leads to another page, and wait for it."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        return self


FOCUSED = """([selector, text]) => {
  const one = document.activeElement;
  return one && one.matches(selector) && (text === "" || one.textContent.includes(text));
}"""


def sign_in(keys, username):
    keys.to("input[name=login]").type(username).to("input[name=password]").type(scenes.PASSWORD).go()


def open_page(chromium, said):
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="vi-VN")
    page = context.new_page()
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    return page


@pytest.mark.law("S8.2c", "S8.2d", "S9.3", "S9.7", "D35.1", "D35.2", "D35.3", "D40", "D33", "S16.3")
def test_from_the_public_page_to_a_call_without_a_mouse(chromium, town, axe):
    stack, live, service = town
    said: list[str] = []
    phuc = Keyboard(open_page(chromium, said))
    phuc.page.goto(f"{live}/dich-vu/{service.code}/")
    phuc.to("a", "Yêu cầu kết nối").go()
    sign_in(phuc, "phuc")

    assert phuc.page.locator("h1").text_content() == "Yêu cầu kết nối, khai thác dữ liệu"
    phuc.to("textarea[name=purpose]").type("Xác nhận nơi khám chữa bệnh khi tiếp nhận hồ sơ.")
    phuc.to("textarea[name=solution]").type("Phần mềm một cửa tra cứu theo mã, không lưu kết quả.")
    phuc.to("[name=frequency]").type("Hằng ngày")
    for name in ("ma_co_so", "ten_co_so", "dien_thoai"):
        phuc.to(f"input[name=fields_asked][value={name}]").press("Space")
    assert axe(phuc.page) == []
    phuc.to("button", "Lưu nháp").go()
    phuc.to("button", "Gửi yêu cầu").go()
    assert "Đã tiếp nhận" in phuc.page.locator("main").text_content()
    code = re.search(r"YC-\d{4}-\d{4}", phuc.page.url)[0]

    lan = Keyboard(open_page(chromium, said))
    lan.page.goto(f"{live}/ban-lam-viec/")
    sign_in(lan, "lan")
    lan.to("main a", code).go()
    lan.to("input[name=granted][value=dien_thoai]").press("Space")
    lan.to("#grant-reason").type(scenes.WITHHELD["reason"])
    lan.to("#grant-legal_basis").type(scenes.WITHHELD["legal_basis"])
    lan.to("button", "Cấp tài khoản").go()
    assert "Đã cấp tài khoản kết nối" in lan.page.locator("main").text_content()
    assert axe(lan.page) == []

    phuc.page.reload()
    account = Account.objects.get()
    phuc.to("main a", account.code).go()
    phuc.to("main a", "Khóa truy cập").go()
    phuc.to("button", "Cấp mã bí mật mới").go()
    client = phuc.page.locator("#ma-khach").text_content().strip()
    secret = phuc.page.locator("#ma-bi-mat").text_content().strip()
    publish_snapshot(at=timezone.now())

    token = phuc.page.request.post(
        f"{live}/oauth2/token",
        form={"grant_type": "client_credentials", "client_id": client, "client_secret": secret},
    ).json()["access_token"]
    path = f"/r1/VN/GOV/CT-SYT/KHO/{service.code}/00123"
    reply = wait_for(lambda: (one := stack.ask(path, token)).status == 200 and one, seconds=10)
    assert reply.json["data"] == {"ma_co_so": "00123", "ten_co_so": "Trạm y tế Phường 5"}
    assert said == []
