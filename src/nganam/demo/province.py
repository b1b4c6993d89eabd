"""Makes the demo province in an empty database: agencies over time, the cast and what each may do.

Only what cannot be done through a page by somebody who already has an account is done here; everything else, the walk
does through the pages.
"""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from nganam.accounts.models import Person
from nganam.agencies.imports import import_agencies
from nganam.agencies.operations import name_posting
from nganam.demo import facts
from nganam.demo.code_lists import build_code_lists
from nganam.demo.sources import PEOPLE, Built, Tell, build_sources, size_of
from nganam.face import demobar
from nganam.kernel.actors import Role, system
from nganam.portal.indexing import rebuild_index

BUILDER = system("demo", "Người dựng tỉnh mẫu")
FROM = date(2025, 7, 1)
SEED = 2026


@dataclass(frozen=True)
class Member:
    """One of the cast: who, where, with which roles."""

    username: str
    full_name: str
    agency: str
    roles: tuple[Role, ...]
    does: str


CAST = (
    Member("lan", "Trần Thị Ngọc Lan", "CT-SYT", (Role.FOCAL,), "đầu mối Sở Y tế: cung cấp dữ liệu"),
    Member("minh", "Lê Quang Minh", "CT-SKHCN", (Role.LEAD, Role.FOCAL), "cơ quan đầu mối: thẩm định, vận hành LGSP"),
    Member("khanh", "Huỳnh Quốc Khánh", "CT-UBND", (Role.CHAIRMAN,), "lãnh đạo UBND: ban hành danh mục"),
    Member("hoa", "Thạch Thị Hòa", "CT-CA", (Role.POLICE, Role.FOCAL), "Công an: CSDL dân cư, an ninh dữ liệu"),
    Member("phuc", "Lâm Vĩnh Phúc", "CT-SGDDT", (Role.FOCAL,), "đầu mối Sở GD&ĐT: khai thác dữ liệu"),
    Member("dung", "Danh Thị Dung", "CT-TK", (Role.FOCAL,), "đầu mối Thống kê: dữ liệu mở"),
    Member("tai", "Quách Hữu Tài", "CT-STC", (Role.FOCAL,), "đầu mối Sở Tài chính: doanh nghiệp, chỉ nạp vào kho"),
)


def build(people: int = PEOPLE, tell: Tell = lambda _text: None) -> None:
    """Make agencies, people, source systems and the first index; interrupted, it can be run again.

    ``people`` is how many citizens the province has; ``tell`` hears how far it is.
    """
    demobar.mark()  # before anybody made up is there to be seen
    build_sources(sources_folder(), seed=SEED, citizens=people, tell=tell)
    _boundaries()
    passwords = _passwords()
    with transaction.atomic():
        _agencies()
        build_code_lists(actor=BUILDER, at=timezone.now())
        for member in CAST:
            _member(member, passwords[member.username])
    rebuild_index(timezone.now())


def sources_folder() -> Path:
    """Return where the agencies' source systems of the demo stand."""
    return Path(settings.DATA) / "sources"


def built() -> Built:
    """Return the sources the province was made with."""
    return build_sources(sources_folder(), seed=SEED, citizens=size())


def size() -> int:
    """Return how many citizens the province was made with."""
    return size_of(sources_folder()) or PEOPLE


def _boundaries() -> None:
    """Give the warehouse the communes' boundaries of today (older codes were given again to other communes)."""
    folder = Path(settings.DATA) / "boundaries"
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / ".xa-2025.part"
    beside.write_text(json.dumps(facts.boundaries(), ensure_ascii=False), encoding="utf-8")
    beside.replace(folder / "xa-2025.geojson")


def _agencies() -> None:
    import_agencies(
        facts.table("co-quan/co_quan"),
        facts.successions(),
        facts.table("hanh-chinh/don_vi"),
        facts.table("hanh-chinh/anh_xa"),
        facts.duties(),
        actor=BUILDER,
        at=timezone.now(),
    )


def _member(member: Member, password: str) -> None:
    person = Person.objects.create_user(member.username, password=password, full_name=member.full_name)
    for role in member.roles:
        name_posting(
            actor=BUILDER,
            at=timezone.now(),
            person=person,
            agency=member.agency,
            role=role,
            valid_from=FROM,
            basis="Tỉnh mẫu",
        )


def accounts_file() -> Path:
    """Return the file that keeps the cast's passwords, readable by its owner only."""
    return Path(settings.DATA) / "demo-accounts.json"


def _passwords() -> dict[str, str]:
    path = accounts_file()
    if path.exists():
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return kept
    made = {member.username: f"{member.username}-{secrets.token_hex(5)}" for member in CAST}
    _write_private(path, made)
    return made


def _write_private(path: Path, content: Any) -> None:
    beside = path.with_suffix(".part")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(content, out)
    beside.replace(path)


def passwords() -> dict[str, str]:
    """Return username to password of the cast."""
    return _passwords()
