"""Reading a version from a CSV or XLSX file: every fault is told with its line, and nothing is guessed about codes.

Columns ``ma`` and ``ten`` are needed; ``ten_en``, ``ma_cha`` and ``ma_cu`` (codes of the version before that this code
takes over from, parted by ``;``; a code that gave away a part and keeps the rest names itself) are known; any other
column is kept with the code under its own heading.
"""

import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import python_calamine
from django.utils.translation import gettext as _

from nganam.documents.spreadsheets import is_bomb
from nganam.kernel.errors import Invalid
from nganam.kernel.text import fold, slug

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_ROWS: Final = 50_000
MOST_TOLD: Final = 20
LONGEST_CODE, LONGEST_NAME, LONGEST_EXTRA = 40, 300, 1000
CODE = re.compile(r"[^\s;,/\\?#%\"'<>&]{1,40}")
"""What stands in addresses and lists of codes as it is."""
HEADINGS: Final = {
    "code": ("ma", "code"),
    "name": ("ten", "name"),
    "name_en": ("tenen", "tentienganh", "nameen"),
    "parent": ("macha", "parent"),
    "old": ("macu", "replaces"),
}
Cells = Sequence[Any]


@dataclass(slots=True)
class Line:
    """One code as it stood in the file; ``old`` are the codes it takes over from."""

    line: int
    code: str
    name: str
    name_en: str = ""
    parent: str = ""
    old: tuple[str, ...] = ()
    extra: dict[str, str] = field(default_factory=dict)


class Faults:
    """Collects what is wrong, line by line, and refuses the file once all of it is known."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def blame(self, line: int, text: str) -> None:
        """Note a fault of a line."""
        self.told.append(_("Dòng %(line)s: %(text)s") % {"line": line, "text": text})

    def refuse(self) -> None:
        """Raise ``Invalid`` when anything was noted."""
        if not self.told:
            return
        shown = self.told[:MOST_TOLD]
        if len(self.told) > MOST_TOLD:
            shown.append(_("… và %(count)s lỗi khác.") % {"count": len(self.told) - MOST_TOLD})
        raise Invalid(
            _("Tệp có %(count)s lỗi; chưa có gì được ghi.") % {"count": len(self.told)},
            fields={"file": shown},
            hint=_("Sửa các dòng được nêu rồi nhập lại."),
        )


def read(content: bytes, name: str) -> list[Line]:
    """Return the codes of a file in its order; raise ``Invalid`` naming each faulty line."""
    if len(content) > MOST_BYTES:
        raise _refused(_("Tệp “%(name)s” lớn hơn 10 MB.") % {"name": name})
    rows = _workbook(content, name) if content.startswith(b"PK") else _text(content, name)
    filled = [(at, row) for at, row in enumerate(rows, 1) if any(_cell(one) for one in row)]
    if not filled:
        raise _refused(_("Tệp “%(name)s” rỗng.") % {"name": name})
    (_line, heading), body = filled[0], filled[1:]
    places, others = _places(heading, name)
    if not body:
        raise _refused(_("Tệp “%(name)s” chỉ có tiêu đề, không có mã nào.") % {"name": name})
    if len(body) > MOST_ROWS:
        raise _refused(_("Tệp “%(name)s” có hơn 50 000 mã.") % {"name": name})
    faults = Faults()
    found = [_read_line(at, row, places, others, faults) for at, row in body]
    _check_together(found, faults)
    faults.refuse()
    return found


def _refused(message: str) -> Invalid:
    return Invalid(
        message,
        fields={"file": [message]},
        hint=_("Dùng CSV (UTF-8) hoặc XLSX có cột ma, ten; ten_en, ma_cha, ma_cu nếu có."),
    )


def _workbook(content: bytes, name: str) -> list[list[Any]]:
    try:
        with NamedTemporaryFile(suffix=".xlsx") as file:
            file.write(content)
            file.flush()
            if is_bomb(Path(file.name)):
                raise _refused(_("Tệp “%(name)s” quá lớn khi giải nén.") % {"name": name})
            book = python_calamine.CalamineWorkbook.from_path(file.name)
            return book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError, IndexError) as error:
        raise _refused(_("Không đọc được tệp bảng tính “%(name)s”.") % {"name": name}) from error


def _text(content: bytes, name: str) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        told = {"name": name, "line": line}
        raise _refused(_("Tệp “%(name)s” không phải UTF-8 (dòng %(line)s).") % told) from error
    if "\x00" in text:
        raise _refused(_("Tệp “%(name)s” không phải văn bản.") % {"name": name})
    first = text.lstrip().partition("\n")[0]
    sign = max((",", ";", "\t"), key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True))
    except csv.Error as error:
        raise _refused(_("Tệp “%(name)s” có dấu ngoặc kép không đóng.") % {"name": name}) from error


def _places(heading: Cells, name: str) -> tuple[dict[str, int], dict[str, int]]:
    """Return at which place each known column stands, and each other one by its heading as a name."""
    places: dict[str, int] = {}
    others: dict[str, int] = {}
    for at, cell in enumerate(heading):
        told = _cell(cell)
        key = re.sub(r"[^a-z0-9]", "", fold(told))
        known = next((column for column, words in HEADINGS.items() if key in words), "")
        if known:
            places.setdefault(known, at)
        elif key:
            others.setdefault(slug(told).replace("-", "_"), at)
    missing = [word for word, column in (("ma", "code"), ("ten", "name")) if column not in places]
    if missing:
        said = {"name": name, "missing": ", ".join(missing)}
        raise _refused(_("Tệp “%(name)s” thiếu cột: %(missing)s.") % said)
    return places, others


def _cell(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _read_line(at: int, row: Cells, places: Mapping[str, int], others: Mapping[str, int], faults: Faults) -> Line:
    def text(column: str) -> str:
        place = places.get(column, len(row))
        value = row[place] if place < len(row) else ""
        if column in {"code", "parent", "old"} and isinstance(value, int | float):
            faults.blame(at, _("ô mã là số nên số 0 ở đầu có thể đã mất; định dạng cột là Văn bản rồi gõ lại."))
        return _cell(value)

    old = tuple(dict.fromkeys(one.strip() for one in text("old").split(";") if one.strip()))
    extra = {name: _cell(row[place]) for name, place in others.items() if place < len(row) and _cell(row[place])}
    found = Line(at, text("code"), text("name"), text("name_en"), text("parent"), old, extra)
    _check_line(found, faults)
    return found


def _check_line(one: Line, faults: Faults) -> None:
    if not one.code:
        faults.blame(one.line, _("thiếu mã."))
    for code in filter(None, (one.code, one.parent, *one.old)):
        if not CODE.fullmatch(code):
            faults.blame(
                one.line,
                _("mã “%(code)s” có dấu cách, dấu câu không dùng được hoặc dài hơn 40 ký tự.") % {"code": code[:60]},
            )
    if any(text.startswith(("=", "+", "-", "@")) for text in (one.code, one.name, one.name_en, *one.extra.values())):
        faults.blame(one.line, _("có ô bắt đầu bằng =, +, - hoặc @; phần mềm bảng tính sẽ đọc thành công thức."))
    if not one.name:
        faults.blame(one.line, _("thiếu tên."))
    if max(len(one.name), len(one.name_en)) > LONGEST_NAME:
        faults.blame(one.line, _("tên dài hơn 300 ký tự."))
    if any(len(value) > LONGEST_EXTRA for value in one.extra.values()):
        faults.blame(one.line, _("có ô dài hơn 1000 ký tự."))


def _check_together(found: Sequence[Line], faults: Faults) -> None:
    first: dict[str, int] = {}
    for one in found:
        if one.code and first.setdefault(one.code, one.line) != one.line:
            faults.blame(
                one.line, _("mã “%(code)s” đã có ở dòng %(first)s.") % {"code": one.code, "first": first[one.code]}
            )
    parents = {one.code: one.parent for one in found}
    circles = circling(parents)
    for one in found:
        if one.parent and one.parent not in parents:
            faults.blame(one.line, _("mã cha “%(code)s” không có trong tệp.") % {"code": one.parent})
        elif one.parent and one.code in circles:
            faults.blame(one.line, _("mã “%(code)s” là cha của chính mình qua các mã cha.") % {"code": one.code})


def circling(parents: Mapping[str, str]) -> set[str]:
    """Return the codes that stand above themselves; no code is walked through twice, however long the chain."""
    settled: set[str] = set()
    found: set[str] = set()
    for start in parents:
        way: dict[str, None] = {}  # in the order walked
        code = start
        while code and code not in settled and code not in way:
            way[code] = None
            code = parents.get(code, "")
        if code in way:
            steps = list(way)
            found.update(steps[steps.index(code) :])
        settled.update(way)
    return found
