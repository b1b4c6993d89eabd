"""Records pushed through a real gateway to a real data server: who passes, what is sent on, what the log says."""

import json
from dataclasses import replace

import msgspec
import pytest

from gateway_rig import OPEN, SCHOOL, address, certificate, decided, read_log, wait_for
from nganam.lgsp import swapping
from nganam.lgsp.envoy.compiling import compile_denials, compile_gateway
from nganam.lgsp.envoy.decided import Closed, Service, identity_of
from nganam.serving import spool
from nganam.serving.snapshot import Push, read_snapshot, write_snapshot

pytestmark = pytest.mark.slow
DOOR, SENDER = "DAY-co-so-kham", "CT-SYT/HIS"
BODY = json.dumps([{"ma": "0001", "ten": "Trạm", "dien_thoai": None}]).encode()
JSON = [("Content-Type", "application/json")]


@pytest.fixture(scope="module")
def pushes(stack, mint):
    """The stack with a door at which one application may push."""
    path = stack.data / "serving" / "snapshot.json"
    spool.folder(stack.data, DOOR).mkdir(parents=True)
    door = Push(f"VN/GOV/CT-SYT/KHO/{DOOR}", "co-so-kham", ("ma", "ten", "dien_thoai"), ("ma",), (SENDER,))
    swapping.replace(path, write_snapshot(msgspec.structs.replace(read_snapshot(path), pushes={DOOR: door})))
    told = decided(stack.data, mint, stack.listen)
    service = Service(DOOR, "CT-SYT", "KHO", callers=(identity_of("VN", SENDER),), pushed=True)
    with swapping.held(stack.data / "gateway"):
        swapping.swap(compile_gateway(replace(told, services=(*told.services, service))), stack.data / "gateway")
    # Not before the route is there: without a token everything is 401, without the route everything else 405.
    known = mint.token(sub=SENDER, svc=[])
    wait_for(lambda: stack.ask(address(DOOR), known, method="POST", headers=JSON, body=b"x").status == 400)
    return stack


def push(pushes, mint, body=BODY, **said):
    said = {"token": mint.token(sub=SENDER, svc=["DV-2026-0999"]), "headers": JSON} | said
    return pushes.ask(address(DOOR), method="POST", body=body, **said)


@pytest.mark.law("S8.2d", "S9.4", "S12.1")
def test_an_application_pushes_with_the_token_of_any_account_and_reads_its_receipt(pushes, mint):
    answer = push(pushes, mint)
    assert answer.status == 202, answer.body
    receipt = answer.json["receipt"]
    assert (spool.folder(pushes.data, DOOR) / spool.WAITING / receipt).is_file()
    assert answer.headers["location"] == address(DOOR, f"/{receipt}")
    assert answer.headers["x-road-service"] == f"VN/GOV/CT-SYT/KHO/{DOOR}"
    token = mint.token(sub=SENDER, svc=[])
    assert pushes.ask(address(DOOR, f"/{receipt}"), token).json["state"] == "waiting"
    wanted = answer.headers["x-request-id"]
    line = wait_for(lambda: next((one for one in read_log(pushes.data / "gateway" / "log" / "access.log")
                                  if one.get("xRequestId") == wanted), None))  # fmt: skip
    assert (line["serviceCode"], line["restMethod"], line["statusCode"]) == (DOOR, "POST", 202)
    assert (line["records"], line["requestDigestRead"]) == ("1", answer.json["digest"])


def test_a_certificate_alone_opens_the_door_of_its_application(pushes, mint, tmp_path):
    own = certificate(pushes.data, SENDER, tmp_path / "own")
    assert pushes.ask_tls(address(DOOR), own, method="POST", headers=JSON, body=BODY).status == 202
    other = certificate(pushes.data, SCHOOL, tmp_path / "other")
    assert pushes.ask_tls(address(DOOR), other, method="POST", headers=JSON, body=BODY).status == 403


@pytest.mark.law("S8.2d")
def test_nobody_else_pushes_and_nobody_pushes_elsewhere(pushes, mint):
    assert push(pushes, mint, token="").status == 401
    refused = push(pushes, mint, token=mint.token(svc=[DOOR]))
    assert (refused.status, refused.json["code"]) == (403, "not_granted")
    assert pushes.ask(address(OPEN), mint.token(), method="POST", headers=JSON, body=BODY).status == 405
    own = mint.token(sub=SENDER, svc=["DV-2026-0999"])
    assert pushes.ask(address(OPEN, "/0007"), own).status == 403
    for method in ("PUT", "DELETE", "PATCH"):
        assert pushes.ask(address(DOOR), own, method=method, headers=JSON, body=BODY).status == 405
    forged = [*JSON, ("X-LGSP-Consumer", SENDER), ("X-LGSP-Gate", "x")]
    assert push(pushes, mint, token=mint.token(svc=[DOOR]), headers=forged).status == 403


def test_a_push_may_be_larger_than_a_question_and_not_boundless(pushes, mint):
    many = json.dumps([{"ma": f"{n:05d}", "ten": "x" * 150, "dien_thoai": None} for n in range(15_000)]).encode()
    assert 2 * 1024 * 1024 < len(many) < 8 * 1024 * 1024
    answer = push(pushes, mint, body=many)
    assert (answer.status, answer.json["records"]) == (202, 15_000)
    assert push(pushes, mint, body=b" " * (9 * 1024 * 1024)).status == 413


def test_who_may_no_longer_is_refused_before_the_routes_say_so(pushes, mint):
    assert push(pushes, mint).status == 202
    told = decided(pushes.data, mint, pushes.listen, closed=(Closed(DOOR, (identity_of("VN", SENDER),)),))
    with swapping.held(pushes.data / "gateway"):
        swapping.swap(compile_denials(told), pushes.data / "gateway")
    wait_for(lambda: push(pushes, mint).status == 403)
    assert push(pushes, mint).json["code"] == "access_revoked"
    with swapping.held(pushes.data / "gateway"):
        swapping.swap(compile_denials(decided(pushes.data, mint, pushes.listen)), pushes.data / "gateway")
    wait_for(lambda: push(pushes, mint).status == 202)
