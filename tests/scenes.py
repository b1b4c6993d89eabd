"""Scenes that stories of the upper rooms begin with, each built through the real operations."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import remembered
from nganam.kernel.actors import Actor, Kind, Role, system

PASSWORD = "mat-khau-thu-nghiem-2026"
AT = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
LAN = Actor(Kind.PERSON, "lan", "Nguyễn Thị Lan", "CT-SYT", frozenset({Role.FOCAL}))
MINH = Actor(Kind.PERSON, "minh", "Trần Văn Minh", "CT-SKHCN", frozenset({Role.LEAD}))
PHUC = Actor(Kind.PERSON, "phuc", "Thạch Phúc", "CT-X31507", frozenset({Role.FOCAL}))
COLUMNS: list[dict[str, Any]] = [
    {"name": "ma_co_so", "title": "Mã cơ sở", "key": True, "required": True},
    {"name": "ten_co_so", "title": "Tên cơ sở", "required": True},
    {"name": "loai", "title": "Loại"},
    {"name": "dien_thoai", "title": "Điện thoại", "personal": True},
    {"name": "so_giuong", "title": "Số giường", "type": "integer"},
]
ROWS = [
    ("00123", "Trạm y tế Phường 5", "Trạm y tế", "0299000001", "10"),
    ("00124", "Trạm y tế Phường 7", "Trạm y tế", "0299000002", "12"),
    ("00200", "Bệnh viện Ngã Năm", "Bệnh viện", "", "250"),
]
OPEN_COLUMNS = [column for column in COLUMNS if column["name"] != "dien_thoai"]
DESCRIPTION: dict[str, Any] = {
    "name": "Tra cứu cơ sở khám chữa bệnh",
    "description": "Cung cấp thông tin cơ sở khám chữa bệnh cho các cơ quan.",
    "form": "default",
    "method": "query",
    "parameters": "Tra cứu theo mã cơ sở; lọc theo loại.",
    "technical_docs": "Tài liệu OpenAPI 3.1 của dịch vụ.",
    "structure": "JSON theo mô tả các mục tin; UTF-8.",
    "capacity": "600 cuộc gọi mỗi phút, 24/7.",
    "access_notes": "",
    "lookup_columns": ["ma_co_so"],
    "filter_columns": ["loai"],
    "rate_per_minute": 600,
    "usage_term_days": None,
}
FIELDS = ["ma_co_so", "ten_co_so", "loai", "dien_thoai"]
REQUEST: dict[str, Any] = {
    "purpose": "Xác nhận nơi khám chữa bệnh ban đầu khi tiếp nhận hồ sơ.",
    "solution": "Phần mềm một cửa gọi dịch vụ theo mã cơ sở, không lưu kết quả.",
    "fields": ["ma_co_so", "ten_co_so", "dien_thoai"],
    "frequency": "Theo từng hồ sơ phát sinh",
    "other": "",
}
WITHHELD = {"reason": "Mục đích nêu không cần các mục tin còn lại.", "legal_basis": "Khoản 1 Điều 5 Luật X"}
"""What a grant of some of the items says of the others."""
DATASET: dict[str, Any] = {
    "title": "Cơ sở khám chữa bệnh",
    "title_en": "Health facilities",
    "description": "Danh sách cơ sở khám chữa bệnh trên địa bàn.",
    "theme": "health",
    "keywords": ["y tế", "bệnh viện"],
    "frequency": "quarterly",
    "contact": "Sở Y tế, du-lieu@soyte.invalid",
    "source_note": "Sở Y tế thành phố Cần Thơ",
}


def as_csv(columns: Sequence[dict[str, Any]], rows: Sequence[Sequence[str]]) -> bytes:
    """Write rows under the columns' names."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column["name"] for column in columns])
    writer.writerows(rows)
    return out.getvalue().encode()


def table(*, code: str = "co-so-kham-chua-benh", columns: Sequence[dict[str, Any]] = COLUMNS) -> Any:
    """Declare Lan's table."""
    from nganam.warehouse import operations

    return operations.declare_table(
        actor=LAN, at=AT, agency="CT-SYT", code=code, title="Cơ sở khám chữa bệnh", columns=list(columns)
    )


def load(found: Any, rows: Sequence[Sequence[str]] = ROWS, *, at: datetime = AT) -> Any:
    """Load rows into a table and run the load to its end."""
    from nganam.warehouse import loading, operations

    content = as_csv(found.contract["columns"], rows)
    started = operations.start_load(actor=LAN, at=at, table=found, upload=operations.Upload("co-so.csv", [content]))
    return loading.run_load(actor=system("worker"), now=lambda: at + timedelta(seconds=2), code=started.code)


def load_admitted(stopped: Any, *, at: datetime = AT) -> Any:
    """Let what a load stopped for into the table, and run the load again."""
    from nganam.warehouse import loading, operations

    again = operations.admit_findings(actor=LAN, at=at, load=stopped, reason="Đã xem, không phải tài liệu mật.")
    return loading.run_load(actor=system("worker"), now=lambda: at + timedelta(seconds=4), code=again.code)


@remembered.scene
def loaded_table(**values: Any) -> Any:
    """Declare Lan's table and load its three rows."""
    found = table(**values)
    names = [column["name"] for column in found.contract["columns"]]
    every = [column["name"] for column in COLUMNS]
    load(found, [[row[every.index(name)] for name in names] for row in ROWS])
    return found


@remembered.scene
def declared_service(found: Any = None, **changes: Any) -> Any:
    """Declare a service over Lan's loaded table."""
    from nganam.services import operations

    return operations.declare_service(
        actor=LAN, at=AT, source=found or loaded_table(), field_names=FIELDS, values=DESCRIPTION | changes
    )


@remembered.scene
def published_service(found: Any = None) -> Any:
    """Take a service all the way to publication."""
    import scenes_services

    return scenes_services.published(declared_service(found))


def make_findable(service: Any) -> None:
    """Let the service's table have words to search and positions, as a later contract of it would."""
    columns = [
        one | ({"search": True} if one["name"] == "ten_co_so" else {}) for one in service.source.contract["columns"]
    ]
    for place, name in enumerate(("kinh_do", "vi_do"), 90):
        columns.append({"name": name, "title": name, "type": "decimal"})
        service.fields.create(name=name, title=name, type="decimal", position=place)
    service.source.contract = {**service.source.contract, "columns": columns}
    service.source.save()


def application(actor: Actor = PHUC, code: str = "MCDT") -> Any:
    """Register an application of the actor's agency."""
    from nganam.sharing.requests import operations

    return operations.register_application(actor=actor, at=AT, code=code, name="Một cửa điện tử")


@remembered.scene
def drafted_request(service: Any = None, **changes: Any) -> Any:
    """Draft Phúc's request."""
    from nganam.sharing.requests import operations

    return operations.draft_request(
        actor=PHUC, at=AT, application=application(), service=service or published_service(), values=REQUEST | changes
    )


@remembered.scene
def sent_request(*, at: datetime = AT, **changes: Any) -> Any:
    """Send Phúc's request."""
    from nganam.sharing.requests import operations

    return operations.send_request(actor=PHUC, at=at, request=drafted_request(**changes))


@remembered.scene
def created_account(*, valid_until: date | None = None, **asked: Any) -> Any:
    """Grant Phúc's request (``asked`` changes it) without the telephone; nobody has taken the first key yet."""
    from nganam.sharing.requests import operations

    granted = ["ma_co_so", "ten_co_so"]
    return operations.grant_request(
        actor=LAN, at=AT, request=sent_request(**asked), granted=granted, valid_until=valid_until, **WITHHELD
    )


@remembered.scene
def account(*, valid_until: date | None = None, **asked: Any) -> Any:
    """Grant Phúc's request without the telephone, and hand the account over."""
    from nganam.sharing.accounts import operations

    return operations.hand_over(actor=PHUC, at=AT, account=created_account(valid_until=valid_until, **asked))


@remembered.scene
def proposed_dataset(found: Any = None, **changes: Any) -> Any:
    """Propose that Lan's table without telephones be opened."""
    from nganam.opendata import operations

    found = found or loaded_table(columns=OPEN_COLUMNS)
    return operations.propose_dataset(actor=LAN, at=AT, table=found, slug="co-so", values=DATASET | changes)


@remembered.scene
def published_dataset(found: Any = None) -> Any:
    """Take a dataset all the way to the portal."""
    from nganam.opendata import operations

    dataset = proposed_dataset(found)
    dataset = operations.assess_dataset(
        actor=MINH, at=AT, dataset=dataset, privacy="Không có dữ liệu cá nhân.", safety="Không có rủi ro."
    )
    operations.prepare_dataset(actor=LAN, at=AT, dataset=dataset)
    dataset.refresh_from_db()
    return operations.publish_dataset(actor=MINH, at=AT, dataset=dataset)


def opened_dataset(code: str, columns: Sequence[dict[str, Any]], rows: Sequence[Sequence[str]], **values: Any) -> Any:
    """Take a table of Lan's all the way to the portal under its code."""
    from nganam.opendata import operations

    found = table(code=code, columns=columns)
    load(found, rows)
    dataset = operations.propose_dataset(actor=LAN, at=AT, table=found, slug=code, values=DATASET | values)
    dataset = operations.assess_dataset(actor=MINH, at=AT, dataset=dataset, privacy="Không có.", safety="Không có.")
    operations.prepare_dataset(actor=LAN, at=AT, dataset=dataset)
    dataset.refresh_from_db()
    return operations.publish_dataset(actor=MINH, at=AT, dataset=dataset)


def boundaries(folder: Any, codes: Sequence[str]) -> None:
    """Give communes square boundaries side by side, in the data folder ``folder``."""
    import json

    (folder / "boundaries").mkdir()
    features = []
    for place, code in enumerate(codes):
        west = 105.9 + place / 5
        ring = [[west, 9.5], [west + 0.1, 9.5], [west + 0.100001, 9.5], [west + 0.1, 9.6], [west, 9.5]]
        shape = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {"ma_xa": code}, "geometry": shape})
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (folder / "boundaries" / "xa.geojson").write_text(text, encoding="utf-8")


CASES: dict[str, Any] = {"sharing.request": drafted_request, "sharing.account": created_account}
"""A fresh case of each machine, for the tests that go through every state and every member of the cast."""
