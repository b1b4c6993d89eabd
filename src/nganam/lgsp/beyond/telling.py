"""Who is told of what ends with a platform: units whose proposals opened a call, agencies whose data members read."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from nganam.face.telling import kept
from nganam.kernel.actors import Role
from nganam.kernel.clock import local_date
from nganam.lgsp.beyond import needs
from nganam.lgsp.beyond.models import Access, Member, Platform
from nganam.notices import operations as notices
from nganam.sharing.accounts.models import Account
from nganam.sharing.accounts.queries import live_accounts


def accounts_of(members: Iterable[Member], at: datetime) -> QuerySet[Account]:
    """Return the accounts in force by which members read."""
    return live_accounts(local_date(at)).filter(application__in=[one.application_id for one in members])


def tell_unit(access: Access, what: str, body: str, *, at: datetime, link: str = "") -> None:
    """Tell the unit whose proposal it was."""
    outbound = access.outbound
    notices.notify(
        at=at, agency=outbound.proposer.code, role=Role.FOCAL, title=f"{outbound.code}: {what}", body=body,
        link=link or outbound.get_absolute_url(), event="lgsp.platform.access",
    )  # fmt: skip


def tell_dismissed(member: Member, reason: str, *, at: datetime) -> None:
    """Tell the agencies whose data a member read, and its own, that it calls in no more."""
    _tell_readers(member, kept("không còn gọi vào qua nền tảng"), reason, at)


def tell_stopped(platform: Platform, direction: str, reason: str, *, at: datetime) -> None:
    """Tell whoever a direction served that it is stopped: units that call out, or agencies that are read from."""
    if direction == needs.OUTGOING:
        live = Access.objects.filter(service__platform=platform, ended_at__isnull=True)
        for one in live.select_related("outbound__proposer"):
            tell_unit(one, kept("nền tảng ngoài tỉnh tạm không gọi được"), reason, at=at)
        return
    for member in platform.members.filter(ended_at__isnull=True).select_related("application__agency"):
        _tell_readers(member, kept("nền tảng ngoài tỉnh tạm không gọi vào được"), reason, at)


def _tell_readers(member: Member, what: str, body: str, at: datetime) -> None:
    subject = member.application.subject
    for account in accounts_of([member], at):
        for agency in sorted({account.service.provider.code, member.application.agency.code}):
            notices.notify(
                at=at, agency=agency, role=Role.FOCAL, title=f"{account.code} {subject}: {what}", body=body,
                link=account.get_absolute_url(), event="lgsp.platform.member",
            )  # fmt: skip
