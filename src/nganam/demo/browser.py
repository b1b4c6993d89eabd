"""A person at a browser without JavaScript: opens pages, fills in the forms that are really there, presses buttons.

The walk of the demo uses nothing else, so a step that a person could not do cannot be done here either.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx


class StepFailed(Exception):
    """A page did not offer, accept or show what a step of the walk needs; the text says which."""


class CutOff(StepFailed):
    """The server died while a form was under way: whether the deed was done shows when its page is opened again."""


@dataclass
class Form:
    """A form of a page: where it goes, what its controls hold, which choices they offer."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)


class _Page(HTMLParser):
    """Collects forms, and the words of refusals, from a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.refusals: list[str] = []
        self.text: list[str] = []
        self._form: Form | None = None
        self._control: tuple[str, str] | None = None
        self._bad = 0
        self._stack: list[str] = []
        self._option: tuple[str, str] | None = None
        self._heard: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a form, a control, or a refusal."""
        got = {name: value or "" for name, value in attrs}
        present = {name for name, _value in attrs}
        if self._bad and tag not in VOID:
            self._bad += 1
        elif not self._bad and REFUSAL & set(got.get("class", "").split()):
            self._bad = 1
            self._heard = []
        if tag == "form":
            self._form = Form(got.get("action", ""), got.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._control_of(self._form, tag, got, present)

    def _control_of(self, form: Form, tag: str, got: Mapping[str, str], present: set[str]) -> None:
        name = got.get("name", "")
        if tag == "option" and self._control:
            self._option = (self._control[0], got.get("value", ""))
            if "selected" in present:
                form.values.append((self._control[0], got.get("value", "")))
            return
        if not name or "disabled" in present:
            return
        form.names.add(name)
        kind = got.get("type", "text")
        if tag == "input" and kind == "file":
            form.files.add(name)
        elif tag == "input" and kind in {"checkbox", "radio"}:
            form.choices.setdefault(name, {})[got.get("value", "on")] = ""
            if "checked" in present:
                form.values.append((name, got.get("value", "on")))
        elif tag == "input" and kind not in {"submit", "button", "image"}:
            form.values.append((name, got.get("value", "")))
        elif tag in {"select", "textarea"}:
            self._control = (name, "")

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        if self._bad:
            self._bad -= 1
            if not self._bad:
                self.refusals.append(" ".join(" ".join(self._heard).split()))
        if tag == "textarea" and self._form and self._control:
            self._form.values.append((self._control[0], self._control[1].removeprefix("\n")))
        if tag in {"select", "textarea"}:
            self._control = None
        if tag == "option":
            self._option = None
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        """Keep text where it matters."""
        self.text.append(data)
        if self._bad:
            self._heard.append(data)
        if self._option and self._form:
            known = self._form.choices.setdefault(self._option[0], {})
            known[self._option[1]] = known.get(self._option[1], "") + data.strip()
        elif self._control:
            self._control = (self._control[0], self._control[1] + data)


VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
    "use",
    "path",
}
REFUSAL = {"notice-bad", "field-error", "errorlist", "form-errors"}
Values = Mapping[str, Any]
T = TypeVar("T")


@dataclass
class Page:
    """A page as received."""

    response: httpx.Response
    parsed: _Page

    @property
    def path(self) -> str:
        """Its address, without the host."""
        return self.response.url.path

    @property
    def text(self) -> str:
        """Its text, spaces collapsed."""
        return " ".join(" ".join(self.parsed.text).split())

    def form(self, ending: str) -> Form:
        """Return the form whose action ends with ``ending`` ("" means: posts to the page itself)."""
        for one in self.parsed.forms:
            action = urlsplit(urljoin(str(self.response.url), one.action)).path
            if one.method == "post" and (action.endswith(ending) if ending else action == self.path):
                return one
        raise StepFailed(f"{self.path}: không có biểu mẫu gửi đến …{ending or self.path}")


def patiently(ask: Callable[[], httpx.Response], *, harmless: bool = True, seconds: float = 20) -> httpx.Response:
    """Ask; while a process is being restarted ask again.

    What was not sent may always be sent again, and so may a question that was cut off (``harmless``). A form that was
    cut off may have been acted on: that is ``CutOff``, and the step looks by its pages what is left to do.
    """
    end = time.monotonic() + seconds
    while True:
        late = time.monotonic() > end
        try:
            answer = ask()
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if late:
                raise
        except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
            if not harmless:
                raise CutOff(in_words(error)) from error
            if late:
                raise
        else:
            if late or not harmless or answer.status_code not in RESTARTING:
                return answer
        time.sleep(0.2)


RESTARTING = {httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.GATEWAY_TIMEOUT}
"""What stands before a process answers while that process is being restarted."""


def in_words(error: Exception) -> str:
    """Return what went wrong on the way to a server, in Vietnamese."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"{error.request.url} trả lời {error.response.status_code}"
    if not isinstance(error, httpx.RequestError):
        return str(error)
    where = f"{error.request.method} {error.request.url}"
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return f"{where}: không kết nối được, tiến trình chưa chạy lại"
    if isinstance(error, httpx.TimeoutException):
        return f"{where}: chờ quá lâu chưa trả lời xong"
    if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError):
        return f"{where}: kết nối bị ngắt giữa chừng, tiến trình ở đầu kia vừa dừng hoặc khởi động lại"
    return f"{where}: {error}"


class Person:
    """One person's browser session at the portal."""

    def __init__(self, base_url: str, name: str = "Khách", *, timeout: float = 30) -> None:
        self.name = name
        self.client = httpx.Client(base_url=base_url, follow_redirects=True, timeout=timeout)

    def open(self, path: str, *, expect: int = 200) -> Page:
        """Open a page; fail unless it answers ``expect``."""
        return self._page(patiently(lambda: self.client.get(path)), expect)

    def fetch(self, path: str) -> httpx.Response:
        """Return what is at an address that is not a page: a file, a document for machines."""
        return patiently(lambda: self.client.get(path)).raise_for_status()

    def _page(self, response: httpx.Response, expect: int) -> Page:
        parsed = _Page()
        if "html" in response.headers.get("content-type", ""):
            parsed.feed(response.text)
        if response.status_code != expect:
            said = "; ".join(parsed.refusals) or " ".join(" ".join(parsed.text).split())[-400:]
            raise StepFailed(f"{self.name}: {response.url.path} trả lời {response.status_code}, cần {expect}. {said}")
        return Page(response, parsed)

    def submit(
        self,
        path: str,
        ending: str = "",
        /,
        *,
        files: Mapping[str, Any] | None = None,
        values: Values | None = None,
        refused: bool = False,
    ) -> Page:
        """Open ``path``, fill in its form that goes to ``ending`` and send it, as the page stands.

        A value may be a list (several ticks) or None (leave as it is). With ``refused`` a refusal is returned,
        otherwise it fails the step.
        """
        page = self.open(path)
        form = page.form(ending)
        data = _filled(form, values or {}, files or {}, where=page.path)
        target = urljoin(str(page.response.url), form.action)
        headers = {"Referer": str(page.response.url)}
        response = patiently(lambda: self.client.post(target, data=data, files=files, headers=headers), harmless=False)
        answer = self._page(response, 200) if not refused else self._any(response)
        if not refused and answer.parsed.refusals:
            raise StepFailed(f"{self.name}: {page.path} từ chối: {'; '.join(answer.parsed.refusals)}")
        return answer

    def press(self, path: str, ending: str, values: Values | None = None) -> str:
        """Make a move that leads on, unless the page does not offer it any more: it was made before we were cut off."""
        if any(form.method == "post" and form.action.endswith(ending) for form in self.open(path).parsed.forms):
            self.submit(path, ending, values=values)
        return path

    def _any(self, response: httpx.Response) -> Page:
        return self._page(response, response.status_code)

    def sign_in(self, username: str, password: str) -> Page:
        """Sign in through the page."""
        page = self.submit("/dang-nhap/", values={"login": username, "password": password})
        if page.path.startswith("/dang-nhap"):
            raise StepFailed(f"{self.name}: đăng nhập không được")
        return page


def _filled(form: Form, values: Values, files: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    unknown = [name for name in (*values, *files) if name not in form.names]
    if unknown:
        raise StepFailed(f"{where}: biểu mẫu không có ô {', '.join(unknown)} (có: {', '.join(sorted(form.names))})")
    data: dict[str, Any] = {}
    for name, value in form.values:
        data.setdefault(name, []).append(value)
    for name, value in values.items():
        if value is not None:
            data[name] = [str(one) for one in value] if _is_many(value) else [str(value)]
    return data


def _is_many(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes)


def wait_for(what: str, look: Callable[[], T | None], *, seconds: float = 30, every: float = 0.15) -> T:
    """Look until something is there; fail the step when it is not within ``seconds``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(every)
    raise StepFailed(f"{what}: chờ {seconds:g} giây chưa thấy")
