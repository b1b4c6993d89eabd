"""``law coverage``."""

from nganam.site import coverage
from nganam.site.arguments import Parser


def coverage_command(args: list[str]) -> int:
    """List each clause and the tests that prove it; ``--write`` puts it in the documentation."""
    parser = Parser(prog="./nganam law coverage", description="Điều khoản và kiểm thử chứng minh.")
    parser.add_argument("--write", action="store_true", help="ghi docs/law/coverage.md")
    options = parser.parse_args(args)
    found = coverage.collect()
    if options.write:
        path = coverage.write(found)
        print(f"Đã ghi {path}")
        return 0
    for clause in sorted(found, key=coverage.order):
        print(clause)
        for proof in found[clause]:
            print(f"  {proof.sentence}  ({proof.where})")
    print(f"{len(found)} điều khoản, {sum(map(len, found.values()))} chứng minh")
    return 0
