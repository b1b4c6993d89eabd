"""Reads of the evidence for pages and programs: proofs for the parties, the public log, how the collector is."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor
from nganam.kernel.errors import NotFound
from nganam.lgsp import monitoring
from nganam.lgsp.evidence import guard, proofs, verify_evidence
from nganam.lgsp.evidence import log as evidence
from nganam.lgsp.evidence.guard import MEGABYTE, NEARLY
from nganam.lgsp.evidence.nodes import nodes_of
from nganam.lgsp.evidence.notes import Checkpoint
from nganam.lgsp.logbook import folder

TILE = re.compile(r"\d{1,2}(/x\d{3})*/\d{3}(\.p/\d{1,3})?")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
STAMP = re.compile(r"\d{1,20}-\d{1,20}\.tsr")
SHOWN_DAYS = 14
STALE_SECONDS = 30


def evidence_for(actor: Actor, request_id: str) -> dict[str, Any]:
    """Return entry, inclusion proof and checkpoint of a call the officer's agency is party to.

    Raises ``NotFound`` for anybody else's call, and for one the collector has no entry of any more.
    """
    return proofs.evidence_of(folder(), monitoring.get_exchange_for(actor, request_id).seq - 1)


def consistency(old: str, new: str) -> dict[str, Any]:
    """Return the proof that the log of ``old`` entries is the beginning of that of ``new`` ("" for the newest)."""
    if not (_is_number(old) and (not new or _is_number(new))):
        raise NotFound(_("Nêu số mục của hai điểm kiểm tra: ?cu=…&moi=…"))
    return proofs.consistency_of(folder(), int(old), int(new) if new else None)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class PublicLog:
    """What the public page of the log shows."""

    name: str
    keys: tuple[str, ...]
    timed_key: str
    newest: Checkpoint
    signed_at: datetime
    days: tuple[str, ...]
    stamps: int


def public_log() -> PublicLog | None:
    """Return the log's name, keys, newest checkpoint, and days with sealed ones; ``None`` while there is none."""
    newest, keys = evidence.latest(folder()), evidence.keys_of(folder())
    if newest is None:
        return None
    days = sorted((path.name for path in (folder() / evidence.HISTORY).glob("????-??-??")), reverse=True)
    return PublicLog(
        newest.origin, tuple(one.text for one in keys), keys[-1].timed_text, newest,
        datetime.fromtimestamp(newest.at, UTC), tuple(days[:SHOWN_DAYS]),
        sum(1 for _one in (folder() / evidence.STAMPS).glob("*.tsr")),
    )  # fmt: skip


def public_file(kind: str, name: str) -> Path:
    """Return a public file of the log: a hash tile, a day of checkpoints, a timestamp. Entries are not public."""
    shape = {"tile": TILE, evidence.HISTORY: DAY, evidence.STAMPS: STAMP}[kind]
    path = folder() / kind / name
    if not shape.fullmatch(name) or not path.is_file():
        raise NotFound(_("Không có tệp này trong nhật ký."))
    return path


def tool() -> bytes:
    """Return the program that checks proofs without us."""
    return Path(verify_evidence.__file__).read_bytes()


@dataclass(frozen=True, slots=True)
class CollectorStatus:
    """How the collector is, as its own note says; ``trouble`` is "" when all is well."""

    size: int = 0
    trouble: str = ""
    stops: str = ""
    """What of it stops the platform or soon will; a slow timestamp authority or one failed turn does not."""
    state: str = "ok"
    """One word for machines: ``ok``, ``late``, ``refusing`` (calls, for want of disk) or ``nearly_full``."""
    is_late: bool = False
    """No evidence is written: what has been called since is not known."""


def collector_status(at: datetime) -> CollectorStatus:
    """Return how the collector is, and what the operator must do when it is not well."""
    try:
        said = json.loads((folder() / "status.json").read_bytes())
        size, free, age = int(said["size"]), int(said["free"]), at.timestamp() - float(said["at"])
    except (OSError, ValueError, KeyError, TypeError):
        # One that cannot begin leaves no note; the guards beside the gateways speak all the same.
        stops = _refusing(_looked())
        return CollectorStatus(trouble=stops, stops=stops, state="refusing" if stops else "ok")
    if age > STALE_SECONDS:
        said |= _looked()
        free = said["free"]
    found = (("refusing", _refusing(said)), ("late", _stale(age)), ("nearly_full", _nearly_full(said, free)))
    state, stops = next(((state, words) for state, words in found if words), ("ok", ""))
    return CollectorStatus(size, stops or _trouble(said), stops, state, is_late=bool(_stale(age)))


def _looked() -> dict[str, Any]:
    """Return what the gateways were told by their own guards, and what is free: the collector has not looked lately."""
    told = [guard.told(node.folder) for node in nodes_of(folder().parent)]
    return {
        "refusing": any(one is not None and one >= guard.REFUSE for one in told), "error": "",
        "free": guard.free_bytes(folder()), "must_be_free": guard.must_be_free(folder()),
    }  # fmt: skip


def _stale(age: float) -> str:
    if age > STALE_SECONDS:
        return _("Tiến trình collector không ghi bằng chứng đã %(seconds)s giây: kiểm tra tiến trình và ổ đĩa.") % {
            "seconds": round(age)
        }
    return ""


def _refusing(said: dict[str, Any]) -> str:
    if said.get("refusing"):
        return _(
            "Cổng đang từ chối mọi cuộc gọi vì ổ đĩa ghi nhật ký chỉ còn %(free)s MB trống (cần %(need)s MB). "
            "Giải phóng ổ đĩa; cổng tự nhận lại cuộc gọi."
        ) % {
            "free": int(said.get("free", 0)) // MEGABYTE, "need": int(said.get("must_be_free", 0)) // MEGABYTE
        }  # fmt: skip
    return ""


def _nearly_full(said: dict[str, Any], free: int) -> str:
    # A failed turn has not looked at the disk: it says 0.
    needed = int(said.get("must_be_free", 0))
    if not said.get("error") and free < NEARLY * needed:
        return _("Ổ đĩa ghi nhật ký sắp đầy: còn %(free)s MB; dưới %(need)s MB cổng từ chối mọi cuộc gọi.") % {
            "free": free // MEGABYTE, "need": needed // MEGABYTE
        }  # fmt: skip
    return ""


def _trouble(said: dict[str, Any]) -> str:
    if said.get("error"):
        return _("Collector gặp lỗi (%(error)s) và đang thử lại; xem log/collector.log.") % {"error": said["error"]}
    if said.get("stamping"):
        return _("Máy chủ dấu thời gian không cấp dấu: %(why)s") % {"why": said["stamping"]}
    return ""
