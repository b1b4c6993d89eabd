"""A complete entry and the way of an edition up to where a story begins."""

from datetime import date

import pytest

VALUES = {
    "name": "Cơ sở khám chữa bệnh",
    "purpose": "Quản lý cơ sở khám, chữa bệnh trên địa bàn",
    "scope": "Toàn thành phố",
    "content": "Tên, loại, địa chỉ, giấy phép hoạt động",
    "collection": "Từ hồ sơ cấp phép",
    "updating": "Trong ngày khi có thay đổi",
    "sources": "Phần mềm cấp phép của Sở Y tế",
    "operator": "Phòng Nghiệp vụ Y",
}
ITEMS = (
    {"name": "Danh sách cơ sở", "form": "open", "audience": "Mọi tổ chức, cá nhân"},
    {"name": "Giấy phép hoạt động", "form": "default", "audience": "Cơ quan nhà nước", "ground": "common"},
    {"name": "Kết quả thanh tra", "form": "special", "audience": "Thanh tra thành phố"},
)


@pytest.fixture
def values():
    """Return the texts of a complete entry."""
    return dict(VALUES)


@pytest.fixture
def declare(province, lan, at):
    from nganam.catalogue import operations

    def make(actor=lan, items=ITEMS, **changes):
        return operations.declare_database(actor=actor, at=at, values=VALUES | changes, items=items)

    return make


@pytest.fixture
def accept(declare, lan, minh, at):
    """Return the function that brings an entry as far as accepted."""

    from nganam.catalogue import operations

    def make(database=None, **changes):
        database = database or declare(**changes)
        operations.move_database(actor=lan, at=at, database=database, transition="propose")
        return operations.move_database(actor=minh, at=at, database=database, transition="accept")

    return make


@pytest.fixture
def submit(minh, at):
    """Return the function that compiles and submits an edition of some entries."""

    from nganam.catalogue import operations

    def make(*databases, kind="databases", number="05/TTr-SKHCN"):
        edition = operations.compile_edition(
            actor=minh, at=at, kind=kind, title="Danh mục năm 2026", codes=[one.code for one in databases]
        )
        return operations.submit_edition(actor=minh, at=at, edition=edition, number=number, signed_on=date(2026, 11, 2))

    return make


@pytest.fixture
def issue(submit, khanh, minh, at):
    """Return the function that takes an edition all the way to publication."""

    from nganam.catalogue import operations

    def make(*databases, number="120/QĐ-UBND", kind="databases", when=at):
        edition = submit(*databases, kind=kind, number=number.replace("QĐ-UBND", "TTr-SKHCN"))
        edition = operations.issue_edition(
            actor=khanh, at=when, edition=edition, number=number, signed_on=date(2026, 11, 3)
        )
        for database in databases:
            database.refresh_from_db()
        return operations.publish_edition(actor=minh, at=when, edition=edition)

    return make
