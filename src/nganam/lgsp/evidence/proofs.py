"""What a party takes home: an entry with its proof and checkpoint; the proof that one tree is another's beginning."""

import base64
from pathlib import Path
from typing import Any

from nganam.kernel.errors import NotFound, Unavailable
from nganam.lgsp.evidence import log as files
from nganam.lgsp.evidence.merkle import consistency_proof, inclusion_proof, range_root
from nganam.lgsp.evidence.notes import Checkpoint
from nganam.lgsp.evidence.tiles import Tiles, read_entry

INCLUSION, CONSISTENCY = "nganam-evidence-1", "nganam-consistency-1"


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _head(folder: Path) -> Checkpoint:
    found = files.latest(folder)
    if found is None:
        raise Unavailable("Nhật ký bằng chứng chưa có điểm kiểm tra đã ký.", hint="Thử lại sau ít giây.")
    return found


def evidence_of(folder: Path, index: int) -> dict[str, Any]:
    """Return the entry ``index`` with its inclusion proof in the newest checkpoint, as JSON says it.

    Raises ``NotFound`` for an entry that is not in the log or was removed by retention.
    """
    head = _head(folder)
    entry = read_entry(folder, index, head.size) if 0 <= index < head.size else b""
    if not entry:
        raise NotFound("Không có mục này trong nhật ký, hoặc mục đã xóa khi hết thời hạn lưu.")
    tiles = Tiles(folder, head.size)
    return {
        "format": INCLUSION,
        "log": head.origin,
        "key": [one.text for one in files.keys_of(folder)],
        "index": index,
        "entry": _text(entry),
        "proof": [_text(one) for one in inclusion_proof(tiles.node, index, head.size)],
        "checkpoint": head.note,
    }


def consistency_of(folder: Path, old: int, new: int | None = None) -> dict[str, Any]:
    """Return the proof that the log of ``old`` entries is the beginning of that of ``new`` (now when ``None``).

    Raises ``NotFound`` for sizes the log never had in this order.
    """
    head = _head(folder)
    new = head.size if new is None else new
    if not 0 < old <= new <= head.size:
        raise NotFound("Nhật ký chưa từng có hai kích thước này theo thứ tự này.")
    tiles = Tiles(folder, head.size)
    return {
        "format": CONSISTENCY,
        "log": head.origin,
        "key": [one.text for one in files.keys_of(folder)],
        "old": {"size": old, "root": _text(range_root(tiles.node, 0, old))},
        "new": {"size": new, "root": _text(range_root(tiles.node, 0, new))},
        "proof": [_text(one) for one in consistency_proof(tiles.node, old, new)],
        "checkpoint": head.note if new == head.size else "",
    }
