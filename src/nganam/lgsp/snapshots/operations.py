"""Every deed with snapshots: go back to one, let the gateway go on, forget the files of old ones."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.audit import operations as audit
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken, StateMoved
from nganam.lgsp import policies, queries, terms
from nganam.lgsp.snapshots import archive, recording
from nganam.lgsp.snapshots.models import GatewaySnapshot, SnapshotPin
from nganam.notices import operations as notices

KEPT_LEAST = 200
LONGEST_REASON = 1000


@transaction.atomic
def roll_back(snapshot: GatewaySnapshot, *, actor: Actor, at: datetime, reason: str) -> SnapshotPin:
    """Hold the gateway to an older snapshot until :func:`release`; the keeper puts it in place within a second.

    No right comes back by this: what was locked, revoked, suspended or ended since stays so, and what is decided
    against somebody meanwhile acts at once. What was granted since the snapshot waits.
    """
    _may(actor)
    reason = _reason(reason)
    _check_can_return(snapshot)
    held = _held()
    if held is not None and held.snapshot_id == snapshot.pk:
        raise StateMoved(
            _("Cổng đang giữ ở bản số %(number)s rồi.") % {"number": snapshot.number}, state="pinned",
            hint=_("Tải lại trang."),
        )  # fmt: skip
    if held is not None:
        _end(held, actor=actor, at=at)
    pin = SnapshotPin.objects.create(snapshot=snapshot, reason=reason, pinned_at=at, pinned_by=actor.name)
    _record("lgsp.snapshot.rolled_back", pin, actor=actor, at=at, reason=reason)
    return pin


@transaction.atomic
def release(*, actor: Actor, at: datetime, reason: str) -> SnapshotPin:
    """Let the gateway follow the decisions again."""
    _may(actor)
    reason = _reason(reason)
    held = _held()
    if held is None:
        raise StateMoved(_("Cổng không bị giữ ở bản nào."), state="free", hint=_("Tải lại trang."))
    _end(held, actor=actor, at=at)
    _record("lgsp.snapshot.released", held, actor=actor, at=at, reason=reason)
    return held


def _may(actor: Actor) -> None:
    refusal = policies.may_change_snapshot(actor)
    if refusal:
        raise NotAllowed(refusal)


def _reason(text: str) -> str:
    text = text.replace("\0", "\ufffd").strip()
    if not text or len(text) > LONGEST_REASON:
        words = _("Ghi lý do, không quá %(most)s ký tự.") % {"most": LONGEST_REASON}
        raise Invalid(words, fields={"reason": [words]})
    return text


def _check_can_return(snapshot: GatewaySnapshot) -> None:
    if not snapshot.was_good:
        raise RuleBroken(
            _("Bản số %(number)s đã bị từ chối nên không quay lại được.") % {"number": snapshot.number},
            article="nội bộ", hint=_("Chọn một bản đã từng có hiệu lực."),
        )  # fmt: skip
    if archive.find(queries.data(), snapshot.number) is None:
        raise RuleBroken(
            _("Tệp của bản số %(number)s không còn giữ.") % {"number": snapshot.number}, article="nội bộ",
            hint=_("Chọn một bản mới hơn; tệp được giữ %(days)s ngày.")
            % {"days": terms.span(terms.SNAPSHOTS.key).days},
        )  # fmt: skip


def _held() -> SnapshotPin | None:
    return SnapshotPin.objects.select_for_update(no_key=True).filter(is_live=True).first()


def _end(pin: SnapshotPin, *, actor: Actor, at: datetime) -> None:
    pin.is_live, pin.released_at, pin.released_by = False, at, actor.name
    pin.save(update_fields=["is_live", "released_at", "released_by"])


def _record(action: str, pin: SnapshotPin, *, actor: Actor, at: datetime, reason: str) -> None:
    code = str(pin.snapshot.number)
    audit.record(
        actor=actor, at=at, action=action, object_type="lgsp.gateway", object_code=code, details={"reason": reason}
    )
    notices.announce(action, at=at, object_type="lgsp.gateway", object_code=code)


def forget_snapshots(*, at: datetime) -> int:
    """Remove the files of snapshots older than their local term; rows stay. The newest and what is held to stay too."""
    newest = GatewaySnapshot.objects.values_list("number", flat=True)[:KEPT_LEAST]
    young = GatewaySnapshot.objects.filter(at__gt=at - terms.span(terms.SNAPSHOTS.key)).values_list("number", flat=True)
    kept, held, good = {*newest, *young}, recording.pin(), recording.last_good()
    kept |= {one for one in (held and held.snapshot.number, good and good.number) if one}
    return archive.forget(queries.data(), kept)
