"""The JSON interface: lists, details, refusals of one shape, and its own description."""

import re
from datetime import date

import pytest
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

import scenes
import scenes_services
from nganam.kernel.digest import file_sha256
from nganam.opendata import operations as opendata
from nganam.services import revising

pytestmark = pytest.mark.django_db


@pytest.fixture
def program() -> Client:
    """Return a program that has no account."""
    return Client(headers={"accept": "*/*"})


def problem(answer, status, code):
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    said = answer.json()
    assert (said["status"], said["code"], said["type"].rpartition("#")[2]) == (status, code, code)
    assert said["title"]
    assert said["detail"]
    assert said["request_id"] == answer["X-Request-Id"]
    return said


@pytest.mark.law("S10.3", "D17.1")
def test_an_open_dataset_is_listed_and_told_with_files_that_can_be_fetched(program, province, data):
    dataset = scenes.published_dataset()
    told = program.get("/api/v1/datasets/co-so").json()
    assert program.get("/api/v1/datasets").json() == [told]
    assert (told["code"], told["publisher"], told["release"], told["rows"]) == (dataset.code, "CT-SYT", 1, 3)
    assert {one["format"] for one in told["files"]} >= {"csv", "xlsx", "json", "parquet"}
    for one in told["files"]:
        sent = b"".join(program.get(one["url"].removeprefix("http://127.0.0.1:8600")).streaming_content)
        path = data / dataset.releases.get().distributions.get(format=one["format"]).path
        assert (len(sent), one["sha256"]) == (one["bytes"], file_sha256(path))


def test_a_new_release_is_the_one_that_is_told(program, province, lan, at):
    dataset = scenes.published_dataset()
    scenes.load(dataset.table, [("00123", "Tên mới", "Trạm y tế", "11")])
    opendata.update_dataset(actor=lan, at=at, dataset=dataset)
    (told,) = program.get("/api/v1/datasets").json()
    assert (told["release"], told["rows"]) == (2, 1)
    assert all("/v/2/" in one["url"] for one in told["files"])


def test_a_list_costs_the_same_number_of_questions_however_long(program, province, django_assert_max_num_queries):
    for number in range(4):
        scenes.opened_dataset(f"bang-{number}", scenes.OPEN_COLUMNS, [("1", "Trạm", "Trạm y tế", "3")])
    with django_assert_max_num_queries(4):
        assert len(program.get("/api/v1/datasets").json()) == 4


def test_a_list_is_read_in_parts_without_loss(program, province):
    for number in range(3):
        scenes.opened_dataset(f"bang-{number}", scenes.OPEN_COLUMNS, [("1", "Trạm", "Trạm y tế", "3")])
    parts = [program.get(f"/api/v1/datasets?limit=2&offset={offset}").json() for offset in (0, 2, 4)]
    assert [len(part) for part in parts] == [2, 1, 0]
    assert {one["slug"] for part in parts for one in part} == {"bang-0", "bang-1", "bang-2"}


@pytest.mark.law("D20.2")
def test_what_is_not_public_is_not_there(program, province, minh, at):
    scenes.declared_service()
    scenes.proposed_dataset(scenes.loaded_table(code="bang-mo", columns=scenes.OPEN_COLUMNS))
    assert program.get("/api/v1/datasets").json() == []
    assert program.get("/api/v1/services").json() == []
    for address in ("datasets/co-so", "services/DV-2026-0001", "services/DV-2026-0001/openapi", "datasets/khong-co"):
        problem(program.get(f"/api/v1/{address}"), 404, "not_found")


@pytest.mark.law("D20.2")
def test_a_removed_dataset_is_gone_from_list_and_address(program, province, minh, at):
    dataset = scenes.published_dataset()
    opendata.move_dataset(actor=minh, at=at, dataset=dataset, transition="remove", reason="Có rủi ro")
    assert program.get("/api/v1/datasets").json() == []
    problem(program.get("/api/v1/datasets/co-so"), 404, "not_found")


@pytest.mark.law("S8.2c", "S13.2")
def test_the_register_tells_published_and_suspended_services(program, province, lan, at):
    service = scenes.published_service()
    (told,) = program.get("/api/v1/services").json()
    assert told == program.get(f"/api/v1/services/{service.code}").json()
    assert (told["provider"], told["fields"], told["state"]) == ("CT-SYT", scenes.FIELDS, "published")
    assert (told["version"], told["published_at"] is not None) == ("1.0", True)
    assert told["path"] == f"/r1/VN/GOV/CT-SYT/KHO/{service.code}"
    scenes_services.suspended(service)
    assert program.get(f"/api/v1/services/{service.code}").json()["state"] == "suspended"


@pytest.mark.law("D25.2")
def test_the_versions_of_a_service_are_told_with_what_they_say(program, province, lan, at):
    service = scenes.published_service()
    address = f"/api/v1/services/{service.code}/versions"
    (first,) = program.get(address).json()
    assert (first["number"], first["state"], first["kind"]) == ("1.0", "in_force", "initial")
    assert first["content"]["name"] == service.name
    assert [one["name"] for one in first["content"]["fields"]] == scenes.FIELDS
    version = scenes_services.drafted_version(service, description="Mô tả rõ hơn.")
    assert len(program.get(address).json()) == 1, "a draft is nobody's but its provider's"
    revising.apply_revision(actor=lan, at=at, revision=version)
    second, first = program.get(address).json()
    assert (second["number"], second["state"], first["state"]) == ("1.1", "in_force", "superseded")
    assert second["content"]["description"] == "Mô tả rõ hơn."
    assert first["superseded_at"] is not None
    assert program.get(f"/api/v1/services/{service.code}").json()["version"] == "1.1"
    assert "Nguyễn Thị Lan" not in program.get(address).content.decode()


@pytest.mark.law("D25.2")
def test_a_version_that_is_announced_is_told_with_its_day(program, province, lan, at):
    version = scenes_services.passed_version()
    revising.announce_revision(actor=lan, at=at, revision=version, effective_on=date(2026, 12, 31))
    ahead, first = program.get(f"/api/v1/services/{version.service.code}/versions").json()
    assert (ahead["state"], ahead["number"], ahead["effective_on"]) == ("announced", "", "2026-12-31")
    assert (first["state"], first["number"]) == ("in_force", "1.0")
    assert program.get("/api/v1/services/DV-2026-9999/versions").status_code == 404


def test_a_list_of_services_costs_the_same_however_long(program, province, django_assert_max_num_queries):
    for number in range(3):
        scenes.published_service(scenes.loaded_table(code=f"bang-{number}"))
    with django_assert_max_num_queries(4):
        assert [one["version"] for one in program.get("/api/v1/services").json()] == ["1.0"] * 3


@pytest.mark.law("S14.4")
def test_outside_services_are_told_to_everybody(program, province, minh, at):
    import scenes_outside
    from nganam.sharing.outside import external

    made = scenes_outside.listed()
    (told,) = program.get("/api/v1/outside-services?q=dang+ky&provider=BO-TC").json()
    assert told == program.get(f"/api/v1/outside-services/{made.code}").json()
    assert (told["code"], told["provider"], told["removed_at"]) == (made.code, "BO-TC", None)
    assert program.get("/api/v1/outside-services?q=dat+dai").json() == []
    external.remove_service(actor=minh, at=at, service=made, reason="Ngừng")
    assert program.get("/api/v1/outside-services").json() == []
    problem(program.get(f"/api/v1/outside-services/{made.code}"), 404, "not_found")


def test_the_audience_of_an_address_is_what_its_description_says(program):
    from addresses import patterns
    from nganam.face.doors import Audience

    told = program.get("/api/v1/openapi.json").json()["paths"]
    audiences = {}
    for route, pattern in patterns():
        if route.startswith("api/v1/"):
            audiences[re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"/{route}")] = pattern.callback.audience
    for path, deeds in told.items():
        keyed = any("security" in one for one in deeds.values())
        assert audiences[path] is (Audience.MACHINE if keyed else Audience.PUBLIC), path


@pytest.mark.law("S8.2c", "D24.3")
def test_a_service_has_a_valid_openapi_document(program, province):
    service = scenes.published_service()
    told = program.get(f"/api/v1/services/{service.code}/openapi").json()
    OpenAPIV31SpecValidator(told).validate()
    assert told["openapi"].startswith("3.1")


def test_the_interface_describes_itself_in_openapi_31(program):
    told = program.get("/api/v1/openapi.json").json()
    OpenAPIV31SpecValidator(told).validate()
    assert told["openapi"].startswith("3.1")
    addresses = {
        "datasets", "datasets/{slug}", "services", "services/{code}", "services/{code}/openapi",
        "services/{code}/versions", "agencies", "outside-services", "outside-services/{code}", "code-lists",
        *(f"code-lists/{{code}}{one}" for one in (
            "", "/versions", "/entries", "/entries/{entry}", "/entries/{entry}/successors", "/difference",
        )),
    }  # fmt: skip
    public = {
        path: [name for name, deed in deeds.items() if "security" not in deed] for path, deeds in told["paths"].items()
    }
    assert {path for path, open_ in public.items() if open_} == {f"/api/v1/{one}" for one in addresses}
    for address in addresses:
        assert public[f"/api/v1/{address}"] == ["get"], address
        refusal = "404" if "{" in address else "422"
        assert refusal in told["paths"][f"/api/v1/{address}"]["get"]["responses"], address


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("datasets?limit=0", "limit"),
        ("datasets?limit=101", "limit"),
        ("datasets?limit=mai", "limit"),
        ("services?offset=-1", "offset"),
        ("agencies?on=hom-qua", "on"),
    ],
)
def test_a_malformed_parameter_is_named(program, db, address, field):
    assert field in problem(program.get(f"/api/v1/{address}"), 422, "invalid")["fields"]


@pytest.mark.law("S2.1")
def test_agencies_are_those_of_the_day(program, province):
    def codes(day: date) -> set[str]:
        return {one["code"] for one in program.get(f"/api/v1/agencies?on={day}").json()}

    assert "ST-SYT" in codes(date(2025, 6, 30))
    assert "CT-SYT" not in codes(date(2025, 6, 30))
    assert "CT-SYT" in codes(date(2025, 7, 1))
    assert "ST-SYT" not in codes(date(2025, 7, 1))


@pytest.mark.parametrize("address", ["datasets", "services", "datasets/co-so"])
def test_the_interface_is_for_reading(program, province, address):
    assert program.post(f"/api/v1/{address}", {}).status_code == 405


def test_no_answer_carries_the_key_of_a_row_or_a_person(program, province):
    service, dataset = (
        scenes.published_service(),
        scenes.published_dataset(scenes.loaded_table(code="bang-mo", columns=scenes.OPEN_COLUMNS)),
    )
    for address in (f"services/{service.code}", f"datasets/{dataset.slug}", "agencies"):
        text = program.get(f"/api/v1/{address}").content.decode()
        assert '"id"' not in text
        assert scenes.LAN.name not in text


def test_each_form_of_the_interface_has_a_name_of_its_own():
    """Of two with one name the description would show one, and answers of the other would break it."""
    import importlib
    import pkgutil
    from collections import Counter

    from ninja import Schema

    from nganam import api

    found: list[str] = []
    for module in pkgutil.iter_modules(api.__path__, "nganam.api."):
        held = vars(importlib.import_module(module.name)).values()
        own = (one for one in held if isinstance(one, type) and issubclass(one, Schema))
        found += [one.__name__ for one in own if one.__module__ == module.name]
    assert [name for name, times in Counter(found).items() if times > 1] == []
    assert len(found) > 50
