"""A map program reads a service as a layer through the gateway: with a token, or without one where data are open."""

import http.client
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from owslib.ogcapi import REQUEST_HEADERS
from owslib.ogcapi.features import Features
from owslib.util import Authentication

from gateway_rig import OPEN, SCHOOL, SLOW, Stack, address, data_plane, decided, free_port, new_key, wait_for
from nganam.kernel.opened import ANONYMOUS, open_twin_of
from nganam.lgsp.envoy.decided import Listen, OpenTier
from nganam.serving.snapshot import Field, Grant, Service, Snapshot, write_snapshot
from nganam.warehouse.engine import contract, replica

pytestmark = pytest.mark.slow
COLUMNS = [{"name": "ma", "key": True}, {"name": "ten"}, {"name": "kinh_do", "type": "decimal"},
           {"name": "vi_do", "type": "decimal"}]  # fmt: skip
SHAPE = contract.from_list(COLUMNS)
MANY = 2_500


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory, mint) -> Iterator[Stack]:
    data = tmp_path_factory.mktemp("layer")
    listen = Listen(port=free_port(), serving_port=free_port(), tls_port=free_port())
    rows = [
        {"ma": f"{n:05d}/TYT", "ten": f"Trạm {n}", "kinh_do": 105.5 + n / 10_000, "vi_do": 9.5} for n in range(MANY)
    ]
    batch = pa.RecordBatch.from_pylist(rows, schema=SHAPE.schema())
    replica.build(data / "replicas" / "tram", SHAPE, 1, [batch], as_of=datetime(2026, 11, 24, tzinfo=UTC))
    fields = tuple(Field(one.name, one.type) for one in SHAPE.columns)
    served = {
        code: Service(address(code)[4:], "tram", fields, ("ma",), ("ten",), title="Trạm y tế") for code in (OPEN, SLOW)
    }
    grants = {
        SCHOOL: {code: Grant("TK-2026-0001", SHAPE.names) for code in served},
        ANONYMOUS: {open_twin_of(SLOW): Grant("TM-2026-0001", ("ma", "kinh_do", "vi_do"))},
    }
    twin = {open_twin_of(SLOW): replace_fields(served[SLOW])}
    told = Snapshot(
        1, datetime(2026, 11, 24, tzinfo=UTC), served | twin, grants, gateway=f"http://127.0.0.1:{listen.port}"
    )  # fmt: skip
    (data / "serving").mkdir()
    (data / "serving" / "snapshot.json").write_bytes(write_snapshot(told))
    tier = {"open_tiers": (OpenTier(SLOW, 600, 600, 600),), "open_keys": (new_key("mo1").as_dict(private=False),)}
    with data_plane(data, decided(data, mint, listen, **tier)) as running:
        yield running


def replace_fields(service: Service) -> Service:
    open_ = tuple(one for one in service.fields if one.name != "ten")
    return Service(service.path, service.table, open_, service.lookup, (), title=service.title)


def client(layer: Stack, service: str, token: str = "") -> Features:
    REQUEST_HEADERS.pop("Authorization", None)  # the library keeps a client's headers for the next one
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    at = f"http://127.0.0.1:{layer.listen.port}{address(service, '/$features')}"
    return Features(at, headers=headers, auth=Authentication())


@pytest.mark.law("S12", "S14")
def test_a_map_program_reads_all_of_a_layer_page_by_page(layer, mint):
    reader = client(layer, OPEN, mint.token())
    assert reader.feature_collections() == [OPEN]
    assert reader.conformance()["conformsTo"][0].endswith("/conf/core")
    assert reader.collection(OPEN)["extent"]["spatial"]["bbox"] == [[105.5, 9.5, 105.7499, 9.5]]
    assert f"/collections/{OPEN}/items" in reader.api()["paths"]
    page, found = reader.collection_items(OPEN, limit=1000), []
    assert (page["numberMatched"], page["numberReturned"]) == (MANY, 1000)
    while True:
        found += [one["properties"]["ma"] for one in page["features"]]
        following = [one["href"] for one in page["links"] if one["rel"] == "next"]
        if not following:
            break
        page = layer.ask(following[0].partition(str(layer.listen.port))[2], mint.token()).json
    assert found == [f"{n:05d}/TYT" for n in range(MANY)]
    boxed = reader.collection_items(OPEN, bbox=[105.5, 9, 105.50055, 10])
    assert [one["properties"]["ten"] for one in boxed["features"]] == [f"Trạm {n}" for n in range(6)]
    one = reader.collection_item(OPEN, boxed["features"][5]["id"])
    assert (one["properties"]["ma"], one["geometry"]["type"]) == ("00005/TYT", "Point")


@pytest.mark.law("D35.3")
def test_without_the_right_there_is_no_layer(layer, mint):
    for rest in ("/$features", "/$features/collections", f"/$features/collections/{OPEN}/items", "/%24features/api"):
        assert layer.ask(address(OPEN, rest)).status == 401
        assert layer.ask(address(OPEN, rest), mint.token(svc=[SLOW])).json["code"] == "not_granted"
        assert layer.ask(address(OPEN, rest), mint.token()).status == 200
    assert layer.ask(address(OPEN, "/$features"), mint.token(), method="POST").status == 405


def test_an_open_layer_is_read_without_a_token_in_open_fields_also_from_a_page_elsewhere(layer):
    reader = client(layer, SLOW)
    page = reader.collection_items(SLOW, limit=2)
    assert [sorted(one["properties"]) for one in page["features"]] == [["kinh_do", "ma", "vi_do"]] * 2
    with closing(http.client.HTTPConnection("127.0.0.1", layer.listen.port, timeout=10)) as link:
        link.request(
            "GET", address(SLOW, f"/$features/collections/{SLOW}/items?limit=1"), headers={"Origin": "https://a.vn"}
        )
        answer = link.getresponse()
        answer.read()
    assert answer.getheader("access-control-allow-origin") == "*"
    assert answer.getheader("content-type") == "application/geo+json"


def test_the_log_keeps_the_whole_question(layer, mint):
    reply = layer.ask(address(OPEN, f"/$features/collections/{OPEN}/items?bbox=105,9,106,10&limit=7"), mint.token())
    assert reply.headers["x-lgsp-records"] == "7"
    asked = reply.headers["x-request-id"]
    line = wait_for(
        lambda: next((one for one in layer.log_lines() if one.get("xRequestId") == asked), None)
    )  # fmt: skip
    assert line["restPath"].endswith(f"/$features/collections/{OPEN}/items?bbox=105,9,106,10&limit=7")
    assert (line["records"], line["fields"], line["version"]) == ("7", "4", "1")
