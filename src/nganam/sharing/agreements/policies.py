"""Who the parties of an agreement are, and what its guards ask."""

from datetime import datetime

from django.utils.translation import gettext as _

from nganam.agencies.queries import acts_for
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import local_date
from nganam.sharing import policies
from nganam.sharing.agreements import content, queries
from nganam.sharing.agreements.models import Agreement, Joining
from nganam.sharing.agreements.workflow import LIVE

SHOWN = ("in_force", "amending")
"""States in which a third agency may be taken in."""


def may_act_as_party(actor: Actor, agreement: Agreement) -> str:
    """A focal officer of any party, one that is joining included (D37.2)."""
    return "" if queries.party_of(actor, agreement) else _("Chỉ cán bộ đầu mối của các bên được làm việc này.")


def may_sign(actor: Actor, agreement: Agreement) -> str:
    """The focal officer records the signature of the party's leader; a chairman signs for the committee (D37.3)."""
    if queries.party_of(actor, agreement):
        return ""
    heads = actor.has(Role.CHAIRMAN) and any(one.agency.code == actor.agency for one in queries.staying(agreement))
    return "" if heads else _("Chỉ cán bộ đầu mối hoặc lãnh đạo của các bên được ký.")


def may_act_as_exploiter(actor: Actor, agreement: Agreement) -> str:
    """The focal officer of a party that received data, one that left included (D38.11)."""
    if queries.receiver_of(actor, agreement) is not None:
        return ""
    return _("Chỉ cán bộ đầu mối của bên khai thác được làm việc này.")


def may_act_as_asker(actor: Actor, agreement: Agreement) -> str:
    """The asking agency; once it left, the next exploiting party speaks for those that stay."""
    if policies.acts_for_consumer(actor, queries.asker(agreement)):
        return ""
    return _("Chỉ cán bộ đầu mối của cơ quan yêu cầu được làm việc này.")


def may_disclose(actor: Actor, agreement: Agreement) -> str:
    """A party sends the agreement to an authority that asked for it; the lead agency may as well (D36)."""
    return "" if actor.has(Role.LEAD) else may_act_as_party(actor, agreement)


def may_ask_to_join(actor: Actor, agreement: Agreement) -> str:
    """A focal officer of an agency that is no party asks to join an agreement that holds (D36.4)."""
    reason = policies.may_work_for_agency(actor)
    if reason:
        return reason
    if any(acts_for(actor, one.agency) for one in queries.staying(agreement)):
        return _("Cơ quan của bạn đã là một bên của thỏa thuận.")
    return "" if agreement.state in LIVE else _("Chỉ đề nghị tham gia được thỏa thuận đang có hiệu lực.")


def asked(agreement: Agreement, actor: Actor, at: datetime) -> str:
    """The request says what data, for what, and why default sharing does not serve (D36.1)."""
    del actor, at
    missing = content.asked_completely(agreement)
    return _("Yêu cầu còn thiếu: %(names)s.") % {"names": ", ".join(missing)} if missing else ""


def complete(agreement: Agreement, actor: Actor, at: datetime) -> str:
    """The text on the table fills the twelve items of D38, and its term is not over before it begins."""
    del actor
    version = queries.on_table(agreement)
    if version is None:
        return _("Chưa có bản dự thảo nào đang chờ các bên.")
    missing = [f"{one.vi} ({one.article})" for one in content.missing_in(agreement, version.content)]
    if agreement.service_id and not version.content.get("fields"):
        missing.append(_("các mục tin được chia sẻ (D38.2)"))
    if missing:
        return _("Bản số %(number)s còn thiếu: %(names)s.") % {"number": version.number, "names": ", ".join(missing)}
    until = content.day_in(version, "valid_until")
    return _("Ngày hết hiệu lực của bản này đã qua.") if until and until <= local_date(at) else ""


def agreed(agreement: Agreement, actor: Actor, at: datetime) -> str:
    """Every party agreed to the text on the table, that one and no other."""
    del actor, at
    return _waiting_for(queries.not_agreed_yet(agreement), _("Chưa đồng ý: %(names)s."))


def all_signed(agreement: Agreement, actor: Actor, at: datetime) -> str:
    """Every party signed the text on the table."""
    del actor, at
    return _waiting_for(queries.not_signed_yet(agreement), _("Chưa ký: %(names)s."))


def _waiting_for(names: list[str], words: str) -> str:
    return words % {"names": ", ".join(names)} if names else ""


def day_come(agreement: Agreement, actor: Actor, at: datetime) -> str:
    """The day the text states is today or past; no day stated means the day of the last signature."""
    del actor
    version = queries.on_table(agreement)
    day = content.day_in(version, "effective_on") if version else None
    if day is None or day <= local_date(at):
        return ""
    return _("Thỏa thuận có hiệu lực từ ngày %(day)s.") % {"day": f"{day:%d/%m/%Y}"}


def term_over(agreement: Agreement, actor: Actor, at: datetime) -> str:
    """The first day on which the agreement no longer holds has come (D38.4)."""
    del actor
    until = agreement.valid_until
    if until is not None and until <= local_date(at):
        return ""
    return _("Thỏa thuận chưa hết thời hạn.")


def connectable(agreement: Agreement, actor: Actor, at: datetime) -> str:
    """An account can be opened: somebody has none yet, and a service of the provider is open or can be chosen."""
    del actor, at
    if not queries.unconnected(agreement):
        return _("Mọi bên khai thác đã có tài khoản kết nối.")
    if agreement.service is not None and agreement.service.state != "published":
        return _("Dịch vụ của thỏa thuận chưa công khai hoặc đang tạm ngừng.")
    if agreement.service is None and not queries.services_to_connect(agreement).exists():
        return _("Cơ quan cung cấp chưa công khai dịch vụ nào để kết nối; hãy khai báo và công khai dịch vụ trước.")
    return ""


def deletion_reported(agreement: Agreement, actor: Actor, at: datetime) -> str:
    """Every party that received data has said how it deleted them."""
    del actor, at
    return _waiting_for(queries.not_deleted_yet(agreement), _("Chưa báo xóa, hủy dữ liệu: %(names)s."))


def others_stay(agreement: Agreement, actor: Actor, at: datetime) -> str:
    """A party that receives data may leave alone while another one stays; the last one ends the agreement (D44)."""
    del at
    inside = queries.exploiters(agreement)
    mine = [one for one in inside if policies.acts_for_consumer(actor, one.agency)]
    if not mine:
        return _("Cơ quan của bạn không còn, hoặc chưa, là bên khai thác của thỏa thuận.")
    if len(inside) > 1:
        return ""
    return _("Cơ quan của bạn là bên khai thác duy nhất; thôi khai thác thì chấm dứt thỏa thuận.")


def must_delete(agreement: Agreement, actor: Actor, at: datetime) -> str:
    """What was received is deleted once the agreement ended, or the party left it (D38.11)."""
    del at
    party = queries.receiver_of(actor, agreement)
    if agreement.state not in LIVE or (party is not None and party.must_delete):
        return ""
    return _("Thỏa thuận đang có hiệu lực với bên của bạn; chưa đến lúc báo xóa, hủy dữ liệu.")


def left_reported(agreement: Agreement, actor: Actor, at: datetime) -> str:
    """There is a report of a party that left (D38.11)."""
    del actor, at
    gone = {one.agency.code for one in queries.leavers(agreement)}
    if gone and any(one.agency in gone for one in queries.standing_deletions(agreement)):
        return ""
    return _("Chưa có báo cáo xóa, hủy dữ liệu của bên đã rút.")


def agreement_open(joining: Joining, actor: Actor, at: datetime) -> str:
    """A party can be added only by an amendment: to an agreement in force, or to an amendment being drafted."""
    del actor, at
    if joining.agreement.state in SHOWN:
        return ""
    return _("Thỏa thuận không ở trạng thái sửa đổi được; chờ việc đang làm xong.")


PARTIES = {
    "consumer": may_act_as_asker,
    "provider": policies.may_act_as_provider,
    "party": may_act_as_party,
    "signer": may_sign,
    "exploiter": may_act_as_exploiter,
    "lead": policies.may_act_as_lead,
}
GUARDS = {
    "asked": asked,
    "complete": complete,
    "agreed": agreed,
    "all_signed": all_signed,
    "day_come": day_come,
    "term_over": term_over,
    "connectable": connectable,
    "others_stay": others_stay,
    "must_delete": must_delete,
    "left_reported": left_reported,
    "deletion_reported": deletion_reported,
}
JOINING_PARTIES = {"consumer": policies.may_act_as_consumer, "provider": policies.may_act_as_provider}
JOINING_GUARDS = {"agreement_open": agreement_open}
