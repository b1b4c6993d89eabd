"""With many services the routes stand in a tree: every call is answered as by the list of routes."""

import pytest

from gateway_rig import ISSUER, OPEN, PAUSED, SLOW, address, decided, wait_for
from nganam.lgsp import gateway, swapping
from nganam.lgsp.envoy import indexing
from nganam.lgsp.envoy.compiling import compile_gateway
from nganam.lgsp.envoy.decided import Service

MORE = tuple(Service(f"DV-2027-{number:04d}", "CT-SYT", "KHO", rate_per_minute=100_000) for number in range(60))
ALIKE = (
    address(OPEN, "/0007"), address(OPEN), address(OPEN, "/"), address(OPEN, "?limit=1"), address(OPEN, "/?limit=1"),
    address(f"{OPEN}0"), address(f"{OPEN}/x/y"), address("DV-2027-0059", "/1"), address("DV-2027-00590", "/1"),
    address("DV-2027-005"), address(PAUSED, "/1"), address("DV-2030-0001", "/1"), "/healthz", "/", "/r1/", "/r1",
    "/r1/VN/GOV/CT-SYT/KHO/", "/r2/VN", address(OPEN, "/a%252f"), "/%2525", address(OPEN, "/../../KHO/DV-2027-0001/1"),
    *(address(one, "/1").replace("/VN/", "/VN-THU/") for one in (OPEN, PAUSED, "DV-2027-0059", "DV-2030-0001")),
    address(OPEN).replace("/r1", "//r1"), address(OPEN).replace("GOV", "gov"), address(OPEN, "%2f1"), "/healthz/x",
)  # fmt: skip


def shapes(data, mint, listen):
    services = (*decided(data, mint, listen).services, *MORE)
    return compile_gateway(decided(data, mint, listen, services=services))


def test_few_services_are_a_list_and_many_a_tree(tmp_path, mint):
    from nganam.lgsp.envoy.decided import Listen

    few = compile_gateway(decided(tmp_path, mint, Listen()))["rds.json"]["resources"][0]["virtual_hosts"][0]
    many = shapes(tmp_path, mint, Listen())["rds.json"]["resources"][0]["virtual_hosts"][0]
    assert ("routes" in few, "matcher" in few) == (True, False)
    assert ("routes" in many, "matcher" in many) == (False, True)
    tree = many["matcher"]["matcher_tree"]["prefix_match_map"]["map"]
    assert len(tree) == 2 * 63  # each with its sandbox twin
    assert max(len(one["action"]["typed_config"]["routes"]) for one in tree.values()) < 2 + indexing.MOST_GENERAL


@pytest.mark.slow
def test_both_forms_of_routes_answer_alike(stack, mint, monkeypatch):
    folder = stack.data / "gateway"
    test = mint.token(iss=f"{ISSUER}/thu-nghiem", aud="lgsp-thu", svc=["thu-nghiem"])
    tokens = ("", test, mint.token(), mint.token(svc=[SLOW]), mint.token(svc=["DV-2027-0059", PAUSED]))

    def answers():
        return {
            (path, method, number): (reply.status, reply.json.get("code"), reply.headers.get("x-road-service"))
            for path in ALIKE
            for method in ("GET", "POST")
            for number, token in enumerate(tokens)
            for reply in [stack.ask(path, token, method)]
        }

    def put(form):
        monkeypatch.setattr(indexing, "MANY", 50 if form == "tree" else 10_000)
        files = shapes(stack.data, mint, stack.listen)
        with swapping.held(folder):
            swapping.check(files, folder)
            swapping.swap(swapping.stamped(files, 0), folder)
        version = swapping.stamped(files, 0)["rds.json"]["version_info"]
        wait_for(lambda: gateway.health(stack.data).versions.get("rds.json") == version, 5)

    put("list")
    by_list = answers()
    put("tree")
    by_tree = answers()
    assert {one: (by_list[one], by_tree[one]) for one in by_list if by_list[one] != by_tree[one]} == {}
    assert {status for status, _code, _path in by_tree.values()} >= {200, 400, 401, 403, 404, 405, 503}
