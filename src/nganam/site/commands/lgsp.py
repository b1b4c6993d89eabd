"""``lgsp verify``."""

import os
from pathlib import Path

from nganam.site import env
from nganam.site.arguments import Parser


def verify(args: list[str]) -> int:
    """Check the evidence of the exchange log from its files alone; exit 1 when anything does not hold."""
    parser = Parser(
        prog="./nganam lgsp verify", description="Kiểm tra nhật ký trao đổi của LGSP từ các tệp bằng chứng."
    )
    parser.add_argument("--data", metavar="THƯ MỤC", help="thư mục dữ liệu (mặc định var)")
    parser.add_argument("--rows", action="store_true", help="so cả bảng giám sát trong cơ sở dữ liệu với nhật ký")
    options = parser.parse_args(args)
    if options.data:
        os.environ["NGANAM_DATA"] = str(Path(options.data).resolve())
    from nganam.lgsp.evidence.log import FOLDER
    from nganam.lgsp.evidence.verifying import verify_log

    certificates = env.text("TSA_CERTIFICATES", "")
    roots = Path(certificates).read_bytes() if certificates else b""
    found = verify_log(env.data_dir() / FOLDER, roots=roots)
    print(found.message)
    return (0 if found.ok else 1) or (_verify_rows() if options.rows else 0)


def _verify_rows() -> int:
    import django

    django.setup()
    from nganam.lgsp.logbook import verify_rows

    rows = verify_rows()
    print(rows.message)
    return 0 if rows.broken is None else 1
