"""The exchange log for monitoring: rows made of the evidence's entries, by their index (D45).

The files of the evidence are the record; rows are a copy that can be searched. An entry is taken once however often
this runs: rows and position are one transaction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from nganam.kernel.sandbox import is_sandbox
from nganam.lgsp import queries, quotas
from nganam.lgsp.envoy.decided import PUSH
from nganam.lgsp.evidence import log as evidence
from nganam.lgsp.evidence.lines import DROPPED, RECOVERED, UNREADABLE, decoded
from nganam.lgsp.evidence.merkle import leaf_hash
from nganam.lgsp.evidence.tiles import WIDTH, read_bundle, width_at
from nganam.lgsp.models import Exchange, Intake
from nganam.lgsp.watching import tallying
from nganam.sharing.accounts.operations import note_syncs

log = structlog.get_logger(__name__)
MOST_BUNDLES = 8
OK = 200
Entries = Sequence[tuple[int, bytes]]


def folder() -> Path:
    """Return the folder of the evidence."""
    return queries.data() / evidence.FOLDER


def ingest_log(*, at: datetime) -> int:
    """Take in the entries recorded since last time; return how many exchanges were added."""
    keys = evidence.keys_of(folder())
    if not keys:
        return 0
    name, size = keys[-1].name, evidence.read_state(folder()).size
    Intake.objects.get_or_create(log=name, defaults={"updated_at": at})
    following, added = Intake.objects.values_list("following", flat=True).get(log=name), 0
    while following < size:
        entries = list(entries_from(following, size))
        try:
            added += _take(name, following, entries, at)
        except IntegrityError:  # another process took these entries first
            log.info("log_taken_by_another", following=following)
            break
        following = entries[-1][0] + 1
    return added


def entries_from(index: int, size: int, bundles: int = MOST_BUNDLES) -> Iterator[tuple[int, bytes]]:
    """Give the entries from ``index`` on with their indexes, of a few bundles; b"" for what retention removed."""
    first = index // WIDTH
    for number in range(first, min(first + bundles, -(-size // WIDTH))):
        width = width_at(size, 0, number)
        try:
            found = read_bundle(folder(), number, width)
        except FileNotFoundError:
            found = [b""] * width
        start = number * WIDTH
        yield from ((start + at, one) for at, one in enumerate(found) if start + at >= index)


def _take(name: str, following: int, entries: Entries, at: datetime) -> int:
    exchanges = [one for index, entry in entries if (one := exchange_of(index, entry)) is not None]
    unreadable = sum(b'"kind":"unreadable"' in entry for _index, entry in entries)
    moved = {"following": entries[-1][0] + 1, "updated_at": at}
    with transaction.atomic():
        if not Intake.objects.filter(log=name, following=following).update(**moved):
            raise IntegrityError("the entries were taken by another process")
        if unreadable:
            Intake.objects.filter(log=name).update(unreadable=queries.plus("unreadable", unreadable))
        Exchange.everything.bulk_create(exchanges, batch_size=500)
        replaced = _replace(entries)
        note_syncs(_syncs(exchanges))
        # What was recovered from the journal has been counted: its own line, come after all, is the same call.
        counted = [one for one in exchanges if one.seq not in replaced]
        quotas.count(counted, at=at)
        tallying.count(counted)
    return len(exchanges)


def _replace(entries: Entries) -> set[int]:
    """Take out of the count what was recovered from the journal and whose line has come after all; return the lines."""
    found = set()
    for index, entry in entries:
        if b'"replaces":' in entry and (replaced := decoded(entry).get("replaces")) is not None:
            Exchange.everything.filter(seq=int(replaced) + 1).update(replaced_by=index + 1)
            found.add(index + 1)
    return found


def _syncs(exchanges: Sequence[Exchange]) -> dict[str, datetime]:
    """Return when each account last read a page well: where data are synchronised, their term begins then (D41b)."""
    pages = (one for one in exchanges if one.form == Exchange.Form.PAGE and one.status == OK and one.account)
    latest: dict[str, datetime] = {}
    for one in pages:
        latest[one.account] = max(one.at, latest.get(one.account, one.at))
    return latest


def exchange_of(index: int, entry: bytes) -> Exchange | None:
    """Return the row of an entry; ``None`` for what is no exchange (D45).

    That are unreadable lines, records of dropping, and calls of the sandbox: those stand in the evidence with its
    instance, and are counted nowhere.
    """
    if not entry:
        return None
    said = decoded(entry)
    try:
        at = datetime.fromisoformat(str(said.get("at"))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    # Of our own sandbox only: what a platform beyond the province calls its instances is its own affair.
    is_test = is_sandbox(_text(said, "serviceXRoadInstance", 40)) and not said.get("platform")
    if said.get("kind") in {UNREADABLE, DROPPED} or is_test:
        return None
    return _exchange(index, entry, said, at)


def _exchange(index: int, entry: bytes, said: dict[str, Any], at: datetime) -> Exchange:
    consumer = _text(said, "consumer", 80) or _text(said, "consumerCertified", 80)
    agency, _slash, application = consumer.partition("/")
    request_id = _text(said, "xRequestId", 64)
    return Exchange(
        seq=index + 1,
        at=at,
        form=_form(said),
        consumer=consumer,
        consumer_agency=agency[:40],
        application=application[:40],
        account=_text(said, "account", 20) or _account(said),
        client_id=_text(said, "clientId", 40),
        token_id=_text(said, "tokenId", 64),
        client_address=_text(said, "clientAddress", 60),
        # A member of another platform may be called as an agency of ours: its calls are the platform's here.
        provider=_text(said, "platform", 40) or _text(said, "serviceMemberCode", 40),
        service=_text(said, "serviceCode", 40),
        method=_text(said, "restMethod", 10),
        path=_text(said, "restPath", 2048),
        status=_number(said, "statusCode") or 0,
        fields=_number(said, "fields"),
        records=_number(said, "records"),
        version=_number(said, "version"),
        request_bytes=_number(said, "requestSize") or 0,
        response_bytes=_number(said, "responseSize") or 0,
        duration_ms=_number(said, "responseOutMs") or 0,
        request_id=request_id,
        message_id=_text(said, "messageId", 128) or request_id,
        user_id=_text(said, "messageUserId", 128),
        issue=_text(said, "messageIssue", 256),
        fault=_text(said, "faultCode", 100),
        reason=_text(said, "faultString", 300),
        purpose=_text(said, "purpose", 80),
        request_digest=_text(said, "requestDigest", 60),
        response_digest=_text(said, "responseDigest", 60),
        snapshot=_number(said, "snapshot") or _number(said, "servingSnapshot"),
        node=_text(said, "node", 64),
        is_recovered=said.get("kind") == RECOVERED,
        leaf=leaf_hash(entry).hex(),
    )


def _account(said: dict[str, Any]) -> str:
    """Return the account of the token; at a platform beyond the province it only proved the application."""
    accounts = [] if said.get("platform") else said.get("accounts") or []
    return _text({"of": accounts[0]}, "of", 20) if accounts else ""


def _text(said: dict[str, Any], name: str, most: int) -> str:
    # NUL cannot stand in a text of PostgreSQL; a caller may have sent one.
    return str(said.get(name) or "").replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:most]


MOST_NUMBER = 2**31 - 1


def _number(said: dict[str, Any], name: str) -> int | None:
    try:
        return min(max(0, int(said[name])), MOST_NUMBER)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _form(said: dict[str, Any]) -> str:
    """Return how was asked: behind the service's address (/r1 and five parts) stands a key, or nothing."""
    if not said.get("serviceCode") or str(said["serviceCode"]).startswith(PUSH):
        return Exchange.Form.OTHER
    parts = str(said.get("restPath") or "").partition("?")[0].strip("/").split("/")
    return Exchange.Form.LOOKUP if len(parts) > 6 else Exchange.Form.PAGE  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class Rows:
    """What the comparison of rows and evidence found: ``broken`` is the first row that is not its entry's."""

    checked: int
    broken: int | None = None

    @property
    def message(self) -> str:
        """Return the finding in words."""
        if self.broken is None:
            return _("Bảng giám sát khớp với nhật ký: %(rows)s giao dịch.") % {"rows": self.checked}
        return _("Bảng giám sát KHÔNG khớp với nhật ký từ giao dịch số %(number)s.") % {"number": self.broken}


# What the taking in of a later entry may change.
LATER = {"replaced_by"}


def verify_rows() -> Rows:
    """Compare every row with its entry; entries that retention removed are passed over."""
    names = [one.attname for one in Exchange._meta.concrete_fields if one.attname not in LATER]  # noqa: SLF001
    following = Intake.objects.order_by("-updated_at").values_list("following", flat=True).first() or 0
    checked = index = 0
    while index < following:
        entries = list(entries_from(index, following))
        rows = Exchange.everything.in_bulk([at + 1 for at, _entry in entries])
        for at, entry in entries:
            if not entry:
                continue
            row, wanted = rows.get(at + 1), exchange_of(at, entry)
            is_same = row and wanted and all(getattr(row, name) == getattr(wanted, name) for name in names)
            if not is_same and (row or wanted):
                return Rows(checked, at + 1)
            checked += bool(row)
        index = entries[-1][0] + 1
    stray = Exchange.everything.filter(seq__gt=following).order_by("seq").values_list("seq", flat=True).first()
    return Rows(checked, stray)
