"""Where the room keeps what it writes: a folder a run, written beside and renamed, and the salt of record digests."""

import shutil
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from nganam.kernel.errors import Unavailable
from nganam.master.models import EntitySet, Membership, Run
from nganam.warehouse import places as warehouse
from nganam.warehouse import sealing

RECORDS: Final = "records.parquet"
PAIRS: Final = "pairs.parquet"
UNFINISHED: Final = ".tmp"


def folder(found: EntitySet) -> Path:
    """Return the folder of a set's runs."""
    return Path(settings.DATA) / "master" / found.code


def run(one: Run) -> Path:
    """Return the folder of a run's files."""
    return folder(one.set) / f"run-{one.number}"


def scratch(one: Run) -> Path:
    """Return the folder into which the matcher may spill what does not fit in memory: values."""
    return warehouse.work(f"{one.set.code}-{one.number}")


def clear_scratch(found: EntitySet) -> None:
    """Remove what killed processes spilt; by the one who holds the lock."""
    for left in warehouse.work(found.code).parent.glob(f"{found.code}-*"):
        shutil.rmtree(left, ignore_errors=True)


def lock(found: EntitySet) -> Path:
    """Return the lock file that the one process matching a set holds."""
    return warehouse.work(f"{found.code}.lock")


def keep_only(found: EntitySet, *kept: Run) -> int:
    """Remove the folders of all runs but these; return how many went."""
    names = {run(one).name for one in kept}
    gone = [one for one in folder(found).glob("run-*") if one.name not in names]
    for one in gone:
        shutil.rmtree(one, ignore_errors=True)
    return len(gone)


def salt() -> str:
    """Return the salt of record digests; made once, and not to be lost while digests are kept."""
    path = Path(settings.DATA) / "keys" / "master" / sealing.FIRST
    if not path.is_file():
        if Membership.objects.exists():
            raise Unavailable(
                _("Không thấy khóa nhận ra các bản ghi đã ghép."),
                hint=_("Người vận hành lấy lại thư mục keys/master từ bản sao lưu."),
            )
        sealing.make_key(path.parent, sealing.FIRST)
    return path.read_bytes().hex()
