"""The pages of code lists in a browser: nothing blocked, nothing inaccessible, nothing wider than the screen."""

from datetime import UTC, date, datetime

import pytest

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PUBLIC = [
    ("danh-sach", "/danh-muc-dung-chung/"),
    ("don-vi", "/danh-muc-dung-chung/don-vi-hanh-chinh/?ngay=2025-06-30&cha=94"),
    ("ma", "/danh-muc-dung-chung/xa-phuong/ma/31498/"),
    ("ma-dung-lai", "/danh-muc-dung-chung/xa-phuong/ma/31507/"),
    ("so-sanh", "/danh-muc-dung-chung/xa-phuong/so-sanh/?tu=2024-08-31&den=2024-09-01"),
    ("phien-ban", "/danh-muc-dung-chung/gioi-tinh/v/1/"),
]
LANS = [
    ("quan-ly", "/danh-muc-dung-chung/quan-ly/"),
    ("khai-bao", "/danh-muc-dung-chung/quan-ly/moi/"),
    ("giu", "/danh-muc-dung-chung/quan-ly/ma/loai-co-so/"),
    ("nhap", "/danh-muc-dung-chung/quan-ly/ma/loai-co-so/nhap/"),
    ("ban-thao", "/danh-muc-dung-chung/quan-ly/ma/loai-co-so/2/"),
    ("theo-don-vi", "/kho/dan-so/phien-ban/1/don-vi/?tu=2022-01-01&sang=2025-07-01"),
    ("bang", "/kho/dan-so/"),
]


@pytest.fixture
def lists(live, province, lan):
    """The sample's lists, a draft of Lan's, and the census of 2009 by old communes."""
    from nganam.agencies.imports import import_agencies
    from nganam.agencies.models import Agency
    from nganam.codelists import operations
    from nganam.demo import facts
    from nganam.demo.code_lists import build_code_lists
    from nganam.kernel.actors import system
    from nganam.warehouse import loading
    from nganam.warehouse import operations as warehouse

    builder = system("demo")
    Agency.objects.create(code="CT-TK", name="Thống kê thành phố Cần Thơ", kind="central", valid_from=date(2025, 7, 1))
    units, moves = facts.table("hanh-chinh/don_vi"), facts.table("hanh-chinh/anh_xa")
    import_agencies([], (), units, moves, actor=builder, at=AT)
    build_code_lists(actor=builder, at=AT)
    operations.declare_list(
        actor=lan, at=AT, agency="CT-SYT", code="loai-co-so", title="Loại cơ sở khám bệnh, chữa bệnh", kind="local"
    )
    for number, text in enumerate(
        ("ma,ten\n01,Bệnh viện\n02,Trạm y tế\n", "ma,ten,ma_cu\n1,Bệnh viện,01\n2a,Trạm,02\n2b,Điểm,02\n")
    ):
        draft = operations.import_version(
            actor=lan, at=AT, code="loai-co-so", content=text.encode(), name="loai.csv",
            valid_from=date(2024 + number, 1, 1), paper="QĐ 12/QĐ-SYT",
        )  # fmt: skip
        if not number:
            operations.publish_version(actor=lan, at=AT, version=draft)
    columns = [
        {
            "name": "ma_xa",
            "title": "Mã xã",
            "type": "commune",
            "key": True,
            "codelist": "xa-phuong",
            "codes_on": "2022-01-01",
        },
        {"name": "dan_so", "title": "Dân số năm 2009", "type": "integer", "unit": "người", "additive": True},
        {"name": "mat_do", "title": "Mật độ", "type": "decimal", "unit": "người/km²"},
    ]
    table = warehouse.declare_table(
        actor=lan, at=AT, agency="CT-SYT", code="dan-so", title="Dân số 2009 theo xã cũ", columns=columns
    )
    rows = facts.table("hanh-chinh/dan_so_2009")[1:]
    text = "ma_xa,dan_so,mat_do\n" + "".join(f"{row['ma_xa']},{row['dan_so']},1\n" for row in rows)
    started = warehouse.start_load(actor=lan, at=AT, table=table, upload=warehouse.Upload("a.csv", [text.encode()]))
    loading.run_load(actor=builder, now=lambda: AT, code=started.code)


def test_anybody_looks_codes_up(lists, look):
    for name, path in PUBLIC:
        look("phuc", path, f"danh-muc-{name}")


def test_an_officer_keeps_a_list_and_reads_a_table_in_new_units(lists, look):
    for name, path in LANS:
        look("lan", path, f"danh-muc-{name}")
