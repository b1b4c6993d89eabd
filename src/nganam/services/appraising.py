"""Writes of the appraisal (S14.1): the same for a service and for a new version of one (``case`` is either).

The findings are rows, one for each line of the checklist; what the platform itself knew is kept with the decision.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.agencies.letterhead import issuer_of, signer_of
from nganam.agencies.models import Agency
from nganam.agencies.queries import lead_agency
from nganam.cases import operations as cases
from nganam.cases import parties
from nganam.documents.models import Paper
from nganam.documents.operations import issue_letter
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid
from nganam.law.rules import rules_on
from nganam.scanning import operations as scanning
from nganam.scanning.models import Scan
from nganam.services import checklist, letters
from nganam.services.content import Thing, check_description, content_ahead
from nganam.services.evidence import UNSEEN, evidence_of, frozen, is_doubtful
from nganam.services.models import Appraisal, Finding, Revision
from nganam.services.policies import open_appraisal
from nganam.services.telling import tell
from nganam.warehouse import queries as warehouse

T = TypeVar("T", bound=Thing)
PERSONAL_LEVELS = frozenset({"personal", "contact"})


@transaction.atomic
def submit(*, actor: Actor, at: datetime, case: T, version: int | None = None) -> T:
    """Hand a description in for appraisal; the rules of this day hold for it from now on."""
    step = case.MACHINE.transition("submit")
    parties.check(actor, case, step)
    day = local_date(at)
    rule_set = rules_on(day).version
    check_description(case, content_ahead(case), rule_set)
    moved = cases.advance(
        case, "submit", actor=actor, at=at, version=version, changes={"rules": rule_set, "received_at": at},
        clock_agency=lead_agency(day).code,
    )  # fmt: skip
    tell(moved, "submit", at=at, to_lead=True, body=str(moved.title))
    return moved


def start_appraisal(*, actor: Actor, at: datetime, case: T, version: int | None = None) -> T:
    """Begin an appraisal: a sample of the table is scanned first, and what was found lies with the appraisal.

    Not one transaction on purpose: scanning is slow, and its record stays whatever happens after it.
    """
    scan = _scanned(case, "appraise", actor, at)
    with transaction.atomic():
        moved = cases.advance(case, "appraise", actor=actor, at=at, version=version)
        Appraisal.objects.create(
            service=_service(moved), revision=moved if isinstance(moved, Revision) else None, appraiser=actor.code,
            appraiser_name=actor.name, started_at=at, evidence={"scan": scan},
        )  # fmt: skip
        tell(moved, "appraise", at=at, to_lead=False, body=str(moved.title))
    return moved


def scan_again(*, actor: Actor, at: datetime, case: T, version: int | None = None) -> T:
    """Scan the table as it is now, for an appraisal that has been under way while the data changed."""
    scan = _scanned(case, "scan", actor, at)
    with transaction.atomic():
        moved = cases.advance(case, "scan", actor=actor, at=at, version=version, details={"result": scan["result"]})
        _keep(moved, {"scan": scan})
    return moved


def _scanned(case: Thing, transition: str, actor: Actor, at: datetime) -> dict[str, Any]:
    """Scan a sample of the table after asking whether the move could be made; return what an appraisal keeps of it."""
    parties.check(actor, case, case.MACHINE.transition(transition))
    cases.must_be_open(case, transition)
    if case.table is None:
        # What an agency's system holds is not here to be looked at: the appraiser asks for a sample.
        return {"at": at.isoformat(), "result": UNSEEN, "version": 0, "columns": 0, "personal": []}
    version = warehouse.current_version(case.table)
    columns = warehouse.sample_columns(case.table)
    found = scanning.scan(
        actor=actor, at=at, object_type=scanning.TABLE, object_code=case.table.code, columns=columns,
        agency=case.provider.code,
    )  # fmt: skip
    return {
        "at": at.isoformat(), "result": str(found.result), "version": version.number if version else 0,
        "columns": len(columns), "personal": _personal_columns(found),
    }  # fmt: skip


def _personal_columns(scan: Scan) -> list[str]:
    return sorted({str(one["column"]) for one in scan.findings if one["level"] in PERSONAL_LEVELS})


def _service(case: Thing) -> Any:
    return case.service if isinstance(case, Revision) else case


def _keep(case: Thing, more: Mapping[str, Any]) -> Appraisal:
    appraisal = open_appraisal(case)
    if appraisal is None:
        raise Invalid(_("Không có phiếu thẩm định nào đang mở."), hint=_("Tải lại trang."))
    appraisal.evidence = {**appraisal.evidence, **more}
    appraisal.save(update_fields=["evidence"])
    return appraisal


@transaction.atomic
def assess(*, actor: Actor, at: datetime, case: T, version: int | None = None, **lines: str) -> T:
    """Record what was found on some or all lines: ``structure="met"``, ``structure_remark="…"``, and so on.

    A line not met says why; so does one found met although the platform shows something against it.
    """
    found = checklist.finding_of(lines)
    parties.check(actor, case, case.MACHINE.transition("assess"))
    cases.must_be_open(case, "assess")
    appraisal = _keep(case, {})
    _check_findings(case, appraisal, found)
    results = {line: result for line, (result, _remark) in found.items()}
    moved = cases.advance(case, "assess", actor=actor, at=at, version=version, details={"findings": results})
    for line, (result, remark) in found.items():
        Finding.objects.update_or_create(appraisal=appraisal, line=line, defaults={"result": result, "remark": remark})
    return moved


def _check_findings(case: Thing, appraisal: Appraisal, found: Mapping[str, tuple[str, str]]) -> None:
    known = evidence_of(case, appraisal)
    faults: dict[str, list[str]] = {}
    for line, (result, remark) in found.items():
        if result not in Finding.Result.values:
            faults[line] = [_("Chọn đạt, chưa đạt hoặc không áp dụng.")]
        elif result == checklist.UNMET and not remark:
            faults[f"{line}_remark"] = [_("Nêu điều chưa đạt và cách sửa.")]
        elif not remark and is_doubtful(known[line]):
            faults[f"{line}_remark"] = [_("Hệ thống có điểm lưu ý ở mục này: ghi ý kiến của người thẩm định.")]
    if not found:
        faults["structure"] = [_("Ghi kết quả ít nhất một mục.")]
    if faults:
        raise Invalid(_("Phiếu thẩm định chưa đủ."), fields=faults, hint=_("Điền các mục được đánh dấu rồi ghi lại."))


@transaction.atomic
def pass_appraisal(*, actor: Actor, at: datetime, case: T, conclusion: str = "", version: int | None = None) -> T:
    """Conclude that every line is met; the result goes out as a paper with a number of the agency's register."""
    return _decided(case, "pass", actor=actor, at=at, conclusion=conclusion, version=version)


@transaction.atomic
def return_for_completion(
    *, actor: Actor, at: datetime, case: T, conclusion: str = "", version: int | None = None
) -> T:
    """Return the description with what is wrong, line by line, in an official letter."""
    return _decided(case, "return", actor=actor, at=at, conclusion=conclusion, version=version)


def _decided(case: T, transition: str, *, actor: Actor, at: datetime, conclusion: str, version: int | None) -> T:
    step = case.MACHINE.transition(transition)
    parties.check(actor, case, step)
    cases.must_be_open(case, transition)
    parties.check_guards(actor, case, step, at)
    appraisal = _keep(case, {"lines": frozen(evidence_of(case, open_appraisal(case)))})
    said = reasons(appraisal, conclusion)
    number = _paper(case, step.papers[0], appraisal, conclusion, actor=actor, at=at)
    moved = cases.advance(case, transition, actor=actor, at=at, version=version, reason=said, paper=number)
    _close(appraisal, step.target, number, conclusion, at)
    tell(moved, transition, at=at, to_lead=False, body=said or str(moved.title))
    return moved


def reasons(appraisal: Appraisal, conclusion: str) -> str:
    """Return what the provider must mend, a line for each finding that is not met, then the general remark."""
    found = {one.line: one for one in appraisal.findings.all()}
    unmet = [
        f"{one.vi}: {found[one.code].remark}"
        for one in checklist.LINES
        if one.code in found and found[one.code].result == checklist.UNMET
    ]
    return "\n".join([*unmet, *filter(None, [conclusion.strip()])])


def _paper(case: Thing, kind: str, appraisal: Appraisal, conclusion: str, *, actor: Actor, at: datetime) -> str:
    """Issue the paper of the decision in the agency's register of the year; return its number."""
    cases.hold(case)
    day = local_date(at)
    agency = Agency.objects.get(code=actor.agency)
    found = {one.line: one for one in appraisal.findings.all()}
    told = letters.Appraised(
        code=case.code, name=_service(case).name, provider=case.provider.name, conclusion=conclusion,
        handed_in=local_date(case.received_at or at), version=isinstance(case, Revision),
        findings=[(code, found[code].result, found[code].remark) for code in checklist.CODES if code in found],
    )  # fmt: skip
    compose = letters.passed_letter if kind == Paper.Kind.NOTICE else letters.returned_letter
    letter = compose(told, issuer=issuer_of(agency, day), signer=signer_of(agency, actor.name), on=day)
    return issue_letter(
        actor=actor, at=at, letter=letter, object_type=case.MACHINE.code, object_code=case.code
    ).number  # fmt: skip


def _close(appraisal: Appraisal, outcome: str, number: str, conclusion: str, at: datetime) -> None:
    appraisal.outcome, appraisal.number, appraisal.conclusion, appraisal.decided_at = outcome, number, conclusion, at
    appraisal.save(update_fields=["outcome", "number", "conclusion", "decided_at"])
