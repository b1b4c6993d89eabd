"""``generate``: synthetic citizens, enterprises and dossiers as CSV."""

import csv
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from nganam.site.arguments import Parser

KINDS = {
    "citizens": ("nganam.demo.people", 20_000),
    "enterprises": ("nganam.demo.enterprises", 2_000),
    "dossiers": ("nganam.demo.dossiers", 20_000),
}


def run(args: list[str]) -> int:
    """Write any number of made-up people, enterprises or dossiers; the same seed gives the same rows."""
    parser = Parser(
        prog="./nganam generate",
        description="Sinh dữ liệu giả lập (không của ai có thật): citizens = công dân, enterprises = doanh nghiệp, "
        "dossiers = hồ sơ một cửa của từng ấy công dân.",
    )
    parser.add_argument("kind", choices=sorted(KINDS), metavar="citizens|enterprises|dossiers")
    parser.add_argument(
        "-n", type=int, help="số dòng, với dossiers là số công dân (mặc định 20 000 công dân, 2 000 doanh nghiệp)"
    )
    parser.add_argument("--seed", type=int, help="hạt giống; cùng hạt giống cho cùng kết quả")
    parser.add_argument("-o", "--output", type=Path, help="tệp CSV (mặc định in ra màn hình)")
    options = parser.parse_args(args)
    module, default = KINDS[options.kind]
    count = default if options.n is None else options.n
    more = {} if options.seed is None else {"seed": options.seed}
    rows = getattr(import_module(module), options.kind)(count, **more)
    with options.output.open("w", newline="", encoding="utf-8") if options.output else nullcontext(sys.stdout) as out:
        write(out, rows)
    return 0


def write(out: TextIO, rows: Iterable[Any]) -> None:
    """Write named tuples as CSV with a header."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    writer = csv.writer(out)
    writer.writerow(first._fields)
    writer.writerows(chain([first], rows))
