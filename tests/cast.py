"""The province every story happens in: its agencies and their predecessors, who holds which duty, the cast."""

from datetime import UTC, date, datetime

import remembered
from nganam.kernel.actors import system

AGENCIES = (
    ("ST-UBND", "UBND tỉnh Sóc Trăng", "province", "2022-01-01", "2025-07-01"),
    ("ST-STTTT", "Sở Thông tin và Truyền thông tỉnh Sóc Trăng", "department", "2022-01-01", "2025-03-01"),
    ("ST-SKHCN", "Sở Khoa học và Công nghệ tỉnh Sóc Trăng", "department", "2022-01-01", "2025-07-01"),
    ("ST-SYT", "Sở Y tế tỉnh Sóc Trăng", "department", "2022-01-01", "2025-07-01"),
    ("ST-X31498", "UBND phường 5, thành phố Sóc Trăng", "commune", "2022-01-01", "2025-07-01"),
    ("CT-UBND", "UBND thành phố Cần Thơ", "province", "2025-07-01", ""),
    ("CT-SKHCN", "Sở Khoa học và Công nghệ thành phố Cần Thơ", "department", "2025-07-01", ""),
    ("CT-SYT", "Sở Y tế thành phố Cần Thơ", "department", "2025-07-01", ""),
    ("CT-STC", "Sở Tài chính thành phố Cần Thơ", "department", "2025-07-01", ""),
    ("CT-CA", "Công an thành phố Cần Thơ", "police", "2025-07-01", ""),
    ("CT-X31507", "UBND phường Sóc Trăng", "commune", "2025-07-01", ""),
)
SUCCESSIONS = (
    ("ST-STTTT", "ST-SKHCN", "2025-03-01"),
    ("ST-SKHCN", "CT-SKHCN", "2025-07-01"),
    ("ST-SYT", "CT-SYT", "2025-07-01"),
    ("ST-UBND", "CT-UBND", "2025-07-01"),
    ("ST-X31498", "CT-X31507", "2025-07-01"),
)
DUTIES = (
    ("lead", "ST-STTTT", "2022-01-01", "2025-03-01"),
    ("lead", "ST-SKHCN", "2025-03-01", "2025-07-01"),
    ("lead", "CT-SKHCN", "2025-07-01", ""),
    ("province", "ST-UBND", "2022-01-01", "2025-07-01"),
    ("province", "CT-UBND", "2025-07-01", ""),
    ("police", "CT-CA", "2025-07-01", ""),
    ("finance", "CT-STC", "2025-07-01", ""),
)
PEOPLE = (
    ("lan", "Nguyễn Thị Lan", "CT-SYT", "focal"),
    ("minh", "Trần Văn Minh", "CT-SKHCN", "lead"),
    ("khanh", "Lê Quốc Khánh", "CT-UBND", "chairman"),
    ("hoa", "Phạm Thị Hòa", "CT-CA", "police"),
    ("phuc", "Thạch Phúc", "CT-X31507", "focal"),
    ("quantri", "Quản Trị Viên", "CT-SKHCN", "admin"),
)
PASSWORD = "mat-khau-thu-nghiem-2026"


@remembered.scene
def make_cast() -> None:
    """Enter the agencies, their predecessors and duties, the people and what they hold."""
    from nganam.accounts.models import Person
    from nganam.agencies.imports import import_agencies
    from nganam.agencies.operations import name_posting

    actor, when = system("test"), datetime(2025, 7, 1, tzinfo=UTC)
    agency = ("code", "name", "kind", "valid_from", "valid_until")
    duty = ("duty", "agency", "valid_from", "valid_until")
    import_agencies(
        [dict(zip(agency, row, strict=True)) for row in AGENCIES],
        [dict(zip(("predecessor", "successor", "on"), row, strict=True)) for row in SUCCESSIONS],
        duties=[dict(zip(duty, row, strict=True)) for row in DUTIES],
        actor=actor,
        at=when,
    )
    for username, full_name, code, role in PEOPLE:
        person = Person.objects.create_user(username, password=PASSWORD, full_name=full_name)
        name_posting(actor=actor, at=when, person=person, agency=code, role=role, valid_from=date(2025, 7, 1))
