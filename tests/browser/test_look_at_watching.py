"""Pages of quality, incidents and thresholds in a browser: nothing blocked, nothing inaccessible, nothing too wide."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

import scenes
from nganam.lgsp.models import Exchange, Incident
from nganam.lgsp.watching import operations, tallying

PATHS = {
    "giam-sat": "/giam-sat/?ngay=0",
    "chat-luong": "/giam-sat/chat-luong/",
    "mot-dich-vu": "/giam-sat/chat-luong/DV/",
    "su-co": "/giam-sat/su-co/",
    "mot-su-co": "/giam-sat/su-co/SC/",
    "nguong": "/giam-sat/nguong/",
}


@pytest.fixture
def stage(live, province):
    """An hour of calls that ends in faults, an incident of it that was taken on, a promise that was not kept."""
    account, now = scenes.account(), timezone.now()
    tallying.count(calls := list(_calls(account, now)))
    Exchange.objects.bulk_create(calls)
    operations.judge(at=now)
    note = {"actor": scenes.MINH, "at": now, "note": "Máy chủ nguồn không trả lời; đã gọi phòng kỹ thuật của Sở Y tế."}
    operations.acknowledge(Incident.objects.get(rule="down"), **note)
    operations.promise(account.service, actor=scenes.LAN, at=now, availability=Decimal("99.5"), p95_ms=500)
    return account.service.code, Incident.objects.get(rule="down").code


def _calls(account, now):
    for n in range(600):
        status, fault = (503, "server.serverproxy.network_error") if n < 60 else (200, "")
        if n % 23 == 22:
            status, fault = 429, "server.clientproxy.rate_limited"
        yield Exchange(
            seq=n + 1, at=now - timedelta(seconds=6 * n), form="lookup", method="GET", path="/r1/VN/x", status=status,
            fault=fault, service=account.service.code, provider="CT-SYT", consumer=account.subject, leaf="x",
            consumer_agency="CT-X31507", duration_ms=(n * 7919) % 90 + 3, records=1, response_bytes=800 + n,
            request_id=f"yc-{n}", request_bytes=120,
        )  # fmt: skip


@pytest.mark.parametrize("name", PATHS)
def test_nothing_is_blocked_inaccessible_or_too_wide(look, stage, name):
    who = "lan" if name == "mot-dich-vu" else "minh"
    look(who, PATHS[name].replace("DV", stage[0]).replace("SC", stage[1]), name)
