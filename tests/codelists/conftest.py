"""Lists of the stories: one of two versions that Minh keeps, and the demo's administrative units."""

from datetime import UTC, date, datetime

import pytest

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
FIRST, SECOND = date(2022, 1, 1), date(2025, 7, 1)
OLD = "ma,ten,ten_en,ma_cha\nA,Nhóm một,Group one,\n01,Một,One,A\n02,Hai,Two,A\n03,Ba,Three,A\n04,Bốn,Four,\n"
NEW = (
    "ma,ten,ten_en,ma_cha,ma_cu,ghi chú\nA,Nhóm một,Group one,,,\n12,Một và hai,,A,01;02,gộp\n"
    "03,Ba mới,Three,A,,\n41,Bốn a,,,04,\n42,Bốn b,,,04,\n"
)


@pytest.fixture
def declare(province, minh):
    """Declare a list of the lead agency."""
    from nganam.codelists import operations

    def deed(code="loai", **values):
        said = {"agency": "CT-SKHCN", "title": "Loại hồ sơ", "kind": "local"} | values
        return operations.declare_list(actor=minh, at=AT, code=code, **said)

    return deed


@pytest.fixture
def bring(minh):
    """Import a version and, unless told otherwise, publish it."""
    from nganam.codelists import operations

    def deed(content, day=FIRST, *, code="loai", publish=True, actor=minh, name="loai.csv", **values):
        content = content if isinstance(content, bytes) else content.encode()
        draft = operations.import_version(
            actor=actor, at=AT, code=code, content=content, name=name, valid_from=day, **values
        )
        return operations.publish_version(actor=actor, at=AT, version=draft) if publish else draft

    return deed


@pytest.fixture
def kinds(declare, bring):
    """A list whose two versions merge 01 and 02, rename 03 and split 04."""
    made = declare()
    bring(OLD, paper="QĐ 1/QĐ-UBND")
    bring(NEW, SECOND, paper="QĐ 2/QĐ-UBND")
    return made


@pytest.fixture
def units(province):
    """The demo's units and their successions, and a list that reads them."""
    from nganam.agencies.imports import import_agencies
    from nganam.codelists import operations
    from nganam.demo import facts
    from nganam.kernel.actors import system

    actor = system("demo")
    import_agencies([], (), facts.table("hanh-chinh/don_vi"), facts.table("hanh-chinh/anh_xa"), actor=actor, at=AT)
    return operations.declare_list(
        actor=actor, at=AT, agency="CT-SKHCN", code="xa-phuong", title="Đơn vị hành chính cấp xã", kind="national",
        basis="NQ 1668/NQ-UBTVQH15", keeping="communes",
    )  # fmt: skip
