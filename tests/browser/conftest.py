"""A real browser on a real server: pages are looked at as people get them, policy enforced."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from nganam.site.env import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
AXE = ROOT / "frontend/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BUILT = ROOT / "src/nganam/face/static/face/built/app.css"
SETTLE = 300
"""Milliseconds a page has to fetch what it fetches by itself."""
SIZES = {"wide": (1280, 800), "phone": (390, 844)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the browser's tests last, and as slow ones: Playwright's event loop in the thread disturbs what follows."""
    here = Path(__file__).parent
    items.sort(key=lambda item: here in Path(str(item.fspath)).parents)
    for item in items:
        if here in Path(str(item.fspath)).parents:
            item.add_marker(pytest.mark.slow)


def find_browser() -> str | None:
    """Return the system's Chromium, or the one ``NGANAM_CHROMIUM`` names."""
    named = os.environ.get("NGANAM_CHROMIUM")
    return named or next((found for name in BROWSERS if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Start one browser for the run; skip where there is none."""
    path = find_browser()
    if path is None:
        pytest.skip("không tìm thấy Chromium (no Chromium found): apt install chromium, hoặc đặt NGANAM_CHROMIUM")
    if not BUILT.exists():
        pytest.skip("giao diện chưa được dựng (front end not built): ./nganam prepare")
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop running in this thread, in which Django otherwise refuses queries.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def live(live_server: Any) -> str:
    """Serve the platform with its built files; the value is the address."""
    return str(live_server.url)


@pytest.fixture(params=list(SIZES))
def browser_page(request: pytest.FixtureRequest, chromium: Any, live: str) -> Iterator[Any]:
    """Open a page (once wide, once as on a phone); ``page.said`` collects errors of the console, blocked requests."""
    width, height = SIZES[request.param]
    context = chromium.new_context(viewport={"width": width, "height": height}, locale="vi-VN")
    page = context.new_page()
    page.said = []
    page.on("console", lambda message: page.said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("requestfailed", lambda failed: page.said.append(f"failed: {failed.url}"))
    yield page
    # What the page still fetches must be answered before the database is emptied under the server (hence ``live``).
    with suppress(Exception):
        page.wait_for_load_state("networkidle", timeout=5_000)
    context.close()


def axe_violations(page: Any) -> list[str]:
    """Run axe-core in the page; return one line per violation."""
    if not AXE.exists():
        pytest.skip("thiếu axe-core (front end not built): ./nganam prepare")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    result = page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{found['id']} ({found['impact']}): {node['target']} {node['failureSummary']}"
        for found in result["violations"]
        for node in found["nodes"]
    ]


@pytest.fixture
def axe() -> Callable[[Any], list[str]]:
    """Return the function that lists a page's accessibility violations."""
    return axe_violations


@pytest.fixture
def look(browser_page: Any, live: str, client: Any) -> Callable[..., None]:
    """Return what signs somebody in, opens a page and looks: nothing blocked, inaccessible or wider than the screen.

    ``NGANAM_PICTURES=<folder>`` keeps a picture of each, by ``name`` and the width of the screen.
    """
    from nganam.accounts.models import Person

    def looked(who: str, path: str, name: str) -> None:
        client.force_login(Person.objects.get(username=who))
        cookie = client.cookies["sessionid"].value
        browser_page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live}])
        answer = browser_page.goto(live + path)
        assert answer.status == 200
        browser_page.wait_for_timeout(SETTLE)
        look_over(browser_page, name)
        assert browser_page.said == []

    return looked


def look_over(page: Any, name: str) -> None:
    """Keep a picture of a page if wanted; assert that it is accessible and no wider than the screen."""
    folder = os.environ.get("NGANAM_PICTURES", "")
    if folder:
        width = page.viewport_size["width"]
        page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.fixture
def seen() -> Callable[[Any, str], None]:
    """Return the function that looks at a page as it stands."""
    return look_over
