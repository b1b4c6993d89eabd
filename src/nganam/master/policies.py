"""Who may do what with master data. Each answer is "" when allowed, else the reason in Vietnamese."""

from collections.abc import Collection, Iterable

from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Kind, Role
from nganam.master.models import EntitySet, Member
from nganam.warehouse import policies as warehouse


def may_keep(actor: Actor, agency: str) -> str:
    """The focal officer of the owner, or the lead agency's officer for its own sets, declares, matches and decides."""
    if actor.kind is Kind.SYSTEM or (actor.has(Role.FOCAL, Role.LEAD) and actor.agency == agency):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan khai báo tập dữ liệu chủ được làm việc này (nội bộ).")


def may_use(actor: Actor, member: Member, personal: Collection[str] = ()) -> str:
    """A table comes into a set by who may take its columns: personal ones only by the owner's own officer.

    ``personal`` are the tables, by code, of which the version at hand was declared personal, whatever they are today.
    """
    agency = member.table.agency.code
    is_personal = member.is_personal or member.table.code in personal
    return warehouse.may_take_personal(actor, agency) if is_personal else warehouse.may_take(actor, agency)


def may_read(actor: Actor, members: Iterable[Member], personal: Collection[str] = ()) -> str:
    """Who may take what all tables of a set say reads its records, pairs and entities; of a set without any, nobody."""
    held = list(members)
    if not held:
        return _("Tập chưa có bảng nào.")
    return next((why for one in held if (why := may_use(actor, one, personal))), "")


def may_match(member: Member, personal: Collection[str] = ()) -> str:
    """Ask again at each run what was asked when the table came in: what was not personal then may be today."""
    keeper = Actor(Kind.PERSON, "", "", member.set.agency.code, frozenset({Role.FOCAL, Role.LEAD}))
    return may_use(keeper, member, personal)


def may_decide(actor: Actor, found: EntitySet, members: Iterable[Member], personal: Collection[str] = ()) -> str:
    """Who keeps the set and reads its records decides about pairs."""
    if not actor.is_person:
        return _("Chỉ cán bộ được quyết định về cặp bản ghi.")
    return may_keep(actor, found.agency.code) or may_read(actor, members, personal)
