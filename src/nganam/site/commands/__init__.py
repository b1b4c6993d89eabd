"""Commands of ``./nganam``: the table, and handing over to the module that does the work.

This module imports nothing beyond the standard library, so that ``./nganam help`` works before anything is installed.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its words, where its ``run(args) -> exit status`` is, and its line in ``help``."""

    words: str
    target: str
    vi: str
    group: str


COMMANDS: tuple[Command, ...] = (
    Command("demo", "demo:run", "Dựng tỉnh mẫu, chạy tất cả, đi hết con đường chính (--check: đi rồi thoát)", "Chạy"),
    Command("up", "running:up", "Chạy mọi tiến trình như khi vận hành thật", "Chạy"),
    Command("status", "running:status", "Cho biết các tiến trình đang chạy ra sao", "Chạy"),
    Command("stop", "running:stop", "Dừng các tiến trình đang chạy của thư mục dữ liệu này", "Chạy"),
    Command("web", "running:web", "Chỉ chạy trang web", "Chạy"),
    Command("worker", "running:worker", "Chỉ chạy tiến trình việc nền", "Chạy"),
    Command("serving", "running:serving", "Chỉ chạy máy chủ dữ liệu", "Chạy"),
    Command("gateway", "running:gateway", "Chỉ chạy cổng LGSP (Envoy)", "Chạy"),
    Command("keeper", "running:keeper", "Chỉ chạy tiến trình giữ cấu hình và nhật ký của cổng LGSP", "Chạy"),
    Command("collector", "running:collector", "Chỉ chạy tiến trình ghi bằng chứng của cổng LGSP", "Chạy"),
    Command("systemd", "systemd:run", "In các đơn vị systemd để vận hành thật", "Chạy"),
    Command("migrate", "database:migrate", "Đưa cơ sở dữ liệu về lược đồ mới nhất", "Dữ liệu"),
    Command("createadmin", "database:createadmin", "Tạo tài khoản quản trị đầu tiên", "Dữ liệu"),
    Command("generate", "generate:run", "Sinh công dân, doanh nghiệp giả lập ra tệp CSV", "Dữ liệu"),
    Command("audit verify", "audit:verify", "Kiểm tra chuỗi băm của nhật ký kiểm toán", "Dữ liệu"),
    Command("lgsp verify", "lgsp:verify", "Kiểm tra nhật ký trao đổi: từng mục, từng điểm kiểm tra đã ký", "Dữ liệu"),
    Command(
        "warehouse models", "warehouse:models", "Xuất, nhập mô hình của các bảng dẫn xuất (mỗi mô hình một tệp .sql)",
        "Dữ liệu",
    ),
    Command("shell", "database:shell", "Mở Python với Django đã sẵn sàng", "Dữ liệu"),
    Command("test", "testing:test", "Chạy kiểm thử (tham số chuyển cho pytest)", "Phát triển"),
    Command("check", "checks:run", "Chạy mọi kiểm tra tĩnh: ruff, mypy, tầng, mẫu, bản dịch, tài liệu", "Phát triển"),
    Command("bench", "testing:bench", "Chạy phép đo hiệu năng trong benchmarks/", "Phát triển"),
    Command("law coverage", "law:coverage_command", "Liệt kê điều khoản và kiểm thử chứng minh", "Phát triển"),
    Command("docs", "docs:run", "Sinh lại tài liệu: thuật ngữ, quy tắc, ma trận quyền, điều khoản", "Phát triển"),
    Command("messages", "messages:run", "Bản dịch: extract, update, compile hoặc check", "Phát triển"),
    Command("prepare", "prepare:run", "Dựng lại giao diện và bản dịch", "Phát triển"),
    Command("version", "about:version", "In phiên bản", "Khác"),
    Command("help", "about:help_", "In trang này", "Khác"),
)  # fmt: skip


USAGE = "Cách dùng: ./nganam LỆNH [THAM SỐ]   (./nganam LỆNH --help để xem tham số)"


def overview() -> str:
    """Return the page of ``./nganam help``: every command with one line."""
    width = max(len(one.words) for one in COMMANDS)
    lines = [
        "Ngã Năm: nền tảng dữ liệu của một tỉnh",
        "",
        "Cách dùng: ./nganam LỆNH [THAM SỐ]   (./nganam LỆNH --help để xem tham số)",
    ]
    group = ""
    for one in COMMANDS:
        if one.group != group:
            group = one.group
            lines += ["", group]
        lines.append(f"  {one.words:<{width}}  {one.vi}")
    return "\n".join([*lines, ""])


def find(args: Sequence[str]) -> tuple[Command, list[str]] | None:
    """Return the command that ``args`` name, and what is left for it; the longest name wins."""
    for count in (2, 1):
        words = " ".join(args[:count])
        for one in COMMANDS:
            if one.words == words and len(args) >= count:
                return one, list(args[count:])
    return None


def nearest(word: str) -> str:
    """Return the command most like ``word``, as a hint, or ""."""
    import difflib

    first_words = [one.words for one in COMMANDS]
    starting = [words for words in first_words if words.split()[0] == word]
    close = starting or difflib.get_close_matches(word, first_words, 1)
    return f" Ý bạn là: ./nganam {close[0]}?" if close else ""


def complain(message: str, hint: str = "") -> None:
    """Print a refusal and what to do about it."""
    sys.stderr.write(f"nganam: {message}\n" + (f"        {hint}\n" if hint else ""))


def call(command: Command, args: list[str]) -> int:
    """Run a command; typed refusals become a message, not a stack trace."""
    from nganam.kernel.errors import NganamError

    module, _, function = command.target.partition(":")
    run = getattr(importlib.import_module(f"nganam.site.commands.{module}"), function)
    try:
        return int(run(args) or 0)
    except NganamError as error:
        complain(error.message, error.hint)
        return 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    args = list(sys.argv[1:] if argv is None else argv) or ["help"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nganam.site.settings")
    if args[0] in {"-h", "--help"}:
        args[0] = "help"
    found = find(args)
    if found is None:
        complain(f"không có lệnh {args[0]!r}.{nearest(args[0])}", "./nganam help liệt kê các lệnh.")
        return 2
    try:
        return call(*found)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 141
