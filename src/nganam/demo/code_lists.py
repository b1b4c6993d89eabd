"""The code lists of the demo province: units from the register, the others from ``data/danh-muc``."""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime

from nganam.codelists import operations
from nganam.codelists.models import Keeping, ListKind
from nganam.demo.facts import table
from nganam.kernel.actors import Actor

FIRST_DAY = date(2022, 1, 1)
"""Where a list's own day is not in its source: the first day of the sample's tables."""


@dataclass(frozen=True, slots=True)
class Made:
    """One list of the sample; ``columns`` maps the columns of its file to those an import reads."""

    code: str
    title: str
    title_en: str
    agency: str
    kind: str
    basis: str
    description: str
    description_en: str
    keeping: str = Keeping.HERE
    file: str = ""
    valid_from: date = FIRST_DAY
    columns: tuple[tuple[str, str], ...] = (("ma", "ma"), ("ten", "ten"))
    note: str = ""


UNITS_BASIS = "NQ 202/2025/QH15, NQ 1668/NQ-UBTVQH15, NQ 1105/NQ-UBTVQH15"
LISTS = (
    Made(
        "don-vi-hanh-chinh", "Đơn vị hành chính", "Administrative units", "CT-SKHCN", ListKind.NATIONAL, UNITS_BASIS,
        "Tỉnh, huyện, xã trên địa bàn theo thời gian, trước và sau sắp xếp 01/07/2025.",
        "Provinces, districts and communes of the area over time, before and after 1 July 2025.", Keeping.UNITS,
    ),
    Made(
        "xa-phuong", "Đơn vị hành chính cấp xã", "Communes and wards", "CT-SKHCN", ListKind.NATIONAL, UNITS_BASIS,
        "Xã, phường, thị trấn trên địa bàn theo thời gian; mã cũ dẫn tới mã mới.",
        "Communes, wards and townships of the area over time; old codes lead to new ones.", Keeping.COMMUNES,
    ),
    Made(
        "dan-toc", "Dân tộc", "Ethnic groups", "CT-TK", ListKind.NATIONAL, "Quyết định 121-TCTK/PPCĐ năm 1979",
        "54 dân tộc của Việt Nam.", "The 54 ethnic groups of Viet Nam.", file="dan_toc", valid_from=date(1979, 3, 2),
    ),
    Made(
        "nganh-kinh-te", "Ngành kinh tế (VSIC 2018), một phần", "Economic activities (VSIC 2018), in part", "CT-TK",
        ListKind.NATIONAL, "Quyết định 27/2018/QĐ-TTg",
        "21 ngành cấp 1 và 129 ngành cấp 4 hay gặp trong tỉnh; cần đối chiếu với văn bản trước khi dùng chính thức.",
        "The 21 sections and 129 classes met in the province; to be checked against the decision before official use.",
        file="vsic", valid_from=date(2018, 8, 20),
        columns=(("ma", "ma"), ("ten", "ten"), ("ma_cha", "ma_cha"), ("cap", "cap")), note="Chưa đủ các cấp 2, 3, 5.",
    ),
    Made(
        "gioi-tinh", "Giới tính", "Sexes", "CT-SKHCN", ListKind.STANDARD, "ISO/IEC 5218", "Bốn mã của ISO/IEC 5218.",
        "The four codes of ISO/IEC 5218.", file="gioi_tinh",
        columns=(("ma", "ma"), ("ten", "ten"), ("ten_en", "ten_en")),
    ),
)  # fmt: skip


def build_code_lists(*, actor: Actor, at: datetime) -> None:
    """Declare the sample's lists and publish their first versions."""
    for one in LISTS:
        operations.declare_list(
            actor=actor, at=at, agency=one.agency, code=one.code, title=one.title, title_en=one.title_en, kind=one.kind,
            basis=one.basis, description=one.description, description_en=one.description_en, keeping=one.keeping,
        )  # fmt: skip
        if one.file:
            draft = operations.import_version(
                actor=actor, at=at, code=one.code, content=as_csv(one), name=f"{one.file}.csv",
                valid_from=one.valid_from, paper=one.basis, note=one.note,
            )  # fmt: skip
            operations.publish_version(actor=actor, at=at, version=draft)


def as_csv(one: Made) -> bytes:
    """Return a list's file in the columns an import reads."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([name for _own, name in one.columns])
    writer.writerows([row[own] for own, _name in one.columns] for row in table(f"danh-muc/{one.file}"))
    return out.getvalue().encode()
