"""An agency's own system: where it may be, what it lets be done, and a service over it by page, file and appraisal."""

import json

import pytest

import scenes
import scenes_services
import scenes_upstreams
from nganam.audit.models import Entry
from nganam.face import reaching
from nganam.kernel.actors import VISITOR
from nganam.kernel.errors import Invalid, NotAllowed, StateMoved
from nganam.services import importing, operations
from nganam.services.evidence import evidence_of
from nganam.services.models import Service, Upstream
from nganam.services.openapi import document
from nganam.services.upstreams import operations as upstreams
from nganam.services.upstreams import reading

pytestmark = pytest.mark.django_db
OPERATIONS = "GET /nguoi/*\nGET /nguoi ? ma_xa, limit\nPOST /phieu -> /gui/phieu"
FORM = {
    "title": "Hệ thống khám chữa bệnh", "endpoints": "http://localhost:9/api", "answers": "json",
    "operations": OPERATIONS,
    "columns": "id | Mã\nho_ten | Họ tên | text | cá nhân", "credential_header": "X-API-Key", "timeout_seconds": 15,
    "concurrent": 64, "failures": 5, "headers": "X-Don-Vi: {consumer}",
}  # fmt: skip


@pytest.fixture
def allowed(settings, province):
    settings.NGANAM_UPSTREAM_NETWORKS = "127.0.0.0/8, ::1/128"


@pytest.fixture
def browse(client, allowed):
    def enter(username):
        client.logout()
        assert client.login(username=username, password=scenes.PASSWORD)
        return client

    return enter


# -- where it may be --


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/", "https://localhost/", "https://10.1.2.3/", "https://192.168.1.1/", "https://172.16.0.1/",
        "https://169.254.169.254/latest", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1]/",
        "https://[fc00::1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://0.0.0.0/", "https://0/",
        "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/", "https://100.64.0.1/",
        "https://224.0.0.1/", "https://255.255.255.255/", "https://[ff02::1]/", "https://198.18.0.1/", "https://192.0.2.1/",
    ],
)  # fmt: skip
def test_private_and_special_addresses_are_refused(province, address):
    with pytest.raises(Invalid) as refused:
        scenes_upstreams.upstream(endpoints=[address])
    assert "endpoints" in refused.value.fields
    assert not Upstream.objects.exists()


@pytest.mark.parametrize("address", ["https://169.254.169.254/", "https://[fe80::1]/", "https://0.0.0.0/"])
def test_the_machines_own_addresses_are_never_allowed(province, settings, address):
    settings.NGANAM_UPSTREAM_NETWORKS = "0.0.0.0/0, ::/0"
    with pytest.raises(Invalid):
        scenes_upstreams.upstream(endpoints=[address])


@pytest.mark.parametrize(
    "address",
    [
        "ftp://localhost/", "https://u:p@localhost/", "https://localhost/?key=1", "https://localhost/#x", "https://",
        "https://localhost:0/", "https://localhost:99999/", "https://localhost/a/../b", "https://localhost/%2e%2e",
        "localhost", "https://ten-khong-co.invalid/", "https://a b/", "http://1.1.1.1/",
    ],
)  # fmt: skip
def test_an_address_that_says_more_or_less_than_a_place_is_refused(allowed, address):
    with pytest.raises(Invalid) as refused:
        scenes_upstreams.upstream(endpoints=[address])
    assert refused.value.fields["endpoints"]


def test_one_refused_address_of_a_name_refuses_the_name(allowed, monkeypatch):
    monkeypatch.setattr(reaching, "resolve", lambda _host, _port: ["203.0.114.5", "192.168.7.7"])
    with pytest.raises(Invalid, match=r"192\.168\.7\.7"):
        scenes_upstreams.upstream(endpoints=["https://api.example.vn"])


def test_a_name_that_comes_to_mean_a_private_address_is_called_no_more(allowed, monkeypatch, data):
    """DNS rebinding: the gateway connects to addresses that were checked, and asks no name server itself."""
    from nganam.lgsp import queries

    meaning = ["9.9.9.9"]
    monkeypatch.setattr(reaching, "resolve", lambda _host, _port: list(meaning))
    service = scenes_upstreams.published(endpoints=["https://api.example.vn:8443/v1"], credential_header="")

    def called():
        told = next(one for one in queries.decided_gateway(scenes.AT).services if one.code == service.code)
        return [(one.address, one.port, one.host) for one in told.upstream.endpoints]

    queries.keys.ensure_key(actor=scenes.MINH, at=scenes.AT)
    assert called() == [("9.9.9.9", 8443, "api.example.vn")]
    meaning[:] = ["10.0.0.5"]
    assert called() == [("9.9.9.9", 8443, "api.example.vn")]
    assert upstreams.look_up_again(at=scenes.AT) == [service.upstream.code]
    assert called() == []
    meaning[:] = ["9.9.9.10"]
    upstreams.look_up_again(at=scenes.AT)
    assert called() == [("9.9.9.10", 8443, "api.example.vn")]
    assert upstreams.look_up_again(at=scenes.AT) == []

    def silent(_host, _port):
        raise OSError("no name server")

    monkeypatch.setattr(reaching, "resolve", silent)
    upstreams.look_up_again(at=scenes.AT)
    assert called() == [("9.9.9.10", 8443, "api.example.vn")]


def test_a_network_the_operator_no_longer_allows_is_called_no_more(allowed, settings, data):
    from nganam.lgsp import queries

    service = scenes_upstreams.published(credential_header="")
    queries.keys.ensure_key(actor=scenes.MINH, at=scenes.AT)
    settings.NGANAM_UPSTREAM_NETWORKS = ""
    told = next(one for one in queries.decided_gateway(scenes.AT).services if one.code == service.code)
    assert told.upstream.endpoints == ()


# -- what it lets be done --


@pytest.mark.parametrize(
    "line",
    [
        "TRACE /a",
        "GET a",
        "GET /a/../b",
        "GET /**/a",
        "GET /a//b",
        "GET /a*",
        "GET /*/x -> /y",
        "GET",
        "GET /a;b",
        "GET /%2e",
    ],
)
def test_an_operation_the_gateway_cannot_route_is_refused(line):
    with pytest.raises(ValueError, match=r".+"):
        reading.read_operations(line)


def test_lines_are_read_and_written_alike():
    assert reading.write_operations(reading.read_operations(OPERATIONS)) == OPERATIONS
    text = "id | Mã | integer\ndia_chi.thon | Thôn | text | cá nhân"
    assert reading.write_columns(reading.read_columns(text)) == text


@pytest.mark.parametrize(
    "line", ["Host: x", "Cookie: a", "X-LGSP-Gate: a", "Transfer-Encoding: chunked", "a b: c", ":x"]
)
def test_a_header_of_the_connection_or_the_gateway_is_not_set(line):
    with pytest.raises(ValueError, match=r".+"):
        reading.read_headers(line)


PAGE = {"$ref": "#/components/schemas/Page"}
DOCUMENT = {
    "openapi": "3.0.3",
    "paths": {
        "/patients": {
            "parameters": [{"$ref": "#/components/parameters/commune"}],
            "get": {"summary": "Danh sách", "responses": {"200": {"content": {"application/json": {"schema": PAGE}}}}},
            "post": {"responses": {"201": {"description": "ok"}}},
        },
        "/patients/{id}": {
            "get": {"parameters": [{"name": "id", "in": "path"}], "responses": {"200": {"description": "x"}}},
        },
    },
    "components": {
        "parameters": {"commune": {"name": "commune", "in": "query"}},
        "schemas": {
            "Page": {"type": "object", "properties": {
                "total": {"type": "integer"},
                "items": {"type": "array", "items": {"$ref": "#/components/schemas/Patient"}},
            }},
            "Patient": {"type": "object", "properties": {
                "id": {"type": "integer"}, "name": {"type": "string", "description": "Họ tên", "x-personal": True},
                "born": {"type": "string", "format": "date"},
                "address": {"type": "object", "properties": {"hamlet": {"type": "string"}}},
            }},
        },
    },
}  # fmt: skip


def test_an_openapi_document_says_operations_items_and_where_records_are():
    found = reading.read_document(json.dumps(DOCUMENT).encode())
    assert [reading.write_operation(one) for one in found["operations"]] == [
        "GET /patients ? commune", "POST /patients ? commune", "GET /patients/* ? ",
    ]  # fmt: skip
    assert (found["records"], found["envelope"]) == ("items", ["total"])
    assert [(one["name"], one["type"], one["personal"]) for one in found["columns"]] == [
        ("id", "integer", False), ("name", "text", True), ("born", "date", False), ("address.hamlet", "text", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"openapi": "2.0"}',
        b'{"openapi": "3.0.0", "paths": {}}',
        b"x" * 2_000_001,
        b"\xff",
        b"&a [*a, *a]",
    ],
)
def test_another_document_is_refused(content):
    with pytest.raises(ValueError, match=r".+"):
        reading.read_document(content)


# -- who, and by which door --


def test_a_system_is_its_agencys_own(allowed):
    found = scenes_upstreams.upstream()
    with pytest.raises(NotAllowed):
        upstreams.edit_upstream(actor=scenes.PHUC, at=scenes.AT, upstream=found, values={"title": "x"})
    with pytest.raises(NotAllowed):
        upstreams.declare_upstream(actor=VISITOR, at=scenes.AT, values=scenes_upstreams.VALUES)
    with pytest.raises(NotAllowed):
        operations.declare_service(
            actor=scenes.PHUC, at=scenes.AT, source=found, field_names=["id"], values=scenes.DESCRIPTION
        )
    assert set(Entry.objects.values_list("action", flat=True)) >= {"services.upstream.declared"}


def test_of_two_who_edit_at_once_the_other_learns_of_it(allowed):
    scenes_upstreams.upstream()
    mine, yours = Upstream.objects.get(), Upstream.objects.get()
    upstreams.edit_upstream(actor=scenes.LAN, at=scenes.AT, upstream=mine, values={"timeout_seconds": 3})
    with pytest.raises(StateMoved):
        upstreams.edit_upstream(actor=scenes.LAN, at=scenes.AT, upstream=yours, values={"timeout_seconds": 4})


def test_a_service_is_declared_over_it_by_page(browse):
    lan = browse("lan")
    refused = lan.post("/he-thong/khai-bao/", FORM | {"endpoints": "https://10.0.0.1/"})
    assert refused.status_code == 422
    assert "10.0.0.1 là địa chỉ riêng" in refused.content.decode()
    made = lan.post("/he-thong/khai-bao/", FORM)
    assert made.status_code == 302, made.content.decode()
    page = lan.get(made["Location"]).content.decode()
    assert "127.0.0.1" in page
    assert "POST /phieu -&gt; /gui/phieu" in page
    code = Upstream.objects.get().code
    form = lan.get(f"/dich-vu/khai-bao/?he-thong={code}").content.decode()
    assert "lookup_columns" not in form
    sent = {
        **scenes.DESCRIPTION, "fields_offered": ["id", "ho_ten"], "usage_term_days": "", "no_data": "404",
        "not_permitted": "403", "operations": ["GET /nguoi/*", "POST /phieu -> /gui/phieu"],
    }  # fmt: skip
    declared = lan.post(f"/dich-vu/khai-bao/?he-thong={code}", sent)
    assert declared.status_code == 302, declared.content.decode()
    service = Service.objects.get()
    assert (service.upstream.code, service.table, service.subsystem) == (code, None, "HT")
    assert [one["path"] for one in service.operations] == ["/nguoi/*", "/phieu"]
    assert "GET /nguoi/*" in lan.get(declared["Location"]).content.decode()
    edited = lan.post(f"{declared['Location']}sua/", sent | {"operations": ["GET /nguoi/*"]})
    assert edited.status_code == 302
    assert len(Service.objects.get().operations) == 1
    assert lan.post(f"/he-thong/{code}/sua/", FORM | {"timeout_seconds": 7}).status_code == 302
    phuc = browse("phuc")
    for address in (f"/he-thong/{code}/", f"/he-thong/{code}/sua/", f"/he-thong/{code}/khoa/"):
        assert phuc.get(address).status_code == 404
    assert browse("minh").get(f"/he-thong/{code}/").status_code == 200


def test_the_page_takes_no_internal_address_in_any_spelling(browse, settings):
    """SSRF by settings: neither a new system nor a changed one leads the gateway into the machine's own networks."""
    lan = browse("lan")
    assert lan.post("/he-thong/khai-bao/", FORM).status_code == 302
    settings.NGANAM_UPSTREAM_NETWORKS = ""
    kept = Upstream.objects.get()
    for address in (
        "https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://[::ffff:10.0.0.1]/", "https://0/",
        "https://169.254.169.254/latest/meta-data/", "https://localhost:8600/", "https://u@10.0.0.1/", "file:///etc/",
        "https://10.0.0.1\nhttps://1.1.1.1/", "unix:/admin.sock", "https://metadata.google.internal/",
    ):  # fmt: skip
        for page in ("/he-thong/khai-bao/", f"/he-thong/{kept.code}/sua/"):
            refused = lan.post(page, FORM | {"endpoints": address})
            assert refused.status_code == 422, (page, address)
    assert [(one.endpoints, one.version) for one in Upstream.objects.all()] == [(kept.endpoints, kept.version)]


def test_its_credential_is_given_and_never_shown(browse, data):
    found = scenes_upstreams.upstream()
    lan = browse("lan")
    page = f"/he-thong/{found.code}/khoa/"
    assert lan.post(page, {"value": "a\nb"}).status_code == 422
    assert lan.post(page, {"value": "bi-mat-dac-biet"}).status_code == 302
    for address in (page, f"/he-thong/{found.code}/", f"/he-thong/{found.code}/sua/"):
        assert "bi-mat-dac-biet" not in lan.get(address).content.decode()
    assert not [one for one in Entry.objects.all() if "bi-mat-dac-biet" in json.dumps(one.details)]
    assert "bi-mat-dac-biet" not in json.dumps(list(Upstream.objects.values()), default=str)
    file = data / "gateway" / "secrets" / f"{found.code}.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "bi-mat-dac-biet" in file.read_text()


def test_a_spreadsheet_may_name_a_system(allowed):
    found = scenes_upstreams.upstream()
    row = scenes_services.SPREADSHEET_ROW | {"table": found.code, "fields": "id; ho_ten", "lookup_columns": ""}
    columns = (*scenes_services.SPREADSHEET_ROW, "operations")
    good = scenes_services.workbook(row | {"operations": "GET /nguoi/*; POST /phieu"}, columns=columns)
    sent = importing.upload(actor=scenes.LAN, at=scenes.AT, name="dv.xlsx", stream=good)
    made = importing.draft_all(actor=scenes.LAN, at=scenes.AT, found=sent)
    assert [one["method"] for one in made[0].operations] == ["GET", "POST"]
    bad = scenes_services.workbook(row | {"operations": "PUT /nguoi", "name": "Khác"}, columns=columns)
    sent = importing.upload(actor=scenes.LAN, at=scenes.AT, name="dv2.xlsx", stream=bad)
    assert "PUT /nguoi" in importing.checked(sent, actor=scenes.LAN, at=scenes.AT)[0].faults[0].text


def test_it_is_appraised_and_published_like_any_other(allowed):
    service = scenes_upstreams.declared(answers="whole", operations=["POST /phieu"])
    told = {fact.text for fact in evidence_of(service)["gateway"]}
    assert any("Có thao tác ghi: POST /phieu" in one for one in told)
    assert any("chuyển nguyên" in one for one in told)
    assert any("Chưa đặt khóa" in one for one in told)
    done = scenes_services.published(service)
    assert done.state == "published"
    paths = document(done, gateway_url="http://g", token_url="http://t", instance="VN")["paths"]
    assert list(paths) == ["/phieu"]
    assert list(paths["/phieu"]) == ["post"]


def test_a_table_has_no_operations_and_a_system_must_have_some(allowed):
    for source, chosen in (
        (scenes.loaded_table(), [{"method": "GET", "path": "/"}]),
        (scenes_upstreams.upstream(), []),
    ):
        fields = scenes.FIELDS if hasattr(source, "shape") else ["id"]
        with pytest.raises(Invalid) as refused:
            operations.declare_service(
                actor=scenes.LAN,
                at=scenes.AT,
                source=source,
                field_names=fields,
                values=scenes.DESCRIPTION | {"operations": chosen, "lookup_columns": [], "filter_columns": []},
            )
        assert "operations" in refused.value.fields


def test_the_public_page_and_its_document_tell_the_operations(browse):
    service = scenes_upstreams.published(credential_header="")
    page = browse("phuc").get(f"/dich-vu/{service.code}/")
    assert page.status_code == 200
    assert f"{service.code}/nguoi/{{p1}}" in page.content.decode()
