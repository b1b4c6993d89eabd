"""Only the gateway gets through."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from nganam.serving.secret import shared_secret


@pytest.mark.law("S9.5")
@pytest.mark.parametrize("headers", [
    [],
    [(b"x-lgsp-consumer", b"CT-SGDDT/HSHT")],
    [(b"x-lgsp-consumer", b"CT-SGDDT/HSHT"), (b"x-lgsp-gate", b"wrong")],
    [(b"x-lgsp-gate", b"GATE")],
    [(b"x-lgsp-consumer", b"CT-SGDDT/HSHT"), (b"x-lgsp-consumer", b"CT-SYT/HIS"), (b"x-lgsp-gate", b"GATE")],
])  # fmt: skip
def test_who_did_not_come_through_the_gateway_gets_nothing(call, data, headers):
    gate = shared_secret(data).encode()
    reply = call("/DV-2026-0001/0001", headers=[(name, gate if value == b"GATE" else value) for name, value in headers])
    assert (reply.status, reply.json["code"]) == (403, "not_through_gateway")


def test_a_refusal_points_to_where_the_portal_explains_it(call):
    for address in ("/DV-2026-0001/9999", "/DV-2026-9999/", "/DV-2026-0001/?limit=mot"):
        told = call(address).json
        assert told["type"] == f"https://dulieu.example.vn/loi/#{told['code']}"
    assert call("/DV-2026-0001/", headers=[]).json["type"].startswith("https://dulieu.example.vn/loi/#")


def test_the_secret_is_made_once_and_only_its_owner_reads_it(data):
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: shared_secret(data), range(32)))
    assert len(made) == 1
    assert (data / "keys" / "gate").stat().st_mode & 0o777 == 0o600
    assert len(list((data / "keys").iterdir())) == 1


def test_health_and_figures_need_no_secret_and_tell_no_question(call):
    call("/DV-2026-0001/0001")
    assert call("/healthz", headers=[]).json == {"status": "ok", "snapshot": 1}
    figures = call("/metrics", headers=[])
    assert b"nganam_serving_seconds" in figures.body
    assert b"0001/0001" not in figures.body


def test_a_strange_request_id_is_not_echoed(call, data):
    headers = [(b"x-request-id", b'a"<script>'), (b"x-lgsp-gate", b"no")]
    assert "request_id" not in call("/DV-2026-0001/0001", headers=headers).json
