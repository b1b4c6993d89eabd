"""The compiler is pure: the same decisions give the same files, word for word."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nganam.kernel.hours import Window
from nganam.lgsp.authority import Authority
from nganam.lgsp.envoy.compiling import compile_gateway
from nganam.lgsp.envoy.decided import (
    Bound,
    Denial,
    Endpoint,
    Gateway,
    Incoming,
    Listen,
    Member,
    OpenTier,
    Operation,
    Service,
    Spent,
    Terms,
    Tls,
    Upstream,
    operation_code,
)
from nganam.lgsp.envoy.replies import REPLIES
from nganam.lgsp.swapping import ORDER, as_bytes, check, swap

GOLDEN = Path(__file__).with_name("golden")
KEY = {
    "crv": "P-256",
    "kid": "20261124-0a1b2c3d",
    "kty": "EC",
    "alg": "ES256",
    "use": "sig",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
SYSTEM = Upstream(
    "HT-2026-0001",
    (Endpoint("203.0.113.7", 443, "he-thong.example.vn"), Endpoint("203.0.113.8", 443, "he-thong.example.vn")),
    credential="x-api-key",
    headers=(("x-don-vi", "{consumer}"),),
    health_path="/suc-khoe",
)
OPERATIONS = tuple(
    Operation(operation_code("DV-2026-0003", method, path), method, path, to)
    for method, path, to in (("GET", "/cong-dan/*", "/citizens/*"), ("POST", "/ho-so", ""))
)
PLATFORM = Upstream(
    "NK-2026-0001", (Endpoint("203.0.113.9", 443, "ndxp.example.vn"),), ca="<chứng thư gốc quốc gia>", certificate=True,
    speaks_as="QG/GOV/ST/LGSP",
)  # fmt: skip
BEYOND = Service(
    "DQ-2026-0001", "BTC", "DKDN", 60, upstream=PLATFORM, base="/r1/QG/GOV/BTC/DKDN/tra-cuu", instance="QG",
    name="tra-cuu", callers=("lgsp:VN/GOV/CT-X31507/MCDT",),
    operations=(Operation(operation_code("DQ-2026-0001", "GET", "/doanh-nghiep/*"), "GET", "/doanh-nghiep/*"),),
)  # fmt: skip
INCOMING = Incoming(
    "NK-2026-0001", "vao.example.vn", "<chứng thư gốc quốc gia>", "uri",
    members=(Member("urn:xroad:QG:GOV:BYT:HSSK", "QG/GOV/BYT/HSSK", "BO-YT/HSSK"),),
)  # fmt: skip
DECIDED = Gateway(
    instance="VN",
    issuer="https://dulieu.example.vn",
    public_url="https://dulieu.example.vn",
    gate_secret="<bí mật của cổng>",
    listen=Listen("127.0.0.1", 8700, "127.0.0.1", 8710, tls_port=8743, web_host="127.0.0.1", web_port=8600),
    keys=(KEY,),
    services=(
        Service("DV-2026-0002", "CT-SGDDT", "KHO", 60, suspended=True),
        Service("DV-2026-0001", "CT-SYT", "KHO", 600),
        Service("DV-2026-0003", "CT-CA", "HT", 60, upstream=SYSTEM, operations=OPERATIONS, base="/api/v2"),
        Service("DV-2026-0004", "CT-CA", "HT", 60, upstream=SYSTEM, operations=OPERATIONS[:1], filtered=True),
        Service("DAY-co-so-kham", "CT-SYT", "KHO", callers=("lgsp:VN/GOV/CT-SYT/HIS",), pushed=True),
        BEYOND,
    ),
    denied_accounts=(
        Denial("TK-2026-0004", "DV-2026-0001"),
        Denial("", "DV-2026-0001", "lgsp:VN/GOV/CT-SGDDT/HSHT"),
    ),
    terms=(Terms("CT-XA/UD", "DV-2026-0001", 60, 5),),
    spent_day=(Spent("CT-XA/UD", "DV-2026-0003"),),
    day_ends="Thu, 26 Nov 2026 17:00:00 GMT",
    month_ends="Mon, 30 Nov 2026 17:00:00 GMT",
    roots="/etc/ssl/certs/ca-certificates.crt",
    denied_clients=("TK-2026-0001.1f2e3d4c",),
    denied_tokens=("0f1e2d3c",),
    denied_certificates=("00ff",),
    certified={"DV-2026-0001": ("lgsp:VN/GOV/CT-X31507/MCDT", "lgsp:VN/GOV/CT-STC/NS")},
    bounded={"DV-2026-0001": (Bound("lgsp:VN/GOV/CT-STC/NS", 1_800_000_000, (Window((0, 4), 450, 1050),)),)},
    nodes=2,
    tls=Tls("<chứng thư của cổng>", "<khóa của cổng>", "<chứng thư gốc>"),
    incoming=(INCOMING,),
    open_tiers=(OpenTier("DV-2026-0001", 30, 600, 300),),
    open_keys=({**KEY, "kid": "mo-1"},),
    denied_tiers=("DV-2026-0009",),
)


@pytest.mark.parametrize("name", ORDER)
def test_files_are_as_written_down(name):
    """To accept a change: delete the golden file, run twice, read the difference."""
    # A platform's chain repeats the whole of ours: it is compared below, not written down twice.
    decided = replace(DECIDED, incoming=()) if name == "lds.json" else DECIDED
    made = as_bytes(compile_gateway(decided)[name])
    golden = GOLDEN / name
    if not golden.exists():
        golden.write_bytes(made)
        pytest.fail(f"{name} was not written down; it is now: read it")
    assert made.decode() == golden.read_text(encoding="utf-8")


def test_a_platforms_chain_is_ours_without_tokens_and_believes_its_authority_only():
    alone, beside = (compile_gateway(one)["lds.json"]["resources"] for one in (replace(DECIDED, incoming=()), DECIDED))
    ours, theirs = beside[1]["filter_chains"]
    assert [ours] == alone[1]["filter_chains"]
    assert beside[0] == alone[0]
    assert theirs["filter_chain_match"] == {"server_names": ["vao.example.vn"]}
    secured = theirs["transport_socket"]["typed_config"]
    assert secured["require_client_certificate"] is True
    believed = secured["common_tls_context"]["validation_context"]
    assert believed == {"trusted_ca": {"inline_string": INCOMING.ca}}
    names = [[one["name"] for one in chain["filters"][0]["typed_config"]["http_filters"]] for chain in (ours, theirs)]
    assert names[1] == ["snapshot", "peers", "identity", *names[0][names[0].index("open_who") :]]


def test_envoy_accepts_them(tmp_path):
    authority = Authority(tmp_path / "ca")
    now = datetime.now(UTC)
    authority.ensure(now)
    own = authority.server(["localhost"], now)
    services = (*DECIDED.services[:-1], replace(BEYOND, upstream=replace(PLATFORM, ca=own.trusted)))
    tls, incoming = Tls(own.chain, own.key, own.trusted), (replace(INCOMING, ca=own.trusted),)
    check(compile_gateway(replace(DECIDED, tls=tls, services=services, incoming=incoming)), tmp_path)


def test_a_call_with_a_token_meets_nothing_of_the_open_tier():
    """Its filters are off, its route asks for a header's absence; the chain is the same without a tier.

    Its route, another file, never leads through a chain that has not got the filters yet.
    """
    without = compile_gateway(replace(DECIDED, open_tiers=(), open_keys=(), denied_tiers=()))
    beside = compile_gateway(DECIDED)
    assert set(beside) == set(without)
    assert without["lds.json"] == beside["lds.json"]
    manager = without["lds.json"]["resources"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    ours = [one for one in manager["http_filters"] if one["name"] in {"open", "open_who"}]
    assert [one["disabled"] for one in ours] == [True, True]
    hosts = (one["rds.json"]["resources"][0]["virtual_hosts"][0]["routes"] for one in (without, beside))
    few, many = hosts
    assert [one for one in many if one["name"] not in {"DV-2026-0001.mo", "preflight-DV-2026-0001"}] == few
    assert (
        without["ecds_jwt.json"]["resources"][0]["typed_config"]["rules"]
        == (beside["ecds_jwt.json"]["resources"][0]["typed_config"]["rules"])
    )


def test_one_subscriber_has_one_share_whatever_address_of_its_network_it_takes():
    limits = compile_gateway(DECIDED)["ecds_open.json"]["resources"][0]["typed_config"]
    by_address = limits["rate_limits"][0]["actions"][-1]
    assert by_address == {"masked_remote_address": {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64}}
    # Two nodes: each takes two tokens for a call while both are alive (sharing).
    assert [one["token_bucket"]["max_tokens"] for one in limits["descriptors"]] == [30, 600, 300]
    assert limits["local_cluster_rate_limit"] == {}


def test_a_gateway_without_services_is_accepted_too(tmp_path):
    check(compile_gateway(Gateway("VN", "http://x", "http://x", "s", keys=(KEY,))), tmp_path)


def test_only_changed_files_are_replaced(tmp_path):
    files = compile_gateway(DECIDED)
    assert swap(files, tmp_path) == list(ORDER)
    assert swap(files, tmp_path) == []
    assert swap(compile_gateway(replace(DECIDED, denied_clients=())), tmp_path) == ["ecds_deny.json"]
    fewer = compile_gateway(replace(DECIDED, services=DECIDED.services[:1]))
    assert swap(fewer, tmp_path) == [
        "ecds_deny.json", "ecds_limit.json", "cds.json", "rds_egress.json", "rds.json",
    ]  # fmt: skip


def test_the_limit_does_not_change_with_the_routes():
    """Replacing the limits empties the buckets: a suspension elsewhere must not do it."""
    suspended = replace(DECIDED, services=tuple(replace(one, suspended=True) for one in DECIDED.services))
    assert compile_gateway(suspended)["ecds_limit.json"] == compile_gateway(DECIDED)["ecds_limit.json"]


def test_every_refusal_says_what_is_wrong_and_what_to_do():
    for reply in REPLIES:
        assert reply.title
        assert reply.detail
        assert reply.hint
        assert reply.xroad.split(".")[0] in {"client", "server"}


def test_the_gates_secret_stands_in_the_routes_only():
    files = compile_gateway(DECIDED)
    holding = [name for name, value in files.items() if DECIDED.gate_secret in json.dumps(value, ensure_ascii=False)]
    assert sorted(holding) == ["rds.json", "rds_egress.json"]
    routes = files["rds.json"]["resources"][0]["virtual_hosts"][0]["routes"]
    outward = [one for one in routes if one.get("route", {}).get("cluster", "").startswith("up-")]
    assert outward
    assert not any(DECIDED.gate_secret in json.dumps(one, ensure_ascii=False) for one in outward)
