"""A coded column is checked against its list as in force on the row's day, and told what a code has become."""

from datetime import date, timedelta

import pytest

from nganam.kernel.actors import Actor, Kind, Role, system
from nganam.kernel.errors import Invalid
from nganam.warehouse.engine.contract import from_list

pytestmark = pytest.mark.django_db
LAN = Actor(Kind.PERSON, "lan", "Lan", "CT-SYT", frozenset({Role.FOCAL}))
BUILDER = system("demo")
COLUMNS = [
    {"name": "so", "title": "Số", "key": True},
    {"name": "ma_xa", "title": "Mã xã", "type": "commune", "codelist": "xa-phuong", "codes_on": "ngay"},
    {"name": "ngay", "title": "Ngày", "type": "date"},
    {"name": "loai", "title": "Loại", "codelist": "loai"},
]
HEAD = "so,ma_xa,ngay,loai\n"


@pytest.fixture
def lists(province):
    """Lan's list of kinds in two versions, and the communes read from the demo's units."""
    from django.utils import timezone

    from nganam.agencies.imports import import_agencies
    from nganam.codelists import operations
    from nganam.demo import facts

    at = timezone.now()
    units, moves = facts.table("hanh-chinh/don_vi"), facts.table("hanh-chinh/anh_xa")
    import_agencies([], (), units, moves, actor=BUILDER, at=at)
    said = {"actor": BUILDER, "at": at, "agency": "CT-SYT"}
    operations.declare_list(**said, code="xa-phuong", title="Cấp xã", kind="national", basis="NQ", keeping="communes")
    operations.declare_list(**said, code="loai", title="Loại", kind="local")
    for day, text in (
        ("2022-01-01", "ma,ten\n01,Một\n02,Hai\n"),
        ("2026-01-01", "ma,ten,ma_cu\n01,Một,\n2a,A,02\n2b,B,02\n"),
    ):
        draft = operations.import_version(
            actor=BUILDER,
            at=at,
            code="loai",
            content=text.encode(),
            name="loai.csv",
            valid_from=date.fromisoformat(day),
        )
        operations.publish_version(actor=BUILDER, at=at, version=draft)


@pytest.fixture
def load(lists, at):
    from nganam.warehouse import loading, operations

    table = operations.declare_table(actor=LAN, at=at, agency="CT-SYT", code="phieu", title="Phiếu", columns=COLUMNS)

    def run(text):
        upload = operations.Upload("phieu.csv", [(HEAD + text).encode()])
        started = operations.start_load(actor=LAN, at=at, table=table, upload=upload)
        return loading.run_load(actor=BUILDER, now=lambda: at + timedelta(seconds=3), code=started.code)

    return run


def told(load):
    return {one.line: [flaw["text"] for flaw in one.told] for one in load.rejected_rows.all()}


@pytest.mark.law("D34.1")
def test_a_code_not_in_force_on_the_rows_day_is_rejected_and_its_successor_named(load):
    done = load(
        "1,31498,30/06/2025,01\n"
        "2,31498,01/07/2025,01\n"
        "3,31507,01/07/2025,01\n"
        "4,31498,,01\n"
        "5,99999,01/07/2025,01\n"
        "6,31510,01/01/1990,01\n"
        "7,31507,02/07/2025,02\n"
        "8,31507,02/07/2025,1\n"
        "9,,02/07/2025,2a\n"
    )
    moved = "Mã 31498 của danh mục “Cấp xã” hết hiệu lực từ 01/07/2025, nay là 31507"
    assert told(done) == {
        3: [moved],
        5: [moved],
        6: ["Mã 99999 không có trong danh mục “Cấp xã” ngày 01/07/2025"],
        7: ["Danh mục “Cấp xã” chưa có phiên bản nào cho ngày 01/01/1990"],
        8: ["Mã 02 của danh mục “Loại” hết hiệu lực từ 01/01/2026, nay là 2a, 2b"],
        9: ["Mã 1 không có trong danh mục “Loại” ngày 03/11/2026"],
    }
    assert (done.accepted, done.rejected, done.by_reason) == (3, 6, {"codelist": 6})
    assert done.reasons == [("Mã không có hiệu lực trong danh mục dùng chung", 6)]
    assert [(one["list"], one["on"], one["version"]) for one in done.found["codelists"]] == [
        ("xa-phuong", "ngay", None), ("loai", "2026-11-03", 2),
    ]  # fmt: skip


def test_a_fixed_day_and_an_instant_say_of_which_day_codes_are(lists, at):
    from nganam.warehouse import loading, operations

    columns = [
        {"name": "so", "key": True},
        {"name": "cu", "codelist": "xa-phuong", "codes_on": "2025-06-30"},
        {"name": "luc", "type": "datetime"},
        {"name": "moi", "codelist": "xa-phuong", "codes_on": "luc"},
    ]
    table = operations.declare_table(
        actor=LAN, at=at, agency="CT-SYT", code="hai-ngay", title="Hai ngày", columns=columns
    )
    # Midnight in Việt Nam is still the day before in UTC.
    text = "so,cu,luc,moi\n1,31498,2025-06-30T17:00:00Z,31498\n2,31498,2025-06-30T16:59:59Z,31498\n3,31120,,31507\n"
    started = operations.start_load(actor=LAN, at=at, table=table, upload=operations.Upload("a.csv", [text.encode()]))
    done = loading.run_load(actor=BUILDER, now=lambda: at, code=started.code)
    words = told(done)
    assert done.accepted == 1
    assert words[2] == ["Mã 31498 của danh mục “Cấp xã” hết hiệu lực từ 01/07/2025, nay là 31507"]
    assert words[4] == ["Mã 31120 của danh mục “Cấp xã” chỉ có hiệu lực từ 01/07/2025; dòng này tính ngày 30/06/2025"]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ({"codelist": "loai", "type": "integer"}, "chỉ cột kiểu chữ"),
        ({"codes_on": "2025-01-01"}, "mà không nêu danh mục"),
        ({"codelist": "loai", "codes_on": "hom-qua"}, "không phải cột ngày của bảng"),
        ({"additive": True}, "chỉ cột số được khai là cộng được"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(column, words):
    with pytest.raises(Invalid) as error:
        from_list([{"name": "a", **column}])
    assert words in " ".join(error.value.fields["columns"])


def test_a_table_names_only_lists_that_are_published(province, at):
    from nganam.warehouse import operations

    with pytest.raises(Invalid) as error:
        operations.declare_table(
            actor=LAN, at=at, agency="CT-SYT", code="x", title="X", columns=[{"name": "a", "codelist": "khong-co"}]
        )
    assert "khong-co" in " ".join(error.value.fields["columns"])


def test_made_up_rows_hold_codes_in_force(lists, at):
    from nganam.warehouse import operations, sandbox

    table = operations.declare_table(actor=LAN, at=at, agency="CT-SYT", code="thu", title="Thử", columns=COLUMNS)
    assert sandbox.ensure_copy(table, at=at)
    found = {code for (code,) in sandbox.examples(table, ["loai"], most=50)} - {None}
    assert found
    assert found <= {"01", "2a", "2b"}


def test_the_table_and_the_service_name_and_link_the_list(load, client, at):
    from nganam.accounts.models import Person
    from nganam.services.models import Service
    from nganam.warehouse.models import Table

    client.force_login(Person.objects.get(username="lan"))
    page = client.get("/kho/phieu/").content.decode()
    assert 'href="/danh-muc-dung-chung/loai/"' in page
    assert Service(table=Table.objects.get(code="phieu")).code_lists == {"ma_xa": "xa-phuong", "loai": "loai"}
    done = load("1,31507,02/07/2025,01\n")
    assert "Đối chiếu danh mục dùng chung" in client.get(done.get_absolute_url()).content.decode()


def test_the_openapi_document_of_a_service_names_the_list(province, at):
    import scenes
    from nganam.codelists import operations
    from nganam.services.openapi import document

    service = scenes.published_service()
    operations.declare_list(actor=BUILDER, at=at, agency="CT-SYT", code="loai", title="Loại", kind="local")
    name = service.fields.first().name
    next(one for one in service.table.contract["columns"] if one["name"] == name)["codelist"] = "loai"
    told = document(service, gateway_url="https://lgsp.invalid", token_url="", instance="CT")
    item = told["components"]["schemas"]["Record"]["properties"][name]
    assert item["x-code-list"] == "loai"
    assert item["externalDocs"]["url"].endswith("/danh-muc-dung-chung/loai/")
