"""The spreadsheet in which many services are declared at once: its template, and reading it back cell by cell.

Nothing here touches the database; whether what a row says is right is checked in ``importing``.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import python_calamine
from django.utils.translation import gettext as _

from nganam.documents.spreadsheets import is_bomb
from nganam.kernel.errors import Invalid
from nganam.kernel.text import fold

SHEET = "Dịch vụ"
MOST_ROWS = 200
MOST_BYTES = 5 * 1024 * 1024
HEAD_WITHIN = 20
"""The heading stands within the first rows; above it a title may stand."""
LETTERS = 26


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the sheet: ``name`` in code, ``title`` as headed; ``many`` holds several names parted by ``;``."""

    name: str
    title: str
    required: bool = False
    many: bool = False
    number: bool = False


COLUMNS = (
    Column("agency", "Mã cơ quan cung cấp", required=True),
    Column("table", "Mã bảng trong kho", required=True),
    Column("name", "Tên dịch vụ", required=True),
    Column("name_en", "Tên tiếng Anh"),
    Column("description", "Mục đích, nội dung chia sẻ", required=True),
    Column("form", "Hình thức chia sẻ", required=True),
    Column("method", "Phương thức chia sẻ", required=True),
    Column("fields", "Mục tin chia sẻ", required=True, many=True),
    Column("lookup_columns", "Cột khóa tra cứu", many=True),
    Column("filter_columns", "Cột được lọc", many=True),
    Column("operations", "Thao tác của hệ thống", many=True),
    Column("parameters", "Thông số của dịch vụ", required=True),
    Column("technical_docs", "Tài liệu kỹ thuật", required=True),
    Column("structure", "Cấu trúc dữ liệu, tiêu chuẩn", required=True),
    Column("capacity", "Khả năng đáp ứng kết nối", required=True),
    Column("no_data", "Trả lời khi không có dữ liệu"),
    Column("not_permitted", "Trả lời khi không được phép"),
    Column("access_notes", "Thông tin khác"),
    Column("rate_per_minute", "Giới hạn cuộc gọi mỗi phút", number=True),
    Column("usage_term_days", "Thời hạn sử dụng (ngày)", number=True),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a cell: its address in the sheet (``C7``), and in words why."""

    cell: str
    text: str


@dataclass(slots=True)
class Row:
    """One service of the sheet: texts by column name, and what is wrong with it. ``line`` counts as the sheet does."""

    line: int
    texts: dict[str, str]
    letters: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)

    def blame(self, column: str, text: str) -> None:
        """Note a fault at the row's cell of a column; the first cell stands for a column that is not in the sheet."""
        self.faults.append(Fault(f"{self.letters.get(column, 'A')}{self.line}", text))

    def text(self, column: str) -> str:
        """Return a cell's text."""
        return self.texts.get(column, "")

    def names(self, column: str) -> list[str]:
        """Return the names a cell lists."""
        parted = self.text(column).replace("\n", ";").replace(",", ";").split(";")
        return [one for one in (part.strip() for part in parted) if one]


def read(path: Path, name: str) -> list[Row]:
    """Return the rows of the sheet; ``Invalid`` when it is no such workbook, lacks a column or has too many rows."""
    cells = _cells(path, name)
    start, letters = _heading(cells, name)
    rows = [
        Row(line, _texts(line_cells, letters), {column: letter_of(place) for column, place in letters.items()})
        for line, line_cells in enumerate(cells[start:], start + 1)
        if any(_text(one) for one in line_cells)
    ]
    if not rows:
        raise _refused(_("Tệp “%(name)s” chưa có dòng nào dưới dòng tiêu đề.") % {"name": name}, _("Điền rồi tải lại."))
    if len(rows) > MOST_ROWS:
        raise _refused(
            _("Tệp “%(name)s” có %(count)s dòng, nhiều hơn mức cho phép %(most)s dòng.")
            % {"name": name, "count": len(rows), "most": MOST_ROWS},
            _("Chia thành nhiều tệp rồi tải từng tệp."),
        )
    return rows


def _cells(path: Path, name: str) -> list[list[Any]]:
    try:
        if is_bomb(path):
            raise _refused(_("Tệp “%(name)s” quá lớn khi giải nén.") % {"name": name}, _("Dùng tệp mẫu."))
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        chosen = SHEET if SHEET in book.sheet_names else book.sheet_names[0]
        return book.get_sheet_by_name(chosen).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError, IndexError) as error:
        raise _refused(
            _("Không đọc được bảng tính trong tệp “%(name)s”.") % {"name": name},
            _("Mở tệp bằng Excel rồi lưu lại .xlsx."),
        ) from error


def _heading(cells: Sequence[Sequence[Any]], name: str) -> tuple[int, dict[str, int]]:
    """Return the number of lines down to the heading, and at which place each column stands."""
    known = {fold(column.title): column.name for column in COLUMNS} | {column.name: column.name for column in COLUMNS}
    best: tuple[int, dict[str, int]] = (0, {})
    for line, row in enumerate(cells[:HEAD_WITHIN], 1):
        found: dict[str, int] = {}
        for place, cell in enumerate(row):
            column = known.get(fold(_text(cell)).rstrip(" *"))
            if column:
                found.setdefault(column, place)
        if len(found) > len(best[1]):
            best = (line, found)
    missing = [column.title for column in COLUMNS if column.required and column.name not in best[1]]
    if missing:
        raise _refused(
            _("Tệp “%(name)s” thiếu cột: %(columns)s.") % {"name": name, "columns": ", ".join(missing)},
            _("Dùng tệp mẫu và giữ nguyên dòng tiêu đề."),
        )
    return best


def _texts(cells: Sequence[Any], letters: Mapping[str, int]) -> dict[str, str]:
    return {name: _text(cells[place]) for name, place in letters.items() if place < len(cells)}


def _text(value: Any) -> str:
    """Write a cell as text: whole numbers without ".0", no NUL (PostgreSQL refuses it), blanks trimmed."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime | date):
        value = value.isoformat()
    return str(value).replace("\x00", "").strip()


def letter_of(place: int) -> str:
    """Return the letter of a column by its place from 0: A, B, … Z, AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, LETTERS)
        letters = chr(ord("A") + rest) + letters
    return letters


def _refused(message: str, hint: str) -> Invalid:
    return Invalid(message, fields={"file": [message]}, hint=hint)


# -- the template --


@dataclass(frozen=True, slots=True)
class CodeList:
    """A sheet of codes to choose from."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def template(code_lists: Iterable[CodeList], choices: Mapping[str, Sequence[str]]) -> bytes:
    """Return the workbook to fill in; ``choices`` are the words a column takes, ``code_lists`` the sheets beside it."""
    import xlsxwriter  # noqa: PLC0415 - as in the warehouse: a web process seldom writes workbooks

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E6F0EE", "border": 1})
        _form_sheet(book.add_worksheet(SHEET), bold, choices)
        for one in code_lists:
            _list_sheet(book.add_worksheet(one.title), bold, one)
    return out.getvalue()


def _form_sheet(sheet: Any, bold: Any, choices: Mapping[str, Sequence[str]]) -> None:
    for place, column in enumerate(COLUMNS):
        sheet.write_string(0, place, f"{column.title} *" if column.required else column.title, bold)
        if column.many:
            sheet.write_comment(0, place, "Ghi mã cột, ngăn cách bằng dấu chấm phẩy; xem trang “Bảng và cột”.")
        if column.name in choices:
            sheet.data_validation(
                1, place, MOST_ROWS, place, {"validate": "list", "source": list(choices[column.name])}
            )
    sheet.set_column(0, len(COLUMNS) - 1, 26)
    sheet.freeze_panes(1, 0)


def _list_sheet(sheet: Any, bold: Any, listed: CodeList) -> None:
    for line, row in enumerate([listed.head, *listed.rows]):
        for place, text in enumerate(row):
            sheet.write_string(line, place, str(text), bold if line == 0 else None)
    sheet.set_column(0, len(listed.head) - 1, 30)
    sheet.freeze_panes(1, 0)
