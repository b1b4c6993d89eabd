"""Models as files: one ``.sql`` a model, headed by what is said of it, so that a province keeps them as it keeps code.

The head is YAML in a comment, so the file is SQL for any editor and any engine::

    /*---
    table: giuong-theo-xa
    agency: CT-SYT
    description: Số giường theo xã
    tests:
    - name: khong-am
      severity: error
      query: SELECT * FROM rows WHERE so_giuong < 0
    ---*/
    SELECT ma_xa, sum(so_giuong) AS so_giuong FROM co_so GROUP BY ma_xa
"""

import io
import re
import time
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import uuid4

import yaml
from django.db import transaction
from django.utils.translation import gettext as _

from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, NganamError
from nganam.warehouse import queries, told
from nganam.warehouse.models import Table
from nganam.warehouse.transforms import operations, planning
from nganam.warehouse.transforms.models import ModelVersion

HEAD: Final = re.compile(r"\A\s*/\*---[ \t]*\n(.*?)\n---\*/[ \t]*\n?(.*)\Z", re.DOTALL)
KNOWN: Final = frozenset({"table", "agency", "description", "tests", "lowered"})
MOST_FILES: Final = 500
MOST_PACKED: Final = 50
LARGEST_PACK: Final = 5 * 1024 * 1024
"""Models and bytes of one zip on the page, where somebody waits for the answer; a folder by command may hold more."""
SECONDS: Final = 60.0
"""What trying all models of one import may take together."""
LARGEST: Final = 200_000
"""Bytes of one file: a statement and its tests are far shorter."""


class _Loader(yaml.SafeLoader):
    """YAML without aliases: a few lines of them can stand for gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose a node that is written where it stands."""
        if self.check_event(yaml.AliasEvent):
            mark = self.get_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "alias", mark)
        return super().compose_node(parent, index)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file says, found sound: for which table, and as it would be kept."""

    table: Table
    draft: operations.Draft
    said: Mapping[str, Any]


def text_of(model: ModelVersion) -> str:
    """Return a model as a file."""
    table = model.table
    head: dict[str, Any] = {"table": table.code, "agency": table.agency.code}
    more = {"description": model.description, "tests": model.tests, "lowered": model.lowered}
    head |= {name: one for name, one in more.items() if one}
    text = yaml.safe_dump(head, allow_unicode=True, sort_keys=False, width=120)
    return f"/*---\n{text.rstrip()}\n---*/\n{model.sql}\n"


def read(text: str, name: str) -> dict[str, Any]:
    """Return what a file says: table, sql, description, tests, lowered; raise ``Invalid`` naming the file."""
    found = HEAD.match(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    head = _head(found[1], name) if found else None
    if found is None or not isinstance(head, dict):
        raise _bad(name, _("cần phần đầu /*--- … ---*/ ghi table: mã bảng"))
    strange = sorted(repr(one) for one in head if not isinstance(one, str) or one not in KNOWN)
    if strange:
        raise _bad(name, _("phần đầu có mục không biết: %(names)s") % {"names": ", ".join(strange)[:200]})
    tests, lowered = head.get("tests") or [], head.get("lowered") or {}
    listed = isinstance(tests, list) and all(isinstance(one, dict) for one in tests)
    table, description = head.get("table"), head.get("description") or ""
    if not listed or not isinstance(lowered, dict) or not table:
        raise _bad(name, _("table là mã bảng, tests là danh sách (name, query, severity), lowered là cột: lý do"))
    parts = [*(part for one in (lowered, *tests) for pair in one.items() for part in pair), table, description]
    if not all(_is_text(one) for one in (*parts, found[2])):
        raise _bad(name, _("mỗi mục của phần đầu phải là chữ, không có ký tự NUL; đặt số trong dấu ngoặc kép"))
    return {"table": table, "sql": found[2], "description": description, "tests": tests, "lowered": dict(lowered)}


def _head(text: str, name: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        told = _("phần đầu sai cú pháp YAML ở dòng %(line)s") % {"line": mark.line + 2 if mark else 1}
        raise _bad(name, told) from error


def _is_text(value: Any) -> bool:
    """Say whether a value is text that every database keeps."""
    return isinstance(value, str) and not re.search("[\0\ud800-\udfff]", value)


def export(folder: Path, models: Iterable[ModelVersion]) -> list[Path]:
    """Write each model to ``<folder>/<table>.sql``, beside and renamed; other files there are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for one in models:
        path, waiting = folder / f"{one.table.code}.sql", folder / f".{uuid4().hex}.tmp"
        waiting.write_text(text_of(one), encoding="utf-8")
        waiting.replace(path)
        made.append(path)
    return made


def packed(models: Iterable[ModelVersion]) -> bytes:
    """Return models as a zip of their files; the same models make the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in models:
            archive.writestr(zipfile.ZipInfo(f"{one.table.code}.sql", (2026, 1, 1, 0, 0, 0)), text_of(one))
    return out.getvalue()


def of_folder(folder: Path) -> dict[str, str]:
    """Return the texts of the ``.sql`` files of a folder by their names; raise ``Invalid`` when there are none."""
    paths = sorted(folder.glob("*.sql"))
    return _texts(((one.name, one.read_bytes()[: LARGEST + 1]) for one in paths), MOST_FILES)


def unpacked(file: BinaryIO) -> dict[str, str]:
    """Return the texts of the ``.sql`` files of a zip by their names; raise ``Invalid`` for a bad one."""
    if file.seek(0, io.SEEK_END) > LARGEST_PACK:
        raise _no_pack()
    try:
        with zipfile.ZipFile(file) as archive:
            members = [one for one in archive.infolist() if one.filename.endswith(".sql")][: MOST_PACKED + 1]
            if any(one.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for one in members):
                raise _no_pack()
            files = ((one.filename, archive.open(one).read(LARGEST + 1)) for one in members)
            return _texts(files, MOST_PACKED)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error, EOFError, OSError, ValueError) as error:
        raise _no_pack() from error


def _no_pack() -> Invalid:
    told = _("Chọn tệp .zip có các tệp .sql, không quá %(mega)s MB.") % {"mega": LARGEST_PACK // 1024**2}
    return Invalid(_("Không đọc được tệp nén."), fields={"file": [told]})


def _texts(files: Iterable[tuple[str, bytes]], most: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, data in files:
        if len(data) > LARGEST or len(found) >= most:
            raise _bad(name, _("quá lớn hoặc quá nhiều tệp (nhiều nhất %(most)s)") % {"most": most})
        try:
            found[name] = data.decode()
        except UnicodeDecodeError as error:
            raise _bad(name, _("phải là UTF-8")) from error
    if not found:
        raise Invalid(_("Không có tệp .sql nào."), fields={"file": [_("Mỗi mô hình là một tệp .sql.")]})
    return found


def take(*, actor: Actor, at: datetime, files: Mapping[str, str], dry_run: bool = False) -> dict[str, list[str]]:
    """Save the models of files, all or none; returns the tables by what happened: new, changed, same.

    ``dry_run`` only says what would. Raises ``Invalid`` under ``file`` naming every file that is wrong.
    """
    found: list[str] = []
    sound: list[tuple[str, Checked]] = []
    sorts: dict[str, list[str]] = {"new": [], "changed": [], "same": []}
    by_table: dict[str, str] = {}
    until = time.monotonic() + SECONDS
    for name, text in files.items():
        try:
            if time.monotonic() > until:
                raise _bad(name, _("thử các mô hình quá lâu; nhập làm nhiều lần, mỗi lần ít tệp hơn"))
            one = _written(actor, read(text, name))
            first = by_table.setdefault(one.table.code, name)
            if first != name:
                raise _bad(name, _("bảng %(table)s đã có ở tệp %(first)s") % {"table": one.table.code, "first": first})
            draft, said = operations.checked(actor=actor, at=at, written=one)
        except NganamError as error:
            found += _of_file(name, error)
            continue
        sound.append((name, Checked(one.table, draft, said)))
        before = planning.model_of(one.table)
        same = before is not None and operations.is_same(before, said)
        sorts["same" if same else "changed" if before else "new"].append(one.table.code)
    if found:
        raise _all_bad(found)
    if not dry_run:
        _save(sound, actor=actor, at=at)
    return sorts


@transaction.atomic
def _save(sound: Sequence[tuple[str, Checked]], *, actor: Actor, at: datetime) -> None:
    operations.hold_tables(one.table for _name, one in sound)
    for name, one in sound:
        reason = kept(told.FROM_FILE) % {"name": name[:200]}
        try:
            operations.keep(
                actor=actor, at=at, table=one.table, draft=one.draft, said=one.said, reason=reason
            )  # fmt: skip
        except NganamError as error:
            raise _all_bad(_of_file(name, error)) from error


def _written(actor: Actor, said: Mapping[str, Any]) -> operations.Written:
    table: Table = queries.get_table_for(actor, said["table"])
    return operations.Written(table, said["sql"], said["description"], tuple(said["tests"]), said["lowered"])


def _of_file(name: str, error: NganamError) -> list[str]:
    texts = [one for held in getattr(error, "fields", {}).values() for one in held] or [str(error.message)]
    return [one if one.startswith(f"{name}: ") else f"{name}: {one}" for one in texts]


def _bad(name: str, why: str) -> Invalid:
    return _all_bad([f"{name}: {why}"])


def _all_bad(found: list[str]) -> Invalid:
    return Invalid(
        _("Các tệp mô hình chưa đúng; chưa lưu mô hình nào."), fields={"file": found},
        hint=_("Sửa các tệp nêu dưới đây rồi nhập lại."),
    )  # fmt: skip
