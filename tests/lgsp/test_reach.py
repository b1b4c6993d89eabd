"""Random services, accounts and grants: every live account reaches exactly what was granted, and nothing else.

Each world is compiled, swapped into a running Envoy and data server, and every account then tries everything.
"""

import http.client
import json
import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agency_system import PEOPLE
from agency_system_runner import agency_system
from gateway_rig import Mint, Stack, decided, free_port, new_key, wait_for, write_table
from nganam.kernel.hours import Window
from nganam.lgsp import swapping
from nganam.lgsp.envoy.compiling import compile_gateway
from nganam.lgsp.envoy.decided import Denial, Endpoint, Listen, Operation, Service, Upstream, operation_code
from nganam.serving.snapshot import Field, Grant, Remote, Snapshot, write_snapshot
from nganam.serving.snapshot import Operation as Served
from nganam.serving.snapshot import Service as ServedService

pytestmark = pytest.mark.slow
EXAMPLES = int(os.environ.get("NGANAM_REACH_EXAMPLES", "12"))
LINES = (("GET", "/nguoi/*"), ("POST", "/phieu"), ("DELETE", "/nguoi/*"), ("GET", "/cay/**"))
PROBES = {0: "/nguoi/{key}", 1: "/phieu", 2: "/nguoi/{key}", 3: "/cay/a/b"}
JSON_FIELDS = ("id", "ho_ten", "ma_xa", "cccd", "dia_chi.thon")
TABLE_FIELDS = ("ma", "ten", "dien_thoai")
KEYS = ("001", "002")
ALWAYS: tuple[Window, ...] = ()
WHY = {"denied": "revoked", "hours": "hours", "changed": "changed"}
NEVER = (Window((), 0, 0),)


@dataclass
class World:
    services: list[tuple[str, str, bool]] = field(default_factory=list)  # code, kind, suspended
    accounts: list[dict[str, Any]] = field(default_factory=list)


@st.composite
def worlds(draw: Any) -> World:
    kinds = draw(
        st.lists(st.tuples(st.sampled_from(["table", "json", "whole"]), st.booleans()), min_size=1, max_size=4)
    )
    services = [(f"DV-{n:04d}", kind, suspended and draw(st.booleans())) for n, (kind, suspended) in enumerate(kinds)]
    accounts = []
    for service, kind, _suspended in services:
        offered = {"table": TABLE_FIELDS, "json": JSON_FIELDS, "whole": ()}[kind]
        for consumer in draw(st.sets(st.sampled_from(["CT-A/UD", "CT-B/UD", "CT-C/UD"]), max_size=3)):
            scope = {"table": {"dien_thoai": ("0",)}, "json": {"ma_xa": ("31732",)}, "whole": {}}[kind]
            accounts.append({
                "code": f"TK-{len(accounts):04d}", "consumer": consumer, "service": service, "kind": kind,
                "fields": tuple(draw(st.sets(st.sampled_from(offered), min_size=1))) if offered else (),
                "operations": draw(st.sets(st.sampled_from(range(len(LINES))))),
                "where": draw(st.sampled_from([{}, scope])),
                "state": draw(st.sampled_from(["live", "live", "live", "denied", "ended", "hours", "changed"])),
            })  # fmt: skip
    return World(services, accounts)


def build(world: World, data: Any, mint: Mint, listen: Listen, port: int) -> int:
    upstream = Upstream("HT-1", (Endpoint("127.0.0.1", port, "x.example"),), tls=False)

    def operations(code: str) -> tuple[Operation, ...]:
        return tuple(Operation(operation_code(code, *line), *line) for line in LINES)

    services = tuple(
        Service(code, "CT-SYT", "HT", 1_000_000, suspended=suspended) if kind == "table"
        else Service(
            code, "CT-SYT", "HT", 1_000_000, suspended=suspended, upstream=upstream, operations=operations(code),
            base="/api", filtered=kind == "json",
        )
        for code, kind, suspended in world.services
    )  # fmt: skip
    now = int(time.time())
    denials = tuple(
        Denial(
            one["code"], one["service"], why=WHY[one["state"]], before=now + 1000 if one["state"] == "changed" else 0
        )
        for one in world.accounts
        # The data server keeps hours by itself, so there the gateway is left out on purpose.
        if one["state"] in WHY and (one["state"] != "hours" or one["kind"] == "whole")
    )
    served: dict[str, ServedService] = {}
    for code, kind, suspended in world.services:
        if suspended:
            continue
        if kind == "table":
            served[code] = ServedService("", "co-so-kham", tuple(map(Field, TABLE_FIELDS)), ("ma",))
        elif kind == "json":
            named = tuple(Served(operation_code(code, *line), *line) for line in LINES)
            served[code] = ServedService("", "", tuple(map(Field, JSON_FIELDS)), remote=Remote(named))
    grants: dict[str, dict[str, Grant]] = {}
    for one in world.accounts:
        if one["state"] == "denied":
            continue  # as the platform does: what is not live is not in the snapshot
        grants.setdefault(one["consumer"], {})[one["service"]] = Grant(
            one["code"], one["fields"], where=one["where"], operations=tuple(ops(one)),
            until=datetime.now(UTC) - timedelta(seconds=1) if one["state"] == "ended" else None,
            hours=NEVER if one["state"] == "hours" else ALWAYS,
        )  # fmt: skip
    number = int(time.time() * 1000)
    (data / "serving").mkdir(exist_ok=True)
    swapping.replace(
        data / "serving" / "snapshot.json", write_snapshot(Snapshot(number, datetime.now(UTC), served, grants))
    )
    marker = Service("DV-MARK", f"M{number}", "HT", suspended=True)
    files = compile_gateway(decided(data, mint, listen, services=(*services, marker), denied_accounts=denials))
    swapping.swap(files, data / "gateway")
    return number


def ops(account: dict[str, Any]) -> list[str]:
    if account["kind"] == "table":
        return []
    return [operation_code(account["service"], *LINES[n]) for n in sorted(account["operations"])]


def expected(  # noqa: PLR0911 - one line for each way to be refused
    account: dict[str, Any], service: tuple[str, str, bool], operation: int, key: str
) -> Any:
    """Return what the account must get: ``None`` for nothing at all, else the body's meaning."""
    code, kind, suspended = service
    live = account["state"] == "live" or (account["state"] == "ended" and kind == "whole")
    if account["service"] != code or suspended or not live:
        return None
    if kind == "table":
        row = {"ma": f"00{key[1:]}".zfill(4), "ten": f"Trạm số {int(key)}", "dien_thoai": "0"}
        return {name: row[name] for name in TABLE_FIELDS if name in account["fields"]} if operation == 0 else None
    if operation not in account["operations"]:
        return None
    if kind == "whole":
        return ...
    if operation in {1, 3}:  # the system answers these with an object that has no granted item
        return None if account["where"] else {}
    person = next(one for one in PEOPLE if one["id"] == key)
    if account["where"] and person["ma_xa"] not in account["where"]["ma_xa"]:
        return None
    made: dict[str, Any] = {}
    for name in account["fields"]:
        head, _dot, tail = name.partition(".")
        made[head] = {tail: person[head][tail]} if tail else person[head]
    return made


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Mint, int]]:
    data, mint = tmp_path_factory.mktemp("reach"), Mint(new_key())
    write_table(data)
    listen = Listen(port=free_port(), serving_port=free_port())
    stack = Stack(data, listen)
    with agency_system() as port:
        build(World(), data, mint, listen, port)
        try:
            stack.start_serving()
            stack.start_gateway()
            yield stack, mint, port
        finally:
            stack.stop()


@given(worlds())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_live_account_reaches_exactly_what_was_granted(rig, world):
    stack, mint, port = rig
    number = build(world, stack.data, mint, stack.listen, port)
    with closing(http.client.HTTPConnection("127.0.0.1", stack.listen.port, timeout=10)) as link:

        def ask(method: str, path: str, token: str) -> tuple[int, bytes]:
            link.request(method, path, headers={"Authorization": f"Bearer {token}"})
            answer = link.getresponse()
            return answer.status, answer.read()

        wait_for(lambda: ask("GET", f"/r1/VN/GOV/M{number}/HT/DV-MARK", mint.token(svc=["DV-MARK"]))[0] == 503)
        time.sleep(0.45)  # the data server looks at its snapshot every 0.2 s, the deny list acts meanwhile
        stranger = {
            "code": "TK-9999",
            "consumer": "CT-KHAC/UD",
            "service": "-",
            "kind": "table",
            "fields": (),
            "operations": set(),
            "where": {},
            "state": "live",
        }
        for account in [*world.accounts, stranger]:
            token = mint.token(
                sub=account["consumer"], svc=[account["service"]], acc=[account["code"]], ops=ops(account)
            )
            for service in world.services:
                for operation in range(len(LINES)):
                    for key in KEYS if operation in {0, 2} else KEYS[:1]:
                        check(ask, account, service, operation, key, token)


def check(ask: Any, account: Any, service: Any, operation: int, key: str, token: str) -> None:
    (method, _path), (code, kind, _suspended) = LINES[operation], service
    rest = f"/{key.zfill(4)}" if kind == "table" and operation == 0 else PROBES[operation].format(key=key)
    status, body = ask(method, f"/r1/VN/GOV/CT-SYT/HT/{code}{rest}", token)
    wanted = expected(account, service, operation, key)
    told = (account, service, method, rest, status, body[:300])
    if wanted is None:
        assert status in {401, 403, 404, 405, 502, 503}, told
        assert not any(one["cccd"].encode() in body for one in PEOPLE), told
        assert "Trạm".encode() not in body, told
    elif wanted is ...:
        assert status == 200, told
    else:
        assert status == 200, told
        said = json.loads(body)
        assert (said["data"] if kind == "table" else said) == wanted, told
