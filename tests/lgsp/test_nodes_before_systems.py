"""Agencies' systems behind several nodes: each node reaches them by itself, and together they keep to one limit."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest

import scenes
import scenes_upstreams
from agency_system_runner import agency_system
from gateway_rig import SCHOOL, Mint, certificate, decided, free_port, new_key, wait_for
from nganam.lgsp import gateway, swapping, upstreams
from nganam.lgsp.envoy.compiling import compile_gateway, compile_place
from nganam.lgsp.envoy.decided import Endpoint, Listen, Operation, Service, Upstream, identity_of, operation_code
from nganam.lgsp.envoy.upstreams import secret, secret_file
from nganam.lgsp.operations import publish_snapshot
from nganam.serving.slots import Slots
from nganam.serving.snapshot import Field, Grant, Remote, Snapshot, write_snapshot
from nganam.serving.snapshot import Operation as Served
from nganam.serving.snapshot import Service as ServedService
from node_rig import Cluster

WHOLE, FILTERED = "DV-2026-0100", "DV-2026-0101"
SYSTEM = "HT-2026-0001"
"""The code a system gets that is declared first."""
PATHS = ("/nguoi/*", "/cham", "/cay/**")
TWO_AT_ONCE = "CT-HAI/UD"


def operations(service, paths=PATHS):
    return tuple(Operation(operation_code(service, "GET", one), "GET", one) for one in paths)


def codes(service):
    return [one.code for one in operations(service)]


def gateway_of(data, mint, port, listen=None, **changes):
    system = Upstream(
        SYSTEM, (Endpoint("127.0.0.1", port, "he-thong.example"),), tls=False, credential="x-api-key", concurrent=5,
        timeout_seconds=10,
    )  # fmt: skip
    services = tuple(
        Service(code, "CT-SYT", "HT", 100_000, upstream=system, operations=operations(code), base="/api", filtered=one)
        for code, one in ((WHOLE, False), (FILTERED, True))
    )
    certified = {code: (identity_of("VN", SCHOOL),) for code in codes(WHOLE)[:1]}
    return decided(data, mint, listen or Listen(), services=services, certified=certified, **changes)


def told():
    named = tuple(Served(one.code, "GET", one.path) for one in operations(FILTERED))
    service = ServedService("", "", (Field("id"), Field("ho_ten")), remote=Remote(named))
    grant = Grant("TK-1", ("id", "ho_ten"), operations=tuple(codes(FILTERED)))
    grants = {SCHOOL: {FILTERED: grant}, TWO_AT_ONCE: {FILTERED: at_most(grant, "TK-2", 2)}}
    return Snapshot(1, datetime(2026, 11, 24, tzinfo=UTC), {FILTERED: service}, grants)


def at_most(grant, account, concurrent):
    return Grant(account, grant.fields, operations=grant.operations, concurrent=concurrent)


@pytest.fixture(scope="module")
def mint():
    return Mint(new_key())


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, mint):
    """Two gateways and two data servers that only know files, before one system."""
    data = tmp_path_factory.mktemp("nodes") / "data"
    (data / "serving").mkdir(parents=True)
    (data / "serving" / "snapshot.json").write_bytes(write_snapshot(told()))
    running = Cluster(data, tls=True)
    with agency_system() as port:
        listen = Listen(port=running.gateways[0], tls_port=running.tls_ports[0])
        swapping.replace(data / "gateway" / secret_file(SYSTEM), swapping.as_bytes(secret(SYSTEM, "khoa-cua-he-thong")))
        swapping.swap(compile_gateway(gateway_of(data, mint, port, listen)), data / "gateway")
        try:
            running.start_all()
            yield running
        finally:
            running.stop()


def at(service, rest):
    return f"/r1/VN/GOV/CT-SYT/HT/{service}{rest}"


def token(mint, service, sub=SCHOOL):
    return mint.token(sub=sub, svc=[service], ops=codes(service))


@pytest.mark.slow
def test_a_certificate_alone_opens_the_operations_it_may_on_each_node(cluster, tmp_path):
    school = certificate(cluster.data, SCHOOL, tmp_path / "school")
    stranger = certificate(cluster.data, "CT-KHAC/UD", tmp_path / "stranger")
    for node in (1, 2):
        reply = cluster.by(node).ask_tls(at(WHOLE, "/nguoi/001"), school)
        assert (reply.status, reply.json["id"]) == (200, "001"), reply.body
        for path, shown in ((at(WHOLE, "/cay/x"), school), (at(WHOLE, "/nguoi/001"), stranger)):
            refused = cluster.by(node).ask_tls(path, shown)
            assert (refused.status, refused.json["code"]) == (403, "not_granted")


def credential_added(cluster, mint, node):
    said = cluster.ask(at(WHOLE, "/cay/x"), token(mint, WHOLE), node).json
    [found] = [value for name, value in said["headers"] if name.lower() == "x-api-key"]
    return found


@pytest.mark.slow
def test_as_many_calls_at_once_as_granted_over_all_nodes_and_data_servers(cluster, mint):
    asked, shown = at(FILTERED, "/cham?s=1.5"), token(mint, FILTERED, TWO_AT_ONCE)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: cluster.ask(asked, shown, n % 2 + 1).status, range(8)))
    assert Counter(found) == {200: 2, 429: 6}
    assert cluster.ask(asked, shown).status == 200, "who is done has given its place back"


@pytest.mark.slow
def test_a_filtered_answer_comes_by_the_node_that_carries_the_call(cluster, mint):
    shown = token(mint, FILTERED)
    for node, other in ((1, 2), (2, 1)):
        cluster.kill(gateway.name_of(other))
        try:
            for _turn in range(4):  # whichever of the two data servers is asked
                reply = cluster.ask(at(FILTERED, "/nguoi/001"), shown, node)
                assert (reply.status, reply.json) == (200, {"id": "001", "ho_ten": "Người 1"})
        finally:
            cluster.start("gateway", other)


# -- one limit for all --


@pytest.mark.parametrize(("nodes", "shares"), [(1, [5]), (2, [3, 2]), (3, [2, 2, 1]), (9, [1] * 9)])
def test_the_calls_a_system_takes_at_once_are_divided_among_the_nodes(data, nodes, shares):
    told = gateway_of(data, Mint(new_key()), 9)
    assert shares_of(compile_place(replace(told, nodes=nodes, place=one))["cds.json"] for one in range(nodes)) == shares


def shares_of(files):
    found = [
        one["circuit_breakers"]["thresholds"][0] for file in files for one in file["resources"] if "HT" in one["name"]
    ]
    assert all(one["max_connections"] == one["max_requests"] == one["max_pending_requests"] for one in found)
    return [one["max_requests"] for one in found]


def test_places_are_held_against_other_processes_and_given_back(tmp_path):
    # Two open files exclude each other as two processes do.
    one, other, pair = Slots(tmp_path), Slots(tmp_path), ("CT-A/B", "DV-1")
    with one.held(pair, 2) as first, other.held(pair, 2) as second, one.held(pair, 2) as third:
        assert (first, second, third) == (True, True, False)
        with other.held(pair, 2) as fourth, other.held(("CT-A/B", "DV-2"), 1) as of_another:
            assert (fourth, of_another) == (False, True)
        with one.held(pair, 3) as raised:
            assert raised
    with other.held(pair, 1) as again:
        assert again


# -- by what was decided --


@pytest.mark.slow
@pytest.mark.django_db
def test_a_credential_given_to_a_system_is_added_by_each_node(cluster, mint, province, settings):
    settings.NGANAM_UPSTREAM_NETWORKS, settings.DATA = "127.0.0.0/8", cluster.data
    declared = scenes_upstreams.upstream()
    assert declared.code == SYSTEM
    assert {credential_added(cluster, mint, node) for node in (1, 2)} == {"khoa-cua-he-thong"}
    upstreams.set_credential(actor=scenes.LAN, at=scenes.AT, upstream=declared, value="khoa-moi")
    for node in (1, 2):
        wait_for(lambda n=node: credential_added(cluster, mint, n) == "khoa-moi", 30)


@pytest.mark.django_db
def test_a_publication_tells_each_node_its_share(data, province, settings):
    settings.NGANAM_UPSTREAM_NETWORKS = "127.0.0.0/8"
    for number in (1, 2):
        gateway.prepare(data, Listen(port=free_port()), issuer="http://127.0.0.1:8600", node=gateway.name_of(number))
    scenes_upstreams.published(concurrent=5, credential_header="")
    publish_snapshot(at=scenes.AT)
    written = [json.loads((one.folder / "cds.json").read_bytes()) for one in gateway.nodes(data)]
    assert shares_of(written) == [3, 2]
