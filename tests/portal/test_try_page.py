"""The page on which a service is tried: for everybody samples, for officers a form; without a gateway it says so."""

import pytest

import scenes
from nganam.portal.trying import QuestionForm
from nganam.services.sandbox import ensure_copies

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(province, at):
    found = scenes.published_service()
    ensure_copies(at=at)
    return found


def test_a_visitor_sees_samples_with_the_parameters_filled_in(service, client):
    page = client.get(f"/dich-vu/{service.code}/goi-thu/")
    text = page.content.decode()
    assert page.status_code == 200
    for mark in ("curl -sS", "import httpx", "java.net.http", "System.Net.Http", "await fetch", "VN-THU", "THU00001"):
        assert mark in text
    assert "Đăng nhập" in text
    filled = client.get(f"/dich-vu/{service.code}/goi-thu/", {"cach": "trang", "loc-loai": "a'b</code>", "limit": "3"})
    text = filled.content.decode()
    assert "a&#x27;\\&#x27;&#x27;b&lt;/code&gt;" in text
    assert "b</code>" not in text
    assert client.get(f"/dich-vu/{service.code}/goi-thu/", {"cach": "khoa"}).status_code == 422


def test_a_visitor_cannot_call(service, client):
    assert client.post(f"/dich-vu/{service.code}/goi-thu/goi/", {"cach": "trang"}).status_code == 404


def test_an_officer_without_the_role_cannot_call_and_one_without_application_is_told(service, client):
    assert client.login(username="minh", password=scenes.PASSWORD)
    assert client.post(f"/dich-vu/{service.code}/goi-thu/goi/", {"cach": "trang"}).status_code == 404
    assert client.login(username="phuc", password=scenes.PASSWORD)
    assert "Đăng ký ứng dụng" in client.get(f"/dich-vu/{service.code}/goi-thu/").content.decode()


def test_a_call_with_another_agencys_application_is_refused(service, client):
    scenes.application()
    scenes.application(scenes.LAN, "YTE")
    assert client.login(username="phuc", password=scenes.PASSWORD)
    said = {"cach": "trang", "ung-dung": "YTE", "noi": "thu"}
    assert client.post(f"/dich-vu/{service.code}/goi-thu/goi/", said).status_code == 422


def test_when_the_gateway_is_down_the_page_says_so(service, client, settings):
    settings.NGANAM_GATEWAY_URL = "http://127.0.0.1:9"
    scenes.application()
    assert client.login(username="phuc", password=scenes.PASSWORD)
    said = {"cach": "trang", "ung-dung": "MCDT", "noi": "thu"}
    page = client.post(f"/dich-vu/{service.code}/goi-thu/goi/", said)
    assert page.status_code == 200
    assert "Không gọi được cổng LGSP" in page.content.decode()


def test_words_and_place_are_asked_only_of_a_table_that_has_them(service, client):
    ways = [code for code, _label in QuestionForm(service=service).fields["cach"].choices]
    assert not {"tim", "vi-tri"} & {*ways}
    scenes.make_findable(service)
    ways = [code for code, _label in QuestionForm(service=service).fields["cach"].choices]
    assert {"tim", "vi-tri"} <= {*ways}
    empty = QuestionForm({"cach": "tim", "q": " "}, service=service)
    assert "q" in empty.errors
    assert client.get(f"/dich-vu/{service.code}/goi-thu/", {"cach": "tim"}).status_code == 422


def test_no_redirect_is_followed_and_a_long_answer_is_cut(service, client, settings):
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    seen = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.path)
            self.send_response(302 if "limit=1" in self.path else 200)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            if "limit=2" in self.path:
                self.wfile.write(b'"' + b"x" * 200_000 + b'"')

        def log_message(self, *_args):
            return

    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.NGANAM_GATEWAY_URL = f"http://127.0.0.1:{server.server_port}"
    scenes.application()
    assert client.login(username="phuc", password=scenes.PASSWORD)
    said = {"cach": "trang", "ung-dung": "MCDT", "noi": "thu"}
    moved = client.post(f"/dich-vu/{service.code}/goi-thu/goi/", said | {"limit": "1"})
    assert moved.context["answer"].status == 302
    assert len(seen) == 1
    cut = client.post(f"/dich-vu/{service.code}/goi-thu/goi/", said | {"limit": "2"})
    assert cut.context["answer"].is_cut
    assert len(cut.context["answer"].body) == 20_000
    server.shutdown()


def test_the_description_names_the_twin_as_a_second_server(service, client):
    told = client.get(f"/dich-vu/{service.code}/openapi.json").json()["servers"]
    assert [one["url"].split("/r1/")[1].split("/")[0] for one in told] == ["VN", "VN-THU"]


@pytest.mark.parametrize(
    ("said", "asked"),
    [({"cach": "nhieu", "cac-khoa": "A1\n B,2 \n\n", "fields": "ma_co_so"}, "/$batch?key=A1&key=B%2C2&fields=ma_co_so"),
     ({"cach": "thay-doi", "since": "3", "limit": "2", "sort": "x"}, "/$changes?since=3&limit=2"),
     ({"cach": "tong-hop", "group": "loai", "loc-loai": "x"}, "/$aggregate?group=loai&loai=x"),
     ({"cach": "tim", "q": "trạm y tế", "limit": "2", "sort": "x"}, "/$search?q=tr%E1%BA%A1m+y+t%E1%BA%BF&limit=2"),
     ({"cach": "vi-tri", "lon": "105.9", "lat": "9.6", "within": "500"}, "/$near?lon=105.9&lat=9.6&within=500"),
     ({"cach": "vi-tri", "bbox": "1,2,3,4", "q": "x"}, "/$near?bbox=1%2C2%2C3%2C4"),
     ({"cach": "trang", "sort": "-loai", "fields": "loai"}, "/?fields=loai&sort=-loai"),
     ({"cach": "khoa", "khoa-ma_co_so": "A1", "fields": "loai"}, "/A1?fields=loai")],
)  # fmt: skip
def test_each_way_to_ask_becomes_its_question(service, client, said, asked):
    scenes.make_findable(service)
    form = QuestionForm(said, service=service)
    assert form.is_valid(), form.errors
    assert form.question().rest == asked
    page = client.get(f"/dich-vu/{service.code}/goi-thu/", said)
    assert page.status_code == 200
    assert asked.partition("?")[0] in page.content.decode()


def test_a_batch_without_a_key_is_not_asked(service, client):
    assert client.get(f"/dich-vu/{service.code}/goi-thu/", {"cach": "nhieu", "cac-khoa": " \n"}).status_code == 422
