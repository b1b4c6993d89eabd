"""The rules: what looks like a state-secret mark or personal data. Pure functions; findings carry counts, no content.

A number alone proves little: six in a hundred random 12-digit numbers pass as a citizen's identifier. So a column
counts when most of its values have the form, or when its name says what it holds and many do. Commune codes, years and
amounts have none of the forms.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import zip_longest
from typing import Final

from django.utils.translation import gettext as _

from nganam.kernel import identifiers
from nganam.kernel.text import fold

ENOUGH_WITH_NAME: Final = 0.3
ENOUGH_ALONE: Final = 0.8
FEWEST_ALONE: Final = 5
NEAR: Final = 60
LONG_TEXT: Final = 24


class Level(StrEnum):
    """How grave a finding is. ``CONTACT`` is personal only beside a person's name (a hospital has a telephone too)."""

    SECRET = "secret"  # noqa: S105 - a level, not a password
    PERSONAL = "personal"
    CONTACT = "contact"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found in one column (or text, ``column`` ""): how many of how many values. Never the values."""

    column: str
    kind: str
    level: Level
    hits: int
    seen: int


@dataclass(frozen=True, slots=True)
class ColumnSample:
    """A column with values to scan; ``personal`` is what its contract declares."""

    name: str
    title: str = ""
    personal: bool = False
    values: Sequence[str] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind: the test of a whole value, the words that name such a column, and the pattern inside running text."""

    kind: str
    level: Level
    test: Callable[[str], bool]
    named: re.Pattern[str]
    alone: bool = True
    inside: re.Pattern[str] | None = None


def _words(*words: str) -> re.Pattern[str]:
    """Match any of the words in a folded column name, where ``_`` and ``-`` part words."""
    return re.compile(r"(?<![a-z0-9])(?:" + "|".join(words) + r")(?![a-z0-9])")


SURNAMES: Final = (
    "Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý|Đinh|Trịnh|Mai|Đào|Lương|Tô|Hà|Cao|Tạ|Lâm|"
    "Trương|Đoàn|Thái|Quách|Châu|Tăng|La|Mạc|Kiều|Thạch|Danh|Kim|Sơn|Kiên|Trà|Liêu|Ông|Thị|Lưu|Tiêu|Vương|Diệp|Hứa|Khưu|"
    "Nghiêm|Phùng|Viên|Triệu|Giang|Tống|Chung|Từ|Âu|Thân"
)
PERSON: Final = re.compile(rf"(?:{SURNAMES})(?:\s+[A-ZÀ-ỸĐ][a-zà-ỹđ]+){{1,4}}")
PERSON_CAPS: Final = re.compile(rf"(?:{SURNAMES.upper()})(?:\s+[A-ZÀ-ỸĐ]+){{1,4}}")
NOT_A_PERSON: Final = _words(
    "co so", "truong", "don vi", "xa", "phuong", "huyen", "tinh", "duong", "cong ty", "doanh nghiep", "co quan", "tram",
    "cong trinh", "san pham", "benh", "nganh", "loai", "bang", "song", "cho", "du an", "ten co so", "dia danh",
)  # fmt: skip
EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
ID_DIGITS: Final = re.compile(r"(?<![\d.,/])\d{12}(?![\d.,]?\d)")
PHONE_DIGITS: Final = re.compile(r"(?<![\d.,/])(?:\+84|84|0)[ .-]?[1-9](?:[ .-]?\d){7,9}(?!\d)")
BIRTH: Final = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}-\d\d-\d\d|(?:19|20)\d\d")
BARE_ID: Final = re.compile(r"\d{9}(\d{3})?")

RULES: Final = (
    Rule("cccd", Level.PERSONAL, lambda text: identifiers.is_cccd(re.sub(r"[ .]", "", text)),
         _words("cccd", "can cuoc", "cmnd", "cmtnd", "chung minh", "so dinh danh", "dinh danh ca nhan",
                "giay to tuy than"),
         inside=ID_DIGITS),
    Rule("health_card", Level.PERSONAL, identifiers.is_health_card, _words("bhyt", "the bao hiem", "the bhyt")),
    Rule("social_insurance", Level.PERSONAL, identifiers.is_social_insurance_number,
         _words("bhxh", "bao hiem xa hoi", "ma so bhxh"), alone=False),
    Rule("tax_code", Level.NOTICE, identifiers.is_tax_code, _words("mst", "ma so thue", "tax")),
    Rule("phone", Level.CONTACT, identifiers.is_phone,
         _words("dien thoai", "sdt", "so dt", "dt", "di dong", "phone", "mobile", "zalo", "lien he"),
         inside=PHONE_DIGITS),
    Rule("email", Level.CONTACT, lambda text: EMAIL.fullmatch(text) is not None,
         _words("email", "thu dien tu", "e mail"), inside=EMAIL),
    Rule("plate", Level.PERSONAL, identifiers.is_plate, _words("bien so", "bien kiem soat", "bien dang ky")),
    Rule("old_id", Level.PERSONAL, lambda text: BARE_ID.fullmatch(text) is not None,
         _words("cmnd", "cmtnd", "chung minh"), alone=False),
    Rule("person_name", Level.PERSONAL, lambda text: bool(PERSON.fullmatch(text) or PERSON_CAPS.fullmatch(text)),
         _words("ho ten", "ho va ten", "ten nguoi", "chu ho", "nguoi dai dien", "benh nhan", "hoc sinh", "can bo",
                "chu co so", "nguoi lien he", "hoten", "full name", "ho dem", "ten cong dan", "chu so huu",
                "chu su dung")),
    Rule("birth_date", Level.CONTACT, lambda text: BIRTH.fullmatch(text) is not None,
         _words("ngay sinh", "nam sinh", "sinh ngay", "birth", "ngaysinh"), alone=False),
)  # fmt: skip
NEAR_WORDS: Final = {
    "cccd": re.compile(r"can cuoc|cccd|dinh danh|cmnd|giay to"),
    "phone": re.compile(r"dien thoai|sdt|dt|lien he|di dong|zalo|tel"),
}

# A stamp is upper case or stands alone; "bí mật", "mật độ", "mật khẩu" are words, not stamps.
SECRECY: Final = (
    ("secret_top", re.compile(r"(?<!\w)(?:TUYỆT\s+MẬT|TUYET\s+MAT)(?!\w)")),
    ("secret_high", re.compile(r"(?<!\w)(?:TỐI\s+MẬT|TOI\s+MAT)(?!\w)")),
    ("secret", re.compile(
        r"(?m)^[\W_]*MẬT[\W_]*$|(?<!\w)(?:TÀI LIỆU|VĂN BẢN|HỒ SƠ|CÔNG VĂN)\s+MẬT(?!\s+(?:ĐỘ|KHẨU))(?!\w)"
    )),
    ("secret_label", re.compile(r"(?i)(?<!\w)(?:độ|mức độ|dấu)\s+mật\s*[:=\-–]\s*(?:tuyệt\s+|tối\s+)?mật(?!\w)")),
    ("secret_whole", re.compile(r"(?i)^\s*(?:tuyệt|tối)\s+mật\s*$")),
)  # fmt: skip
SECRET_COLUMN: Final = _words("do mat", "muc do mat", "dau mat")
SECRET_VALUE: Final = re.compile(r"(?i)\s*(?:(?:tuyệt|tối)\s+)?mật\s*")


def scan_table(columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[object]]) -> list[Finding]:
    """Scan rows given as sequences in the order of ``columns`` (name, title)."""
    texts = [[_text(cell) for cell in row] for row in rows]
    values = list(zip_longest(*texts, fillvalue="")) or [()] * len(columns)
    return scan_columns(
        [ColumnSample(name, title, values=held) for (name, title), held in zip(columns, values, strict=False)]
    )


def scan_columns(columns: Sequence[ColumnSample]) -> list[Finding]:
    """Scan columns one by one; what a contract declares as personal counts as found."""
    return [found for one in columns for found in _scan_column(one)]


def scan_text(text: str) -> list[Finding]:
    """Scan running text (metadata, a document): marks of secrecy, and identifiers next to words that name them."""
    found = [Finding("", kind, Level.SECRET, hits, 1) for kind, hits in _secrecy(text)]
    for rule in RULES:
        hits = _inside(rule, text)
        if hits:
            found.append(Finding("", rule.kind, rule.level, hits, 1))
    return found


def secrecy_in(findings: Iterable[Finding]) -> bool:
    """Say whether any finding is a state-secret mark."""
    return any(one.level is Level.SECRET for one in findings)


def blocks_opening(findings: Iterable[Finding]) -> str:
    """Return "" when the data may be opened as far as the scan goes, else why not, in words.

    Secrecy and personal data block (S4, S10, D20); contacts and birth dates block only beside a person.
    """
    kept = list(findings)
    if secrecy_in(kept):
        return _("Có dấu hiệu bí mật nhà nước; không được công bố.")
    personal = [one for one in kept if one.level is Level.PERSONAL]
    if personal:
        beside = [one for one in kept if one.level is Level.CONTACT]
        places = sorted({one.column or _("văn bản") for one in personal + beside})
        return _("Có dữ liệu cá nhân ở: %(places)s.") % {"places": ", ".join(places)}
    return ""


def _scan_column(column: ColumnSample) -> Iterator[Finding]:
    values = [value.strip() for value in column.values if value and value.strip()]
    seen = len(values)
    if column.personal:
        yield Finding(column.name, "declared", Level.PERSONAL, seen, seen)
    yield from _secrecy_of(column, values)
    named = re.sub(r"[_\W]+", " ", fold(f"{column.name} {column.title}"))
    for rule in RULES:
        hits = _column_hits(rule, named, values)
        if hits:
            yield Finding(column.name, rule.kind, rule.level, hits, seen)


def _column_hits(rule: Rule, named: str, values: Sequence[str]) -> int:
    """Return how many values are of the rule's kind, or 0 when that says nothing about the column."""
    if not values:
        return 0
    whole = sum(1 for value in values if rule.test(value))
    share = whole / len(values)
    if rule.named.search(named):
        return whole if share >= ENOUGH_WITH_NAME else 0
    apart = rule.kind == "person_name" and NOT_A_PERSON.search(named)
    if rule.alone and not apart and share >= ENOUGH_ALONE and len(set(values)) >= FEWEST_ALONE:
        return whole
    return sum(1 for value in values if len(value) >= LONG_TEXT and _inside(rule, value))


def _secrecy_of(column: ColumnSample, values: Sequence[str]) -> Iterator[Finding]:
    counts: dict[str, int] = {}
    labelled = SECRET_COLUMN.search(re.sub(r"[_\W]+", " ", fold(f"{column.name} {column.title}")))
    for value in values:
        kinds = {kind for kind, _ in _secrecy(value)}
        if labelled and SECRET_VALUE.fullmatch(value):
            kinds.add("secret_label")
        for kind in kinds:
            counts[kind] = counts.get(kind, 0) + 1
    for kind, hits in counts.items():
        yield Finding(column.name, kind, Level.SECRET, hits, len(values))


def _secrecy(text: str) -> Iterator[tuple[str, int]]:
    if "m" not in text and "M" not in text:
        return
    for kind, pattern in SECRECY:
        hits = sum(1 for _ in pattern.finditer(text))
        if hits:
            yield kind, hits


def _inside(rule: Rule, text: str) -> int:
    """Count the rule's forms inside running text; numbers need a word near them that names them."""
    if rule.inside is None:
        return 0
    near = NEAR_WORDS.get(rule.kind)
    hits = 0
    for found in rule.inside.finditer(text):
        around = text[max(0, found.start() - NEAR) : found.end()]
        if rule.test(found[0]) and (near is None or near.search(fold(around))):
            hits += 1
    return hits


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)
