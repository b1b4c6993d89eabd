"""Scenes of the rooms whose cases other scenes do not build: the catalogue, open data, focal points; and many cases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import remembered
import scenes
from nganam.kernel.actors import Actor, Kind, Role

AT = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
KHANH = Actor(Kind.PERSON, "khanh", "Lê Quốc Khánh", "CT-UBND", frozenset({Role.CHAIRMAN}))
ENTRY: dict[str, Any] = {
    "name": "Cơ sở khám chữa bệnh", "purpose": "Quản lý cơ sở khám chữa bệnh.", "scope": "Toàn thành phố.",
    "content": "Tên, địa chỉ, loại hình.", "collection": "Trạm y tế nhập.", "updating": "Khi có thay đổi.",
    "sources": "Hồ sơ cấp phép.",
}  # fmt: skip
ITEMS = [{"name": "Danh sách cơ sở", "form": "default", "audience": "Cơ quan nhà nước", "ground": "common"}]
FOCAL = {
    "full_name": "Nguyễn Thị Lan", "position": "Chuyên viên", "function": "Quản lý dữ liệu", "phone": "02923000000",
    "email": "lan@soyte.invalid", "expertise": "Công nghệ thông tin",
}  # fmt: skip


@remembered.scene
def drafted_database(**changes: Any) -> Any:
    """Declare Lan's database, not proposed yet."""
    from nganam.catalogue import operations

    return operations.declare_database(actor=scenes.LAN, at=AT, values=ENTRY | changes, items=ITEMS)


@remembered.scene
def drafted_edition() -> Any:
    """Compile a draft edition of Lan's accepted database."""
    from nganam.catalogue import operations

    database = drafted_database()
    for actor, step in ((scenes.LAN, "propose"), (scenes.MINH, "accept")):
        database = operations.move_database(actor=actor, at=AT, database=database, transition=step)
    return operations.compile_edition(
        actor=scenes.MINH, at=AT, kind="databases", title="Danh mục năm 2026", codes=[database.code]
    )


@remembered.scene
def nominated_focal_point() -> Any:
    """Nominate Lan for Sở Y tế."""
    from nganam.agencies import operations

    return operations.nominate_focal_point(actor=scenes.LAN, at=AT, agency="CT-SYT", values=FOCAL)


def many_requests(count: int, state: str = "received", *, late: int = 0) -> list[Any]:
    """Enter more requests of Phúc's to Lan's service in bulk, each with a clock; the first ``late`` are overdue."""
    from nganam.cases import seats
    from nganam.deadlines.models import Clock
    from nganam.services.models import Service
    from nganam.sharing.models import Application, Request

    application = Application.objects.first() or scenes.application()
    service, known = Service.objects.first() or scenes.published_service(), Request.objects.count()
    rows = [
        Request(
            code=f"YC-2026-{number:05d}", state=state, rules="2025-10-22", version=2, application=application,
            service=service, purpose="Xác nhận", solution="Tra theo mã", fields=["ma_co_so"], frequency="Hằng ngày",
            created_at=AT + timedelta(minutes=number), updated_at=AT + timedelta(minutes=number), received_at=AT,
        )
        for number in range(known + 1, known + count + 1)
    ]  # fmt: skip
    Request.objects.bulk_create(rows)
    Clock.objects.bulk_create(
        Clock(
            key="acct_issue", object_type="sharing.request", object_code=one.code, agency="CT-SYT", rules=one.rules,
            value="2", unit="working_days", article="N194.40.3", vi="Cấp tài khoản kết nối hoặc từ chối",
            en="Issue the account or refuse", started_at=AT,
            due_on=(AT + timedelta(days=-10 if place < late else place % 20)).date(),
        )
        for place, one in enumerate(rows)
    )  # fmt: skip
    seats.rebuild(["sharing.request"], at=AT)
    return rows


@remembered.scene
def proposed_dataset() -> Any:
    """Propose that a table of its own be opened: the contracts build several scenes in one data folder."""
    return scenes.proposed_dataset(scenes.loaded_table(code="co-so-mo", columns=scenes.OPEN_COLUMNS))


CASES: dict[str, Any] = {
    "opendata.dataset": proposed_dataset,
    "catalogue.database": drafted_database,
    "catalogue.edition": drafted_edition,
    "agencies.focal_point": nominated_focal_point,
}
"""A fresh case of each machine, for the tests that go through every state and every member of the cast."""
