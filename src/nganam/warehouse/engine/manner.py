"""How a file is to be read, as somebody asks for it; what is not said is found by looking at the file."""

from dataclasses import dataclass
from typing import Final

from nganam.kernel.errors import Invalid
from nganam.warehouse.engine.letters import NAMES

ENCODINGS: Final = ("utf-8", "utf-16", "cp1258", *NAMES)
DELIMITERS: Final = ",;\t|"
MARKS: Final = ("-", "–", "—", ".", "..", "...", "…", "x", "n/a", "#n/a", "null")
"""What Vietnamese tables write where there is no number or no day; folded to small letters."""
MOST_MARKS, LONGEST_MARK = 20, 40
MOST_LINE: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """How somebody wants a file read; what is empty is found.

    ``encoding`` is one of ``ENCODINGS``, ``delimiter`` one of ``DELIMITERS``, ``header_line`` the last line of the
    header, ``sheet`` the name of a workbook's sheet, ``missing`` what stands for no value in every column (``None``:
    ``MARKS``, where numbers and days are expected).
    """

    encoding: str = ""
    delimiter: str = ""
    header_line: int = 0
    sheet: str = ""
    missing: tuple[str, ...] | None = None

    def check(self) -> "Asked":
        """Return it when it can be done; raise ``Invalid`` naming the part that cannot."""
        found: dict[str, list[str]] = {}
        if self.encoding and self.encoding not in ENCODINGS:
            found["encoding"] = [f"dùng một trong: {', '.join(ENCODINGS)}"]
        if self.delimiter and (len(self.delimiter) > 1 or self.delimiter not in DELIMITERS):
            found["delimiter"] = ["dùng dấu phẩy, chấm phẩy, tab hoặc gạch đứng"]
        if not 0 <= self.header_line <= MOST_LINE:
            found["header_line"] = [f"số dòng từ 1 đến {MOST_LINE}"]
        if len(self.missing or ()) > MOST_MARKS or any(len(one) > LONGEST_MARK for one in self.missing or ()):
            found["missing"] = [f"nhiều nhất {MOST_MARKS} ký hiệu, mỗi ký hiệu không quá {LONGEST_MARK} ký tự"]
        if found:
            raise Invalid("Cách đọc tệp chưa đúng.", fields=found)
        return self


FOUND: Final = Asked()
