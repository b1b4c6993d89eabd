"""Writes of what is exchanged with a platform: its services, who of ours may call them, who of theirs calls in."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from nganam.agencies.queries import OUTSIDE_KINDS
from nganam.cases.operations import next_code
from nganam.cases.requirements import allow
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, RuleBroken, StateMoved
from nganam.lgsp import certificates
from nganam.lgsp.beyond import checking, policies, telling
from nganam.lgsp.beyond.models import Access, BeyondService, Member, Platform
from nganam.lgsp.beyond.operations import record
from nganam.lgsp.models import Certificate
from nganam.lgsp.operations import allow_certificates
from nganam.services.upstreams.reading import MOST_OPERATIONS, check_operation
from nganam.sharing.models import Application
from nganam.sharing.outside.models import ExternalService, Outbound

PREFIX = "DQ"
CHANGEABLE = ("base", "operations", "rate_per_minute")
FASTEST = 100_000


# -- services --


@transaction.atomic
def enter_service(
    *, actor: Actor, at: datetime, platform: Platform, external: ExternalService, identifier: str,
    operations: Sequence[Mapping[str, Any]], base: str = "", rate_per_minute: int = 600,
) -> BeyondService:  # fmt: skip
    """Let a listed outside service be called through the gateway, by the operations named; nobody may call it yet."""
    allow(policies.may_connect(actor))
    if not checking.IDENTIFIER.fullmatch(identifier):
        raise _wrong("identifier", _("Định danh có dạng CLASS/MEMBER/SUBSYSTEM/SERVICE."))
    if not platform.instance:
        raise _wrong("identifier", _("Chưa biết mã instance của nền tảng nên chưa có địa chỉ cho dịch vụ."))
    _check_ours(platform, identifier)
    values = _checked({"base": base, "operations": list(operations), "rate_per_minute": rate_per_minute})
    service = BeyondService(
        platform=platform, external=external, identifier=identifier, entered_at=at, updated_at=at, **values
    )
    service.code = next_code(PREFIX, at)
    try:
        with transaction.atomic():
            service.save(force_insert=True)
    except IntegrityError as error:
        raise _wrong("identifier", _("Dịch vụ này đã được đưa vào cổng.")) from error
    record("service_entered", platform, actor=actor, at=at, details={"service": service.code, "identifier": identifier})
    return service


def _wrong(field: str, text: str) -> Invalid:
    return Invalid(text, fields={field: [text]})


def _check_ours(platform: Platform, identifier: str) -> None:
    """An address of ours stays ours, and one of another platform's is its own."""
    from nganam.lgsp.queries import own_addresses  # noqa: PLC0415 - that module reads this room's rows

    wanted = f"{platform.instance}/{identifier}"
    subsystem = wanted.rpartition("/")[0]
    others = BeyondService.objects.filter(ended_at__isnull=True, platform__instance=platform.instance)
    taken = others.exclude(platform=platform).filter(identifier=identifier).exists()
    if taken or any(one == wanted or one.startswith(f"{subsystem}/") for one in own_addresses()):
        raise _wrong("identifier", _("Địa chỉ này trên cổng đã là của dịch vụ khác."))


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    operations = values["operations"]
    if not operations or len(operations) > MOST_OPERATIONS:
        raise _wrong("operations", _("Ghi ít nhất một thao tác, hoặc tải tài liệu OpenAPI."))
    try:
        for one in operations:
            check_operation(one)
    except ValueError as error:
        raise _wrong("operations", str(error)) from error
    parts = values["base"].split("/")
    if not checking.BASE.fullmatch(values["base"].rstrip("/")) or {".", ".."} & set(parts):
        raise _wrong("base", _("Đường dẫn bắt đầu bằng /, mỗi phần là chữ không dấu, số, dấu - . _ ~"))
    if not 1 <= values["rate_per_minute"] <= FASTEST:
        raise _wrong("rate_per_minute", _("Từ 1 đến 100000 cuộc gọi mỗi phút."))
    read = [{name: str(one.get(name, "")) for name in ("method", "path", "to")} for one in operations]
    return {**values, "base": values["base"].rstrip("/"), "operations": read}


@transaction.atomic
def change_service(
    *, actor: Actor, at: datetime, service: BeyondService, values: Mapping[str, Any], seen: int | None = None
) -> BeyondService:
    """Change which operations of a service are passed on and how often; its address stays.

    ``seen`` is the version the values were made from: what somebody else wrote meanwhile is not written over.
    """
    allow(policies.may_connect(actor))
    written = _checked({name: values.get(name, getattr(service, name)) for name in CHANGEABLE})
    same = BeyondService.objects.filter(pk=service.pk, version=service.version, ended_at__isnull=True)
    if seen not in {None, service.version} or not same.update(**written, updated_at=at, version=service.version + 1):
        raise StateMoved(_("Người khác vừa sửa dịch vụ này."), state="", hint=_("Tải lại trang rồi sửa lại."))
    record("service_changed", service.platform, actor=actor, at=at, details={"service": service.code})
    service.refresh_from_db()
    return service


@transaction.atomic
def end_service(*, actor: Actor, at: datetime, service: BeyondService, reason: str) -> BeyondService:
    """Take a service off the gateway; accesses to it end with it."""
    allow(policies.may_connect(actor))
    ended = {"ended_at": at, "end_reason": reason}
    seen = BeyondService.objects.filter(pk=service.pk, ended_at__isnull=True)
    if not seen.update(**ended, updated_at=at, version=service.version + 1):
        raise StateMoved(_("Dịch vụ đã ngừng."), state="ended", hint=_("Tải lại trang."))
    closed = list(service.accesses.filter(ended_at__isnull=True).select_related("outbound__proposer"))
    service.accesses.filter(pk__in=[one.pk for one in closed]).update(**ended)
    for one in closed:
        telling.tell_unit(one, kept("dịch vụ ngoài tỉnh đã ngừng trên cổng"), reason, at=at)
    record("service_ended", service.platform, actor=actor, at=at, details={"service": service.code, "reason": reason})
    service.refresh_from_db()
    return service


# -- who of ours may call --


@transaction.atomic
def open_access(*, actor: Actor, at: datetime, service: BeyondService, outbound: Outbound) -> Access:
    """Let the application of an approved proposal call a service of the provider that approved it, and nothing else."""
    allow(policies.may_connect(actor))
    # Held: one that ends at the same moment takes its accesses along, and this would come after it.
    service = BeyondService.objects.select_for_update(no_key=True).get(pk=service.pk)
    if service.ended_at is not None:
        raise StateMoved(_("Dịch vụ đã ngừng."), state="ended", hint=_("Tải lại trang."))
    words = policies.is_approved(outbound)
    if words:
        raise RuleBroken(words, article="nội bộ")
    if not policies.is_of(outbound.provider, service.external.provider):
        raise RuleBroken(
            _("Đề xuất được cơ quan khác chấp thuận, không phải cơ quan của dịch vụ này."), article="nội bộ"
        )
    if outbound.external_id not in {None, service.external_id}:
        raise RuleBroken(_("Đề xuất này xin dịch vụ khác trong danh sách."), article="nội bộ")
    try:
        with transaction.atomic():
            made = Access.objects.create(service=service, outbound=outbound, opened_at=at, opened_by=actor.name)
    except IntegrityError as error:
        raise StateMoved(_("Đề xuất này đã mở một quyền gọi."), state="open", hint=_("Tải lại trang.")) from error
    told = {"service": service.code, "outbound": outbound.code}
    record("access_opened", service.platform, actor=actor, at=at, details=told)
    opened, page = (
        kept("ứng dụng gọi được dịch vụ ngoài tỉnh qua cổng"),
        reverse("lgsp:beyond_call", args=[outbound.code]),
    )
    telling.tell_unit(made, opened, service.identifier, at=at, link=page)
    return made


@transaction.atomic
def end_access(*, actor: Actor, at: datetime, access: Access, reason: str) -> Access:
    """End the right of an application to call a service; it acts on its next call."""
    allow(policies.may_connect(actor))
    if not Access.objects.filter(pk=access.pk, ended_at__isnull=True).update(ended_at=at, end_reason=reason):
        raise StateMoved(_("Quyền gọi đã đóng."), state="ended", hint=_("Tải lại trang."))
    told = {"service": access.service.code, "outbound": access.outbound.code, "reason": reason}
    record("access_ended", access.service.platform, actor=actor, at=at, details=told)
    telling.tell_unit(access, kept("quyền gọi dịch vụ ngoài tỉnh đã đóng"), reason, at=at)
    access.refresh_from_db()
    return access


@transaction.atomic
def certify_access(*, actor: Actor, at: datetime, access: Access, csr: str) -> Certificate:
    """Sign a certificate for an application that calls services beyond the province, though it has no account here."""
    allow(policies.may_certify(actor, access))
    words = policies.is_approved(access.outbound)
    application = access.outbound.application
    if words or application is None or access.ended_at is not None:
        raise RuleBroken(words or _("Quyền gọi đã đóng."), article="nội bộ")
    return certificates.sign_for(application, actor=actor, at=at, csr=csr)


# -- who of theirs calls in --


@transaction.atomic
def admit_member(
    *, actor: Actor, at: datetime, platform: Platform, application: Application, client: str, named: str = ""
) -> Member:
    """Let an outside agency's application call in through a platform; it reaches what its accounts say.

    Its accounts come from approved requests (SM3); those that wait for a key are handed over by this.
    """
    allow(policies.may_connect(actor))
    _check_member(platform, application, client, named)
    member = Member(
        platform=platform, application=application, client=client, named="" if platform.incoming_platform else named,
        admitted_at=at, admitted_by=actor.name,
    )  # fmt: skip
    try:
        with transaction.atomic():
            member.save(force_insert=True)
    except IntegrityError as error:
        raise _wrong("client", _("Ứng dụng, định danh hoặc tên trong chứng thư đã được ghi nhận.")) from error
    for account in application.accounts.filter(state__in=["created", "active"]):
        allow_certificates(account, actor=actor, at=at)
    told = {"application": application.subject, "client": client, "named": member.named}
    record("member_admitted", platform, actor=actor, at=at, details=told)
    return member


def _check_member(platform: Platform, application: Application, client: str, named: str) -> None:
    if application.agency.kind not in OUTSIDE_KINDS:
        raise _wrong("application", _("Đây là ứng dụng trong tỉnh: ứng dụng của tỉnh gọi bằng chứng thư của LGSP."))
    if not application.accounts.filter(state__in=["created", "active"]).exists():
        raise RuleBroken(
            _("Ứng dụng chưa có tài khoản nào từ yêu cầu đã được chấp thuận."), article="nội bộ",
            hint=_("Cấp tài khoản ở hồ sơ yêu cầu của cơ quan ngoài tỉnh trước."),
        )  # fmt: skip
    if not checking.CLIENT.fullmatch(client):
        raise _wrong("client", _("Định danh có dạng INSTANCE/CLASS/MEMBER/SUBSYSTEM."))
    if not platform.incoming_platform and not (named.strip() and named.isprintable()):
        raise _wrong("named", _("Ghi tên trong chứng thư của bên gọi."))


@transaction.atomic
def dismiss_member(*, actor: Actor, at: datetime, member: Member, reason: str) -> Member:
    """Let an application call in no more; its accounts stay as they are."""
    allow(policies.may_connect(actor))
    if not Member.objects.filter(pk=member.pk, ended_at__isnull=True).update(ended_at=at, end_reason=reason):
        raise StateMoved(_("Bên gọi đã ngừng."), state="ended", hint=_("Tải lại trang."))
    told = {"application": member.application.subject, "client": member.client, "reason": reason}
    record("member_dismissed", member.platform, actor=actor, at=at, details=told)
    telling.tell_dismissed(member, reason, at=at)
    member.refresh_from_db()
    return member


def reaches(member: Member, at: datetime) -> list[str]:
    """Return the codes of the services a member reaches now."""
    return reached([member], at)[member.pk]


def reached(members: Iterable[Member], at: datetime) -> dict[int, list[str]]:
    """Return what each member reaches, in one question however many they are."""
    every = list(members)
    live = telling.accounts_of(every, at).order_by("service__code").values_list("application", "service__code")
    found: dict[int, list[str]] = {one.application_id: [] for one in every}
    for application, code in live:
        found[application].append(code)
    return {one.pk: found[one.application_id] for one in every}
