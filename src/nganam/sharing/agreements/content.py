"""What an agreement says: the twelve items of D38 by the names of the rule set's form, and what can be acted on."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from nganam.cases.queries import history_of
from nganam.kernel.digest import canonical_json, sha256_hex
from nganam.kernel.errors import Invalid
from nganam.law.rules import RequiredField, rules
from nganam.sharing import purposes
from nganam.sharing.agreements.models import Agreement, AgreementParty, AgreementVersion
from nganam.sharing.outside.models import Inbound

FORM = "special_agreement"
ASKED = ("wanted", "fields", "purpose", "purpose_codes", "solution", "frequency", "why")
"""What the requester writes before anything is agreed."""
REVIEWED = ("needs", "regulations", "conditions", "tasks")
"""The four things D37.1 has reviewed."""
DATES = ("effective_on", "valid_until")
ITEM_LENGTH = 10_000
"""Characters of an item: twelve of them still make a letter that can be issued."""


def items_of(agreement: Agreement) -> tuple[RequiredField, ...]:
    """Return the twelve items of D38 in order, as the agreement's rule set states them."""
    return rules(agreement.rules).required(FORM)


def missing_in(agreement: Agreement, content: Mapping[str, Any]) -> tuple[RequiredField, ...]:
    """Return the items of D38 that a text still leaves blank."""
    return rules(agreement.rules).missing(FORM, content)


def tidied(agreement: Agreement, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of a text: the items, the data fields agreed, two dates; raise ``Invalid`` on wrong dates."""
    names = [one.name for one in items_of(agreement)]
    texts = {name: _text(given.get(name)) for name in names}
    too_long = {name: [_("Nội dung quá dài.")] for name, text in texts.items() if len(text) > ITEM_LENGTH}
    days = {name: _day(given.get(name)) for name in DATES}
    if days["valid_until"] and days["valid_until"] <= (days["effective_on"] or ""):
        too_long["valid_until"] = [_("Ngày hết hiệu lực phải sau ngày có hiệu lực.")]
    if too_long:
        raise Invalid(_("Bản dự thảo chưa hợp lệ."), fields=too_long, hint=_("Sửa các mục được đánh dấu rồi lưu lại."))
    return {**texts, "fields": _fields(agreement, given.get("fields") or ()), **days}


def _text(value: object) -> str:
    return str(value or "").replace("\r\n", "\n").strip()


def _day(value: object) -> str:
    """Return a day as it is kept in a text: ISO, "" for none."""
    if not value:
        return ""
    return value.isoformat() if isinstance(value, date) else date.fromisoformat(str(value)).isoformat()


def _fields(agreement: Agreement, names: Collection[str]) -> list[str]:
    known = offered_fields(agreement)
    unknown = [name for name in names if name not in known]
    if unknown:
        text = _("Dịch vụ không có mục tin: %(names)s.") % {"names": ", ".join(sorted(unknown))}
        raise Invalid(text, fields={"fields": [text]})
    return [name for name in known if name in set(names)]


def offered_fields(agreement: Agreement) -> dict[str, str]:
    """Return the data fields of the service by name with their titles; none when there is no service yet."""
    return {one.name: one.title for one in agreement.service.fields.all()} if agreement.service else {}


def day_in(version: AgreementVersion, name: str) -> date | None:
    """Return one of ``DATES`` of a text."""
    value = version.content.get(name)
    return date.fromisoformat(value) if value else None


def digest_of(agreement: Agreement, number: int, parties: Sequence[str], content: Mapping[str, Any]) -> str:
    """Return the SHA-256 every signature names: of the agreement, the number, the parties and the whole text."""
    said = {"agreement": agreement.code, "number": number, "parties": list(parties), "content": dict(content)}
    return sha256_hex(canonical_json(said))


def first_content(agreement: Agreement, parties: Sequence[AgreementParty]) -> dict[str, Any]:
    """Return what the first draft starts from: what was asked and reviewed, in the items where it belongs."""
    titles = offered_fields(agreement)
    chosen = [titles[name] for name in agreement.fields if name in titles]
    data = [agreement.wanted, _("Mục tin: %(names)s.") % {"names": ", ".join(chosen)} if chosen else ""]
    review, codes = agreement.review, purposes.in_words(agreement.purpose_codes)
    return {
        **dict.fromkeys((one.name for one in items_of(agreement)), ""),
        "parties": "\n".join(line for line in (parties_in_words(parties), _represented(agreement)) if line),
        "data_content": "\n".join(line for line in data if line),
        "method": agreement.service.parameters if agreement.service else "",
        "processing": agreement.solution,
        "limits": "\n".join(line for line in (agreement.purpose, *codes, review.get("conditions", "")) if line),
        "fields": [name for name in agreement.fields if name in titles],
        "effective_on": "",
        "valid_until": "",
    }


def _represented(agreement: Agreement) -> str:
    values = {"name": agreement.consumer.name, "who": agreement.representative}
    return _("Đại diện %(name)s: %(who)s") % values if agreement.representative else ""


def parties_in_words(parties: Sequence[AgreementParty]) -> str:
    """Return item 1 of D38: each party on a line with what it does."""
    return "\n".join(f"{one.get_side_display()}: {one.agency.name} ({one.agency.code})" for one in parties)


def asked_from_outside(inbound: Inbound) -> dict[str, Any]:
    """Return what ``ASKED`` names, and the representative, as the case from outside says it."""
    titles = {one.name: one.title for one in inbound.service.fields.all()} if inbound.service else {}
    items = "; ".join(titles.get(name, name) for name in inbound.fields)
    about = inbound.service.name if inbound.service else inbound.provider.name
    moved = history_of(inbound).filter(transition="to_agreement").last()
    return {
        "wanted": f"{about}: {items}", "fields": [name for name in inbound.fields if name in titles],
        "why": moved.reason if moved else "", "purpose_codes": [],
        **{name: getattr(inbound, name) for name in ("purpose", "solution", "frequency", "representative")},
    }  # fmt: skip


def asked_completely(agreement: Agreement) -> list[str]:
    """Return the labels of what the request still has to say before it can be sent."""
    labels = {"wanted": _("dữ liệu đề nghị"), "purpose": _("mục đích"), "why": _("vì sao cần chia sẻ đặc thù")}
    return [words for name, words in labels.items() if not getattr(agreement, name).strip()]
