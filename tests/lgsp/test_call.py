"""Calls through a real gateway to a real data server: who gets what, and who is refused how."""

import json
import re
import time
from datetime import timedelta

import pytest

from evidence_rig import ids
from gateway_rig import OPEN, PAUSED, SCHOOL, SLOW, address, decided, new_key, read_log, request_hash, wait_for
from nganam.lgsp import gateway, swapping
from nganam.lgsp.envoy.compiling import compile_gateway
from nganam.lgsp.envoy.decided import Denial
from nganam.lgsp.evidence.collector import Collector
from nganam.lgsp.swapping import BadGateway, as_bytes

pytestmark = pytest.mark.slow


def refused(reply, status, code):
    assert (reply.status, reply.json["code"]) == (status, code), reply.body
    assert reply.headers["content-type"].startswith("application/problem+json")
    assert reply.json["status"] == status
    assert reply.json["title"]
    assert reply.json["hint"]
    return True


@pytest.mark.law("S8.2d", "D35.3")
def test_the_granted_fields_are_answered_and_nothing_else(stack, mint):
    reply = stack.ask(address(OPEN, "/0007"), mint.token())
    assert reply.status == 200
    assert reply.json["data"] == {"ma": "0007", "ten": "Trạm số 7"}
    assert reply.headers["x-road-service"] == f"VN/GOV/CT-SYT/KHO/{OPEN}"
    assert reply.headers["x-road-id"] == reply.headers["x-request-id"]
    page = stack.ask(address(OPEN, "/?limit=2"), mint.token())
    assert [one["ma"] for one in page.json["data"]] == ["0001", "0002"]


@pytest.mark.law("D35.3", "D45")
def test_the_further_questions_pass_for_who_may_read_and_the_log_names_every_key(stack, mint):
    keys = [f"{number:04d}" for number in range(1, 51)] * 2
    batch = stack.ask(address(OPEN, "/$batch?" + "&".join(f"key={one}" for one in keys)), mint.token())
    assert [one["data"]["ma"] for one in batch.json["data"]] == keys
    wanted = batch.headers["x-request-id"]
    line = wait_for(lambda: next((one for one in stack.log_lines() if one.get("xRequestId") == wanted), None))
    assert (line["statusCode"], line["fields"], line["records"], line["version"]) == (200, "2", "100", "1")
    assert line["restPath"].endswith("key=0050")
    assert line["restPath"].count("key=") == 100
    assert stack.ask(address(OPEN, "/%24batch?key=0007&fields=ten"), mint.token()).json["data"][0]["data"] == {
        "ten": "Trạm số 7"
    }
    assert stack.ask(address(OPEN, "/$aggregate"), mint.token()).json["data"][0]["count"] == 50
    refused(stack.ask(address(OPEN, "/$changes?since=1"), mint.token()), 410, "changes_gone")
    refused(stack.ask(address(OPEN, "/$search?q=tr%E1%BA%A1m"), mint.token()), 409, "not_findable")
    refused(stack.ask(address(OPEN, "/$near?bbox=105.9,9.5,106.1,9.7"), mint.token()), 409, "not_findable")
    refused(stack.ask(address(OPEN, "/$aggregate?group=dien_thoai"), mint.token()), 403, "fields_not_granted")
    refused(stack.ask(address(OPEN, "/$batch?key=0007"), mint.token(svc=[SLOW])), 403, "not_granted")
    refused(stack.ask(address(OPEN, "/$batch?key=0007"), mint.token(), method="POST"), 405, "method_not_allowed")
    assert stack.ask(address(OPEN, "/$batch?key=0007")).status == 401


def test_without_a_token_nobody_passes(stack):
    reply = stack.ask(address(OPEN, "/0007"))
    refused(reply, 401, "token_missing")
    assert reply.headers["x-road-error"] == "client.authentication_failed"
    assert reply.json["request_id"] == reply.headers["x-request-id"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": int(time.time()) - 60, "iat": int(time.time()) - 360}, "token_expired"),
        ({"iss": "https://elsewhere"}, "token_invalid"),
        ({"exp": int(time.time()) + 86400}, "token_invalid"),
        ({"exp": None}, "token_invalid"),
        ({"key": new_key("k1")}, "token_invalid"),
    ],
)
def test_a_stale_or_forged_token_is_refused(stack, mint, changes, code):
    refused(stack.ask(address(OPEN, "/0007"), mint.token(**changes)), 401, code)


def test_a_token_for_another_audience_is_refused(stack, mint):
    assert stack.ask(address(OPEN, "/0007"), mint.token(aud="elsewhere")).status in {401, 403}


def test_an_unsigned_token_is_refused(stack, mint):
    import base64

    claims = mint.token().split(".")[1]
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    refused(stack.ask(address(OPEN, "/0007"), f"{none}.{claims}."), 401, "token_invalid")


def test_a_token_opens_only_the_services_it_names(stack, mint):
    reply = stack.ask(address(OPEN, "/0007"), mint.token(svc=[SLOW]))
    refused(reply, 403, "not_granted")
    assert reply.headers["x-road-error"] == "server.serverproxy.access_denied"


def test_the_consumer_is_named_by_the_token_whatever_headers_say(stack, mint):
    for headers in (
        [("x-lgsp-consumer", SCHOOL)],
        [("x-lgsp-consumer", SCHOOL), ("X-LGSP-Consumer", SCHOOL)],
        [("x-lgsp-consumer", f"{SCHOOL},{SCHOOL}"), ("x-lgsp-gate", "x")],
    ):
        reply = stack.ask(address(OPEN, "/0007"), mint.token(sub="CT-KHAC/UD"), headers=headers)
        refused(reply, 403, "not_granted")
        honest = stack.ask(address(OPEN, "/0007"), mint.token(), headers=[("x-lgsp-consumer", "CT-KHAC/UD")])
        assert honest.status == 200


def test_the_data_server_refuses_who_goes_around_the_gateway(stack, mint):
    from http.client import HTTPConnection

    link = HTTPConnection("127.0.0.1", stack.listen.serving_port, timeout=5)
    link.request("GET", f"/{OPEN}/0007", headers={"x-lgsp-consumer": SCHOOL})
    assert link.getresponse().status == 403
    link.close()


@pytest.mark.parametrize(
    "path",
    [
        f"/r1/VN/GOV/CT-SYT/KHO/{SLOW}/../{OPEN}/0007",
        f"/r1/VN/GOV/CT-SYT/KHO/{SLOW}/%2e%2e/{OPEN}/0007",
        f"/r1/VN/GOV/CT-SYT/KHO/{SLOW}/..%2f{OPEN}/0007",
        f"/r1/VN/GOV/CT-SYT/KHO/{SLOW}/..%5c{OPEN}/0007",
        f"/r1/VN/GOV/CT-SYT/KHO/{SLOW}/%252e%252e/{OPEN}/0007",
        f"/r1/VN/GOV/CT-SYT/KHO/{SLOW}\\..\\{OPEN}/0007",
        f"/r1/VN/GOV/CT-SYT/KHO/{SLOW}/..;/{OPEN}/0007",
        f"//r1//VN/GOV/CT-SYT/KHO/{SLOW}//../{OPEN}/0007",
        "/healthz/../r1/VN/GOV/CT-SYT/KHO/" + OPEN + "/0007",
        "/../metrics", "/%2e%2e/metrics", "/metrics", "/r1/VN/GOV/CT-SYT/KHO/%00",
    ],
)  # fmt: skip
def test_no_spelling_of_a_path_changes_the_decision(stack, mint, path):
    """A token for SLOW only: every path either means SLOW or is refused, never OPEN, never the server's own pages."""
    reply = stack.ask(path, mint.token(svc=[SLOW]))
    assert reply.status in {400, 403, 404, 429}, reply.body
    assert b"Tr\xe1\xba\xa1m" not in reply.body
    assert stack.ask(path).status in {400, 401, 404}


def test_an_unknown_address_is_a_problem_document(stack, mint):
    for path in (address("DV-2026-9999", "/1"), "/", "/r1/VN/GOV/KHAC/KHO/" + OPEN):
        refused(stack.ask(path, mint.token()), 404, "unknown_service")


def test_a_suspended_service_says_so(stack, mint):
    reply = stack.ask(address(PAUSED, "/0007"), mint.token())
    refused(reply, 503, "service_suspended")
    assert reply.headers["x-road-error"] == "server.serverproxy.service_disabled"


def test_only_reading_is_passed_on(stack, mint):
    reply = stack.ask(address(OPEN, "/0007"), mint.token(), method="POST", body=b"{}")
    refused(reply, 405, "method_not_allowed")
    assert reply.headers["allow"] == "GET, HEAD"
    assert stack.ask(address(OPEN, "/0007"), mint.token(), method="HEAD").status == 200


def test_a_body_too_large_is_refused(stack, mint):
    reply = stack.ask(address(OPEN, "/0007"), mint.token(), method="POST", body=b"x" * (1024 * 1024 + 1))
    refused(reply, 413, "too_large")


def test_absent_data_is_the_data_servers_own_answer(stack, mint):
    reply = stack.ask(address(OPEN, "/9999"), mint.token())
    refused(reply, 404, "data_absent")
    assert "x-road-error" not in reply.headers
    assert reply.json["request_id"] == reply.headers["x-request-id"]


def test_calling_too_often_is_refused_with_when_to_come_back(stack, mint):
    who = mint.token(sub="CT-KHAC/NHANH")
    statuses = [stack.ask(address(SLOW, "/0007"), who).status for _ in range(4)]
    reply = stack.ask(address(SLOW, "/0007"), who)
    assert statuses[:3] == [403, 403, 403]  # passed the limit; the data server knows no grant of this consumer
    refused(reply, 429, "rate_limited")
    assert reply.headers["retry-after"] == "20"
    assert stack.ask(address(SLOW, "/0007"), mint.token(sub="CT-KHAC/CHAM")).status == 403


@pytest.mark.law("D45")
def test_every_call_leaves_a_line_with_the_groups_of_article_45(stack, mint):
    headers = [("X-Road-Id", "ho-so-17"), ("X-Road-Issue", "HS-2026-17"), ("X-Road-UserId", "VN079")]
    reply = stack.ask(address(OPEN, "/0007?"), mint.token(), headers=headers)
    wanted = reply.headers["x-request-id"]
    line = wait_for(lambda: next((one for one in stack.log_lines() if one.get("xRequestId") == wanted), None))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["at"])
    assert (line["consumer"], line["clientId"], line["account"]) == (SCHOOL, "TK-2026-0001.aa", "TK-2026-0001")
    assert (line["serviceMemberCode"], line["serviceCode"], line["restMethod"]) == ("CT-SYT", OPEN, "GET")
    assert line["restPath"].startswith(address(OPEN, "/0007"))
    assert (line["statusCode"], line["fields"], line["records"], line["version"]) == (200, "2", "1", "1")
    assert line["responseSize"] == len(reply.body)
    assert (line["messageId"], line["messageIssue"], line["messageUserId"]) == ("ho-so-17", "HS-2026-17", "VN079")
    assert reply.headers["x-road-id"] == "ho-so-17"
    assert mint.token() not in json.dumps(line)


def test_a_refused_call_is_logged_too_and_health_is_not(stack):
    wanted = stack.ask(address(OPEN, "/0007")).headers["x-request-id"]
    assert stack.ask("/healthz").json == {"status": 200}
    line = wait_for(lambda: next((one for one in stack.log_lines() if one.get("xRequestId") == wanted), None))
    assert (line["statusCode"], line.get("consumer"), line["serviceCode"]) == (401, None, OPEN)
    assert line["faultCode"] == "client.authentication_failed"
    assert not any(one.get("restPath") == "/healthz" for one in stack.log_lines())


def replaced(stack, files):
    with swapping.held(stack.data / "gateway"):
        return swapping.swap(files, stack.data / "gateway")


def test_a_denial_acts_at_once_on_an_open_connection(stack, mint):
    """Account and client are refused within two seconds; other accounts of the same consumer go on."""
    plain = compile_gateway(decided(stack.data, mint, stack.listen))
    token, other = mint.token(), mint.token(acc=["TK-2026-0005"])
    took = []
    for denial in ({"denied_accounts": (Denial("TK-2026-0001", OPEN),)}, {"denied_clients": ("TK-2026-0001.aa",)}):
        assert stack.ask(address(OPEN, "/0007"), token).status == 200
        began = time.monotonic()
        names = replaced(stack, compile_gateway(decided(stack.data, mint, stack.listen, **denial)))
        assert names == ["ecds_deny.json"]
        reply = wait_for(lambda: (answer := stack.ask(address(OPEN, "/0007"), token)).status == 403 and answer, 2)
        took.append(time.monotonic() - began)
        refused(reply, 403, "access_revoked")
        if "denied_accounts" in denial:
            assert stack.ask(address(OPEN, "/0007"), other).status == 200
        replaced(stack, plain)
        wait_for(lambda: stack.ask(address(OPEN, "/0007"), token).status == 200, 2)
    assert max(took) < 1


def test_an_old_key_serves_beside_the_new_one_and_not_after(stack, mint):
    fresh = new_key("k2")
    both = (mint.key.as_dict(private=False), fresh.as_dict(private=False))
    replaced(stack, compile_gateway(decided(stack.data, mint, stack.listen, keys=both)))
    wait_for(lambda: stack.ask(address(OPEN, "/1"), mint.token(key=fresh)).status == 404, 2)
    assert stack.ask(address(OPEN, "/0007"), mint.token()).status == 200
    replaced(stack, compile_gateway(decided(stack.data, mint, stack.listen, keys=both[1:])))
    wait_for(lambda: stack.ask(address(OPEN, "/0007"), mint.token()).status == 401, 2)
    replaced(stack, compile_gateway(decided(stack.data, mint, stack.listen)))
    wait_for(lambda: stack.ask(address(OPEN, "/0007"), mint.token()).status == 200, 2)


def test_configuration_envoy_refuses_never_reaches_the_gateway(stack, mint):
    folder = stack.data / "gateway"
    files = compile_gateway(decided(stack.data, mint, stack.listen))
    before = {path.name: path.read_bytes() for path in folder.glob("*.json")}
    routes = files["rds.json"]["resources"][0]["virtual_hosts"][0]["routes"]
    next(one for one in routes if "route" in one)["route"]["cluster"] = "nowhere"
    with pytest.raises(BadGateway) as refusal:
        swapping.check(files, folder)
    assert "nowhere" in refusal.value.hint
    assert before == {path.name: path.read_bytes() for path in folder.glob("*.json")}
    assert not list(folder.glob(".check-*"))


def test_a_broken_file_is_refused_by_the_running_gateway_and_the_old_one_serves(stack, mint):
    folder = stack.data / "gateway"
    good = (folder / "rds.json").read_bytes()
    before = gateway.health(stack.data).rejected
    swapping.replace(folder / "rds.json", as_bytes({"resources": [{"@type": "nothing"}]}))
    wait_for(lambda: gateway.health(stack.data).rejected > before or stack.ask("/healthz").status == 200, 2)
    assert stack.ask(address(OPEN, "/0007"), mint.token()).status == 200
    swapping.replace(folder / "rds.json", good)


def test_files_with_the_secret_are_their_owners_only(stack):
    for path in (stack.data / "gateway").glob("*.json"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert (stack.data / "gateway" / "admin.sock").stat().st_mode & 0o077 == 0


def test_no_call_is_lost_while_configuration_changes(stack, mint):
    """Ten changes of routes while calls go on over one connection each: every call is answered."""
    token = mint.token()
    for turn in range(10):
        changed = decided(stack.data, mint, stack.listen, public_url=f"http://127.0.0.1:86{turn:02d}")
        files = compile_gateway(changed)
        replaced(stack, {name: files[name] for name in ("rds.json", "ecds_limit.json", "ecds_deny.json")})
        assert [stack.ask(address(OPEN, "/0007"), token).status for _ in range(5)] == [200] * 5
    replaced(stack, compile_gateway(decided(stack.data, mint, stack.listen)))


def test_a_large_log_is_put_aside_and_no_line_is_lost(stack, mint):
    collector = Collector(stack.data)
    assert collector.rotate(2**30, timedelta(days=1)) == []
    wanted = {stack.ask(address(OPEN, "/0007"), mint.token()).headers["x-request-id"] for _ in range(3)}
    [aside] = collector.rotate(1, timedelta(days=1))
    wanted |= {stack.ask(address(OPEN, "/0007"), mint.token()).headers["x-request-id"] for _ in range(3)}

    def everything():
        lines = read_log(aside) + stack.log_lines()
        return wanted <= {one.get("xRequestId") for one in lines}

    wait_for(everything)
    assert wanted & {one.get("xRequestId") for one in stack.log_lines()}
    while collector.turn().entries:
        pass
    assert wanted <= set(ids(stack.data))
    assert collector.rotate(2**30, timedelta(0)) != []


def test_a_dead_data_server_is_a_problem_document_and_comes_back(stack, mint):
    stack.kill("serving")
    reply = stack.ask(address(OPEN, "/0007"), mint.token())
    refused(reply, 503, "unavailable")
    assert reply.headers["retry-after"] == "5"
    assert reply.headers["x-road-error"] == "server.serverproxy.network_error"
    stack.start_serving()
    assert stack.ask(address(OPEN, "/0007"), mint.token()).status == 200


def test_a_killed_gateway_starts_again_with_what_was_published(stack, mint):
    lines = len(stack.log_lines())
    stack.kill("gateway")
    stack.start_gateway()
    assert stack.ask(address(OPEN, "/0007"), mint.token()).status == 200
    wait_for(lambda: len(stack.log_lines()) > lines)


def test_an_answer_from_the_warehouse_names_the_request_by_x_roads_hash(stack, mint):
    asked = address(OPEN, "/?ten=Tr%E1%BA%A1m+s%E1%BB%91+7&limit=2")
    reply = stack.ask(asked, mint.token(), headers=[("X-Road-UserId", "VN0842")])
    assert reply.status == 200, reply.body
    assert reply.headers["x-road-request-hash"] == request_hash(reply, asked, userid="VN0842")
    other = stack.ask(asked, mint.token(), headers=[("X-Road-UserId", "VN0843")])
    assert other.headers["x-road-request-hash"] not in {reply.headers["x-road-request-hash"], ""}
