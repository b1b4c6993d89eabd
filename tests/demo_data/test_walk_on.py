"""A process that dies in mid-request does not end the walk: questions are asked again, deeds are looked at again."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from nganam.demo import walk
from nganam.demo.browser import CutOff, Person, StepFailed, in_words
from nganam.demo.story import Story

FORM = b"<form method=post action=/gui/></form>"
DEAD, BROKEN = b"", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<p>"


def page(body: bytes, status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


class Server:
    """Answers each connection with the next thing of its script, then for ever with the last."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.script: list[bytes] = []
        self.asked: list[str] = []
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def _run(self) -> None:
        while True:
            try:
                link, _from = self.listener.accept()
            except OSError:
                return
            with link:
                self.asked.append(link.recv(65536).split(b" HTTP")[0].decode())
                link.sendall(self.script.pop(0) if len(self.script) > 1 else self.script[0])


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.listener.shutdown(socket.SHUT_RDWR)
    running.listener.close()


@pytest.mark.parametrize("cut", [DEAD, BROKEN, page(b"", "503 Service Unavailable"), page(b"", "502 Bad Gateway")])
def test_a_page_that_was_cut_off_is_asked_for_again(server: Server, cut: bytes) -> None:
    server.script = [cut, cut, page(b"xin ch\xc3\xa0o")]
    assert "xin chào" in Person(server.address).open("/").text
    assert server.asked == ["GET /"] * 3


@pytest.mark.parametrize("cut", [DEAD, BROKEN])
def test_a_form_that_was_cut_off_is_not_sent_again_by_itself(server: Server, cut: bytes) -> None:
    server.script = [page(FORM), cut, page(FORM)]
    with pytest.raises(CutOff, match="kết nối bị ngắt giữa chừng"):
        Person(server.address).submit("/", "/gui/")
    assert server.asked == ["GET /", "POST /gui/"]


def test_the_step_looks_whether_the_deed_was_done_and_goes_on(server: Server) -> None:
    server.script = [page(FORM), page(FORM), DEAD, page(b"<p>done")]
    person = Person(server.address)
    walk._take(lambda _story: person.press("/", "/gui/") and None, _story())
    assert server.asked == ["GET /", "GET /", "POST /gui/", "GET /"], "opened, sent, cut off, looked at: it is done"


def test_a_step_cut_off_each_time_fails_with_words(server: Server) -> None:
    server.script = [page(FORM), page(FORM), DEAD] * walk.TRIES
    with pytest.raises(CutOff):
        walk._take(lambda _story: Person(server.address).press("/", "/gui/") and None, _story())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ReadError("[Errno 104] Connection reset by peer"), "kết nối bị ngắt giữa chừng"),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), "kết nối bị ngắt giữa chừng"),
        (httpx.ConnectError("[Errno 111] Connection refused"), "không kết nối được"),
        (httpx.ReadTimeout("timed out"), "chờ quá lâu"),
        (StepFailed("trang không có ô"), "trang không có ô"),
    ],
)
def test_what_went_wrong_is_said_in_vietnamese(error: Exception, words: str) -> None:
    if isinstance(error, httpx.RequestError):
        error.request = httpx.Request("GET", "http://127.0.0.1:1/")
    said = in_words(error)
    assert words in said
    assert "Errno" not in said
    assert "disconnected" not in said


def test_a_walk_that_failed_names_the_step_and_still_tells_who_may_sign_in(
    settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA = tmp_path

    def fail(_story: Story) -> None:
        raise StepFailed("/kho/: không thấy")

    monkeypatch.setattr(walk, "STEPS", (("load", "Nạp", fail),))
    assert walk.run({"web": "http://w", "gateway": "http://g"}) == 1
    told = capsys.readouterr()
    assert "bước 1 (load) không đạt: /kho/: không thấy" in told.err
    assert "Trần Thị Lan" in told.out or "lan" in told.out
    assert "curl" not in told.out, "no credential yet"


def _story() -> Story:
    def write(_name: str, _value: object) -> None:
        raise AssertionError("no deed is kept here")

    say: Callable[[str], None] = print
    return Story({}, {}, {}, write, say)
