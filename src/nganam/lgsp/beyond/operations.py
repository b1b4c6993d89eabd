"""Every write of a platform itself: declare, edit, give it what proves us, let a direction go live or stop it."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from joserfc.jwk import ECKey

from nganam.audit import operations as audit
from nganam.cases.operations import next_code
from nganam.cases.requirements import allow
from nganam.face import reaching
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.clock import VIETNAM
from nganam.kernel.errors import Invalid, RuleBroken, StateMoved
from nganam.kernel.sandbox import is_sandbox
from nganam.lgsp import gateway, swapping, terms
from nganam.lgsp.beyond import checking, needs, policies, telling
from nganam.lgsp.beyond.models import Platform
from nganam.lgsp.envoy.decided import PLATFORM
from nganam.lgsp.envoy.upstreams import certificate_file, certificate_secret
from nganam.notices import operations as notices
from nganam.services.upstreams.operations import allowed_networks

OBJECT = "lgsp.platform"
MOST_ENDPOINTS = 8
LONGEST_SECRET = 4096
SETTINGS = (
    "title", "kind", "instance", "endpoints", "ca", "client", "token_url", "client_id", "proof", "scope",
    "timeout_seconds", "concurrent", "incoming_host", "incoming_ca", "incoming_naming", "incoming_platform", "note",
)  # fmt: skip
PROVING = {"token_url", "client_id", "proof", "scope"}
"""What a token was asked for by."""
LIVE = {needs.OUTGOING: "outgoing_at", needs.INCOMING: "incoming_at"}


@transaction.atomic
def declare_platform(*, actor: Actor, at: datetime, values: Mapping[str, Any]) -> Platform:
    """Declare a platform; what is not known of it stays empty."""
    allow(policies.may_connect(actor))
    platform = Platform(created_at=at, updated_at=at)
    _take(platform, values)
    _look_up(platform, at, strict=True)
    platform.code = next_code(PLATFORM, at)
    try:
        with transaction.atomic():
            platform.save(force_insert=True)
    except IntegrityError as error:
        raise _twice() from error
    record("declared", platform, actor=actor, at=at, details={"title": platform.title, "kind": platform.kind})
    return platform


@transaction.atomic
def edit_platform(
    *, actor: Actor, at: datetime, platform: Platform, values: Mapping[str, Any], seen: int | None = None
) -> Platform:
    """Change what is known of a platform; a direction that is live keeps what it needs.

    ``seen`` is the version the values were made from: what somebody else wrote meanwhile is not written over.
    """
    allow(policies.may_connect(actor))
    if seen not in {None, platform.version}:
        raise _moved()
    before = {name: getattr(platform, name) for name in SETTINGS}
    _take(platform, values)
    _look_up(platform, at, strict=True)
    for direction, name in LIVE.items():
        if getattr(platform, name):
            _need(platform, direction)
    changed = sorted(name for name in SETTINGS if before[name] != getattr(platform, name))
    if {"kind", "instance"} & set(changed) and platform.services.filter(ended_at__isnull=True).exists():
        raise RuleBroken(
            _("Nền tảng đang có dịch vụ: không đổi được kiểu kết nối hay mã instance."), article="nội bộ",
            hint=_("Ngừng các dịch vụ trước, hoặc khai một nền tảng khác."),
        )  # fmt: skip
    names = (*SETTINGS, "addresses", "resolved_at", "fault")
    # What proved us there, proved us by the old settings.
    anew = {"token_until": None, "token_after": None} if PROVING & set(changed) else {}
    _write(platform, at, {**{name: getattr(platform, name) for name in names}, **anew})
    record("edited", platform, actor=actor, at=at, details={"changed": changed})
    return platform


def _twice() -> Invalid:
    text = _("Đã có nền tảng mang tên này, hoặc nhận cuộc gọi vào ở tên miền này.")
    return Invalid(text, fields={"title": [text]})


def _moved() -> StateMoved:
    return StateMoved(_("Người khác vừa sửa nền tảng này."), state="", hint=_("Tải lại trang rồi làm lại."))


def _write(platform: Platform, at: datetime, values: Mapping[str, Any]) -> None:
    seen = Platform.objects.filter(pk=platform.pk, version=platform.version)
    try:
        with transaction.atomic():
            done = seen.update(**values, updated_at=at, version=platform.version + 1)
    except IntegrityError as error:
        raise _twice() from error
    if not done:
        raise _moved()
    platform.refresh_from_db()


def _take(platform: Platform, values: Mapping[str, Any]) -> None:
    for name in SETTINGS:
        if name in values:
            setattr(platform, name, values[name])
    for name in ("ca", "incoming_ca"):
        setattr(platform, name, _checked(name, checking.read_authority, getattr(platform, name)))
    _fits(platform, "instance", checking.INSTANCE, _("Mã instance gồm chữ không dấu, số và các dấu '()+,-.=_"))
    if is_sandbox(platform.instance):
        # Its calls would count nowhere, and tokens for tests would open it.
        raise _wrong("instance", _("Mã instance này dành cho môi trường thử của tỉnh."))
    _fits(platform, "client", checking.CLIENT, _("Định danh có dạng INSTANCE/CLASS/MEMBER/SUBSYSTEM."))
    _fits(platform, "incoming_host", checking.HOST, _("Tên miền viết thường, đầy đủ, ví dụ vao.lgsp.tinh.gov.vn."))
    _check_places(platform)
    # Here: that module reads this room's rows for the gateway.
    from nganam.lgsp.queries import own_hosts  # noqa: PLC0415

    if platform.incoming_host in own_hosts():
        raise _wrong("incoming_host", _("Tên miền này là của chính cổng LGSP: dùng tên riêng cho nền tảng."))


def _wrong(field: str, text: str) -> Invalid:
    return Invalid(text, fields={field: [text]})


def _checked(field: str, read: Callable[..., Any], *inputs: Any) -> Any:
    try:
        return read(*inputs)
    except ValueError as error:
        raise _wrong(field, str(error)) from error


def _fits(platform: Platform, name: str, pattern: re.Pattern[str], words: str) -> None:
    if getattr(platform, name) and not pattern.fullmatch(getattr(platform, name)):
        raise _wrong(name, words)


def _check_places(platform: Platform) -> None:
    places = [_checked("endpoints", reaching.read_place, one) for one in platform.endpoints]
    platform.endpoints = [one.text for one in places]
    if len(places) > MOST_ENDPOINTS or len({(one.scheme, one.base) for one in places}) > 1:
        raise _wrong("endpoints", _("Nhiều nhất 8 địa chỉ, cùng https hoặc cùng http, và cùng đường dẫn."))
    if platform.kind == Platform.Kind.XROAD and any(one.scheme != "https" for one in places):
        raise _wrong("endpoints", _("X-Road chứng minh hai bên bằng chứng thư: địa chỉ phải là https."))
    if platform.token_url:
        platform.token_url = _checked("token_url", reaching.read_place, platform.token_url).text


def _look_up(platform: Platform, at: datetime, *, strict: bool) -> None:
    """Keep what the names mean now; a name that may not be called is refused, or (looked up again) left out and told.

    The token endpoint is checked too, and once more each time it is asked.
    """
    allowed, found, faults = allowed_networks(), {}, []
    named = [("endpoints", one) for one in platform.endpoints]
    named += [("token_url", platform.token_url)] if platform.token_url else []
    for field, text in named:
        place = reaching.read_place(text)
        key = f"{place.host}:{place.port}"
        try:
            found[key] = reaching.checked(place, allowed)
        except ValueError as error:
            if strict:
                raise _wrong(field, str(error)) from error
            if isinstance(error, reaching.NoSuchHost) and key in platform.addresses:
                found[key] = platform.addresses[key]
            faults.append(str(error))
    platform.addresses, platform.resolved_at, platform.fault = found, at, " ".join(faults)[:300]


def look_up_again(*, at: datetime) -> list[str]:
    """Ask again what the names of platforms mean; return the codes of those whose addresses changed."""
    changed = []
    for platform in Platform.objects.filter(outgoing_at__isnull=False):
        before = (platform.addresses, platform.fault)
        _look_up(platform, at, strict=False)
        if (platform.addresses, platform.fault) != before:
            written = {name: getattr(platform, name) for name in ("addresses", "resolved_at", "fault")}
            # Edited meanwhile, its names were looked up then; the next round asks again.
            seen = Platform.objects.filter(pk=platform.pk, version=platform.version)
            if not seen.update(**written, updated_at=at):
                continue
            if platform.fault:
                tell_operator(platform, kept("địa chỉ không dùng được"), platform.fault, at=at)
            changed.append(platform.code)
    return changed


def remind_of_ends(*, at: datetime) -> int:
    """Tell the operator at each stage ahead (nội bộ) that our certificate at a platform ends; return how many.

    A stage is told once, on the first morning at or after it: one on which nothing ran loses none.
    """
    stages = [terms.span(one.key).days for one in terms.PLATFORM_STAGES]
    live = Platform.objects.filter(outgoing_at__isnull=False, certificate_until__gt=at)
    return sum(_remind(platform, stages, at) for platform in live)


def _remind(platform: Platform, stages: list[int], at: datetime) -> bool:
    until = platform.certificate_until
    reached = min((one for one in stages if until and (until - at).days <= one), default=None)
    if until is None or reached is None:
        return False
    told = Q(reminded_days__isnull=True) | Q(reminded_days__gt=reached)
    if not Platform.objects.filter(told, pk=platform.pk).update(reminded_days=reached):
        return False
    ends = kept("Hết hạn ngày %(day)s; đặt chứng thư mới trước ngày đó.") % {
        "day": f"{until.astimezone(VIETNAM):%d/%m/%Y}"
    }
    tell_operator(platform, kept("chứng thư của LGSP tại nền tảng sắp hết hạn"), ends, at=at)
    return True


def tell_operator(platform: Platform, what: str, body: str, *, at: datetime) -> None:
    """Tell who runs the gateway of something with a platform."""
    notices.notify(
        at=at, role="lead", title=f"{platform.code}: {what}", body=body, link=platform.get_absolute_url(),
        event="lgsp.platform.fault",
    )  # fmt: skip


# -- what proves us there --


@transaction.atomic
def set_certificate(*, actor: Actor, at: datetime, platform: Platform, chain: str, key: str) -> Platform:
    """Give the gateway the certificate and key it shows the platform; the key is never shown again."""
    allow(policies.may_connect(actor))
    pem, private, until = _checked("chain", checking.read_pair, chain, key, at)
    _write(platform, at, {"certificate_until": until, "reminded_days": None})
    record("certificate_set", platform, actor=actor, at=at, details={"until": until.isoformat()})
    content = swapping.as_bytes(certificate_secret(platform.code, pem, private))
    # Last: a file cannot be taken back by the database.
    for node in gateway.nodes(settings.DATA):
        swapping.replace(node.folder / certificate_file(platform.code), content)
    return platform


@transaction.atomic
def set_secret(*, actor: Actor, at: datetime, platform: Platform, value: str) -> Platform:
    """Keep the secret (consumer secret) the platform has given us; it is never shown again."""
    allow(policies.may_connect(actor))
    if not value.strip() or len(value) > LONGEST_SECRET or not value.isprintable():
        raise _wrong("value", _("Mã bí mật là một dòng chữ, không quá 4096 ký tự."))
    _write(platform, at, {"secret_at": at, "token_after": None})
    record("secret_set", platform, actor=actor, at=at, details={})
    swapping.replace(key_file(platform, "secret"), value.strip().encode())
    return platform


@transaction.atomic
def make_key(*, actor: Actor, at: datetime, platform: Platform) -> Platform:
    """Make the key that signs our assertions (RFC 7523); its public part is sent to the platform by who runs it.

    Refused while calls go out by the present one: until the platform knows the new key no token would be given.
    """
    allow(policies.may_connect(actor))
    if platform.outgoing_at and platform.public_jwk:
        raise RuleBroken(
            _("Chiều gọi ra đang mở bằng khóa hiện tại: khóa mới sẽ làm mọi cuộc gọi ra bị từ chối."), article="nội bộ",
            hint=_("Đóng chiều gọi ra, tạo khóa, gửi khóa công khai cho nền tảng, rồi mở lại."),
        )  # fmt: skip
    key = ECKey.generate_key("P-256", {"kid": f"{platform.code}-{at:%Y%m%d%H%M%S}", "alg": "ES256", "use": "sig"})
    public = key.as_dict(private=False)
    _write(platform, at, {"public_jwk": public, "token_after": None})
    record("key_made", platform, actor=actor, at=at, details={"kid": public["kid"]})
    swapping.replace(key_file(platform, "jwk"), json.dumps(key.as_dict(private=True)).encode())
    return platform


def key_file(platform: Platform, kind: str) -> Path:
    """Return the file of a secret (``secret``) or of a signing key (``jwk``); only its owner may read it."""
    return Path(settings.DATA) / "keys" / "beyond" / f"{platform.code}.{kind}"


# -- live --


def _need(platform: Platform, direction: str) -> None:
    missing = needs.unknown(platform, direction)
    if missing:
        raise RuleBroken(
            _("Chưa biết: %(names)s.") % {"names": "; ".join(missing)}, article="nội bộ",
            hint=_("Hỏi đơn vị quản lý nền tảng, ghi căn cứ, rồi mở kết nối."),
        )  # fmt: skip


def _callable(platform: Platform, at: datetime) -> None:
    """Refuse what was good when it was declared and is not now: a certificate run out, a name that moved inside."""
    if platform.certificate_until and platform.certificate_until <= at:
        raise RuleBroken(
            _("Chứng thư của LGSP tại nền tảng đã hết hạn."), article="nội bộ",
            hint=_("Đặt chứng thư mới rồi mở kết nối."),
        )  # fmt: skip
    _look_up(platform, at, strict=True)


def _listens() -> None:
    """Refuse to open a door that is not there: platforms call in on the TLS listener only."""
    if not gateway.listening(Path(settings.DATA)).tls_port:
        raise RuleBroken(
            _("Cổng TLS của LGSP chưa mở nên không ai gọi vào được."), article="nội bộ",
            hint=_("Đặt NGANAM_PORT_GATEWAY_TLS và NGANAM_GATEWAY_TLS_URL, chạy lại LGSP, rồi mở chiều này."),
        )  # fmt: skip


@transaction.atomic
def go_live(*, actor: Actor, at: datetime, platform: Platform, direction: str, reason: str) -> Platform:
    """Let a direction go live; refused while something it needs is not known. ``reason`` says by what it was tested."""
    allow(policies.may_connect(actor))
    if getattr(platform, LIVE[direction]):
        raise StateMoved(_("Chiều này đang mở."), state="live", hint=_("Tải lại trang."))
    _need(platform, direction)
    if direction == needs.OUTGOING:
        _callable(platform, at)
    else:
        _listens()
    found = {name: getattr(platform, name) for name in ("addresses", "resolved_at", "fault")}
    _write(platform, at, {LIVE[direction]: at, "token_after": None, **found})
    record("opened", platform, actor=actor, at=at, details={"direction": direction, "reason": reason})
    return platform


@transaction.atomic
def stop(*, actor: Actor, at: datetime, platform: Platform, direction: str, reason: str) -> Platform:
    """Stop a direction; it acts within a second, what was entered stays."""
    allow(policies.may_connect(actor))
    if not getattr(platform, LIVE[direction]):
        raise StateMoved(_("Chiều này đang đóng."), state="stopped", hint=_("Tải lại trang."))
    _write(platform, at, {LIVE[direction]: None})
    record("stopped", platform, actor=actor, at=at, details={"direction": direction, "reason": reason})
    telling.tell_stopped(platform, direction, reason, at=at)
    return platform


def record(verb: str, platform: Platform, *, actor: Actor, at: datetime, details: Mapping[str, Any]) -> None:
    """Write a deed with a platform into the record."""
    audit.record(
        actor=actor, at=at, action=f"{OBJECT}.{verb}", object_type=OBJECT, object_code=platform.code,
        agency=actor.agency, details=dict(details),
    )  # fmt: skip
