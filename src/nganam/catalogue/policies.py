"""Who may do what in the catalogue. Each answer is "" when allowed, else the reason in Vietnamese."""

from datetime import datetime

from django.utils.translation import gettext as _

from nganam.agencies.queries import lineage
from nganam.catalogue.models import Edition, SharedDatabase
from nganam.kernel.actors import Actor, Role

EDITABLE = ("draft", "returned", "revising")


def may_declare(actor: Actor) -> str:
    """A focal officer declares databases of the agency acted for (S5.3, S21.2)."""
    if actor.has(Role.FOCAL) and actor.agency:
        return ""
    return _("Chỉ cán bộ đầu mối được khai báo cơ sở dữ liệu của cơ quan mình.")


def may_act_as_owner(actor: Actor, database: SharedDatabase) -> str:
    """The owner's focal officer acts; so does the officer of an agency that succeeded the owner (S2)."""
    if actor.has(Role.FOCAL) and (actor.agency == database.owner.code or database.owner.code in lineage(actor.agency)):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan chủ quản được làm việc này.")


def may_assess(actor: Actor) -> str:
    """The lead agency assesses, compiles and submits (S5.1, S5.3)."""
    return "" if actor.has(Role.LEAD) else _("Chỉ cơ quan đầu mối cấp tỉnh được đánh giá, tổng hợp danh mục.")


def may_issue(actor: Actor) -> str:
    """The Chairman issues (S5.1, D11.3)."""
    return "" if actor.has(Role.CHAIRMAN) else _("Chỉ Chủ tịch Ủy ban nhân dân được ban hành danh mục.")


def may_move_database(actor: Actor, database: SharedDatabase, party: str) -> str:
    """Answer for the ``party`` word of a transition of an entry."""
    if party == "owner":
        return may_act_as_owner(actor, database)
    return may_assess(actor) if party == "lead" else _("Bước này do hệ thống thực hiện khi ban hành danh mục.")


def may_move_edition(actor: Actor, party: str) -> str:
    """Answer for the ``party`` word of a transition of an edition."""
    if party == "chairman":
        return may_issue(actor)
    return may_assess(actor) if party == "lead" else _("Bước này do hệ thống thực hiện khi có đợt mới.")


def lead(actor: Actor, case: object) -> str:
    """The lead agency (S5.1, S5.3)."""
    del case
    return may_assess(actor)


def chairman(actor: Actor, edition: Edition) -> str:
    """The Chairman of the province (S5.1)."""
    del edition
    return may_issue(actor)


DATABASE_PARTIES = {"owner": may_act_as_owner, "lead": lead}
EDITION_PARTIES = {"lead": lead, "chairman": chairman}


def may_change_now(database: SharedDatabase) -> str:
    """What has been submitted to the Chairman stands still until issued or sent back."""
    pending = Edition.objects.filter(state="submitted", entries__database=database).first()
    if pending is None:
        return ""
    return _("Cơ sở dữ liệu đang nằm trong đợt %(code)s đã trình Chủ tịch; chờ ban hành hoặc trả lại.") % {
        "code": pending.code
    }


def may_enter_build_plan(database: SharedDatabase, at: datetime) -> str:
    """A database that is not in the issued catalogue cannot enter a build plan (S5.4)."""
    newest = Edition.objects.filter(kind=Edition.Kind.DATABASES, issued_at__lte=at).order_by("-issued_at").first()
    if newest is not None and newest.entries.filter(database=database).exists():
        return ""
    return _("Cơ sở dữ liệu chưa có trong danh mục đã ban hành nên không được đưa vào kế hoạch xây dựng.")


def lacks_regulation(database: SharedDatabase | None) -> str:
    """Data are shared by a usage regulation that is issued and published (D22); return what is missing, "" if nothing.

    A service over no declared database has its own terms, which the appraiser judges.
    """
    if database is None or (database.regulation_number and database.regulation_link):
        return ""
    if not database.regulation_number:
        return _("Cơ sở dữ liệu %(code)s chưa có quy chế khai thác, sử dụng.") % {"code": database.code}
    return _("Quy chế %(number)s của cơ sở dữ liệu %(code)s chưa có địa chỉ công bố.") % {
        "number": database.regulation_number, "code": database.code,
    }  # fmt: skip
