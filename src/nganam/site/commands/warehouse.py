"""``warehouse models``."""

from pathlib import Path

import django

from nganam.site.arguments import Parser
from nganam.site.commands import complain


def models(args: list[str]) -> int:
    """Write the models of derived tables to a folder, or take them from there; exit 1 when a file is wrong."""
    parser = Parser(
        prog="./nganam warehouse models",
        description="Xuất mô hình của các bảng dẫn xuất ra thư mục (mỗi mô hình một tệp .sql), hoặc nhập từ đó.",
    )
    parser.add_argument("deed", metavar="export|import", choices=("export", "import"), help="xuất hay nhập")
    parser.add_argument("folder", metavar="THƯ MỤC", help="thư mục của các tệp .sql")
    parser.add_argument("--agency", metavar="MÃ", default="", help="chỉ xuất mô hình của một cơ quan")
    parser.add_argument("--dry-run", action="store_true", help="chỉ kiểm tra và nói sẽ lưu gì")
    options = parser.parse_args(args)
    django.setup()
    folder = Path(options.folder)
    return _export(folder, options.agency) if options.deed == "export" else _import(folder, dry_run=options.dry_run)


def _export(folder: Path, agency: str) -> int:
    from nganam.warehouse.transforms import packing, planning

    wanted = [one for one in planning.models_now() if agency in {"", one.table.agency.code}]
    for path in packing.export(folder, wanted):
        print(path)
    return 0


def _import(folder: Path, *, dry_run: bool) -> int:
    from django.utils import timezone

    from nganam.kernel.actors import system
    from nganam.kernel.errors import Invalid
    from nganam.warehouse.transforms import packing

    operator = system("operator", "Người vận hành")
    try:
        found = packing.take(actor=operator, at=timezone.now(), files=packing.of_folder(folder), dry_run=dry_run)
    except Invalid as error:
        complain(
            error.message, "\n        ".join([error.hint, *(one for held in error.fields.values() for one in held)])
        )
        return 1
    for what, named in (("mới", found["new"]), ("đổi", found["changed"]), ("như cũ", found["same"])):
        print(f"{what}: {', '.join(named) or '–'}")
    return 0
