"""The sandbox through the real gateway: test tokens open it and nothing else, real ones never do."""

import json

import pytest

from gateway_rig import ISSUER, OPEN, PAUSED, SCHOOL, SLOW, address, wait_for
from nganam.lgsp.logbook import exchange_of

pytestmark = pytest.mark.slow
TEST = {
    "iss": f"{ISSUER}/thu-nghiem", "aud": "lgsp-thu", "svc": ["thu-nghiem"], "client_id": "THU.0", "acc": None,
}  # fmt: skip


def twin(service, rest=""):
    return address(service, rest).replace("/r1/VN/", "/r1/VN-THU/")


def test_a_test_token_reads_the_made_up_rows_and_is_told_so(stack, mint):
    reply = stack.ask(twin(OPEN, "/THU00007"), mint.token(**TEST, sub="CT-KHAC/MOI"))
    assert reply.status == 200, reply.body
    assert reply.json["data"] == {"ma": "THU00007", "ten": "Thử 7", "dien_thoai": "0950"}
    assert reply.headers["x-nganam-sandbox"] == "true"
    assert reply.headers["x-road-service"] == f"VN-THU/GOV/CT-SYT/KHO/{OPEN}"
    page = stack.ask(twin(OPEN, "/?limit=2"), mint.token(**TEST))
    assert [one["ma"] for one in page.json["data"]] == ["THU00001", "THU00002"]


def test_a_test_token_never_opens_real_data(stack, mint):
    for more in ({}, {"svc": [OPEN, "thu-nghiem"]}, {"acc": ["TK-2026-0001"]}):
        reply = stack.ask(address(OPEN, "/0007"), mint.token(**TEST | more))
        assert reply.status in {401, 403}, reply.body
        assert reply.json["code"] in {"token_invalid", "not_granted"}
    for half in ({"iss": ISSUER}, {"aud": "lgsp"}, {"iss": ISSUER, "aud": "lgsp"}, {"aud": ["lgsp", "lgsp-thu"]}):
        assert stack.ask(address(OPEN, "/0007"), mint.token(**TEST | half)).status in {401, 403}


def test_a_real_token_never_opens_the_sandbox(stack, mint):
    for more in ({}, {"svc": ["thu-nghiem"]}, {"aud": "lgsp-thu"}, {"iss": TEST["iss"]}):
        reply = stack.ask(twin(OPEN, "/THU00007"), mint.token(**more))
        assert reply.status in {401, 403}, (more, reply.body)
    right_issuer = mint.token(iss=TEST["iss"], aud="lgsp-thu", svc=[OPEN])
    assert stack.ask(twin(OPEN, "/THU00007"), right_issuer).status == 403
    assert stack.ask(twin(OPEN, "/THU00007")).status == 401


@pytest.mark.parametrize("path", [
    f"/r1/VN-THU/../VN/GOV/CT-SYT/KHO/{OPEN}/0007", f"/r1/VN-THU/%2e%2e/VN/GOV/CT-SYT/KHO/{OPEN}/0007",
    f"/r1/VN-THU/..%2fVN/GOV/CT-SYT/KHO/{OPEN}/0007", f"/r1/VN-THU//../VN/GOV/CT-SYT/KHO/{OPEN}/0007",
    f"/r1/VN/GOV/CT-SYT/KHO/{OPEN}.thu/../{OPEN}/0007", f"/r1/VN%2DTHU/../VN/GOV/CT-SYT/KHO/{OPEN}/0007",
    f"/r1/VN-THU/GOV/CT-SYT/KHO/{OPEN}/../../../../../VN/GOV/CT-SYT/KHO/{OPEN}/0007", "/listClients",
])  # fmt: skip
def test_no_spelling_of_a_path_takes_a_test_token_to_real_data(stack, mint, path):
    reply = stack.ask(path, mint.token(**TEST))
    assert reply.status in {400, 401, 403, 404}, reply.body
    assert b"Tr\xe1\xba\xa1m" not in reply.body


def test_a_certificate_is_no_key_to_the_sandbox_and_helps_no_test_token(stack, mint, tmp_path):
    from gateway_rig import certificate

    held = certificate(stack.data, SCHOOL, tmp_path / "held")
    assert stack.ask_tls(twin(OPEN, "/THU00007"), held).status == 401
    assert stack.ask_tls(address(OPEN, "/0007"), held).status == 200
    refused = stack.ask_tls(address(OPEN, "/0007"), held, mint.token(**TEST))
    assert refused.status in {401, 403}, refused.body


def test_a_real_account_is_not_opened_by_the_name_the_data_server_knows_the_twin_by(stack, mint):
    assert stack.ask(address(f"{OPEN}.thu", "/THU00007"), mint.token()).status == 404
    assert stack.ask(address(f"{OPEN}.thu", "/THU00007"), mint.token(svc=[f"{OPEN}.thu"])).status == 404


def test_calls_of_the_sandbox_use_nothing_of_the_real_limit(stack, mint):
    who = {"sub": "CT-KHAC/THU"}
    assert [stack.ask(twin(SLOW, "/THU00007"), mint.token(**TEST, **who)).status for _ in range(6)] == [200] * 6
    reply = stack.ask(twin(SLOW, "/THU00007"), mint.token(**TEST, **who))
    assert (reply.headers["x-ratelimit-limit"].split(",")[0], reply.status) == ("60", 200)
    assert stack.ask(address(SLOW, "/0007"), mint.token(**who)).status == 403  # not 429: no call of it was counted


def test_too_many_trials_are_refused(stack, mint):
    who = mint.token(**TEST, sub="CT-KHAC/NHANH")
    statuses = [stack.ask(twin(OPEN, "/THU00007"), who).status for _ in range(61)]
    assert statuses[:60] == [200] * 60
    assert statuses[60] == 429


def test_a_refusal_says_that_it_is_of_the_sandbox_too(stack, mint):
    reply = stack.ask(twin(OPEN, "/KHONG-CO"), mint.token(**TEST))
    assert (reply.status, reply.json["code"], reply.headers["x-nganam-sandbox"]) == (404, "data_absent", "true")
    assert stack.ask(twin(PAUSED, "/THU00007"), mint.token(**TEST)).status == 503
    assert stack.ask(twin(OPEN, "/THU00007"), mint.token(**TEST), method="POST", body=b"{}").status == 405


def test_the_call_is_in_the_log_and_makes_no_exchange(stack, mint):
    wanted = stack.ask(twin(OPEN, "/THU00009"), mint.token(**TEST)).headers["x-request-id"]
    line = wait_for(lambda: next((one for one in stack.log_lines() if one.get("xRequestId") == wanted), None))
    assert (line["serviceXRoadInstance"], line["serviceCode"], line["clientId"]) == ("VN-THU", OPEN, "THU.0")
    assert line["consumer"] == SCHOOL
    entry = json.dumps(line).encode()
    assert exchange_of(0, entry) is None
    assert exchange_of(0, json.dumps({**line, "serviceXRoadInstance": "VN"}).encode()) is not None
