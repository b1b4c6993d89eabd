"""How far an account reaches: decided on a page, enforced by the gateway and the data server. All of it real."""

import sys
import time
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

import scenes
import scenes_upstreams
from agency_system_runner import agency_system
from gateway_rig import Stack, free_port, wait_for
from nganam.audit.models import Entry
from nganam.kernel.clock import VIETNAM, local_date
from nganam.kernel.errors import Invalid
from nganam.kernel.hours import read_hours, within
from nganam.lgsp import operations, queries, quotas, tokens, upstreams
from nganam.lgsp.envoy.decided import Listen
from nganam.lgsp.models import CallCount, Exchange
from nganam.notices.models import Notice
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.models import Account
from scenes_upstreams import granted, token_of

LIMIT = 2.0


# -- deciding --


@pytest.mark.django_db
class TestDeciding:
    @pytest.fixture(autouse=True)
    def _there(self, province, settings):
        settings.NGANAM_UPSTREAM_NETWORKS = "127.0.0.0/8"

    def test_an_account_reads_only_unless_more_is_granted(self):
        account = granted(scenes_upstreams.published())
        assert account.granted_operations == ["GET /nguoi/*", "GET /nguoi"]
        claim = queries.operations_claim(account)["ops"]
        assert len(claim) == 2

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("rows", "khong_co: 1"), ("rows", "loai"), ("rows", "loai:"), ("rows", "loai: " + "x" * 101),
            ("hours", "T8 1:00-2:00"),
            ("hours", "T2 17:00-08:00"), ("hours", "T2 07:60-08:00"), ("purpose_code", "GIAI-TRI"), ("burst", 601),
            ("operations", ["GET /"]),
        ],
    )  # fmt: skip
    def test_what_cannot_be_enforced_is_refused(self, name, value):
        with pytest.raises(Invalid) as refused:
            granted(**{name: value})
        assert name in refused.value.fields
        assert not Account.objects.exists()

    def test_it_stands_on_the_letter_the_page_and_the_record(self, client):
        from nganam.sharing.requests.letters import granted as letter

        account = granted(
            rows="loai: Trạm y tế", hours="t2-t6 07:30-17:30", purpose_code="TTHC", per_day=100, concurrent=5
        )
        said = " ".join(letter(account.request, account, "D35.3").body)
        client.login(username="phuc", password=scenes.PASSWORD)
        page = client.get(account.get_absolute_url()).content.decode()
        for text in ("Trạm y tế", "T2-T6 07:30-17:30", "TTHC", "100"):
            assert text in page
            assert text in said
        opened = Entry.objects.get(
            action="sharing.account.opened"
            if Entry.objects.filter(action="sharing.account.opened")
            else "sharing.account.open"
        )
        assert opened.details["rows"] == {"loai": ["Trạm y tế"]}

    def test_only_the_issuer_adjusts_and_both_are_told(self):
        from nganam.kernel.errors import NotAllowed

        account = granted()
        with pytest.raises(NotAllowed):
            accounts.adjust_account(actor=scenes.PHUC, at=scenes.AT, account=account, reason="x", per_day=5)
        with pytest.raises(Invalid, match="Chưa có gì thay đổi"):
            accounts.adjust_account(actor=scenes.LAN, at=scenes.AT, account=account, reason="x")
        done = accounts.adjust_account(actor=scenes.LAN, at=scenes.AT, account=account, reason="Giảm tải", per_day=5)
        assert (done.per_day, done.state) == (5, "active")
        assert Notice.objects.filter(event="sharing.account.adjust").exists()

    def test_a_new_account_is_adjusted_before_it_is_handed_over(self):
        account = scenes.created_account()
        done = accounts.adjust_account(
            actor=scenes.LAN, at=scenes.AT, account=account, reason="x", rows="loai: Bệnh viện", transition="adjust_new"
        )
        assert (done.state, done.rows) == ("created", {"loai": ["Bệnh viện"]})

    def test_taking_an_operation_away_asks_for_new_tokens(self):
        account = granted(scenes_upstreams.published(), operations=["GET /nguoi/*", "POST /phieu"])
        later = scenes.AT + timedelta(hours=1)
        accounts.adjust_account(actor=scenes.LAN, at=later, account=account, reason="x", operations=["GET /nguoi/*"])
        denied = list(queries._denied_for_now(later))
        assert [(one.account, one.why, one.before) for one in denied] == [
            (account.code, "changed", int(later.timestamp()) + 1)
        ]
        assert list(queries._denied_for_now(later + timedelta(minutes=16))) == []

    def test_outside_its_hours_it_is_denied_and_gets_no_token(self):
        account = granted(hours="T2-T6 07:30-17:30")
        row, secret = operations.issue_credential(account, actor=scenes.PHUC, at=scenes.AT)
        monday = datetime(2026, 11, 2, 7, 30, tzinfo=VIETNAM)
        proof = tokens.Proof(row.client_id, secret=secret)
        before = monday - timedelta(minutes=1)
        assert [one.why for one in queries._denied_for_now(before)] == ["hours"]
        assert queries.decision_mark(before) != queries.decision_mark(monday)
        with pytest.raises(tokens.TokenRefused, match="T2-T6"):
            tokens.issue_token(proof, at=before)
        assert list(queries._denied_for_now(monday)) == []
        assert tokens.issue_token(proof, at=monday).text

    def test_a_quota_is_counted_warned_of_once_and_spent(self):
        account = granted(per_day=10, per_month=100)
        pair = (account.subject, account.service.code)

        def calls(number, status=200, at=scenes.AT):
            quotas.count([Exchange(at=at, consumer=pair[0], service=pair[1], status=status)] * number, at=at)

        calls(7)
        calls(50, 403)
        calls(50, 429)
        calls(50, 503)
        assert not Notice.objects.filter(event="lgsp.quota").exists()
        before = queries.decision_mark(scenes.AT)
        calls(1)
        assert Notice.objects.filter(event="lgsp.quota").count() == 2
        calls(1)
        assert Notice.objects.filter(event="lgsp.quota").count() == 2
        assert quotas.spent(scenes.AT) == ([], [])
        calls(1, 404)
        assert [(one.consumer, one.service) for one in quotas.spent(scenes.AT)[0]] == [pair]
        assert queries.decision_mark(scenes.AT) != before
        assert Notice.objects.filter(event="lgsp.quota").count() == 4
        assert quotas.used(account, scenes.AT) == [("Ngày", 10, 10), ("Tháng", 10, 100)]
        tomorrow = scenes.AT + timedelta(days=1)
        assert quotas.spent(tomorrow) == ([], [])
        calls(90, at=tomorrow)
        assert len(quotas.spent(tomorrow)[1]) == 1
        accounts.adjust_account(
            actor=scenes.LAN, at=tomorrow, account=account, reason="x", per_day=1000, per_month=1000
        )
        assert quotas.spent(tomorrow) == ([], [])

    def test_counts_long_past_are_forgotten(self):
        for day in (local_date(scenes.AT), local_date(scenes.AT) - timedelta(days=101)):
            CallCount.objects.create(period="day", starts_on=day, consumer="a", service="b")
        assert quotas.forget_old(at=scenes.AT) == 1


@pytest.mark.parametrize(
    ("text", "moment", "holds"),
    [
        ("", "2026-11-01T00:00", True), ("T2-T6 07:30-17:30", "2026-11-02T07:30", True),
        ("T2-T6 07:30-17:30", "2026-11-02T17:30", False), ("T2-T6 07:30-17:30", "2026-11-01T12:00", False),
        ("CN 00:00-24:00", "2026-11-01T23:59", True), ("T7 8:00-9:00; CN 8:00-9:00", "2026-11-01T08:30", True),
    ],
)  # fmt: skip
def test_hours_are_vietnamese_and_half_open(text, moment, holds):
    assert within(read_hours(text), datetime.fromisoformat(moment).replace(tzinfo=VIETNAM)) is holds


# -- enforcing --


@pytest.fixture
def running(data, committed_db, make_province, settings, monkeypatch):
    make_province()
    settings.NGANAM_UPSTREAM_NETWORKS = "127.0.0.0/8"
    monkeypatch.setenv("NGANAM_UPSTREAM_NETWORKS", "127.0.0.0/8")
    stack = Stack(data, Listen(port=free_port(), serving_port=free_port()))
    with agency_system() as port:
        stack.system = port
        try:
            stack.start_serving()
            stack.start_gateway()
            stack.start_keeper()
            command = [sys.executable, "-m", "nganam.lgsp.evidence.collector", "--data", str(stack.data)]
            stack._start("collector", command)
            yield stack
        finally:
            stack.stop()


def until(stack, path, token, status, code="", *, seconds=LIMIT, method="GET"):
    began = time.monotonic()

    def there():
        reply = stack.ask(path, token, method)
        return reply if reply.status == status and (not code or reply.json["code"] == code) else None

    reply = wait_for(there, seconds)
    return reply, time.monotonic() - began


@pytest.mark.slow
@pytest.mark.law("S8.2d", "D35.3")
def test_what_is_granted_over_an_agencys_system_acts_within_two_seconds(running, record_property):
    service = scenes_upstreams.published(
        endpoints=[f"http://127.0.0.1:{running.system}/api"], credential_header="authorization"
    )
    upstreams.set_credential(actor=scenes.LAN, at=timezone.now(), upstream=service.upstream, value="khoa-he-thong")
    account = granted(service, rows="ma_xa: 31732", operations=["GET /nguoi/*", "DELETE /nguoi/*"])
    base, fresh = f"/r1/VN/GOV/CT-SYT/HT/{service.code}", token_of(account)
    token = fresh()
    reply, _took = until(running, f"{base}/nguoi/001", token, 200, seconds=10)
    assert reply.json == {"id": "001", "ho_ten": "Người 1"}
    assert until(running, f"{base}/nguoi/002", token, 403, "data_not_permitted")
    assert until(running, f"{base}/nguoi", token, 403, "not_granted")
    assert until(running, f"{base}/nguoi/001", token, 200, method="DELETE")
    took = {}

    def adjust(**scope):
        return accounts.adjust_account(
            actor=scenes.LAN, at=timezone.now(), account=Account.objects.get(), reason="Điều chỉnh.", **scope
        )

    adjust(rows="ma_xa: 31735", operations=["GET /nguoi/*", "DELETE /nguoi/*"])
    took["rows"] = until(running, f"{base}/nguoi/001", token, 403, "data_not_permitted")[1]
    adjust(operations=["GET /nguoi/*"])
    took["operations"] = until(running, f"{base}/nguoi/001", token, 401, "token_outdated", method="DELETE")[1]
    time.sleep(1)
    token = fresh()
    assert until(running, f"{base}/nguoi/001", token, 200)
    assert until(running, f"{base}/nguoi/001", token, 403, "not_granted", method="DELETE")
    there = timezone.now().astimezone(VIETNAM)
    other = "T2" if there.weekday() else "T3"
    adjust(operations=["GET /nguoi/*"], hours=f"{other} 00:00-00:01")
    took["hours"] = until(running, f"{base}/nguoi/001", token, 403, "outside_hours")[1]
    adjust(operations=["GET /nguoi/*"])
    took["hours lifted"] = until(running, f"{base}/nguoi/001", token, 200)[1]
    wait_for(lambda: CallCount.objects.filter(period="day").exists())
    adjust(operations=["GET /nguoi/*"], per_day=CallCount.objects.get(period="day").calls + 40)
    spent, _took = until(running, f"{base}/nguoi/001", token, 429, "quota_exceeded_day", seconds=20)
    assert spent.headers["retry-after"].endswith(" GMT")
    adjust(operations=["GET /nguoi/*"], per_day=3000)
    took["quota raised"] = until(running, f"{base}/nguoi/001", token, 200)[1]
    wait_for(lambda: Exchange.objects.filter(account=account.code, status=200).exists())
    for name, seconds in took.items():
        record_property(name, f"{seconds:.2f} s")
    assert max(took.values()) < LIMIT


@pytest.mark.slow
def test_a_commune_reads_its_own_rows_of_a_table_only(running):
    account = granted(rows="loai: Trạm y tế")
    token = token_of(account)()
    base = f"/r1/VN/GOV/CT-SYT/KHO/{account.service.code}"
    assert until(running, f"{base}/00123", token, 200, seconds=10)
    assert until(running, f"{base}/00200", token, 403, "data_not_permitted")
    page = running.ask(f"{base}/?limit=10", token)
    assert [one["ma_co_so"] for one in page.json["data"]] == ["00123", "00124"]
