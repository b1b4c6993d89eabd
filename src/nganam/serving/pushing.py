"""The door for pushed records: a batch or a single one is checked for its form, kept, and acknowledged by a receipt.

``POST /<door>`` takes a JSON object, a list of them, or one a line (NDJSON); ``GET /<door>/<receipt>`` says what has
become of it. What a value must be is judged when the worker loads the table, as for every other source: the receipt
then tells what was taken and, record by record, what was not.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from nganam.serving import asking, problems, spool
from nganam.serving.bodies import MOST_SENT, Body
from nganam.serving.snapshot import Push

MOST_RECORDS = 20_000
MOST_NAMED = 8
LONGEST_RECORD = 64 * 1024
RECEIPT = re.compile(r"^[0-9a-f]{32}$")
KEY = re.compile(r"^[\x21-\x7e]{8,128}$")
LINES = frozenset({"application/x-ndjson", "application/jsonl", "application/x-jsonlines"})
JSON = frozenset({"application/json", ""})
OWN = frozenset({b"idempotency-key", b"content-type"})


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a receipt says. ``state``: waiting, loading, loaded, unchanged, failed.

    ``accepted`` and ``rejected`` are told once the load has ended; ``errors`` are the first of the rejected records, by
    their number in the push from 1, the column and why.
    """

    receipt: str
    state: str
    received_at: str
    records: int
    digest: str
    message: str = ""
    load: str = ""
    version: int = 0
    accepted: int | msgspec.UnsetType = msgspec.UNSET
    rejected: int | msgspec.UnsetType = msgspec.UNSET
    errors: list[dict[str, Any]] = []


class Kept(msgspec.Struct, frozen=True):
    """A receipt at rest: whose it is, and what it says to them."""

    consumer: str
    said: Said


def waits(head: spool.Head) -> Said:
    """Return the receipt of a push that nobody has taken yet."""
    return Said(head.receipt, "waiting", head.at, head.records, head.digest, "Đã tiếp nhận, chờ nạp vào kho.")


def receive(
    place: Path, push: Push, headers: asking.Headers, raw: Iterable[tuple[bytes, bytes]], body: Body, *, at: datetime
) -> tuple[Said, bool]:
    """Keep what was pushed; return its receipt and whether it had come before. Raises ``Refused``, ``OSError``."""
    if headers.consumer not in push.callers:
        raise problems.push_not_granted()
    sent = _own_headers(raw)
    key = sent.get(b"idempotency-key", "")
    if key and not KEY.match(key):
        raise problems.bad_request(
            "Idempotency-Key phải có 8 đến 128 ký tự ASCII, không có khoảng trắng.",
            "Dùng một mã mới cho mỗi lần đẩy, ví dụ UUID, và giữ nguyên mã đó khi gửi lại.",
        )
    head = spool.Head(
        _receipt(place, headers.consumer, key), headers.consumer, at.astimezone(UTC).isoformat(timespec="microseconds"),
        0, body.size, body.digest, headers.noted.get("messageId", ""), headers.request_id,
    )  # fmt: skip
    if key and (before := _find(place, head.receipt)) is not None:
        return _again(before.said, head), True
    records = read_records(body, sent.get(b"content-type", ""), push)
    head = msgspec.structs.replace(head, records=len(records))
    try:
        kept = spool.keep(place, head, records)
    except spool.Full as error:
        raise problems.unavailable("Quá nhiều lần đẩy đang chờ nạp vào kho; lần đẩy này chưa được nhận.") from error
    except spool.Absent as error:
        raise problems.unavailable("Máy chủ này chưa nhận dữ liệu đẩy cho bảng; lần đẩy này chưa được nhận.") from error
    except FileNotFoundError:  # it was there, and has been taken this moment
        before = _find(place, head.receipt)
        if before is None:
            raise
        return _again(before.said, head), True
    if kept is not head:
        return _again(waits(kept), head), True
    if key and (before := _already_told(place, head.receipt)) is not None:  # taken between our two looks
        told = _again(before.said, head)
        (place / spool.WAITING / head.receipt).unlink(missing_ok=True)
        return told, True
    return waits(head), False


def _already_told(place: Path, receipt: str) -> Kept | None:
    try:
        return _told(place, receipt)
    except FileNotFoundError:
        return None


def _own_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[bytes, str]:
    found: dict[bytes, str] = {}
    for name, value in raw:
        if name in OWN and found.setdefault(name, value.decode("latin-1")) != value.decode("latin-1"):
            raise problems.bad_request(f"Đầu mục {name.decode()} được gửi hai lần.", "Gửi mỗi đầu mục một lần.")
    return found


def _receipt(place: Path, consumer: str, key: str) -> str:
    """Return a name nobody guesses; for one key of one sender always the same, so that a push is kept once."""
    if not key:
        return secrets.token_hex(16)
    return hashlib.sha256(f"{place.name}\0{consumer}\0{key}".encode()).hexdigest()[:32]


def _again(before: Said, head: spool.Head) -> Said:
    if before.digest != head.digest:
        raise problems.key_used()
    return before


def find(place: Path, receipt: str, consumer: str) -> Said:
    """Return a receipt of the caller's own; another's is not found."""
    found = _find(place, receipt) if RECEIPT.match(receipt) else None
    if found is None or found.consumer != consumer:
        raise problems.no_receipt()
    return found.said


def _find(place: Path, receipt: str) -> Kept | None:
    """Return a receipt: what the worker told of it, else what waits; it may be taken between two looks."""
    for look in (_told, _waiting, _told):
        try:
            return look(place, receipt)
        except FileNotFoundError:
            continue
    return None


def _told(place: Path, receipt: str) -> Kept:
    return msgspec.json.decode(spool.told(place, receipt), type=Kept)


def _waiting(place: Path, receipt: str) -> Kept:
    head = spool.read_head(place / spool.WAITING / receipt)
    return Kept(head.consumer, waits(head))


def read_records(body: Body, content_type: str, push: Push) -> list[bytes]:
    """Return the records of a body, each JSON on one line with the numbers as they were sent; raise ``Refused``."""
    raws = _split(body, content_type.partition(";")[0].strip().lower())
    if not raws:
        raise problems.bad_request(
            "Không có bản ghi nào.", "Gửi một đối tượng JSON, một mảng, hoặc mỗi dòng một bản ghi."
        )
    if len(raws) > MOST_RECORDS:
        raise _too_many()
    return [_checked(number, raw, push) for number, raw in enumerate(raws, 1)]


def _split(body: Body, kind: str) -> Sequence[bytes]:
    if body.size > MOST_SENT:
        raise problems.push_too_large(f"Nội dung gửi lên lớn quá {MOST_SENT // 1024 // 1024} MiB.")
    if kind not in JSON | LINES:
        raise problems.wrong_media(kind)
    content = body.content.removeprefix(b"\xef\xbb\xbf")
    if kind in LINES:
        return [one for one in content.splitlines() if one.strip()]
    if not content.lstrip().startswith(b"["):
        return [content] if content.strip() else []
    try:
        raws = msgspec.json.decode(content, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _unreadable(0, error) from error
    if len(raws) > MOST_RECORDS:  # before each is copied
        raise _too_many()
    return [bytes(one) for one in raws]


def _too_many() -> problems.Refused:
    return problems.push_too_large(f"Một lần đẩy có nhiều nhất {MOST_RECORDS} bản ghi.")


def _checked(number: int, raw: bytes, push: Push) -> bytes:
    """Return a record on one line; refuse what is no object with exactly the table's columns."""
    try:
        record = msgspec.json.decode(raw, type=dict[str, Any])
        line = msgspec.json.format(raw, indent=-1)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise _unreadable(number, error) from error
    if len(line) > LONGEST_RECORD:
        raise problems.push_too_large(f"Bản ghi {number} dài quá {LONGEST_RECORD // 1024} KiB.")
    wanted = push.fields
    if record.keys() != set(wanted):
        raise _wrong_fields(number, record, wanted)
    if len(json.loads(line, object_pairs_hook=list, parse_float=str, parse_int=str)) != len(record):
        raise _wrong(number, "có mục được ghi hai lần.")
    for name, value in record.items():
        if isinstance(value, dict | list):
            raise _wrong(number, f"“{name}” phải là một giá trị, không phải đối tượng hay mảng.", name)
    empty = [name for name in push.key if record[name] in (None, "")]
    if empty:
        raise _wrong(number, f"thiếu giá trị của khóa: {', '.join(empty)}.", *empty)
    return line


def _wrong_fields(number: int, record: dict[str, Any], wanted: Sequence[str]) -> problems.Refused:
    missing = [name for name in wanted if name not in record]
    unknown = [name[:80] for name in record if name not in set(wanted)]
    told = [
        f"{word}: {', '.join(names[:MOST_NAMED])}{'…' if len(names) > MOST_NAMED else ''}"
        for word, names in (("thiếu mục", missing), ("có mục lạ", unknown)) if names
    ]  # fmt: skip
    return _wrong(number, "; ".join(told) + ".", *missing, *unknown)


def _wrong(number: int, why: str, *names: str) -> problems.Refused:
    return problems.bad_request(
        f"Bản ghi {number} {why} Không bản ghi nào được nhận.",
        "Mỗi bản ghi phải có đủ và chỉ có các cột của bảng (giá trị trống ghi null); xem trang đẩy dữ liệu của bảng.",
        record=number, fields=list(names[:MOST_NAMED]),
    )  # fmt: skip


def _unreadable(number: int, error: Exception) -> problems.Refused:
    which = f"Bản ghi {number}" if number else "Nội dung"
    reason = str(error)[:120] if isinstance(error, msgspec.DecodeError) else "sai mã UTF-8 hoặc lồng quá sâu"
    return problems.bad_request(
        f"{which} không phải JSON đúng: {reason}. Không bản ghi nào được nhận.",
        "Gửi JSON UTF-8: một đối tượng, một mảng đối tượng, hoặc (application/x-ndjson) mỗi dòng một đối tượng.",
    )
