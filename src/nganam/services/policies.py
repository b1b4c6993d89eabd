"""Who the parties of the register are, and what its guards ask. Each answer is "" when it holds, else the reason."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.utils.translation import gettext as _

from nganam.agencies.queries import acts_for
from nganam.cases.queries import history_of
from nganam.catalogue.policies import lacks_regulation
from nganam.face.templatetags.nganam import label
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import local_date
from nganam.law.rules import rules_on
from nganam.scanning.models import Result
from nganam.services import changes, checklist
from nganam.services.content import Thing, content_ahead, content_of, described
from nganam.services.models import Appraisal, Finding, Revision, Service
from nganam.warehouse.models import Version
from nganam.warehouse.queries import current_version

T = TypeVar("T")
EDITABLE = ("draft", "returned")
OFFERED = frozenset({"", "submit"})
"""The moves that make somebody an author: opening a description and handing it in."""


def may_declare(actor: Actor) -> str:
    """A focal officer declares services of the agency acted for (S14.3, S21.4)."""
    if actor.has(Role.FOCAL) and actor.agency:
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan cung cấp được khai báo dịch vụ.")


def may_act_as_provider(actor: Actor, thing: Thing) -> str:
    """The provider's focal officer acts for its own services only."""
    return "" if acts_for(actor, thing.provider) else _("Chỉ cán bộ đầu mối của cơ quan cung cấp được làm việc này.")


def may_appraise(actor: Actor, thing: Thing) -> str:
    """The lead agency appraises (S14.1); who declared or handed in does not, also under another posting."""
    if not actor.has(Role.LEAD):
        return _("Chỉ cơ quan đầu mối cấp tỉnh được thẩm định dịch vụ.")
    return _("Người khai báo không được tự thẩm định.") if actor.code in _authors(thing) else ""


def _authors(thing: Thing) -> frozenset[str]:
    moves = history_of(thing).filter(transition__in=OFFERED)
    return _once(thing, "authors", lambda: frozenset(moves.values_list("actor_code", flat=True)))


def _once(thing: Thing, name: str, read: Callable[[], T]) -> T:
    """Return what was read for the thing as it stands, by its version: a page asks the same for each of its moves."""
    kept: dict[tuple[str, int], T] = thing.__dict__.setdefault("_read", {})
    key = (name, thing.version)
    if key not in kept:
        kept[key] = read()
    return kept[key]


def may_operate(actor: Actor, thing: Thing) -> str:
    """The lead agency takes services in on the LGSP (S14.2) and knows the national register (D26)."""
    del thing
    return "" if actor.has(Role.LEAD) else _("Chỉ cơ quan đầu mối cấp tỉnh được làm việc này.")


SERVICE_PARTIES = {"provider": may_act_as_provider, "lead": may_appraise, "operator": may_operate}
REVISION_PARTIES = {"provider": may_act_as_provider, "lead": may_appraise}


# -- what the guards ask --


def complete(thing: Thing, actor: Actor, at: datetime) -> str:
    """A description says all D24.3 asks under the rules of the day it is handed in; a version changes something."""
    del actor
    content = content_ahead(thing)
    if isinstance(thing, Revision) and not changes.changes_between(content_of(thing.service), content):
        return _("Phiên bản này không còn gì khác bản đang áp dụng.")
    missing = rules_on(local_date(at)).missing("services.description", described(thing, content))
    if not missing:
        return ""
    return _("Bản mô tả còn thiếu: %(names)s.") % {"names": ", ".join(label(one) for one in missing)}


def open_appraisal(thing: Thing) -> Appraisal | None:
    """Return the appraisal under way of a service or version, with its findings."""
    return next((one for one in appraisals_of(thing) if one.decided_at is None), None)


def appraisals_of(thing: Thing) -> list[Appraisal]:
    """Return the appraisals of a service or of a version, first to last, with their findings."""
    found = Appraisal.objects.prefetch_related("findings")
    mine = found.filter(revision=thing) if isinstance(thing, Revision) else found.filter(service=thing, revision=None)
    return _once(thing, "appraisals", lambda: list(mine))


def data_of(thing: Thing) -> Version | None:
    """Return the data behind a service or version as a guard has just read them, else as they are."""
    return _once(thing, "data", lambda: current_version(thing.table) if thing.table else None)


def _data_now(thing: Thing) -> Version | None:
    """Return the data as they are: what decides is never what was read before."""
    thing.__dict__.setdefault("_read", {}).pop(("data", thing.version), None)
    return data_of(thing)


def _results(thing: Thing) -> dict[str, Finding]:
    appraisal = open_appraisal(thing)
    return {one.line: one for one in appraisal.findings.all()} if appraisal else {}


def all_met(thing: Thing, actor: Actor, at: datetime) -> str:
    """Nothing passes while a line of the checklist is open or not met."""
    del actor, at
    found = _results(thing)
    left = [label(one) for one in checklist.LINES if one.code not in found]
    failed = [label(one) for one in checklist.LINES if one.code in found and found[one.code].result == checklist.UNMET]
    if left:
        return _("Chưa ghi kết quả các mục: %(names)s.") % {"names": ", ".join(left)}
    return _("Chưa đạt các mục: %(names)s.") % {"names": ", ".join(failed)} if failed else ""


def some_unmet(thing: Thing, actor: Actor, at: datetime) -> str:
    """A return names what is wrong, line by line."""
    del actor, at
    if any(one.result == checklist.UNMET for one in _results(thing).values()):
        return ""
    return _("Ghi ít nhất một mục chưa đạt, kèm ý kiến, trước khi trả lại.")


def regulation(thing: Thing, actor: Actor, at: datetime) -> str:
    """A declared database has an issued and published usage regulation (D22); without one the appraiser judges."""
    del actor, at
    return lacks_regulation(_service_of(thing).database)


def scanned(thing: Thing, actor: Actor, at: datetime) -> str:
    """The data as they are now were scanned in this appraisal, and no secrecy mark was found (S1.2, S27.3)."""
    del actor, at
    appraisal = open_appraisal(thing)
    scan = appraisal.evidence.get("scan") if appraisal else None
    if not scan:
        return _("Mẫu dữ liệu của bảng nguồn chưa được rà quét.")
    if scan["result"] == Result.SECRET:
        return _("Lần rà quét gần nhất thấy dấu hiệu bí mật nhà nước; dữ liệu này không được chia sẻ.")
    version = _data_now(thing)
    if scan["version"] == (version.number if version else 0):
        return ""
    return _("Bảng nguồn đã nạp phiên bản mới sau lần rà quét; hãy rà quét lại.")


def minor(revision: Revision, actor: Actor, at: datetime) -> str:
    """What breaks nobody takes effect at once (D25.2); anything else is appraised again."""
    del actor, at
    found = changes.changes_between(content_of(revision.service), content_ahead(revision))
    return _("Có thay đổi có thể làm hỏng kết nối đang dùng: phải thẩm định lại.") if changes.is_major(found) else ""


def due(revision: Revision, actor: Actor, at: datetime) -> str:
    """A version whose users were told of a day does not come before it."""
    del actor
    if revision.effective_on is not None and local_date(at) >= revision.effective_on:
        return ""
    day = f"{revision.effective_on:%d/%m/%Y}" if revision.effective_on else "–"
    return _("Đã báo các cơ quan khai thác là áp dụng từ ngày %(day)s.") % {"day": day}


def _service_of(thing: Thing) -> Service:
    return thing.service if isinstance(thing, Revision) else thing


SERVICE_GUARDS = {
    "complete": complete, "all_met": all_met, "some_unmet": some_unmet, "regulation": regulation, "scanned": scanned,
}  # fmt: skip
REVISION_GUARDS = {**SERVICE_GUARDS, "minor": minor, "due": due}
