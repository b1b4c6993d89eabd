"""X-Road's questions about the exchange, answered by the data server from its snapshot alone."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from nganam.kernel.hours import read_hours
from nganam.serving.metaservices import OPENAPI, MetaRefused, answer
from nganam.serving.snapshot import Grant, Listed, Member, Snapshot

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ENDPOINTS = (("GET", "/"), ("GET", "/*"))
OF_THREE = (("GET", "/nguoi/*"), ("POST", "/phieu"), ("DELETE", "/nguoi/*"))
SNAPSHOT = Snapshot(
    1, NOW, {},
    {
        "CT-X31507/MCDT": {
            "DV-2": Grant("TK-1", ("a",)), "DV-3": Grant("TK-2", ("a",), until=NOW),
            "DV-5": Grant("TK-3", (), operations=("DV-5:2",)),
            "DV-6": Grant("TK-4", ("a",), hours=read_hours("T2 07:30-17:30")),
        },
    },
    listed=(
        Listed("DV-1", "CT-SYT", "KHO", ENDPOINTS), Listed("DV-2", "CT-SYT", "KHO", ENDPOINTS),
        Listed("DV-3", "CT-SYT", "KHO"), Listed("DV-4", "CT-SGDDT", "KHO"),
        Listed("DV-5", "CT-SGDDT", "HT", OF_THREE, tuple((*one, f"DV-5:{n}") for n, one in enumerate(OF_THREE, 1))),
        Listed("DV-6", "CT-SGDDT", "HT", ENDPOINTS),
    ),
    members=(Member("CT-SYT", "Sở Y tế", ("KHO",)), Member("CT-SGDDT", "Sở GDĐT", ("HT",)),
        Member("CT-X31507", "UBND Phường 5", ("MCDT",))),
)  # fmt: skip


@pytest.fixture
def ask(tmp_path):
    (tmp_path / OPENAPI).mkdir()
    (tmp_path / OPENAPI / "DV-1.json").write_text('{"openapi": "3.1.0"}')
    (tmp_path / "secret.json").write_text("{}")

    def asked(path, query=b"", consumer="CT-X31507/MCDT", at=NOW):
        return json.loads(answer(SNAPSHOT, consumer, f"/.meta/{path}".encode(), query, at=at, folder=tmp_path))

    return asked


def codes(body):
    return [one["service_code"] for one in body["service"]]


def test_members_and_subsystems_are_listed_in_x_roads_form(ask):
    member = ask("listClients")["member"]
    assert member[0] == {
        "id": {"member_class": "GOV", "member_code": "CT-SYT", "xroad_instance": "VN", "object_type": "MEMBER"},
        "name": "Sở Y tế",
    }
    subsystems = [one["id"]["subsystem_code"] for one in member if one["id"]["object_type"] == "SUBSYSTEM"]
    assert subsystems == ["KHO", "HT", "MCDT"]


def test_methods_of_a_subsystem_and_of_no_other(ask):
    body = ask("listMethods/CT-SYT/KHO")
    assert codes(body) == ["DV-1", "DV-2", "DV-3"]
    assert body["service"][0] == {
        "member_class": "GOV", "member_code": "CT-SYT", "object_type": "SERVICE", "service_code": "DV-1",
        "service_type": "OPENAPI", "subsystem_code": "KHO", "xroad_instance": "VN",
        "endpoint_list": [{"method": "GET", "path": "/"}, {"method": "GET", "path": "/*"}],
    }  # fmt: skip
    assert codes(ask("listMethods/CT-X31507/MCDT")) == []


def test_only_live_grants_of_the_asking_one_are_allowed_methods(ask):
    assert codes(ask("allowedMethods/CT-SYT/KHO")) == ["DV-2"]
    assert codes(ask("allowedMethods/CT-SYT/KHO", at=NOW - timedelta(seconds=1))) == ["DV-2", "DV-3"]
    assert codes(ask("allowedMethods/CT-SYT/KHO", consumer="CT-KHAC/UD")) == []


def test_of_three_operations_only_the_granted_one_is_an_allowed_method(ask):
    said = {one["service_code"]: one["endpoint_list"] for one in ask("allowedMethods/CT-SGDDT/HT")["service"]}
    assert said == {"DV-5": [{"method": "POST", "path": "/phieu"}]}
    every = {one["service_code"]: one["endpoint_list"] for one in ask("listMethods/CT-SGDDT/HT")["service"]}
    assert len(every["DV-5"]) == 3


def test_outside_its_hours_nothing_is_an_allowed_method(ask):
    monday = datetime(2026, 11, 23, 1, tzinfo=UTC)  # eight in the morning in Vietnam
    assert codes(ask("allowedMethods/CT-SGDDT/HT", at=monday)) == ["DV-5", "DV-6"]
    assert codes(ask("allowedMethods/CT-SGDDT/HT", at=monday - timedelta(hours=1))) == ["DV-5"]


def test_the_document_of_a_service_is_handed_out(ask):
    assert ask("getOpenAPI/CT-SYT/KHO", b"serviceCode=DV-1") == {"openapi": "3.1.0"}


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("listMethods/CT-KHONG/KHO", b"", 404), ("listMethods/CT-SYT", b"", 404), ("deleteAll/CT-SYT/KHO", b"", 404),
        ("getOpenAPI/CT-SYT/KHO", b"", 400), ("getOpenAPI/CT-SYT/KHO", b"serviceCode=DV-4", 404),
        ("getOpenAPI/CT-SYT/KHO", b"serviceCode=DV-1&serviceCode=DV-2", 400),
        ("getOpenAPI/CT-SYT/KHO", b"serviceCode=../secret", 404), ("getOpenAPI/CT-SYT/KHO", b"serviceCode=DV-2", 500),
        ("listMethods/../KHO", b"", 404),
    ],
)  # fmt: skip
def test_refusals_have_x_roads_form(ask, path, query, status):
    with pytest.raises(MetaRefused) as refusal:
        ask(path, query)
    assert refusal.value.status == status
    body = json.loads(refusal.value.as_json("r1"))
    assert set(body) == {"type", "message", "detail", "status"}
    assert body["detail"] == "r1"
