"""The health department's file of facilities, with the faults real files have, and what a loader must make of it.

Main form: Windows-1258, semicolons, CRLF, a title line above the header, a blank line, days as dd/mm/yyyy, telephone
numbers with a leading zero, and rows that must be refused. ``expected`` states each refused row and why, and
``difference`` what the second version changed, so that tests and the demo can compare.
"""

import csv
import io
from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

from nganam.demo.facts import table

HEADER = ("ma_co_so", "ten_co_so", "loai", "ma_xa", "dien_thoai", "so_giuong", "ngay_hoat_dong")
TITLE = "DANH SÁCH CƠ SỞ KHÁM BỆNH, CHỮA BỆNH BHYT (bản thử nghiệm; điện thoại, số giường, ngày hoạt động là mô phỏng)"
DAY_FORMAT = "%d/%m/%Y"
_BEDS = {"Bệnh viện": (80, 400), "Trung tâm y tế": (30, 120), "Phòng khám": (0, 10), "Trạm y tế": (3, 8)}
REMOVED = ("94001", "94019")
CHANGED = ("94003", "94012", "94057", "94100", "94162")

Cells = tuple[str, ...]


class Line(NamedTuple):
    """A line of data and, when it must be refused, the warehouse's code of the reason and the column at fault."""

    cells: Cells
    reason: str = ""
    column: str = ""


def facilities(seed: int) -> list[Cells]:
    """Return the 136 sound rows of the first version."""
    random = Random(f"facilities:{seed}")
    rows: list[Cells] = []
    for index, row in enumerate(table("y-te/co_so_kham_chua_benh")):
        low, high = _BEDS.get(row["loai"], (0, 5))
        opened = date(1990, 1, 1) + timedelta(days=int(random.random() * 11_000))
        beds, phone = low + int(random.random() * (high - low + 1)), f"02990{index * 7 + 1001:06d}"
        text = (row["ma_co_so"], row["ten_co_so"], row["loai"], row["ma_xa"], phone, str(beds))
        rows.append((*text, opened.strftime(DAY_FORMAT)))
    return rows


def _sample(number: int, **changes: str) -> Cells:
    cells = {
        "ma_co_so": f"949{number:02d}",
        "ten_co_so": f"Phòng khám minh họa số {number:02d}",
        "loai": "Phòng khám",
        "ma_xa": "31507",
        "dien_thoai": f"02990900{number:03d}",
        "so_giuong": "0",
        "ngay_hoat_dong": "15/03/2024",
    }
    return tuple((cells | changes).values())


def first_version(seed: int) -> list[Line]:
    """Return the first version: 136 sound rows and 10 to be refused, at fixed places."""
    sound = facilities(seed)
    lines = [Line(cells) for cells in sound]
    by_code = {cells[0]: cells for cells in sound}
    twice = (*by_code["94003"][:4], "02990555666", *by_code["94003"][5:])
    faults = [
        (20, Line(_sample(1, ma_xa="99999"), "commune", "ma_xa")),
        (31, Line(_sample(2, ngay_hoat_dong="31/02/2015"), "date", "ngay_hoat_dong")),
        (44, Line(_sample(3)[:-1], "cells")),
        (52, Line(twice, "duplicate")),
        (60, Line(_sample(4, ten_co_so=""), "missing", "ten_co_so")),
        (77, Line(_sample(5, so_giuong="mười"), "integer", "so_giuong")),
        (85, Line((*_sample(6)[:2], "cơ sở hai", *_sample(6)[2:]), "cells")),
        (99, Line(_sample(7, ma_xa="31499"), "commune", "ma_xa")),
        (120, Line(by_code["94014"], "duplicate")),
        (140, Line(_sample(8, ngay_hoat_dong="chưa rõ"), "date", "ngay_hoat_dong")),
    ]
    for place, line in faults:
        lines.insert(place, line)
    return lines


def second_version(seed: int) -> list[Line]:
    """Return the second version: 3 added, 5 changed, 2 removed; 3 rows to be refused."""
    lines: list[Line] = []
    for cells in facilities(seed):
        if cells[0] in CHANGED:
            lines.append(Line((*cells[:4], cells[4][:5] + "8" + cells[4][6:], str(int(cells[5]) + 5), cells[6])))
        elif cells[0] not in REMOVED:
            lines.append(Line(cells))
    lines += [Line(_sample(number)) for number in (11, 12, 13)]
    lines.insert(20, Line(_sample(1, ma_xa="99999"), "commune", "ma_xa"))
    lines.insert(90, Line(_sample(8, ngay_hoat_dong="chưa rõ"), "date", "ngay_hoat_dong"))
    lines.append(Line(lines[5].cells, "duplicate"))
    return lines


def render(lines: list[Line], *, blank_after: int = 10) -> tuple[str, list[int]]:
    """Return the file's text and the line number of each row, counted from 1 over the whole file."""
    out = io.StringIO()
    out.write(TITLE + "\r\n")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    numbers = []
    for index, line in enumerate(lines):
        if index == blank_after:
            out.write("\r\n")
        numbers.append(index + 3 + (index >= blank_after))
        writer.writerow(line.cells)
    return out.getvalue(), numbers


def expected(lines: list[Line], numbers: list[int]) -> dict[str, Any]:
    """Return what a loader must report: rows, accepted, refused with line, key, reason and column."""
    refused = [
        {"line": number, "key": line.cells[0], "reason": line.reason, "column": line.column}
        for line, number in zip(lines, numbers, strict=True)
        if line.reason
    ]
    return {
        "rows": len(lines),
        "accepted": len(lines) - len(refused),
        "rejected": len(refused),
        "reasons": dict(sorted(Counter(entry["reason"] for entry in refused).items())),
        "rejected_rows": refused,
        "duplicates": "the first row of a key is kept, later ones are refused",
    }


def difference(before: list[Line], after: list[Line]) -> dict[str, Any]:
    """Return keys added, changed and removed between the sound rows of two versions."""
    old = {line.cells[0]: line.cells for line in before if not line.reason}
    new = {line.cells[0]: line.cells for line in after if not line.reason}
    return {
        "added": sorted(new.keys() - old.keys()),
        "removed": sorted(old.keys() - new.keys()),
        "changed": sorted(key for key in new.keys() & old.keys() if new[key] != old[key]),
        "unchanged": sum(new[key] == old[key] for key in new.keys() & old.keys()),
    }
