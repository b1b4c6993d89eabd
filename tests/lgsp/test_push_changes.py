"""Change events to subscribers: a real receiver takes signed messages; what is not taken rests, dies, is replayed."""

import base64
import hashlib
import hmac
import json
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import scenes
from nganam.audit.models import Entry
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken
from nganam.lgsp.models import Delivery, Webhook
from nganam.lgsp.webhooks import operations as webhooks
from nganam.lgsp.webhooks import sending
from nganam.notices.models import Notice
from nganam.sharing.accounts.operations import move_account
from nganam.warehouse.models import Version

pytestmark = pytest.mark.django_db


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        answer = self.server.answer
        if answer == "drip":
            self.wfile.write(b"HTTP/1.1 ")
            for _n in range(60):
                time.sleep(0.2)
                try:
                    self.wfile.write(b"2")
                    self.wfile.flush()
                except OSError:
                    return
            return
        self.send_response(answer)
        if answer == 302:
            self.send_header("location", f"http://127.0.0.1:{self.server.server_port}/noi-bo")
        self.end_headers()

    def log_message(self, *_args):
        pass


@pytest.fixture
def receiver():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.taken, server.answer = [], 204
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()


@pytest.fixture
def account(province, settings, data):
    settings.NGANAM_UPSTREAM_NETWORKS = "127.0.0.0/8"
    return scenes.account()


def subscribed(account, receiver):
    url = f"http://127.0.0.1:{receiver.server_port}/thong-bao"
    return webhooks.subscribe(account, actor=scenes.PHUC, at=scenes.AT, url=url)


def new_version(account):
    table = account.service.table
    scenes.load(table, [*scenes.ROWS, ("00300", "Trạm y tế mới", "Trạm y tế", "", "3")])
    return Version.objects.filter(table=table).latest("number")


def test_a_new_version_is_told_with_a_signature_that_holds(account, receiver, data):
    webhook, secret = subscribed(account, receiver)
    version = new_version(account)
    assert webhooks.tell_of_version(version.load.code, at=scenes.AT) in {0, 1}  # the worker may have been first
    assert webhooks.tell_of_version(version.load.code, at=scenes.AT) == 0
    webhooks.deliver_due(at=scenes.AT + timedelta(seconds=1))
    [(path, headers, body)] = receiver.taken
    assert path == "/thong-bao"
    said = json.loads(body)
    assert (said["type"], said["data"]["version"]) == ("data.changed", version.number)
    assert said["data"]["service"] == account.service.code
    assert "00300" not in body.decode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert Delivery.objects.get().state == "delivered"
    kept = json.dumps([list(Webhook.objects.values()), [one.details for one in Entry.objects.all()]], default=str)
    assert secret not in kept
    file = data / "keys" / "webhooks" / webhook.ref.hex
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_not_taken_rests_longer_each_time_then_dies_and_is_sent_again(account, receiver):
    webhook, _secret = subscribed(account, receiver)
    webhooks.try_out(webhook, actor=scenes.PHUC, at=scenes.AT)
    receiver.answer, at, rests = 500, scenes.AT, []
    for _n in range(8):
        webhooks.deliver_due(at=at)
        one = Delivery.objects.get()
        if one.next_at is None:
            break
        rests.append((one.next_at - at).total_seconds())
        assert webhooks.deliver_due(at=one.next_at - timedelta(seconds=1)) == 0
        at = one.next_at
    assert rests == [5, 60, 300, 1800, 7200, 28800, 86400]
    assert (one.state, one.attempts, one.last_error) == ("dead", 8, "HTTP 500")
    assert len(receiver.taken) == 8
    assert Notice.objects.filter(event="lgsp.webhook.dead").count() == 1
    with pytest.raises(NotAllowed):
        webhooks.send_again(one, actor=scenes.LAN, at=at)
    receiver.answer = 200
    webhooks.send_again(one, actor=scenes.PHUC, at=at)
    assert webhooks.deliver_due(at=at) == 1
    with pytest.raises(RuleBroken):
        webhooks.send_again(Delivery.objects.get(), actor=scenes.PHUC, at=at)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "https://localhost/x",
        "https://169.254.169.254/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "ftp://x/",
        "https://u:p@x.example/",
    ],
)
def test_an_internal_address_is_not_subscribed(province, url):
    account = scenes.account()
    with pytest.raises(Invalid) as refused:
        webhooks.subscribe(account, actor=scenes.PHUC, at=scenes.AT, url=url)
    assert "url" in refused.value.fields
    assert not Webhook.objects.exists()


def test_the_page_takes_no_internal_address_in_any_spelling(province, client):
    account = scenes.account()
    client.login(username="phuc", password=scenes.PASSWORD)
    for url in (
        "https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://[::ffff:10.0.0.1]/", "https://0/",
        "https://169.254.169.254/latest/meta-data/", "https://localhost:8700/", "https://metadata.google.internal/",
        "file:///etc/passwd", "gopher://127.0.0.1:25/", "https://x@10.0.0.1/", "http://[fe80::1]/",
    ):  # fmt: skip
        refused = client.post(f"/tai-khoan-ket-noi/{account.code}/thong-bao/", {"url": url})
        assert refused.status_code == 422, url
        assert "whsec_" not in refused.content.decode()
    assert not Webhook.objects.exists()


def test_one_test_message_waits_at_a_time_and_none_where_nobody_listens(account, receiver):
    webhook, _secret = subscribed(account, receiver)
    webhooks.try_out(webhook, actor=scenes.PHUC, at=scenes.AT)
    with pytest.raises(RuleBroken, match="đang chờ gửi"):
        webhooks.try_out(webhook, actor=scenes.PHUC, at=scenes.AT)
    assert webhooks.deliver_due(at=scenes.AT) == 1
    assert webhooks.try_out(webhook, actor=scenes.PHUC, at=scenes.AT) == 1
    assert Entry.objects.filter(action="lgsp.webhook.tried").count() == 2
    webhooks.stop(webhook, actor=scenes.PHUC, at=scenes.AT)
    with pytest.raises(RuleBroken, match="Đã ngừng"):
        webhooks.try_out(webhook, actor=scenes.PHUC, at=scenes.AT)
    assert not Notice.objects.filter(event="lgsp.webhook.dead").exists()


def test_an_address_that_became_internal_is_not_sent_to(account, receiver, settings):
    webhook, _secret = subscribed(account, receiver)
    webhooks.try_out(webhook, actor=scenes.PHUC, at=scenes.AT)
    settings.NGANAM_UPSTREAM_NETWORKS = ""
    assert webhooks.deliver_due(at=scenes.AT) == 0
    assert receiver.taken == []
    assert "127.0.0.1" in Delivery.objects.get().last_error


def test_a_redirect_is_not_followed(account, receiver):
    webhook, _secret = subscribed(account, receiver)
    webhooks.try_out(webhook, actor=scenes.PHUC, at=scenes.AT)
    receiver.answer = 302
    assert webhooks.deliver_due(at=scenes.AT) == 0
    assert [path for path, _headers, _body in receiver.taken] == ["/thong-bao"]
    assert Delivery.objects.get().last_error == "HTTP 302"


def test_a_receiver_that_drips_is_cut_off(account, receiver, monkeypatch):
    monkeypatch.setattr(sending, "SECONDS", 1.0)
    webhook, _secret = subscribed(account, receiver)
    webhooks.try_out(webhook, actor=scenes.PHUC, at=scenes.AT)
    receiver.answer, began = "drip", time.monotonic()
    assert webhooks.deliver_due(at=scenes.AT) == 0
    assert time.monotonic() - began < 4


def test_who_may_not_call_is_not_told(account, receiver):
    subscribed(account, receiver)
    move_account(actor=scenes.LAN, at=scenes.AT, account=account, transition="lock", reason="Nghi lộ khóa.")
    version = new_version(account)
    webhooks.tell_of_version(version.load.code, at=scenes.AT)
    webhooks.deliver_due(at=scenes.AT + timedelta(seconds=5))
    assert receiver.taken == []


def test_only_the_consumer_subscribes_and_a_new_secret_replaces_the_old(account, receiver, data, client):
    with pytest.raises(NotAllowed):
        webhooks.subscribe(account, actor=scenes.LAN, at=scenes.AT, url="https://x.example/")
    first, old = subscribed(account, receiver)
    second, new = subscribed(account, receiver)
    assert old != new
    assert not (data / "keys" / "webhooks" / first.ref.hex).exists()
    webhooks.try_out(second, actor=scenes.PHUC, at=scenes.AT)
    webhooks.stop(Webhook.objects.get(), actor=scenes.PHUC, at=scenes.AT)
    assert Delivery.objects.get().state == "dead"
    assert not (data / "keys" / "webhooks" / second.ref.hex).exists()


def test_the_page_shows_the_secret_once_and_the_dead_letters(account, receiver, client):
    page = f"/tai-khoan-ket-noi/{account.code}/thong-bao/"
    client.login(username="phuc", password=scenes.PASSWORD)
    made = client.post(page, {"url": f"http://127.0.0.1:{receiver.server_port}/n"}).content.decode()
    secret = made.partition("whsec_")[2][:44]
    assert secret
    assert secret not in client.get(page).content.decode()
    assert client.post(page, {"url": "https://10.0.0.1/"}).status_code == 422
    assert client.post(f"{page}thu/").status_code == 302
    Delivery.objects.update(state="dead", next_at=None, last_error="HTTP 500")
    shown = client.get(page).content.decode()
    assert "HTTP 500" in shown
    assert client.post(f"{page}{Delivery.objects.get().message_id}/gui-lai/").status_code == 302
    assert Delivery.objects.get().state == "waiting"
    assert client.post(f"{page}khong-co/gui-lai/").status_code == 404
    client.logout()
    client.login(username="hoa", password=scenes.PASSWORD)
    assert client.get(page).status_code == 404
    assert client.post(f"{page}ngung/").status_code == 404
