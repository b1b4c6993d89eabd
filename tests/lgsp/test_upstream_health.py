"""Which addresses of an agency get calls: who fails its health path, or answers errors, is left out and returns."""

import http.client
import json
from contextlib import ExitStack, closing

import pytest

from agency_system_runner import agency_system
from gateway_rig import Mint, Stack, decided, free_port, new_key, wait_for
from nganam.lgsp import swapping
from nganam.lgsp.envoy.compiling import compile_gateway
from nganam.lgsp.envoy.decided import Endpoint, Listen, Operation, Service, Upstream

pytestmark = pytest.mark.slow
ASKED, COUNTED = "DV-2026-0301", "DV-2026-0302"
FAILURES = 3


@pytest.fixture(scope="module")
def mint():
    return Mint(new_key())


@pytest.fixture(scope="module")
def systems():
    with ExitStack() as running:
        yield [running.enter_context(agency_system()) for _n in range(2)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory, mint, systems):
    data, listen = tmp_path_factory.mktemp("health"), Listen(port=free_port(), serving_port=free_port())
    ends = tuple(Endpoint("127.0.0.1", port, "x.example") for port in systems)
    asked = Upstream("HT-1", ends, tls=False, health_path="/suc-khoe", failures=100)
    counted = Upstream("HT-2", ends, tls=False, failures=FAILURES)
    services = tuple(
        Service(code, "CT-SYT", "HT", 100_000, upstream=upstream, base="/api", operations=(
            Operation(f"{code}:loi", "POST", "/loi"),
        ))
        for code, upstream in ((ASKED, asked), (COUNTED, counted))
    )  # fmt: skip
    swapping.swap(compile_gateway(decided(data, mint, listen, services=services)), data / "gateway")
    running = Stack(data, listen)
    try:
        running.start_gateway()
        yield running
    finally:
        running.stop()


def ask(port, path):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as link:
        link.request("GET", path)
        return json.loads(link.getresponse().read())


@pytest.fixture
def call(stack, mint):
    """Write once: writing is never tried again, so what a system counts is what the gateway chose to send it."""

    def once(service, key):
        token = mint.token(svc=[service], ops=[f"{service}:loi"])
        return stack.ask(f"/r1/VN/GOV/CT-SYT/HT/{service}/loi?k={key}", token, "POST")

    return once


def reached(systems, key):
    return [ask(port, f"/api/dem?k=POST%20{key}") for port in systems]


def got(call, systems, service, key):
    """Call thirty times; return how many of them each system has got (by chance alone none gets none)."""
    before = reached(systems, key)
    for _n in range(30):
        call(service, key)
    return [after - one for after, one in zip(reached(systems, key), before, strict=True)]


def both_get_calls(call, systems, service, key):
    return all(got(call, systems, service, key))


def test_an_address_that_fails_its_health_path_gets_no_calls_until_it_is_well(call, systems):
    wait_for(lambda: both_get_calls(call, systems, ASKED, "truoc"), 20)
    ask(systems[0], "/cong-tac?health=1")
    wait_for(lambda: got(call, systems, ASKED, "om") == [0, 30], 30)
    assert {call(ASKED, "van").status for _n in range(40)} == {200}
    assert reached(systems, "van") == [0, 40]
    ask(systems[0], "/cong-tac?health=")
    wait_for(lambda: both_get_calls(call, systems, ASKED, "om"), 20)


def test_an_address_that_answers_errors_is_left_out_for_a_while_and_comes_back(call, systems):
    wait_for(lambda: both_get_calls(call, systems, COUNTED, "truoc"), 20)
    ask(systems[1], "/cong-tac?calls=1")
    found = [call(COUNTED, "loi").status for _n in range(60)]
    assert found.count(503) == FAILURES, found
    assert reached(systems, "loi") == [60 - FAILURES, FAILURES]
    ask(systems[1], "/cong-tac?calls=")
    wait_for(lambda: both_get_calls(call, systems, COUNTED, "loi"), 40)
    assert {call(COUNTED, "sau").status for _n in range(20)} == {200}
