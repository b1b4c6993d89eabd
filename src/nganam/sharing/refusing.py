"""What every answer carries that withholds what was asked, in whole or in part, whichever deed gives it.

The reason and, where the rules of the case ask, the legal basis (D35.3, N194.16); a copy to the body that settles
difficulties (D51.1a); the word that a difficulty may be raised (D49.1). Which answers are no refusals is written in
docs/law/divergences.md.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from nganam.cases.models import Case
from nganam.documents.letters.content import paragraphs
from nganam.face.telling import kept
from nganam.kernel.errors import Invalid
from nganam.law.rules import rules
from nganam.notices import operations as notices

SETTLES = "Nếu không nhất trí, cơ quan yêu cầu có thể đề nghị giải quyết vướng mắc theo quy định."


def asks_basis(case: Case) -> bool:
    """Say whether the rules of the case want a legal basis beside the reason (from 19/08/2025, N194.16)."""
    return rules(case.rules).flag("refusal_legal_basis")


def need_basis(case: Case, legal_basis: str) -> None:
    """Refuse an answer without the legal basis its rules ask for."""
    _need(_without_basis(case, legal_basis))


def need_words(case: Case, reason: str, legal_basis: str) -> None:
    """Refuse to withhold a part in silence (D35.3, N194.16); all that is missing is told at once."""
    _need(_without_reason(reason), _without_basis(case, legal_basis))


def _need(*missing: Invalid | None) -> None:
    found = [one for one in missing if one is not None]
    if found:
        fields = {name: words for one in found for name, words in one.fields.items()}
        raise Invalid(found[0].message, fields=fields, hint=" ".join(one.hint for one in found))


def _without_basis(case: Case, legal_basis: str) -> Invalid | None:
    if legal_basis.strip() or not asks_basis(case):
        return None
    text = _("Phải nêu căn cứ pháp lý của việc từ chối.")
    return Invalid(
        text, fields={"legal_basis": [text]},
        hint=_("Ghi điều, khoản của văn bản hạn chế việc chia sẻ dữ liệu này."),
    )  # fmt: skip


def _without_reason(reason: str) -> Invalid | None:
    if reason.strip():
        return None
    text = _("Cần ghi lý do không cấp các mục tin còn lại.")
    return Invalid(text, fields={"reason": [text]}, hint=_("Cấp đủ các mục tin, hoặc nêu lý do."))


def based(legal_basis: str) -> tuple[str, ...]:
    """Return what a letter says of the legal basis, nothing where none is due."""
    return ("Căn cứ pháp lý của việc từ chối:", *paragraphs(legal_basis)) if legal_basis.strip() else ()


def copy_to_lead(case: Case, *, at: datetime, reason: str, event: str, part: bool = False) -> None:
    """Tell the body that settles difficulties of the answer (D51.1a)."""
    said = kept("%(code)s: bị từ chối một phần, gửi để biết") if part else kept("%(code)s: bị từ chối, gửi để biết")
    notices.notify(
        at=at, role="lead", title=said % {"code": case.code}, body=reason,
        link=getattr(case, "get_absolute_url", str)(), event=f"{case.MACHINE.code}.{event}",
    )  # fmt: skip
