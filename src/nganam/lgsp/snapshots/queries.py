"""Reads of snapshots, for pages and programs alike: the lead agency's only, for others there is nothing."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from nganam.audit import registry
from nganam.kernel.actors import Actor
from nganam.kernel.errors import NotFound
from nganam.lgsp import policies
from nganam.lgsp.queries import data
from nganam.lgsp.snapshots import archive, comparing
from nganam.lgsp.snapshots.comparing import Comparison
from nganam.lgsp.snapshots.models import GatewaySnapshot

BIGGEST = 2**63 - 1


def snapshots_for(actor: Actor) -> QuerySet[GatewaySnapshot]:
    """Return the snapshots an officer sees, newest first."""
    return GatewaySnapshot.objects.none() if policies.may_change_snapshot(actor) else GatewaySnapshot.objects.all()


def get_snapshot_for(actor: Actor, number: int) -> GatewaySnapshot:
    """Return a snapshot by its number."""
    found = snapshots_for(actor).filter(number=number).first() if number <= BIGGEST else None
    if found is None:
        raise NotFound(_("Không có bản cấu hình này."))
    return found


def before(actor: Actor, snapshot: GatewaySnapshot) -> GatewaySnapshot | None:
    """Return the snapshot that was in force before this one."""
    good = [GatewaySnapshot.State.IN_FORCE, GatewaySnapshot.State.REPLACED]
    return snapshots_for(actor).filter(number__lt=snapshot.number, state__in=good).first()


def comparison(earlier: GatewaySnapshot | None, later: GatewaySnapshot) -> Comparison | None:
    """Return how two snapshots differ; ``None`` when a file is no longer kept."""
    kept = archive.find(data(), later.number)
    was = archive.find(data(), earlier.number) if earlier else None
    return None if kept is None or (earlier and was is None) else comparing.compare(was, kept)


def is_whole(snapshot: GatewaySnapshot) -> bool | None:
    """Say whether the kept file still gives the digest in the row; ``None`` when it is no longer kept."""
    kept = archive.find(data(), snapshot.number)
    return None if kept is None else kept.digest == snapshot.digest


def section_names() -> Mapping[str, str]:
    """Return what the parts of a comparison are called."""
    return {
        "services": pgettext("danh sách", "Dịch vụ"), "grants": _("Quyền của tài khoản"),
        "denials": _("Chặn"), "limits": _("Giới hạn"), "keys": _("Khóa ký mã truy cập"),
    }  # fmt: skip


def causes(snapshot: GatewaySnapshot) -> list[dict[str, Any]]:
    """Return the deeds that led to a snapshot, each with the words of its action."""
    return [{**one, "action": registry.action(one["action"])} for one in snapshot.causes if _known(one["action"])]


def _known(code: str) -> bool:
    try:
        registry.action(code)
    except registry.UnknownAction:
        return False
    return True
