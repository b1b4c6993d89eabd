"""Verification of the whole log from its files alone: every entry, every tile, every checkpoint ever sealed."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from nganam.lgsp.evidence import log as files
from nganam.lgsp.evidence.lines import DROPPED, decoded
from nganam.lgsp.evidence.merkle import HASH, complete_root, range_root
from nganam.lgsp.evidence.notes import Checkpoint, read_checkpoint
from nganam.lgsp.evidence.tiles import CHECKPOINT, WIDTH, Tiles, read_wide, unpack, width_at

SPAN = WIDTH * WIDTH
"""Entries one worker checks at a time: those under one tile of the second level."""
LATEST_STAMP = 600
"""Seconds between signing and timestamp beyond which one of the two clocks lied."""
DEED = b'"kind":"dropped"'
Range = tuple[int, int]


@dataclass
class Found:
    """What verification found. ``bad`` is the first index that does not hold, ``until`` where the doubt ends.

    ``missing``: there is no log at all, which is a fault too where calls were made.
    """

    size: int = 0
    checked: int = 0
    dropped: int = 0
    checkpoints: int = 0
    stamps: int = 0
    bad: int | None = None
    until: int = 0
    reason: str = ""
    missing: bool = False

    @property
    def ok(self) -> bool:
        """Say whether everything holds."""
        return not self.reason

    @property
    def message(self) -> str:
        """Return the finding in words."""
        if self.ok:
            return (
                f"Nhật ký trao đổi nguyên vẹn: {self.size} mục, {self.checkpoints} điểm kiểm tra đã ký"
                + (f", {self.stamps} dấu thời gian" if self.stamps else "")
                + (f"; {self.dropped} mục đã xóa theo thời hạn lưu." if self.dropped else ".")
            )
        if self.missing:
            return f"Chưa có nhật ký trao đổi: {self.reason}"
        if self.bad is None:
            return f"Nhật ký trao đổi KHÔNG nguyên vẹn: {self.reason}"
        where = f"mục số {self.bad + 1}"
        if self.until > self.bad + 1:
            where = f"từ mục số {self.bad + 1} đến mục số {self.until}"
        return f"Nhật ký trao đổi KHÔNG nguyên vẹn, {where}: {self.reason}"


@dataclass
class Span:
    """What a worker found in one span: hashes of its tiles, what is gone, records of dropping, the first fault."""

    roots: list[bytes] = field(default_factory=list)
    gone: list[Range] = field(default_factory=list)
    deeds: list[tuple[int, bytes]] = field(default_factory=list)
    bad: int | None = None
    reason: str = ""


def verify_log(folder: Path, workers: int = 0, roots: bytes = b"") -> Found:
    """Check the log in ``folder``; ``workers`` processes, one per core when 0.

    With ``roots`` (certificates in PEM) timestamps are checked too.
    """
    if not folder.is_dir() or not any(folder.iterdir()):
        return Found(reason=f"{folder} không có nhật ký nào; kiểm tra lại thư mục dữ liệu (--data).", missing=True)
    try:
        head = _head(folder)
    except (OSError, ValueError, files.Broken):
        return Found(reason="không có điểm kiểm tra nào mang chữ ký đúng (checkpoint, log.json).")
    found = Found(size=head.size)
    spans = _check_spans(folder, head.size, workers or os.cpu_count() or 1)
    _merge(found, spans)
    if found.ok:
        _check_upper_tiles(folder, found, [one for span in spans for one in span.roots])
    if found.ok:
        _check_checkpoints(folder, found, head)
    if found.ok and roots:
        _check_stamps(folder, found, roots)
    return found


def _head(folder: Path) -> Checkpoint:
    return read_checkpoint((folder / CHECKPOINT).read_text(encoding="utf-8"), files.keys_of(folder))


# -- entries and the tiles above them --


def _check_spans(folder: Path, size: int, workers: int) -> list[Span]:
    starts = range(0, size, SPAN)
    if workers == 1 or len(starts) < 2:  # noqa: PLR2004
        return [check_span(folder, start, size) for start in starts]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(check_span, [folder] * len(starts), starts, [size] * len(starts)))


def check_span(folder: Path, start: int, size: int) -> Span:
    """Check the bundles and tiles of one span; stop at the first fault."""
    span = Span()
    for number in range(start // WIDTH, -(-min(start + SPAN, size) // WIDTH)):
        width = width_at(size, 0, number)
        try:
            tile = read_wide(folder, 0, number, width)[: width * HASH]
        except OSError:
            tile = b""
        if len(tile) != width * HASH:
            span.bad, span.reason = number * WIDTH + len(tile) // HASH, "mảnh băm (tile/0) thiếu hoặc bị cắt."
            break
        _check_bundle(folder, number, tile, span)
        if span.bad is not None:
            break
        if width == WIDTH:
            span.roots.append(complete_root([tile[at : at + HASH] for at in range(0, len(tile), HASH)]))
    return span


def _check_bundle(folder: Path, number: int, tile: bytes, span: Span) -> None:
    width, first = len(tile) // HASH, number * WIDTH
    try:
        raw = read_wide(folder, "entries", number, width)
        entries = unpack(raw)[:width]
    except FileNotFoundError:
        span.gone.append((first, first + width))
        return
    except (OSError, ValueError):
        span.bad, span.reason = first, "gói mục (tile/entries) không đọc được."
        return
    hashes = [sha256(b"\0" + one).digest() for one in entries]
    if b"".join(hashes) != tile:
        _find_fault(entries, hashes, tile, first, span)
    if DEED in raw:
        span.deeds += [(first + at, one) for at, one in enumerate(entries) if DEED in one]


def _find_fault(entries: list[bytes], hashes: list[bytes], tile: bytes, first: int, span: Span) -> None:
    for at in range(len(tile) // HASH):
        if at >= len(entries):
            span.bad, span.reason = first + at, "mục bị bỏ khỏi gói."
            return
        if not entries[at]:
            span.gone.append((first + at, first + at + 1))
        elif hashes[at] != tile[at * HASH : (at + 1) * HASH]:
            span.bad, span.reason = first + at, "nội dung mục khác với mã băm đã ký: bị sửa, chèn, bỏ hoặc đổi thứ tự."
            return


def _merge(found: Found, spans: Iterable[Span]) -> None:
    """Gather the spans' findings; what is gone must stand in a record of dropping that is itself in the log."""
    allowed: list[Range] = []
    gone: list[Range] = []
    for span in spans:
        gone += span.gone
        allowed += _dropped(span.deeds)
        if span.bad is not None:
            found.bad, found.until, found.reason = span.bad, span.bad + 1, span.reason
            break
    found.dropped = sum(end - start for start, end in gone)
    found.checked = found.size - found.dropped
    missing = _first_outside(gone, allowed)
    # A record stands behind what it speaks of: with a fault before it, what is gone cannot be judged.
    if missing is not None and found.ok:
        found.bad, found.until = missing, missing + 1
        found.reason = "mục bị xóa mà không có việc xóa theo thời hạn lưu nào ghi trong nhật ký."


def _dropped(deeds: Iterable[tuple[int, bytes]]) -> Iterator[Range]:
    for index, entry in deeds:
        said = decoded(entry)
        if said.get("kind") == DROPPED:
            yield from ((start, min(end, index)) for start, end in said["ranges"])


def _first_outside(gone: list[Range], allowed: list[Range]) -> int | None:
    """Return the first index of ``gone`` that no range of ``allowed`` holds."""
    allowed = sorted(allowed)
    at = 0
    for start, end in gone:
        need = start
        while need < end:
            while at < len(allowed) and allowed[at][1] <= need:
                at += 1
            if at == len(allowed) or allowed[at][0] > need:
                return need
            need = allowed[at][1]
    return None


def _check_upper_tiles(folder: Path, found: Found, below: list[bytes]) -> None:
    level = 1
    while below:
        above = []
        for number in range(-(-len(below) // WIDTH)):
            wanted = below[number * WIDTH : (number + 1) * WIDTH]
            try:
                kept = read_wide(folder, level, number, len(wanted))[: len(wanted) * HASH]
            except OSError:
                kept = b""
            if kept != b"".join(wanted):
                _blame(found, level, number, wanted, kept)
                return
            if len(wanted) == WIDTH:
                above.append(complete_root(wanted))
        below, level = above, level + 1


def _blame(found: Found, level: int, number: int, wanted: list[bytes], kept: bytes) -> None:
    at = next(one for one in range(len(wanted)) if kept[one * HASH : (one + 1) * HASH] != wanted[one])
    under = WIDTH**level
    found.bad = (number * WIDTH + at) * under
    found.until = found.bad + under
    found.reason = f"mảnh băm tầng {level} khác với các mục bên dưới."


# -- checkpoints --


def _check_checkpoints(folder: Path, found: Found, head: Checkpoint) -> None:
    """Check that every sealed checkpoint is of a beginning of this tree; the first that is not bounds the fault."""
    tiles, keys, good, before = Tiles(folder, found.size), files.keys_of(folder), 0, 0
    for day, note in [*files.history(folder), ("", head.note)]:
        try:
            sealed = read_checkpoint(note, keys)
        except ValueError:
            found.reason = f"điểm kiểm tra trong checkpoints/{day} không mang chữ ký đúng."
            return
        if sealed.size > found.size or sealed.size < before:
            found.bad, found.until = min(sealed.size, found.size), max(sealed.size, before)
            found.reason = f"điểm kiểm tra đã ký có {sealed.size} mục, nhật ký chỉ còn {found.size}: đuôi bị cắt."
            return
        if range_root(tiles.node, 0, sealed.size) != sealed.root:
            found.bad, found.until = good, sealed.size
            found.reason = f"các mục không phải là các mục đã ký ({sealed.size} mục)."
            return
        good = before = sealed.size
        found.checkpoints += 1


def _check_stamps(folder: Path, found: Found, roots: bytes) -> None:
    """Check that each timestamp is over its sealed checkpoint, and not much younger or older than it says."""
    from nganam.lgsp.evidence.stamping import StampRefused, stamp_file, verify_stamp  # noqa: PLC0415

    keys = files.keys_of(folder)
    for _day, note in files.history(folder):
        sealed = read_checkpoint(note, keys)
        path = stamp_file(folder, sealed)
        if not path.exists():
            continue
        try:
            at = verify_stamp(path.read_bytes(), note.encode(), roots)
        except StampRefused as refused:
            found.reason = f"dấu thời gian {path.name} không đúng ({refused})."
            return
        if abs(at - sealed.at) > LATEST_STAMP:
            found.reason = f"dấu thời gian {path.name} cách thời điểm ký {abs(at - sealed.at)} giây."
            return
        found.stamps += 1
