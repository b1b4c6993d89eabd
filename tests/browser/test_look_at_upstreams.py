"""Pages of agencies' systems, scopes and change events in a browser: nothing blocked, inaccessible or too wide."""

import pytest

import scenes
import scenes_upstreams

PATHS = {
    "he-thong": ("lan", "/he-thong/"),
    "mot-he-thong": ("lan", "/he-thong/{system}/"),
    "khai-he-thong": ("lan", "/he-thong/khai-bao/"),
    "khoa-he-thong": ("lan", "/he-thong/{system}/khoa/"),
    "khai-dich-vu": ("lan", "/dich-vu/khai-bao/?he-thong={system}"),
    "dich-vu": ("lan", "/dich-vu/quan-ly/{service}/"),
    "cong-khai": ("phuc", "/dich-vu/{service}/"),
    "tai-khoan": ("lan", "/tai-khoan-ket-noi/{account}/"),
    "thong-bao-thay-doi": ("phuc", "/tai-khoan-ket-noi/{account}/thong-bao/"),
}


@pytest.fixture
def stage(live, province, settings, data):
    """A service over a system, and an account of a table's service with every limit and a dead letter."""
    from nganam.lgsp.models import Delivery
    from nganam.lgsp.webhooks import operations as webhooks
    from nganam.sharing.accounts.operations import adjust_account

    settings.NGANAM_UPSTREAM_NETWORKS = "127.0.0.0/8"
    service = scenes_upstreams.published(headers={"x-don-vi": "{consumer}"})
    account = adjust_account(
        actor=scenes.LAN, at=scenes.AT, account=scenes.account(purpose_codes=["TTHC"]), reason="Theo thỏa thuận.",
        rows="loai: Trạm y tế", hours="T2-T6 07:30-17:30; T7 07:30-11:30", purpose_code="TTHC",
        rate_per_minute=60, burst=10, per_day=5000,
    )  # fmt: skip
    webhook, _secret = webhooks.subscribe(account, actor=scenes.PHUC, at=scenes.AT, url="http://127.0.0.1:9/thong-bao")
    webhooks.try_out(webhook, actor=scenes.PHUC, at=scenes.AT)
    Delivery.objects.update(state="dead", next_at=None, attempts=8, last_error="ConnectionRefusedError")
    return {"system": service.upstream.code, "service": service.code, "account": account.code}


@pytest.mark.parametrize("name", PATHS)
def test_nothing_is_blocked_inaccessible_or_too_wide(look, stage, name):
    who, path = PATHS[name]
    look(who, path.format(**stage), name)
