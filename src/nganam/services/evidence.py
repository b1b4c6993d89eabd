"""What the platform itself knows for each line of an appraisal, shown to the appraiser and kept with the decision."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from nganam.catalogue.models import SharedDatabase
from nganam.services.content import Thing, content_ahead
from nganam.services.models import Appraisal, Revision, Upstream
from nganam.services.policies import data_of
from nganam.warehouse.models import Table

GOOD, WARN, BAD = "good", "warn", "bad"
UNSEEN = "unseen"
"""The result of a scan where the data are in an agency's own system."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing known for a line; ``tone`` is good, warn or bad, ``link`` leads to where it stands."""

    text: str
    tone: str = GOOD
    link: str = ""


def evidence_of(thing: Thing, appraisal: Appraisal | None = None) -> dict[str, list[Fact]]:
    """Return the facts for each line of the checklist; those of the scan come from the appraisal under way."""
    content = content_ahead(thing)
    service = thing.service if isinstance(thing, Revision) else thing
    scan = appraisal.evidence.get("scan") if appraisal else None
    return {
        "structure": _structure(content),
        "answers": [_said(content, "no_data"), _said(content, "not_permitted")],
        "security": _security(content, service.database),
        "regulation": _regulation(service.database),
        "secrecy": [_secrecy(scan)],
        "personal": _personal(content, scan),
        "gateway": _gateway(content, thing),
    }


def _structure(content: dict[str, Any]) -> list[Fact]:
    items = content["fields"]
    bare = [str(one["name"]) for one in items if not one.get("description")]
    facts = [Fact(_("%(count)s mục tin, có tên và kiểu.") % {"count": len(items)})]
    if bare:
        facts.append(Fact(_("Chưa có mô tả: %(names)s.") % {"names": ", ".join(bare)}, WARN))
    return facts


def _said(content: dict[str, Any], name: str) -> Fact:
    text = str(content.get(name) or "").strip()
    return Fact(text) if text else Fact(_("Bản mô tả chưa nói."), WARN)


def _security(content: dict[str, Any], database: SharedDatabase | None) -> list[Fact]:
    facts = [
        Fact(_("Qua LGSP: mã truy cập của từng ứng dụng, chỉ mục tin được cấp.")),
        Fact(_("Giới hạn %(rate)s cuộc gọi mỗi phút.") % {"rate": content["rate_per_minute"]}),
    ]
    if database is not None and not database.needs_authentication:
        facts.append(Fact(_("Danh mục ghi cơ sở dữ liệu không cần xác thực."), WARN))
    return facts


def _regulation(database: SharedDatabase | None) -> list[Fact]:
    if database is None:
        return [Fact(_("Bảng nguồn chưa gắn với cơ sở dữ liệu nào trong danh mục; nêu quy chế theo chủ đề."), WARN)]
    told = {"code": database.code, "number": database.regulation_number}
    if not database.regulation_number:
        return [Fact(_("%(code)s chưa có quy chế khai thác, sử dụng.") % told, BAD, database.get_absolute_url())]
    day = f"{database.regulation_on:%d/%m/%Y}" if database.regulation_on else "–"
    issued = Fact(_("%(code)s: quy chế %(number)s ngày %(day)s.") % {**told, "day": day})
    if not database.regulation_link:
        return [issued, Fact(_("Quy chế chưa có địa chỉ công bố."), BAD, database.get_absolute_url())]
    term = Fact(
        _("Thời hạn sử dụng: %(term)s") % {"term": database.usage_term or "–"}, GOOD if database.usage_term else WARN
    )
    kept = Fact(
        _("Lưu nhật ký %(months)s tháng.") % {"months": database.log_months or "–"},
        GOOD if database.log_months else WARN,
    )
    return [issued, Fact(_("Đã công bố."), GOOD, database.regulation_link), term, kept]


def _secrecy(scan: dict[str, Any] | None) -> Fact:
    if scan is None:
        return Fact(_("Chưa rà quét trong lần thẩm định này."), WARN)
    if scan["result"] == "secret":
        return Fact(_("Có dấu hiệu bí mật nhà nước; Công an đã được báo."), BAD, "/ra-quet/")
    if scan["result"] == UNSEEN:
        return Fact(_("Dữ liệu nằm ở hệ thống của cơ quan, nền tảng không rà quét được: xem mẫu do cơ quan nộp."), WARN)
    told = {"number": scan["version"], "columns": scan["columns"]}
    if not scan["version"]:
        return Fact(_("Bảng chưa có dữ liệu để rà quét."), WARN)
    return Fact(_("Rà quét phiên bản dữ liệu %(number)s, %(columns)s cột: không thấy dấu mật.") % told)


def _personal(content: dict[str, Any], scan: dict[str, Any] | None) -> list[Fact]:
    marked = {str(one["name"]) for one in content["fields"] if one.get("personal")}
    names = ", ".join(sorted(marked))
    facts = [
        Fact(
            _("Mục tin cá nhân đã đánh dấu: %(names)s.") % {"names": names}
            if marked
            else _("Không có mục tin cá nhân.")
        )
    ]
    offered = {str(one["name"]) for one in content["fields"]}
    unmarked = sorted({one for one in (scan or {}).get("personal", []) if one in offered} - marked)
    if unmarked:
        told = {"names": ", ".join(unmarked)}
        facts.append(Fact(_("Rà quét thấy dấu hiệu dữ liệu cá nhân ở mục chưa đánh dấu: %(names)s.") % told, BAD))
    return facts


def _gateway(content: dict[str, Any], thing: Thing) -> list[Fact]:
    service = thing.service if isinstance(thing, Revision) else thing
    if service.upstream is not None:
        return _reached(content, service.upstream)
    return _loaded(content, thing, service.table) if service.table else []


def _reached(content: dict[str, Any], upstream: Upstream) -> list[Fact]:
    """Say how an agency's system is reached, and what an answer of it is held to."""
    link = upstream.get_absolute_url()
    facts = [
        Fact(upstream.fault, BAD, link) if upstream.fault
        else Fact(_("%(code)s: địa chỉ đã kiểm tra.") % {"code": upstream.code}, GOOD, link)
    ]  # fmt: skip
    writing = [one for one in content.get("operations", []) if one["method"] != "GET"]
    if writing:
        told = ", ".join(f"{one['method']} {one['path']}" for one in writing)
        facts.append(Fact(_("Có thao tác ghi: %(told)s.") % {"told": told}, WARN))
    if upstream.answers == Upstream.Answers.WHOLE:
        facts.append(Fact(_("Câu trả lời chuyển nguyên: không giới hạn được mục tin và bản ghi."), WARN))
    if upstream.credential_header and upstream.credential_at is None:
        facts.append(Fact(_("Chưa đặt khóa của hệ thống."), BAD, link))
    if any(one.startswith("http://") for one in upstream.endpoints):
        facts.append(Fact(_("Gọi không mã hóa trong mạng riêng."), WARN))
    return facts


def _loaded(content: dict[str, Any], thing: Thing, table: Table) -> list[Fact]:
    version = data_of(thing)
    if version is None:
        return [Fact(_("Bảng nguồn chưa có dữ liệu."), BAD, table.get_absolute_url())]
    asked = {*content["lookup_columns"], *content["filter_columns"], *(one["name"] for one in content["fields"])}
    missing = sorted(name for name in asked if name not in version.shape.names)
    loaded = Fact(_("Bảng %(code)s phiên bản %(number)s, %(rows)s dòng.") % {
        "code": table.code, "number": version.number, "rows": version.rows,
    }, GOOD, table.get_absolute_url())  # fmt: skip
    if missing:
        return [loaded, Fact(_("Dữ liệu hiện hành không có cột: %(names)s.") % {"names": ", ".join(missing)}, BAD)]
    keys = ", ".join(content["lookup_columns"])
    look_up = Fact(_("Tra cứu theo %(keys)s.") % {"keys": keys}) if keys else Fact(_("Không có khóa tra cứu."), WARN)
    return [loaded, look_up, *_key_fact(content, version.shape.key)]


def _key_fact(content: dict[str, Any], key: tuple[str, ...]) -> list[Fact]:
    """Say when the look-up key is not the key of the table: an answer could be more than one record."""
    if not content["lookup_columns"] or set(key) <= set(content["lookup_columns"]):
        return []
    return [Fact(_("Khóa tra cứu không phải khóa của bảng: có thể có nhiều bản ghi mang cùng khóa."), WARN)]


def is_doubtful(facts: list[Fact]) -> bool:
    """Say whether something speaks against the line: who finds it met all the same says why."""
    return any(one.tone != GOOD for one in facts)


def frozen(facts: dict[str, list[Fact]]) -> dict[str, list[dict[str, str]]]:
    """Return the facts as they are kept with a decision."""
    return {line: [{"text": one.text, "tone": one.tone} for one in found] for line, found in facts.items()}
