"""Kiểm tra bằng chứng của nhật ký LGSP. Chỉ cần Python 3.9 trở lên, không cần gì khác, không cần mạng.

    python3 verify_evidence.py bang-chung.json --key KHOA
    python3 verify_evidence.py nhat-quan.json --key KHOA --old diem-kiem-tra-cu.txt [--new diem-kiem-tra-moi.txt]

KHOA là khóa công khai của nhật ký (tên+mã+base64), lấy ở trang công khai MỘT LẦN rồi giữ lại: bằng chứng chỉ có giá
trị với khóa bạn đã biết trước. Tệp điểm kiểm tra là tệp "checkpoint" bạn đã tải về và giữ. Trả 0 khi đúng, 1 khi sai.

Checks evidence of the LGSP log: RFC 6962 proofs, C2SP checkpoints, Ed25519 (RFC 8032), with nothing but this file.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from datetime import UTC, datetime
from typing import Any

# ---- Ed25519, verification only (RFC 8032, section 6) ----
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
Key = tuple[str, bytes]


def _point(y: int, sign: int) -> Point | None:
    """Return the point with this y and the sign of its x, if there is one."""
    if y >= P:
        return None
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * ROOT % P
    if (x * x - xx) % P or (not x and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, p: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _add(found, p)
        p = _add(p, p)
        number >>= 1
    return found


def _unpacked(raw: bytes) -> Point | None:
    number = int.from_bytes(raw, "little")
    return _point(number & (2**255 - 1), number >> 255)


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether the signature is the key's over the message."""
    base = _point(4 * pow(5, P - 2, P) % P, 0)
    if len(public) != 32 or len(signature) != 64:
        return False
    key, r = _unpacked(public), _unpacked(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if base is None or key is None or r is None or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    left, right = _times(s, base), _add(r, _times(h, key))
    return not (left[0] * right[2] - right[0] * left[2]) % P and not (left[1] * right[2] - right[1] * left[2]) % P


# ---- signed notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature) ----
class Wrong(Exception):
    """The evidence does not hold."""


def b64(text: str) -> bytes:
    """Read base64."""
    return base64.b64decode(text, validate=True)


def read_key(text: str) -> Key:
    """Read a public key: name, id and key."""
    name, _, rest = text.strip().partition("+")
    written, _, encoded = rest.partition("+")
    raw = b64(encoded)
    if raw[:1] != b"\1" or hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8] != written:
        raise Wrong("khóa không đúng dạng tên+mã+base64")
    return name, raw[1:]


def read_checkpoint(note: str, key: Key) -> tuple[int, bytes, int | None]:
    """Return size, root and time of signing of a checkpoint signed by the key."""
    name, public = key
    body, gap, signatures = note.partition("\n\n")
    body += "\n"
    lines = body.split("\n")
    if not gap or len(lines) < 4:
        raise Wrong("điểm kiểm tra không đúng dạng")
    kept: dict[bytes, bytes] = {}
    for line in signatures.splitlines():
        parts = line.split(" ")
        if len(parts) == 3 and parts[0] == "\u2014" and parts[1] == name:
            raw = b64(parts[2])
            kept[raw[:4]] = raw[4:]
    plain = kept.get(hashlib.sha256(name.encode() + b"\n\1" + public).digest()[:4], b"")
    if not ed25519_holds(public, body.encode(), plain):
        raise Wrong("chữ ký của điểm kiểm tra không đúng với khóa này")
    at: int | None = None
    timed = kept.get(hashlib.sha256(name.encode() + b"\n\4" + public).digest()[:4])
    if timed:
        at = int.from_bytes(timed[:8], "big")
        if not ed25519_holds(public, b"cosignature/v1\ntime %d\n" % at + body.encode(), timed[8:]):
            raise Wrong("chữ ký có thời điểm của điểm kiểm tra không đúng")
    return int(lines[1]), b64(lines[2]), at


# ---- proofs (RFC 9162, sections 2.1.3.2 and 2.1.4.2) ----
def node(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees."""
    return hashlib.sha256(b"\1" + left + right).digest()


def check_inclusion(entry: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> None:
    """Raise Wrong unless the entry stands at the index of the tree with this root."""
    if not 0 <= index < size:
        raise Wrong("mục nằm ngoài điểm kiểm tra")
    fn, sn, r = index, size - 1, hashlib.sha256(b"\0" + entry).digest()
    for p in proof:
        if sn == 0:
            raise Wrong("chứng minh quá dài")
        if fn & 1 or fn == sn:
            r = node(p, r)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn or r != root:
        raise Wrong("chứng minh không dẫn tới gốc đã ký: mục đã bị sửa hoặc không ở vị trí này")


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: list[bytes]) -> None:
    """Raise Wrong unless the old tree is the beginning of the new one."""
    if not 0 < old <= new:
        raise Wrong("điểm kiểm tra cũ phải nhỏ hơn điểm kiểm tra mới")
    if old == new:
        if proof or old_root != new_root:
            raise Wrong("hai điểm kiểm tra cùng số mục mà khác gốc: nhật ký đã bị viết lại")
        return
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise Wrong("thiếu chứng minh")
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            raise Wrong("chứng minh quá dài")
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn or fr != old_root or sr != new_root:
        raise Wrong("nhật ký mới không nối tiếp nhật ký cũ: mục cũ đã bị sửa, bỏ hoặc đổi thứ tự")


# ---- command ----
def when(at: int | None) -> str:
    """Write an instant."""
    return "không ghi thời điểm" if at is None else datetime.fromtimestamp(at, UTC).isoformat()


def plain(text: str) -> str:
    """Keep only printable characters: an entry holds texts that callers chose."""
    return "".join(one if one.isprintable() or one == "\n" else "\\u{:04x}".format(ord(one)) for one in text)


def check_evidence(said: dict[str, Any], key: Key) -> str:
    """Check the evidence of one entry; return what to tell."""
    size, root, at = read_checkpoint(said["checkpoint"], key)
    entry = b64(said["entry"])
    check_inclusion(entry, said["index"], size, [b64(one) for one in said["proof"]], root)
    told = json.dumps(json.loads(entry.decode()), ensure_ascii=False, indent=2, sort_keys=True)
    return "ĐÚNG: mục số %d trong nhật ký %s có %d mục, ký lúc %s.\n%s" % (
        said["index"] + 1,
        key[0],
        size,
        when(at),
        plain(told),
    )


def check_growth(said: dict[str, Any], key: Key, old_note: str, new_note: str) -> str:
    """Check that a kept checkpoint is the beginning of a newer one; return what to tell."""
    old, old_root, old_at = read_checkpoint(old_note, key)
    new, new_root, new_at = read_checkpoint(new_note or said["checkpoint"], key)
    if (old, new) != (said["old"]["size"], said["new"]["size"]):
        raise Wrong(
            "chứng minh này nói về %d và %d mục, không phải %d và %d"
            % (said["old"]["size"], said["new"]["size"], old, new)
        )
    check_consistency(old, old_root, new, new_root, [b64(one) for one in said["proof"]])
    return "ĐÚNG: %d mục ký lúc %s là phần đầu, không đổi, của %d mục ký lúc %s." % (
        old,
        when(old_at),
        new,
        when(new_at),
    )


def read_text(path: str) -> str:
    """Read a file."""
    with open(path, encoding="utf-8") as file:
        return file.read()


def main(arguments: list[str] | None = None) -> int:
    """Check what the command names; 0 when it holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="tệp JSON tải từ trang của giao dịch hoặc trang công khai")
    parser.add_argument("--key", required=True, help="khóa công khai của nhật ký, hoặc tên tệp chứa khóa")
    parser.add_argument("--old", help="tệp điểm kiểm tra cũ bạn đã giữ (khi kiểm tra tính nối tiếp)")
    parser.add_argument("--new", help="tệp điểm kiểm tra mới; bỏ trống thì lấy trong tệp JSON")
    given = parser.parse_args(arguments)
    try:
        key = read_key(given.key if "+" in given.key else read_text(given.key))
        said = json.loads(read_text(given.file))
        if said["format"] == "nganam-evidence-1":
            print(check_evidence(said, key))
        elif said["format"] == "nganam-consistency-1":
            if not given.old:
                raise Wrong("cần --old: tệp điểm kiểm tra cũ bạn đã giữ")
            print(check_growth(said, key, read_text(given.old), read_text(given.new) if given.new else ""))
        else:
            raise Wrong("tệp không phải bằng chứng của nhật ký LGSP")
    except Wrong as wrong:
        print("SAI: {}.".format(wrong))
        return 1
    except (OSError, ValueError, KeyError, TypeError) as error:
        print("SAI: không đọc được tệp ({}).".format(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
