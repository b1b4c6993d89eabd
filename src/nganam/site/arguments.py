"""The command line's parser: what argparse says in English is said in Vietnamese."""

import argparse
import re
import sys
from typing import NoReturn

from nganam.site.commands import complain

REFUSALS = (
    (r"argument (.+): invalid int value: (.+)", r"\1 phải là số nguyên, nhận được \2."),
    (r"argument (.+): invalid choice: (.+) \(choose from (.+)\)", r"\1 không nhận \2; chọn một trong: \3."),
    (r"argument (.+): expected one argument", r"\1 cần một giá trị đi kèm."),
    (r"argument (.+): expected at least one argument", r"\1 cần ít nhất một giá trị."),
    (r"argument (.+): ignored explicit argument (.+)", r"\1 không nhận giá trị \2."),
    (r"argument (.+): not allowed with argument (.+)", r"\1 không dùng cùng \2."),
    (r"argument (.+): (cần .+)", r"\1 \2."),
    (r"the following arguments are required: (.+)", r"thiếu tham số: \1."),
    (r"unrecognized arguments: (.+)", r"không có tham số \1."),
    (r"ambiguous option: (.+) could match (.+)", r"\1 chưa rõ là \2."),
)
"""argparse's own sentences, and ours."""


class Parser(argparse.ArgumentParser):
    """An argument parser whose help and refusals are Vietnamese."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog=prog, description=description, add_help=False, usage="%(prog)s [THAM SỐ]")
        self._optionals.title = "tham số"
        self._positionals.title = "đối tượng"
        self.add_argument("-h", "--help", action="help", help="in trang này rồi thoát")

    def format_help(self) -> str:
        """Return the page of ``--help``."""
        return super().format_help().replace("usage:", "Cách dùng:", 1)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how to see the options, and end with status 2."""
        complain(in_vietnamese(message), f"{self.prog} --help liệt kê các tham số.")
        sys.exit(2)


def in_vietnamese(message: str) -> str:
    """Return one of argparse's refusals in Vietnamese; what is not known stays as it is."""
    for pattern, ours in REFUSALS:
        found = re.fullmatch(pattern, message)
        if found:
            return found.expand(ours)
    return message
