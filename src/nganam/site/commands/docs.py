"""``docs``: write the generated documents again."""

from nganam.site import documents
from nganam.site.arguments import Parser
from nganam.site.env import ROOT


def run(args: list[str]) -> int:
    """Write what changed; ``--check`` only says what is outdated and exits 1."""
    parser = Parser(prog="./nganam docs", description="Sinh lại tài liệu từ mã.")
    parser.add_argument("--check", action="store_true", help="chỉ kiểm tra, không ghi")
    options = parser.parse_args(args)
    changed = documents.outdated() if options.check else documents.write()
    for path in changed:
        print(f"{'cũ' if options.check else 'đã ghi'}: {path.relative_to(ROOT)}")
    return 1 if options.check and changed else 0
