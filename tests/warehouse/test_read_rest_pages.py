"""A JSON API is read page after page into one file, or not at all; nothing it says leads a key to another server."""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from nganam.face.reaching import read_place
from nganam.kernel.errors import Invalid, Unavailable
from nganam.warehouse.engine import reading
from nganam.warehouse.engine.manner import Asked
from nganam.warehouse.engine.rest import Limits, Paging, Rest, basic, bearer, land_rest

RECORDS = [{"ma": f"CS{n:02}", "ten": f"Cơ sở {n}", "xa": {"ma": f"{n:05}"}, "so": n} for n in range(7)]
SECRET = "bi-mat-cua-so-y-te"


class Server:
    """A server on this machine: ``answer(path, query, headers)`` gives status, headers and body."""

    def __init__(self):
        self.asked = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                parts = urlsplit(self.path)
                query = {key: one[0] for key, one in parse_qs(parts.query).items()}
                outer.asked.append((parts.path, query, dict(self.headers)))
                status, headers, body = outer.answer(parts.path, query, self.headers)
                body = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                outer.send(self.wfile, body)

            def log_message(self, *_args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def send(self, out, body):
        out.write(body)

    def source(self, **said):
        place = read_place(self.base + said.pop("path", "/api/co-so"))
        return Rest("API Sở Y tế", place, "127.0.0.1", **said)


@pytest.fixture
def server():
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


def cut_out(at, size=3):
    return RECORDS[at : at + size]


def by_page(_path, query, _headers):
    return 200, {}, {"tong": 7, "data": {"items": cut_out((int(query["trang"]) - 1) * 3)}}


def by_offset(_path, query, _headers):
    return 200, {}, cut_out(int(query["offset"]), int(query["limit"]))


def by_cursor(_path, query, _headers):
    at = int(query.get("sau", 0))
    return 200, {}, {"items": cut_out(at), "tiep": {"sau": at + 3 if at + 3 < 7 else None}}


def by_body_link(_path, query, _headers):
    at = int(query.get("at", 0))
    return 200, {}, {"items": cut_out(at), "next": f"?at={at + 3}&loai=BV" if at + 3 < 7 else ""}


def by_header_link(_path, query, _headers):
    at = int(query.get("at", 0))
    link = f'</api/co-so?at=0>; rel="first", </api/co-so?at={at + 3}&q=a,b>; title="a, b"; rel="x NEXT"'
    return 200, {"Link": link} if at + 3 < 7 else {}, cut_out(at)


STYLES = {
    "none": (lambda *_: (200, {}, RECORDS), Paging()),
    "page": (by_page, Paging("page", param="trang", size_param="so", size=3)),
    "offset": (by_offset, Paging("offset", param="offset", first=0, size_param="limit", size=3)),
    "cursor": (by_cursor, Paging("cursor", param="sau", path="tiep.sau")),
    "next": (by_body_link, Paging("next", path="/next")),
    "link": (by_header_link, Paging("link")),
}


def fault_of(source, tmp_path, **more):
    with pytest.raises((Invalid, Unavailable)) as caught:
        land_rest(source, tmp_path, limit=10**8, wait=lambda _: None, **more)
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]  # nothing is kept of what failed
    assert SECRET not in str(caught.value) + caught.value.hint + repr(caught.value.details) + repr(source)
    return caught.value


def code(error):
    return error.details["fault"]


@pytest.mark.parametrize("style", STYLES)
def test_every_way_of_paging_gives_every_record_once(server, tmp_path, style):
    server.answer, paging = STYLES[style]
    told = []

    landed = land_rest(
        server.source(paging=paging, params=(("loai", "BV"),)),
        tmp_path,
        limit=10**8,
        told=lambda *one: told.append(one),
    )

    assert landed.kind == "jsonl"
    assert [json.loads(line) for line in landed.path.read_text().splitlines()] == RECORDS
    shape = reading.inspect(landed, "x.ndjson", None, Asked())
    assert sorted(shape.header) == ["ma", "so", "ten", "xa.ma"]
    assert told[-1][1] == 7
    assert server.asked[0][1]["loai"] == "BV"


def test_one_record_is_still_read_as_a_line(server, tmp_path):
    server.answer = lambda *_: (200, {}, {"items": RECORDS[:1]})
    assert land_rest(server.source(), tmp_path, limit=10**8).kind == "jsonl"


def test_numbers_keep_their_digits(server, tmp_path):
    server.answer = lambda *_: (200, {}, b'[{"so": 12345678901234567.10}]')
    assert b"12345678901234567.10" in land_rest(server.source(), tmp_path, limit=10**8).path.read_bytes()


@pytest.mark.parametrize(
    ("headers", "name", "value"),
    [
        (bearer(SECRET), "Authorization", f"Bearer {SECRET}"),
        (basic("lan", SECRET), "Authorization", "Basic " + base64.b64encode(f"lan:{SECRET}".encode()).decode()),
        ({"X-Api-Key": SECRET}, "X-Api-Key", SECRET),
    ],
)
def test_the_key_is_sent_and_never_told(server, tmp_path, headers, name, value):
    server.answer = lambda _path, _query, sent: (200 if sent[name] == value else 401, {}, RECORDS)
    land_rest(server.source(headers=headers), tmp_path / "good", limit=10**8)
    server.answer = lambda *_: (401, {}, {"khoa": SECRET})
    (tmp_path / "bad").mkdir()
    assert code(fault_of(server.source(headers=headers), tmp_path / "bad")) == "rest_denied"


def test_a_key_no_header_can_carry_is_told_without_the_key(server, tmp_path):
    assert code(fault_of(server.source(headers=bearer(f"{SECRET}\r\nX: 1")), tmp_path)) == "source_secret"
    assert not server.asked


@pytest.mark.parametrize(
    "status", [(401, "rest_denied"), (403, "rest_denied"), (404, "rest_missing"), (400, "rest_status"),
               (500, "rest_down"), (503, "rest_down")],
)  # fmt: skip
def test_a_refusal_is_told_by_its_kind(server, tmp_path, status):
    server.answer = lambda *_: (status[0], {}, SECRET.encode())
    error = fault_of(server.source(), tmp_path)
    assert (code(error), str(status[0]) in str(error)) == (status[1], True)
    assert isinstance(error, Unavailable) == (status[0] >= 500)


@pytest.mark.parametrize("busy", [429, 503])
def test_a_busy_server_is_waited_for_as_it_asks(server, tmp_path, busy):
    answers = iter([(busy, {"Retry-After": "7"}, b""), (busy, {}, b""), (busy, {"Retry-After": "9999"}, b"")])
    server.answer = lambda *_: next(answers, (200, {}, RECORDS))
    waited = []
    land_rest(server.source(), tmp_path, limit=10**8, wait=waited.append)
    assert waited == [7.0, 4.0, 60.0]


def test_a_page_missing_in_the_middle_fails_the_whole(server, tmp_path):
    server.answer = lambda path, query, headers: (
        (500, {}, b"") if query["trang"] == "2" else by_page(path, query, headers)
    )
    error = fault_of(server.source(paging=STYLES["page"][1]), tmp_path)
    assert (code(error), error.details["params"]["page"]) == ("rest_down", 2)


@pytest.mark.parametrize("paging", [STYLES["page"][1], STYLES["offset"][1], STYLES["cursor"][1]])
def test_a_server_that_ignores_the_page_is_found_out(server, tmp_path, paging):
    server.answer = lambda *_: (200, {}, {"items": RECORDS, "tiep": {"sau": "x"}})
    assert code(fault_of(server.source(paging=paging), tmp_path)) == "rest_repeated"
    assert len(server.asked) == 2


ELSEWHERE = [
    "http://127.0.0.2/x",
    "//khac.example/x",
    "https://127.0.0.1/x",
    "http://a:b@127.0.0.1/x",
    "ftp://127.0.0.1/",
]


@pytest.mark.parametrize("link", ELSEWHERE)
def test_a_link_to_another_server_is_not_followed(server, tmp_path, link):
    server.answer = lambda *_: (200, {}, {"items": RECORDS, "next": link})
    assert code(fault_of(server.source(paging=STYLES["next"][1]), tmp_path)) == "rest_elsewhere"
    server.answer = lambda *_: (302, {"Location": link}, b"")
    assert code(fault_of(server.source(), tmp_path)) == "rest_elsewhere"


def test_a_redirect_on_the_same_server_is_followed_but_not_for_ever(server, tmp_path):
    server.answer = lambda path, *_: (200, {}, RECORDS) if path == "/moi" else (307, {"Location": "/moi"}, b"")
    land_rest(server.source(), tmp_path / "good", limit=10**8)
    server.answer = lambda *_: (302, {"Location": "/lai"}, b"")
    (tmp_path / "bad").mkdir()
    assert code(fault_of(server.source(), tmp_path / "bad")) == "rest_status"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<!doctype html><p>Dang nhap</p>", "rest_not_json"), (b'[{"a": NaN}]', "rest_not_json"),
        (b"\xff\xfe[", "rest_not_json"), (b"[" * 100_000, "too_deep"), (b'[{"a": 1, "a": 2}]', "repeated_field"),
        (b'{"a": [{"x": 1}], "b": [{"y": 1}]}', "several_parts"), (b'{"a": 1}', "no_records"), (b"[1]", "no_records"),
        (b"[]", "rest_empty"),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_list_of_records_is_told(server, tmp_path, body, expected):
    server.answer = lambda *_: (200, {}, body)
    assert code(fault_of(server.source(), tmp_path)) == expected


def test_a_mistyped_way_is_told_instead_of_taking_the_first_page_for_all(server, tmp_path):
    server.answer = by_cursor
    for said in ({"records": "itmes"}, {"paging": Paging("cursor", param="sau", path="tiep.truoc")}):
        assert code(fault_of(server.source(**said), tmp_path)) == "rest_path"


def test_what_is_too_much_is_refused(server, tmp_path):
    server.answer = by_page
    paging = STYLES["page"][1]
    assert code(fault_of(server.source(paging=paging, limits=Limits(pages=2)), tmp_path)) == "rest_endless"
    assert code(fault_of(server.source(paging=paging, limits=Limits(records=5)), tmp_path)) == "rest_endless"
    assert code(fault_of(server.source(paging=paging, limits=Limits(page_bytes=50)), tmp_path)) == "rest_page_large"


@pytest.mark.parametrize("closing", [{}, {"Connection": "close"}])
def test_a_server_that_drips_is_cut(server, tmp_path, closing):
    def drip(out, body):
        for one in range(len(body)):
            out.write(body[one : one + 1])
            time.sleep(0.1)

    server.answer, server.send = lambda *_: (200, closing, RECORDS), drip
    began = time.monotonic()
    assert code(fault_of(server.source(limits=Limits(seconds=0.7)), tmp_path)) == "source_slow"
    assert time.monotonic() - began < 5


def test_an_answer_that_breaks_off_is_no_answer(server, tmp_path):
    server.answer = lambda *_: (200, {"Content-Length": "5000", "Connection": "close"}, RECORDS)
    assert code(fault_of(server.source(), tmp_path)) == "source_down"


def test_a_server_that_is_not_there_is_told(server, tmp_path):
    source = server.source()
    server.http.shutdown()
    server.http.server_close()
    assert code(fault_of(source, tmp_path)) == "source_refused"


@pytest.mark.parametrize("after", ["/api/cơ-sở?từ=3", "/api/co so?tu=3"])
def test_a_next_link_may_be_written_with_marks_and_spaces(server, tmp_path, after):
    server.answer = lambda _path, query, _headers: (
        200,
        {},
        {"items": cut_out(3 if query else 0), "sau": "" if query else after},
    )
    landed = land_rest(server.source(paging=Paging("next", path="sau")), tmp_path, limit=10**6)
    assert landed.path.read_bytes().count(b"\n") == 6
    assert len(server.asked) == 2


def test_half_a_sign_in_a_cursor_is_told(server, tmp_path):
    server.answer = lambda *_asked: (200, {}, b'{"items": [{"ma": 1}], "sau": "\\ud800"}')
    with pytest.raises(Invalid) as told:
        land_rest(server.source(paging=Paging("cursor", "sau", path="sau")), tmp_path, limit=10**6)
    assert told.value.details["fault"] == "rest_not_json"


def test_a_declared_address_may_have_marks(server, tmp_path):
    server.answer = lambda *_asked: (200, {}, RECORDS)
    assert land_rest(server.source(path="/cơ-sở"), tmp_path, limit=10**6).path.is_file()
    assert server.asked[0][0] == "/c%C6%A1-s%E1%BB%9F"
