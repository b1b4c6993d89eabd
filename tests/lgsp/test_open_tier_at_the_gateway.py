"""The open tier through the real gateway and data server: anonymous calls, keys, limits, and what stays closed."""

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway_rig import (
    ISSUER,
    OPEN,
    PAUSED,
    SCHOOL,
    SLOW,
    Mint,
    Stack,
    address,
    certificate,
    data_plane,
    decided,
    free_port,
    new_key,
    wait_for,
    write_table,
)
from nganam.kernel.opened import ANONYMOUS, open_twin_of
from nganam.lgsp import gateway, swapping
from nganam.lgsp.envoy import sharing
from nganam.lgsp.envoy.compiling import compile_denials, compile_gateway
from nganam.lgsp.envoy.decided import Listen, OpenTier
from nganam.lgsp.logbook import exchange_of
from nganam.serving.snapshot import Field, Grant, Snapshot, write_snapshot
from nganam.serving.snapshot import Service as Served

pytestmark = pytest.mark.slow
ANYBODY, KEYED, TOGETHER = 5, 12, 4000
FIELDS = (Field("ma"), Field("ten"), Field("dien_thoai"))
places = itertools.count(2)


@pytest.fixture(scope="module")
def holder() -> Mint:
    """The signer of the tier's keys: another one than that of tokens."""
    return Mint(new_key("mo1"))


@pytest.fixture(scope="module")
def told(mint, holder):
    """What the gateway is told: two services in the tier, one of them stopped."""
    tiers = tuple(OpenTier(one, ANYBODY, TOGETHER, KEYED) for one in (OPEN, PAUSED))
    return {"open_tiers": tiers, "open_keys": (holder.key.as_dict(private=False),)}


@pytest.fixture(scope="module")
def opened(tmp_path_factory, mint, told) -> Iterator[Stack]:
    """A data plane with an open tier, as files say it is."""
    data = tmp_path_factory.mktemp("opened")
    listen = Listen(port=free_port(), serving_port=free_port(), tls_port=free_port())
    write_table(data)
    served = {code: Served("", "co-so-kham", FIELDS, ("ma",), ("ten",)) for code in (OPEN, SLOW, PAUSED)}
    path = f"VN/GOV/CT-SYT/KHO/{OPEN}"
    twin = Served(path, "co-so-kham", FIELDS[:2], ("ma",), ("ten",))
    grants = {
        SCHOOL: {code: Grant("TK-2026-0001", ("ma", "ten", "dien_thoai")) for code in served},
        ANONYMOUS: {open_twin_of(OPEN): Grant("MO-2026-0001", ("ma", "ten"))},
    }
    (data / "serving").mkdir()
    snapshot = Snapshot(1, datetime(2026, 11, 24, tzinfo=UTC), served | {open_twin_of(OPEN): twin}, grants)
    (data / "serving" / "snapshot.json").write_bytes(write_snapshot(snapshot))
    with data_plane(data, decided(data, mint, listen, **told)) as running:
        yield running


@pytest.fixture
def somewhere() -> str:
    """An address nobody has called from yet."""
    return f"127.0.0.{next(places)}"


def key_of(holder, code="MO.0001", **changes):
    now = int(time.time())
    said = {"iss": f"{ISSUER}/mo", "aud": "lgsp-mo", "sub": f"{ANONYMOUS}/{code}", "client_id": code, "svc": ["mo"],
            "acc": None, "jti": code, "exp": now + 80 * 86400}  # fmt: skip
    return holder.token(**said | changes)


def keyed(key):
    return [("X-API-Key", key)]


def line_of(opened, reply):
    wanted = reply.headers["x-request-id"]
    return wait_for(lambda: next((one for one in opened.log_lines() if one.get("xRequestId") == wanted), None))


def test_anybody_reads_the_open_fields_and_nothing_else(opened, somewhere):
    reply = opened.ask_from(somewhere, address(OPEN, "/0007"))
    assert reply.status == 200, reply.body
    assert reply.json["data"] == {"ma": "0007", "ten": "Trạm số 7"}
    page = opened.ask_from(somewhere, address(OPEN, "/?limit=2&ten=Tr%E1%BA%A1m%20s%E1%BB%91%209"))
    assert page.json["data"] == [{"ma": "0009", "ten": "Trạm số 9"}]
    for asked in ("/?dien_thoai=0", "/?fields=dien_thoai"):
        assert opened.ask_from(somewhere, address(OPEN, asked)).status == 400


def test_an_anonymous_call_is_in_the_log_as_such(opened, somewhere):
    line = line_of(opened, opened.ask_from(somewhere, address(OPEN, "/0008")))
    row = exchange_of(0, json.dumps(line).encode())
    assert (row.consumer, row.client_id, row.client_address) == (ANONYMOUS, "", somewhere)
    assert (row.service, row.provider, row.account) == (OPEN, "CT-SYT", "MO-2026-0001")
    assert (row.fields, row.records, row.status) == (2, 1, 200)


def test_an_address_over_the_limit_is_told_when_to_come_back_and_others_go_on(opened, somewhere):
    replies = [opened.ask_from(somewhere, address(OPEN, "/0007")) for _ in range(ANYBODY + 1)]
    assert [one.status for one in replies] == [200] * ANYBODY + [429]
    assert replies[0].headers["ratelimit-policy"] == f'"phut";q={ANYBODY};w=60'
    assert replies[-1].json["code"] == "open_limit"
    assert replies[-1].headers["retry-after"] == str(60 // ANYBODY)
    assert replies[-1].headers["ratelimit"].startswith('"phut";r=0;t=')
    assert exchange_of(0, json.dumps(line_of(opened, replies[-1])).encode()).consumer == ANONYMOUS
    assert opened.ask_from(f"127.0.0.{next(places)}", address(OPEN, "/0007")).status == 200


def test_a_page_of_any_site_may_read_and_its_browser_is_told_so_also_of_refusals(opened, somewhere, holder):
    origin = [("Origin", "https://bao.example")]
    read = opened.ask_from(somewhere, address(OPEN, "/0007"), origin)
    assert (read.status, read.headers["access-control-allow-origin"]) == (200, "*")
    assert {"ratelimit", "x-lgsp-records"} <= set(read.headers["access-control-expose-headers"].split(", "))
    assert "access-control-allow-credentials" not in read.headers
    bad = opened.ask_from(somewhere, address(OPEN, "/0007"), [*origin, *keyed("bad")])
    assert (bad.status, bad.headers["access-control-allow-origin"]) == (401, "*")
    for _ in range(ANYBODY):
        over = opened.ask_from(somewhere, address(OPEN, "/0007"), origin)
    assert (over.status, over.headers["access-control-allow-origin"]) == (429, "*")


ASKING = [("Origin", "https://bao.example"), ("Access-Control-Request-Headers", "x-api-key")]


def test_what_a_browser_asks_before_it_sends_a_key_is_answered_for_reading_only(opened):
    reads = [*ASKING, ("Access-Control-Request-Method", "GET")]
    told = opened.ask(address(OPEN, "/0007"), method="OPTIONS", headers=reads)
    assert (told.status, told.body, told.headers["access-control-allow-origin"]) == (204, b"", "*")
    assert told.headers["access-control-allow-methods"] == "GET, HEAD"
    assert "x-api-key" in told.headers["access-control-allow-headers"].split(", ")
    assert "authorization" not in told.headers["access-control-allow-headers"]
    for refused in (ASKING, [*ASKING, ("Access-Control-Request-Method", "POST")], reads[1:]):
        reply = opened.ask(address(OPEN, "/0007"), method="OPTIONS", headers=refused)
        assert (reply.status, "access-control-allow-origin" in reply.headers) == (401, False)
    closed = opened.ask(address(SLOW, "/0007"), method="OPTIONS", headers=reads)
    assert (closed.status, "access-control-allow-origin" in closed.headers) == (401, False)


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Envoy-External-Address",
                                  "X-LGSP-Address", "X-LGSP-Key", "X-LGSP-Consumer", "X-LGSP-Peer"])  # fmt: skip
def test_no_header_of_the_caller_escapes_the_limit(opened, somewhere, name):
    statuses = [
        opened.ask_from(somewhere, address(OPEN, "/0007"), [(name, f"203.0.113.{one}")]).status
        for one in range(ANYBODY + 1)
    ]
    assert statuses == [200] * ANYBODY + [429]


def test_behind_a_known_proxy_the_caller_it_names_is_limited_and_nobody_else_is_believed(opened, mint, told):
    with Changed(opened, mint, **told, proxies=("127.0.2.0/24",)):

        def ask(source, said):
            return opened.ask_from(source, address(OPEN, "/0007"), [("X-Forwarded-For", said)])

        for caller in ("203.0.113.5", "10.1.2.3", "2001:db8::1"):
            statuses = [ask(f"127.0.2.{one}", f"198.51.100.{one}, {caller}").status for one in range(1, ANYBODY + 2)]
            assert statuses == [200] * ANYBODY + [429], caller
        # Another address of the same IPv6 network is the same subscriber.
        assert ask("127.0.2.9", "2001:db8::ffff").status == 429
        assert ask("127.0.2.9", "2001:db8:0:1::1").status == 200
        statuses = [ask("127.0.3.1", f"203.0.113.{one}").status for one in range(ANYBODY + 1)]
        assert statuses == [200] * ANYBODY + [429]
        reply = ask("127.0.2.9", "203.0.113.77")
        assert line_of(opened, reply)["clientAddress"] == "203.0.113.77"


def test_many_addresses_together_have_a_limit_too(opened, mint, told):
    few = tuple(replace(one, per_minute_together=3) for one in told["open_tiers"])
    with Changed(opened, mint, **told | {"open_tiers": few}):
        statuses = [opened.ask_from(f"127.0.1.{one}", address(OPEN, "/0007")).status for one in range(1, 6)]
        assert statuses == [200] * 3 + [429] * 2


def test_the_live_nodes_share_the_limit_and_one_alone_has_it_whole(opened, mint, told, somewhere):
    members = opened.data / "gateway" / sharing.FILE
    alone = members.read_bytes()
    with Changed(opened, mint, **told, nodes=2):
        other = f"127.0.0.{next(places)}"
        statuses = [opened.ask_from(other, address(OPEN, "/0007")).status for _ in range(ANYBODY + 1)]
        assert statuses == [200] * ANYBODY + [429]
        both = swapping.stamped({sharing.FILE: sharing.members(["gateway", "gateway-2"])}, 0)
        swapping.replace(members, swapping.as_bytes(both[sharing.FILE]))
        size = "cluster.nodes.membership_total: 2"
        wait_for(lambda: size in gateway._admin(opened.data, "GET", "/stats?filter=cluster.nodes.member").decode())
        statuses = [opened.ask_from(somewhere, address(OPEN, "/0007")).status for _ in range(ANYBODY // 2 + 1)]
        assert statuses == [200] * (ANYBODY // 2) + [429]
        swapping.replace(members, alone)
        size = "cluster.nodes.membership_total: 1"
        wait_for(lambda: size in gateway._admin(opened.data, "GET", "/stats?filter=cluster.nodes.member").decode())


def test_a_key_has_a_higher_limit_of_its_own(opened, holder, somewhere):
    mine, yours = (keyed(key_of(holder, code)) for code in ("MO.0002", "MO.0003"))
    statuses = [opened.ask_from(somewhere, address(OPEN, "/0007"), mine).status for _ in range(KEYED + 1)]
    assert statuses == [200] * KEYED + [429]
    assert opened.ask_from(somewhere, address(OPEN, "/0007"), yours).status == 200
    # And takes nothing of what the address may do without one.
    assert opened.ask_from(somewhere, address(OPEN, "/0007")).status == 200


def test_a_call_with_a_key_says_in_the_log_which(opened, holder, somewhere):
    reply = opened.ask_from(somewhere, address(OPEN, "/0007"), keyed(key_of(holder, "MO.0004")))
    assert reply.json["data"] == {"ma": "0007", "ten": "Trạm số 7"}
    row = exchange_of(0, json.dumps(line_of(opened, reply)).encode())
    assert (row.consumer, row.client_id, row.token_id) == (f"{ANONYMOUS}/MO.0004", "MO.0004", "MO.0004")
    # And in the journal, from which a call is recovered whose gateway was killed.
    journal = (opened.data / "serving" / "journal").iterdir()
    noted = [json.loads(one) for path in journal for one in path.read_bytes().splitlines()]
    (mine,) = [one for one in noted if one["xRequestId"] == reply.headers["x-request-id"]]
    assert (mine["consumer"], mine["clientId"]) == (row.consumer, row.client_id)


def test_a_bad_key_is_refused_and_not_taken_for_none(opened, holder, mint, somewhere):
    good = key_of(holder)
    bad = [
        "", "x", good[:-4] + "AAAA", good + ", " + good, f"Bearer {good}", key_of(mint), mint.token(),
        key_of(holder, exp=int(time.time()) - 100), key_of(holder, aud="lgsp"), key_of(holder, iss=ISSUER),
        key_of(holder, exp=int(time.time()) + 500 * 86400),
    ]  # fmt: skip
    for key in bad:
        reply = opened.ask_from(somewhere, address(OPEN, "/0007"), keyed(key))
        assert reply.status in {401, 403}, (key, reply.body)
    reply = opened.ask_from(somewhere, address(OPEN, "/0007"), keyed("x"))
    assert (reply.status, reply.json["code"]) == (401, "key_invalid")
    assert opened.ask_from(somewhere, address(OPEN, "/0007"), [*keyed(good), *keyed("x")]).status == 401
    assert opened.ask_from(somewhere, address(OPEN, f"/0007?X-API-Key={good}")).status == 400


def test_a_key_opens_no_service_outside_the_tier_and_is_no_token(opened, holder, somewhere):
    assert opened.ask_from(somewhere, address(SLOW, "/0007"), keyed(key_of(holder))).status == 401
    assert opened.ask(address(OPEN, "/0007"), key_of(holder)).status == 401
    assert opened.ask(address(SLOW, "/0007"), key_of(holder, svc=[SLOW])).status == 401
    assert opened.ask_from(somewhere, "/listClients", keyed(key_of(holder))).status == 401


def test_what_is_not_in_the_tier_still_needs_a_token(opened, somewhere):
    reply = opened.ask_from(somewhere, address(SLOW, "/0007"))
    assert (reply.status, reply.json["code"]) == (401, "token_missing")
    twin = opened.ask_from(somewhere, address(open_twin_of(OPEN), "/0007"))
    assert twin.status == 401
    sandbox = address(OPEN, "/0007").replace("/r1/VN/", "/r1/VN-THU/")
    assert opened.ask_from(somewhere, sandbox).status == 401


def test_a_token_and_a_certificate_work_as_before(opened, mint, holder, tmp_path):
    whole = {"ma": "0007", "ten": "Trạm số 7", "dien_thoai": "0"}
    for more in ([], keyed("x"), keyed(key_of(holder))):
        reply = opened.ask(address(OPEN, "/0007"), mint.token(), headers=more)
        assert reply.json["data"] == whole, reply.body
        assert reply.headers["x-ratelimit-limit"].startswith("100000")
    assert (
        opened.ask_tls(address(OPEN, "/0007"), certificate(opened.data, SCHOOL, tmp_path / "held")).json["data"]
        == whole
    )
    expired = mint.token(exp=int(time.time()) - 100)
    assert opened.ask(address(OPEN, "/0007"), expired).json["code"] == "token_expired"
    assert opened.ask(address(OPEN, "/0007"), headers=[("Authorization", "bearer x")]).status == 401
    assert opened.ask_tls(address(OPEN, "/0007")).json["data"] == {"ma": "0007", "ten": "Trạm số 7"}
    assert opened.ask_tls(address(OPEN, "/0007"), headers=keyed("x")).status == 401


def test_a_certificate_that_opens_nothing_is_not_taken_for_nobody(opened, tmp_path):
    other = certificate(opened.data, "CT-KHAC/MOI", tmp_path / "other")
    assert opened.ask_tls(address(OPEN, "/0007"), other).status == 403


def test_only_reading_is_open(opened, holder):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        for shown in ([], keyed(key_of(holder))):
            reply = opened.ask(address(OPEN, "/0007"), method=method, headers=shown, body=b"{}")
            assert (reply.status, reply.json["code"]) == (401, "token_missing")


def test_a_stopped_service_is_stopped_here_too(opened, somewhere):
    assert opened.ask_from(somewhere, address(PAUSED, "/0007")).status == 503


def test_a_revoked_key_and_a_closed_tier_are_refused_within_two_seconds(opened, mint, holder, told, somewhere):
    key = keyed(key_of(holder, "MO.0005"))
    assert opened.ask_from(somewhere, address(OPEN, "/0007"), key).status == 200
    with Denied(opened, mint, **told, denied_tokens=("MO.0005",)):
        wait_for(
            lambda: opened.ask_from(somewhere, address(OPEN, "/0007"), key).json.get("code") == "access_revoked", 2
        )
        assert opened.ask_from(somewhere, address(OPEN, "/0007")).status == 200
    with Denied(opened, mint, **told, denied_tiers=(OPEN,)):
        wait_for(lambda: opened.ask_from(somewhere, address(OPEN, "/0007")).json.get("code") == "open_tier_closed", 2)
        refused = opened.ask_from(somewhere, address(OPEN, "/0007"), keyed(key_of(holder)))
        assert (refused.status, refused.json["code"]) == (401, "open_tier_closed")
        assert opened.ask(address(OPEN, "/0007"), mint.token()).status == 200
    wait_for(lambda: opened.ask_from(f"127.0.0.{next(places)}", address(OPEN, "/0007")).status == 200, 2)


class Changed:
    """What the gateway is told, for a while; every bucket is full again at both ends."""

    def __init__(self, opened, mint, **wanted):
        self.opened, self.mint, self.wanted = opened, mint, wanted

    def files(self, wanted):
        return compile_gateway(decided(self.opened.data, self.mint, self.opened.listen, **wanted))

    def put(self, wanted):
        folder = self.opened.data / "gateway"
        files = swapping.stamped(self.files(wanted), 1)
        with swapping.held(folder):
            swapping.swap(files, folder)
        versions = {name: one["version_info"] for name, one in files.items() if "version_info" in one}
        kept = {name: one for name, one in versions.items() if name.startswith("ecds_") or name == "lds.json"}
        wait_for(lambda: not gateway.health(self.opened.data).behind(kept), 10)

    def __enter__(self):
        self.put(self.wanted)

    def __exit__(self, *_raised):
        self.put({name: one for name, one in self.wanted.items() if name in {"open_tiers", "open_keys"}} | BASE)


class Denied(Changed):
    """The list of denials alone, for a while."""

    def files(self, wanted):
        return compile_denials(decided(self.opened.data, self.mint, self.opened.listen, **wanted))


BASE = {"open_tiers": tuple(OpenTier(one, ANYBODY, TOGETHER, KEYED) for one in (OPEN, PAUSED))}
