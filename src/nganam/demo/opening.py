"""The first half of the walk: agencies, catalogue, loading, open data."""

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from nganam.demo import sources
from nganam.demo.browser import Page, Person, StepFailed, wait_for
from nganam.demo.contracts import Contract, contract, contracts
from nganam.demo.province import CAST, Member, built
from nganam.demo.story import Story, expect

FOCAL = ("lan", "hoa", "phuc", "dung")
FACILITIES = "co-so-kham-chua-benh"
Items = tuple[tuple[str, str, str, str], ...]
OWNERS = {"CT-SYT": "lan", "CT-CA": "hoa", "CT-TK": "dung", "CT-SGDDT": "phuc"}
SOURCES = {
    "CT-SYT": "Sở Y tế thành phố Cần Thơ",
    "CT-TK": "Tổng cục Thống kê (GSO)",
    "CT-SGDDT": "Sở Giáo dục và Đào tạo thành phố Cần Thơ",
    "khi-hau": "Viện Khoa học Khí tượng Thủy văn và Biến đổi khí hậu (IMHEN)",
    "benh-truyen-nhiem": "Bộ Y tế",
}
"""Whom to name as the source: proper names, the same in both languages."""
THEMES = {"CT-SYT": "health", "CT-TK": "society", "CT-SGDDT": "education"}
THEMES_OF_TABLES = {
    "environment": ("khi-hau",),
    "agriculture": (
        "dien-tich-lua", "san-luong-lua", "nang-suat-lua", "dien-tich-nuoi-thuy-san", "san-luong-nuoi-thuy-san",
        "san-luong-tom-nuoi", "dan-lon",
    ),
    "education": ("hoc-sinh-pho-thong", "giao-vien-pho-thong", "truong-pho-thong"),
    "health": ("co-so-y-te", "giuong-benh", "can-bo-y-te"),
    "economy": ("thu-nhap-binh-quan", "cho"),
}  # fmt: skip
"""What the statistics office publishes is about everything, so its tables name their theme themselves."""
REGULATION = {
    "regulation_on": "2026-01-15",
    "regulation_link": "https://vanban.example/quy-che-khai-thac",
    "usage_term": "Tra cứu trực tuyến: có giá trị ngay sau khi truy xuất.",
    "log_months": "24",
}
"""What every database of the sample shares of its usage regulation (D22, D41, D45.3); the address is made up."""
DATABASE = {
    "name": "Cơ sở dữ liệu cơ sở khám bệnh, chữa bệnh",
    "purpose": "Quản lý cơ sở khám bệnh, chữa bệnh; phục vụ người dân và các cơ quan tra cứu.",
    "scope": "Địa bàn tỉnh Sóc Trăng cũ, nay thuộc thành phố Cần Thơ.",
    "content": "Mã, tên, loại, địa bàn, số giường, ngày hoạt động của từng cơ sở.",
    "collection": "Từ hồ sơ cấp phép và danh sách cơ sở khám chữa bệnh bảo hiểm y tế.",
    "updating": "Trong ngày làm việc khi có thay đổi; đối soát hằng quý.",
    "sources": "Phần mềm quản lý hành nghề của Sở Y tế; danh sách của cơ quan bảo hiểm xã hội.",
    **REGULATION,
    "regulation_number": "12/QC-SYT",
}
CITIZENS = {
    "name": "Cơ sở dữ liệu công dân trên địa bàn (dữ liệu mẫu)",
    "purpose": "Cung cấp thông tin công dân cho các cơ quan giải quyết thủ tục hành chính.",
    "scope": "43 xã, phường trên địa bàn tỉnh Sóc Trăng cũ.",
    "content": "Số định danh, họ tên, ngày sinh, giới tính, dân tộc, nơi cư trú; toàn bộ do máy sinh.",
    "collection": "Sinh ngẫu nhiên từ một hạt giống; không thu thập từ người thật.",
    "updating": "Khi dựng lại tỉnh mẫu.",
    "sources": "Bộ sinh dữ liệu của tỉnh mẫu.",
    **REGULATION,
    "regulation_number": "07/QC-CA",
}
CITIZENS_SOURCE = ("Dân cư (SQLite)", sources.CITIZENS, "cong_dan")
DOSSIERS_SOURCE = ("Một cửa (SQLite)", sources.DOSSIERS, "ho_so")
ENTERPRISES_SOURCE = ("Đăng ký doanh nghiệp (SQLite)", sources.ENTERPRISES, "doanh_nghiep")


@dataclass(frozen=True, slots=True)
class Register:
    """An agency's register: who loads it, into which table, from where, for which shared database, and in words."""

    username: str
    table: str
    source: tuple[str, str, str]
    told: str
    database: str = ""


REGISTERS = {
    "citizens": Register("hoa", "dan-cu", CITIZENS_SOURCE, "từ CSDL SQLite của Công an", CITIZENS["name"]),
    "enterprises": Register(
        "tai", "doanh-nghiep", ENTERPRISES_SOURCE, "từ CSDL SQLite của Sở Tài chính; dùng trong kho, không mở"
    ),
    "dossiers": Register("minh", "ho-so-mot-cua", DOSSIERS_SOURCE, "từ hệ thống một cửa"),
}
CITIZEN_ITEMS = (
    ("Thông tin cơ bản của công dân", "default", "Cơ quan nhà nước", "master"),
    ("Thông tin liên lạc", "special", "Cơ quan được chủ quản đồng ý", ""),
)
ITEMS = (
    ("Danh sách cơ sở", "open", "Mọi tổ chức, cá nhân", ""),
    ("Thông tin hoạt động của cơ sở", "default", "Cơ quan nhà nước", "common"),
    ("Kết quả thanh tra, kiểm tra", "special", "Thanh tra thành phố", ""),
)


def agencies(story: Story) -> None:
    """Look up agencies as they were in 2024 and what became of them."""
    visitor = story.visitor()
    expect(visitor.open("/co-quan/?ngay=2024-06-01"), "UBND tỉnh Sóc Trăng")
    expect(visitor.open("/co-quan/ST-STTTT/"), "Sở Khoa học và Công nghệ tỉnh Sóc Trăng")
    expect(visitor.open("/co-quan/CT-SYT/"), "Sở Y tế tỉnh Sóc Trăng")
    story.tell("Khách", "xem cơ quan vào 01/06/2024, mã định danh và cơ quan kế tục sau 01/7/2025")
    for username in FOCAL:
        story.once(f"focal_{username}", partial(_nominate, story, username))
    story.once("focal_approved", lambda: _approve_focal(story))
    expect(visitor.open("/dau-moi/"), *(_member(username).full_name for username in FOCAL))
    story.tell("Minh", f"trình phê duyệt {len(FOCAL)} cán bộ đầu mối; danh sách công khai tại /dau-moi/")


def _member(username: str) -> Member:
    return next(member for member in CAST if member.username == username)


def _nominate(story: Story, username: str) -> str:
    person, member = story.person(username), _member(username)
    listed = re.search(r"DM-\d{4}-\d{4}", person.open("/dau-moi/ho-so/").text)
    if listed:
        return listed[0]
    values = {
        "full_name": member.full_name,
        "position": "Chuyên viên",
        "function": "Đầu mối quản lý, chia sẻ dữ liệu của cơ quan",
        "phone": "0292 000 0000",
        "email": f"{username}@vi-du.invalid",
        "expertise": "Công nghệ thông tin, quản trị dữ liệu",
    }
    return _code_of(person.submit("/dau-moi/cu/", values=values))


def _approve_focal(story: Story) -> str:
    minh = story.person("minh")
    page = minh.open("/dau-moi/phe-duyet/")
    waiting = page.form("").choices.get("codes", {}) if _member(FOCAL[0]).full_name in page.text else {}
    if not waiting:
        return page.path
    values = {"codes": list(waiting), "number": "2025/QĐ-UBND", "signed_on": date(2026, 11, 3).isoformat()}
    return minh.submit("/dau-moi/phe-duyet/", values=values).path


# -- catalogue --


def catalogue(story: Story) -> None:
    """Declare two shared databases, accept them, compile an edition, issue and publish it."""
    codes = [
        _database(story, "lan", "database", DATABASE, ITEMS),
        _database(story, "hoa", "citizen_database", CITIZENS, CITIZEN_ITEMS),
    ]
    story.tell("Lan, Hòa", f"khai báo {', '.join(codes)} với đủ nội dung khoản 4 Điều 11; Minh đánh giá đạt")
    edition = story.once("edition", lambda: _compile(story, codes))
    story.once("edition_submitted", lambda: _submit(story, edition))
    story.once("edition_issued", lambda: _issue(story, edition))
    story.once("edition_published", lambda: story.person("minh").press(f"/danh-muc/dot/{edition}/", "/cong-bo/"))
    expect(story.visitor().open(f"/danh-muc/{edition}/"), DATABASE["name"], CITIZENS["name"])
    story.tell("Khánh", f"ban hành đợt danh mục {edition} có số và ngày; khách xem được")


def _database(story: Story, username: str, name: str, values: dict[str, str], items: Items) -> str:
    person = story.person(username)
    code = str(story.once(name, lambda: _declare_database(person, values, items)))
    path = f"/danh-muc/co-so-du-lieu/{code}/"
    story.once(f"{name}_proposed", lambda: person.press(path, "/propose/"))
    story.once(f"{name}_accepted", lambda: story.person("minh").press(path, "/accept/"))
    return code


def _declare_database(person: Person, values: dict[str, str], items: Items) -> str:
    listed = re.search(r"CSDL-\d{4}-\d{4}", person.open("/danh-muc/co-so-du-lieu/").text)
    if listed:
        return listed[0]
    rows = {
        f"items-{place}-{name}": text
        for place, item in enumerate(items)
        for name, text in zip(("name", "form", "audience", "ground"), item, strict=True)
    }
    return _code_of(person.submit("/danh-muc/co-so-du-lieu/moi/", values={**values, **rows}))


def _code_of(page: Page) -> str:
    return page.path.rstrip("/").rsplit("/", 1)[-1]


def _compile(story: Story, databases: list[str]) -> str:
    listed = re.search(r"DOT-\d{4}-\d{4}", story.person("minh").open("/danh-muc/dot/").text)
    if listed:
        return listed[0]
    values = {"title": "Danh mục cơ sở dữ liệu dùng chung năm 2026", "codes": databases}
    return _code_of(story.person("minh").submit("/danh-muc/dot/moi/", values=values))


def _submit(story: Story, edition: str) -> str:
    values = {"number": "05/TTr-SKHCN", "signed_on": date(2026, 11, 2).isoformat()}
    return story.person("minh").press(f"/danh-muc/dot/{edition}/", "/trinh/", values)


def _issue(story: Story, edition: str) -> str:
    values = {"number": "2026/QĐ-UBND", "signed_on": date(2026, 11, 3).isoformat()}
    return story.person("khanh").press(f"/danh-muc/dot/{edition}/", "/ban-hanh/", values)


# -- loading --


def load(story: Story) -> None:
    """Load the faulty CSV, load it again unchanged, load its second version; load citizens from SQLite."""
    files = built()
    lan = story.person("lan")
    story.once("table_facilities", lambda: declare_table(lan, contract(FACILITIES), database=DATABASE["name"]))
    first = story.once("load_1", lambda: upload(lan, FACILITIES, files.path(sources.FACILITIES), 1))
    expect(lan.open(first), "Windows-1258", "Đã tạo phiên bản 1 với 136 dòng", "Số dòng loại 10")
    story.tell("Lan", f"nạp CSV Windows-1258 có lỗi ({first}): 136 dòng nhận, 10 dòng bị loại kèm lý do")
    again = story.once("load_again", lambda: upload(lan, FACILITIES, files.path(sources.FACILITIES), 2))
    expect(lan.open(again), "không tạo phiên bản mới")
    story.tell("Lan", f"nạp lại tệp không đổi ({again}): không tạo phiên bản")
    second = story.once("load_2", lambda: upload(lan, FACILITIES, files.path(sources.FACILITIES_V2), 3))
    expect(lan.open(second), "Đã tạo phiên bản 2", "3 / 5 / 2")
    lan.open(f"/kho/{FACILITIES}/phien-ban/2/")
    story.tell("Lan", "nạp tệp mới: phiên bản 2, thêm 3, sửa 5, bớt 2 dòng so với phiên bản 1")
    for name in REGISTERS:
        _load_register(story, name, files)


def _load_register(story: Story, name: str, files: sources.Built) -> None:
    """Declare an agency's register and its table, load it, and see that every line is accounted for."""
    one = REGISTERS[name]
    person, shape = story.person(one.username), contract(one.table)
    label, file, _relation = one.source
    story.once(f"source_{name}", lambda: _declare_source(person, *one.source))
    story.once(f"table_{name}", lambda: declare_table(person, shape, source=label, database=one.database))
    loaded = story.once(f"load_{name}", lambda: load_from_source(person, shape.code))
    counts = files.expected["files"][file]
    accepted, rejected = _thousands(counts["accepted"]), _thousands(counts["rejected"])
    expect(person.open(loaded), f"Đã tạo phiên bản 1 với {accepted} dòng", f"Số dòng loại {rejected}")
    refused = f", loại {rejected} dòng lỗi" if counts["rejected"] else ""
    story.tell(_member(one.username).full_name.split()[-1], f"nạp {accepted} {shape.unit} (giả) {one.told}{refused}")


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _declare_source(person: Person, name: str, file: str, relation: str) -> str:
    if name in person.open("/kho/").text:
        return "/kho/"
    values = {"name": name, "kind": "sqlite", "secret_ref": file, "relation": relation}
    return person.submit("/kho/nguon/moi/", values=values).path


def declare_table(person: Person, shape: Contract, *, source: str = "", database: str = "") -> str:
    """Declare a table by pasting its contract; returns its page. A table that is there already stays as it is."""
    path = f"/kho/{shape.code}/"
    if shape.title in person.open("/kho/").text:
        return path
    choices = person.open("/kho/bang/moi/").form("").choices
    values = {"title": shape.title, "title_en": shape.title_en, "code": shape.code, "description": shape.description}
    for name, wanted in (("source", source), ("database", database)):
        if wanted:
            values[name] = next(value for value, label in choices[name].items() if wanted in label)
    page = person.submit("/kho/bang/moi/", values={**values, "yaml": shape.to_yaml()})
    if page.path != path:
        raise StepFailed(f"khai báo bảng {shape.code} dẫn đến {page.path}")
    return path


def upload(person: Person, table: str, path: Path, place: int) -> str:
    """Upload a file as the table's load number ``place``, unless it is there; wait for its end; returns its page."""
    known = _loads(person, table)
    if len(known) >= place:
        return _finished(person, known[place - 1])
    with path.open("rb") as file:
        page = person.submit(f"/kho/{table}/nap/", files={"file": (path.name, file, "text/csv")})
    return _finished(person, page.path)


def load_from_source(person: Person, table: str) -> str:
    """Load from the declared source, unless that was begun, and wait; returns the load's page."""
    known = _loads(person, table)
    if known:
        return _finished(person, known[0])
    return _finished(person, person.submit(f"/kho/{table}/nap/", "/tu-nguon/").path)


def _loads(person: Person, table: str) -> list[str]:
    found = sorted(set(re.findall(r"NAP-\d{4}-\d{4}", person.open(f"/kho/{table}/").text)))
    return [f"/kho/nap/{code}/" for code in found]


def _finished(person: Person, path: str) -> str:
    def look() -> str | None:
        shown = person.open(path)
        if "Thất bại" in shown.text or shown.parsed.refusals:
            raise StepFailed(f"{path}: {'; '.join(shown.parsed.refusals) or 'lượt nạp thất bại'}")
        return None if 'http-equiv="refresh"' in shown.response.text else path

    people = int(built().expected["asked"]["citizens"])
    return wait_for(f"lượt nạp {path}", look, seconds=120 + people // 2_000)


# -- open data --


def open_data(story: Story) -> None:
    """Open the facilities as a dataset and look at it as a visitor; then the other open tables of the province."""
    slug = story.once("dataset", lambda: publish_dataset(story, contract(FACILITIES)))
    check_downloads(story, slug)
    folder = built().folder
    others = [one for one in contracts().values() if one.open and one.code != FACILITIES and one.agency in OWNERS]
    for one in others:
        story.once(f"dataset_{one.code}", partial(_open_table, story, one, folder))
    story.tell("Dung, Phúc, Lan", f"mở thêm {len(others)} bộ dữ liệu từ số liệu thật của Sóc Trăng")


def _open_table(story: Story, shape: Contract, folder: Path) -> str:
    owner = story.person(OWNERS[shape.agency])
    declare_table(owner, shape)
    upload(owner, shape.code, folder / shape.source["file"], 1)
    return publish_dataset(story, shape)


def publish_dataset(story: Story, shape: Contract) -> str:
    """Propose, assess, prepare and publish one table; returns its slug. Takes up where it was left."""
    owner, minh = story.person(OWNERS[shape.agency]), story.person("minh")
    code = _dataset_code(owner, shape) or _propose(owner, shape)
    path = f"/du-lieu-mo/{code}/"
    review = {
        "privacy": "Không có dữ liệu về cá nhân; không ghép được thành thông tin nhận ra một người.",
        "safety": "Không ảnh hưởng an toàn, an ninh; đã quét bí mật nhà nước.",
    }
    for person, step, values in ((minh, "assess", review), (owner, "prepare", {}), (minh, "publish", {})):
        ending = f"/buoc/{step}/"
        if any(form.action.endswith(ending) for form in person.open(path).parsed.forms):
            person.submit(path, ending, values=values)
    return shape.code


def _dataset_code(owner: Person, shape: Contract) -> str:
    text = owner.open("/du-lieu-mo/").text
    found = re.search(r"(DLM-\d{4}-\d{4}) " + re.escape(shape.title), text)
    return found[1] if found else ""


def _propose(owner: Person, shape: Contract) -> str:
    values = {
        "slug": shape.code,
        "title": shape.title,
        "title_en": shape.title_en,
        "description": shape.description,
        "description_en": shape.description_en,
        "theme": _theme(shape),
        "keywords": f"Sóc Trăng, {shape.unit}",
        "frequency": "quarterly",
        "contact": f"{OWNERS[shape.agency]}@vi-du.invalid · 0292 000 0000",
        "source_note": SOURCES.get(shape.code) or SOURCES[shape.agency],
    }
    return _code_of(owner.submit(f"/du-lieu-mo/de-xuat/?bang={shape.code}", values=values))


def _theme(shape: Contract) -> str:
    named = (theme for theme, codes in THEMES_OF_TABLES.items() if shape.code in codes)
    return next(named, THEMES[shape.agency])


def check_downloads(story: Story, slug: str) -> None:
    """As a visitor: the page shows rows, and every file's checksum is the one the page tells."""
    visitor = story.visitor()
    page = expect(visitor.open(f"/du-lieu/{slug}/"), "SHA-256", "Bệnh viện đa khoa tỉnh Sóc Trăng")
    sums = set(re.findall(r"[0-9a-f]{64}", page.response.text))
    for ending in ("csv", "xlsx", "json", "parquet", "geojson"):
        for address in (f"/du-lieu/{slug}/latest/{slug}.{ending}", f"/du-lieu/{slug}/v/1/{slug}.{ending}"):
            content = visitor.fetch(address).content
            if hashlib.sha256(content).hexdigest() not in sums:
                raise StepFailed(f"{address}: mã kiểm tra không khớp với trang")
    story.tell("Khách", f"xem /du-lieu/{slug}/ và tải 5 định dạng, mã SHA-256 khớp; không đăng nhập")
