"""Platforms beyond the province: what is unknown stays so, who may connect, who may call and who calls in."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings

import scenes
import scenes_beyond
import scenes_outside
from gateway_rig import certificate_request
from national_platform import Ca
from nganam.audit.queries import entries
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.lgsp import queries as lgsp
from nganam.lgsp.beyond import exchanging, importing, needs, operations, queries, tokens
from nganam.lgsp.beyond.models import Access, Platform
from nganam.lgsp.envoy.upstreams import certificate_file, secret_file
from nganam.lgsp.queries import decided_gateway
from nganam.sharing.accounts.models import Account
from nganam.sharing.outside.models import Outbound
from scenes_beyond import known, proven

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("province"), pytest.mark.law("S17.4", "D46")]
AT, MINH, LAN, PHUC = scenes.AT, scenes.MINH, scenes.LAN, scenes.PHUC


@pytest.fixture(scope="module")
def ca() -> Ca:
    return Ca()


@pytest.fixture(autouse=True)
def _network(settings):
    settings.NGANAM_UPSTREAM_NETWORKS = "127.0.0.0/8"


# -- what is not known --


def test_what_is_unknown_stays_unknown_and_keeps_the_connection_closed(ca):
    found = scenes_beyond.platform()
    assert needs.unknown(found, "outgoing") == [
        "Mã instance", "Địa chỉ", "Chứng thư gốc của nền tảng (PEM)",
        "Định danh của LGSP tỉnh tại nền tảng (X-Road-Client)", "Chứng thư của LGSP tại nền tảng",
    ]  # fmt: skip
    for direction in needs.DIRECTIONS:
        with pytest.raises(RuleBroken, match="Chưa biết: Mã instance"):
            scenes_beyond.opened(found, direction)
    assert decided_gateway_of_nobody() == ((), ())


def decided_gateway_of_nobody():
    return tuple(queries.told_services(AT)), tuple(queries.told_incoming())


def test_what_oauth_needs_depends_on_how_we_prove_ourselves():
    found = scenes_beyond.platform(kind="oauth", proof="client_secret")
    assert "Mã bí mật" in needs.unknown(found, "outgoing")
    assert "Khóa ký của LGSP" not in needs.unknown(found, "outgoing")


def test_a_live_direction_keeps_what_it_needs(ca):
    found = scenes_beyond.opened(proven(ca))
    with pytest.raises(RuleBroken, match="Định danh của LGSP tỉnh"):
        operations.edit_platform(actor=MINH, at=AT, platform=found, values={"client": ""})
    found.refresh_from_db()
    stopped = operations.stop(actor=MINH, at=AT, platform=found, direction="outgoing", reason="Bảo trì")
    assert stopped.outgoing_at is None
    with pytest.raises(StateMoved):
        operations.stop(actor=MINH, at=AT, platform=stopped, direction="outgoing", reason="Bảo trì")


def test_what_was_good_when_declared_is_looked_at_again_before_it_goes_live(ca, monkeypatch):
    found = proven(ca)
    after = found.certificate_until + timedelta(seconds=1)
    with pytest.raises(RuleBroken, match="đã hết hạn"):
        operations.go_live(actor=MINH, at=after, platform=found, direction="outgoing", reason="Đã thử")
    monkeypatch.setattr("nganam.face.reaching.resolve", lambda _host, _port: ["169.254.169.254"])
    with pytest.raises(Invalid, match=r"169\.254"):
        scenes_beyond.opened(found)
    assert not Platform.objects.get().outgoing_at


# -- who may --


@pytest.mark.parametrize("actor", [LAN, PHUC, scenes_outside.KHANH], ids=lambda one: one.code)
def test_only_who_runs_the_gateway_connects_it(ca, actor):
    with pytest.raises(NotAllowed):
        scenes_beyond.platform(actor=actor)
    found = proven(ca)
    for deed in (
        lambda: operations.edit_platform(actor=actor, at=AT, platform=found, values={"title": "Khác"}),
        lambda: operations.set_certificate(actor=actor, at=AT, platform=found, chain="", key=""),
        lambda: operations.set_secret(actor=actor, at=AT, platform=found, value="x"),
        lambda: operations.make_key(actor=actor, at=AT, platform=found),
        lambda: operations.go_live(actor=actor, at=AT, platform=found, direction="outgoing", reason="x"),
        lambda: operations.stop(actor=actor, at=AT, platform=found, direction="outgoing", reason="x"),
    ):
        with pytest.raises(NotAllowed):
            deed()
    with pytest.raises(NotFound):
        queries.get_platform_for(actor, found.code)
    assert queries.get_platform_for(MINH, found.code) == found


# -- what may be declared --


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("endpoints", ["https://169.254.169.254/latest"]), ("endpoints", ["https://10.1.2.3"]),
        ("endpoints", ["http://127.0.0.1:1"]), ("endpoints", ["https://a@127.0.0.1"]),
        ("token_url", "https://169.254.169.254/token"), ("token_url", "http://192.168.1.1/token"),
        ("instance", "QG/x"),
        ("instance", "QG-THU"), ("instance", "QG\n"),
        ("client", "chỉ một phần"), ("client", "QG/GOV/%ST%"), ("ca", "không phải PEM"),
        ("incoming_ca", "-----BEGIN " + "PRIVATE KEY-----"),
        ("incoming_host", "*.example"), ("incoming_host", "localhost"),
        ("incoming_host", "127.0.0.1"),
    ],
)  # fmt: skip
def test_an_address_inside_and_a_name_that_is_none_are_refused(field, value):
    with pytest.raises(Invalid) as refused:
        scenes_beyond.platform(**{field: value})
    assert field in refused.value.fields


def test_the_gateways_own_name_is_no_platforms(settings):
    settings.NGANAM_GATEWAY_TLS_URL = "https://lgsp.tinh.example:8743"
    with pytest.raises(Invalid, match="của chính cổng"):
        scenes_beyond.platform(incoming_host="lgsp.tinh.example")


def test_a_leaf_is_no_authority(ca):
    with pytest.raises(Invalid, match=r"không phải của cơ quan chứng thực|thiếu BasicConstraints"):
        scenes_beyond.platform(incoming_ca=ca.sign(uris=["urn:x"])[0])


def test_a_name_that_comes_to_mean_an_inner_address_is_called_no_more(ca, settings, monkeypatch):
    found = scenes_beyond.opened(proven(ca))
    scenes_beyond.service(found)
    assert queries.told_services(AT)[0].upstream.endpoints
    monkeypatch.setattr("nganam.face.reaching.resolve", lambda _host, _port: ["169.254.169.254"])
    assert operations.look_up_again(at=AT) == [found.code]
    assert queries.told_services(AT)[0].upstream.endpoints == ()
    found.refresh_from_db()
    assert "169.254.169.254" in found.fault


def test_an_edit_made_while_names_were_looked_up_is_not_overwritten(ca, monkeypatch):
    found = scenes_beyond.opened(proven(ca))

    def edited_meanwhile(platform, _at, *, strict):
        fresh = Platform.objects.get(pk=platform.pk)
        monkeypatch.undo()
        operations.edit_platform(actor=MINH, at=AT, platform=fresh, values={"endpoints": ["https://127.0.0.2:9443"]})
        platform.addresses = {"cu:1": ["127.0.0.1"]}

    monkeypatch.setattr(operations, "_look_up", edited_meanwhile)
    assert operations.look_up_again(at=AT) == []
    found.refresh_from_db()
    assert found.addresses == {"127.0.0.2:9443": ["127.0.0.2"]}


# -- what proves us there --


def test_the_key_shown_to_the_platform_is_a_private_file_and_in_no_row(ca):
    found = proven(ca)
    path = Path(django_settings.DATA) / "gateway" / certificate_file(found.code)
    assert path.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE KEY" in path.read_text()
    assert "PRIVATE KEY" not in json.dumps(list(Platform.objects.values()), default=str)
    deed = entries(object_type="lgsp.platform", object_code=found.code, action="lgsp.platform.certificate_set").get()
    assert "PRIVATE" not in json.dumps(deed.details)


def test_our_key_is_shown_without_a_file_beside(ca, monkeypatch):
    from nganam.lgsp.beyond import fetching

    found, before = proven(ca), sorted(Path(django_settings.DATA).iterdir())
    loaded = []
    real = fetching.ssl.SSLContext.load_cert_chain

    def load(context, path):
        real(context, path)
        loaded.append((path, sorted(Path(django_settings.DATA).iterdir())))

    monkeypatch.setattr(fetching.ssl.SSLContext, "load_cert_chain", load)
    fetching._context(found)
    assert loaded[0][0].startswith("/proc/self/fd/")
    assert loaded[0][1] == before


def test_a_key_of_another_certificate_and_one_run_out_are_refused(ca):
    found, at = known(ca), datetime.now(UTC)
    (chain, _key), (_chain, other) = ca.sign(uris=["urn:a"]), ca.sign(uris=["urn:b"])
    with pytest.raises(Invalid, match="không phải của chứng thư này"):
        operations.set_certificate(actor=MINH, at=at, platform=found, chain=chain, key=other)
    chain, key = ca.sign(uris=["urn:a"], days=-1)
    with pytest.raises(Invalid, match="không còn hiệu lực"):
        operations.set_certificate(actor=MINH, at=at, platform=found, chain=chain, key=key)
    with pytest.raises(Invalid, match="Không đọc được khóa riêng"):
        operations.set_certificate(actor=MINH, at=at, platform=found, chain=chain, key="x")


def test_the_operator_is_told_before_our_certificate_there_ends(ca):
    from nganam.notices.models import Notice

    found = scenes_beyond.opened(proven(ca))
    until = found.certificate_until
    for days, told in ((31, 0), (30, 1), (8, 1), (7, 2), (1, 3)):
        operations.remind_of_ends(at=until - timedelta(days=days, seconds=1))
        assert Notice.objects.filter(event="lgsp.platform.fault").count() == told


def test_the_signing_key_is_told_by_its_public_part_only():
    found = operations.make_key(actor=MINH, at=AT, platform=scenes_beyond.platform(kind="oauth"))
    assert "d" not in found.public_jwk
    path = operations.key_file(found, "jwk")
    assert "d" in json.loads(path.read_bytes())
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_key_calls_go_out_by_is_not_replaced_under_them():
    found = operations.make_key(actor=MINH, at=AT, platform=scenes_beyond.platform(kind="oauth"))
    kept = operations.key_file(found, "jwk").read_bytes()
    Platform.objects.update(outgoing_at=AT)
    found.refresh_from_db()
    with pytest.raises(RuleBroken, match="khóa hiện tại"):
        operations.make_key(actor=MINH, at=AT, platform=found)
    assert operations.key_file(found, "jwk").read_bytes() == kept
    Platform.objects.update(outgoing_at=None)
    found.refresh_from_db()
    assert operations.make_key(actor=MINH, at=AT + timedelta(days=1), platform=found).public_jwk != json.loads(kept)


# -- services and who may call them --


def test_a_service_keeps_its_own_address_and_nobody_may_call_it_yet(ca):
    made = scenes_beyond.service(scenes_beyond.opened(proven(ca)))
    told = queries.told_services(AT)[0]
    assert queries.address_of(made) == "/r1/QG/GOV/BTC/DKDN/tra-cuu" == f"/r1/{told.path('VN')}" == told.base
    assert told.callers == ()
    assert told.upstream.speaks_as == "QG/GOV/ST/LGSP"
    assert told.upstream.certificate


@pytest.mark.parametrize(
    ("field", "value"),
    [("identifier", "GOV/BTC/tra-cuu"), ("identifier", "GOV/BTC/../x"), ("identifier", "GOV/BTC/DKDN/a%2fb"),
     ("operations", []), ("operations", [{"method": "TRACE", "path": "/"}]), ("base", "/a/../b"),
     ("rate_per_minute", 0)],
)  # fmt: skip
def test_a_service_that_could_not_be_routed_is_refused(ca, field, value):
    if field == "identifier" and ".." in value:
        value = "GOV/BTC/%2e%2e/x"
    with pytest.raises(Invalid) as refused:
        scenes_beyond.service(known(ca), **{field: value})
    assert field in refused.value.fields


def test_an_address_of_the_province_is_no_platforms(ca, settings):
    ours = scenes.published_service()
    settings.NGANAM_INSTANCE = "QG"
    for identifier in (f"GOV/CT-SYT/KHO/{ours.code}", "GOV/CT-SYT/KHO/khac"):
        with pytest.raises(Invalid, match="đã là của dịch vụ khác"):
            exchanging.enter_service(
                actor=MINH, at=AT, platform=Platform.objects.first() or known(ca),
                external=scenes_outside.listed(name=identifier), identifier=identifier,
                operations=scenes_beyond.operations(),
            )  # fmt: skip


def test_an_approved_proposal_opens_the_service_for_its_application_only(ca):
    found = scenes_beyond.opened(proven(ca))
    access = scenes_beyond.access(found)
    assert queries.told_services(AT)[0].callers == ("lgsp:VN/GOV/CT-X31507/MCDT",)
    exchanging.end_access(actor=MINH, at=AT, access=access, reason="Hết nhu cầu")
    assert queries.told_services(AT)[0].callers == ()


def test_the_end_of_the_proposal_is_the_end_of_the_call(ca):
    from nganam.sharing.outside import outbound

    scenes_beyond.access(scenes_beyond.opened(proven(ca)))
    before = lgsp.decision_mark()
    case = Outbound.objects.get()
    for deed in ("configure", "start_use"):
        more = {"route": "ndop"} if deed == "configure" else {}
        actor = MINH if deed == "configure" else PHUC
        case = getattr(outbound, deed)(actor=actor, at=AT, outbound=case, reason="Thử tốt", **more)
        assert queries.told_services(AT)[0].callers
    outbound.end(actor=PHUC, at=AT, outbound=case, reason="Không còn nhu cầu")
    assert queries.told_services(AT)[0].callers == ()
    assert lgsp.decision_mark() != before


def test_without_the_providers_grant_nothing_is_opened(ca):
    service = scenes_beyond.service(known(ca))
    with pytest.raises(RuleBroken, match="chưa được cơ quan cung cấp chấp thuận"):
        exchanging.open_access(actor=MINH, at=AT, service=service, outbound=scenes_outside.sent())
    assert not Access.objects.exists()


def test_a_grant_of_another_agency_opens_nothing(ca):
    other = scenes_outside.listed(name="Dịch vụ khác", provider=scenes_outside.ministry())
    service = exchanging.enter_service(
        actor=MINH, at=AT, platform=known(ca), external=other, identifier=scenes_beyond.IDENTIFIER,
        operations=scenes_beyond.operations(),
    )  # fmt: skip
    with pytest.raises(RuleBroken, match="cơ quan khác chấp thuận"):
        exchanging.open_access(actor=MINH, at=AT, service=service, outbound=scenes_beyond.approved())


def test_an_application_without_an_account_gets_its_certificate_by_the_access(ca):
    from cryptography.hazmat.primitives.asymmetric import ec

    access = scenes_beyond.access(proven(ca))
    csr = certificate_request(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(NotAllowed):
        exchanging.certify_access(actor=LAN, at=AT, access=access, csr=csr)
    made = exchanging.certify_access(actor=PHUC, at=AT, access=access, csr=csr)
    assert made.identity == "lgsp:VN/GOV/CT-X31507/MCDT"
    with pytest.raises(NotFound):
        queries.get_access_for(LAN, access.outbound.code)


def test_a_service_that_ends_takes_its_accesses_along(ca):
    access = scenes_beyond.access(scenes_beyond.opened(proven(ca)))
    exchanging.end_service(actor=MINH, at=AT, service=access.service, reason="Nền tảng đã ngừng")
    access.refresh_from_db()
    assert access.ended_at
    assert queries.told_services(AT) == []


def test_what_ended_may_be_entered_and_opened_anew(ca):
    found = scenes_beyond.opened(proven(ca))
    access = scenes_beyond.access(found)
    outbound, service = access.outbound, access.service
    assert outbound not in queries.openable(found)
    assert service.external not in queries.enterable()
    exchanging.end_access(actor=MINH, at=AT, access=access, reason="Nhầm")
    assert outbound in queries.openable(found)
    again = exchanging.open_access(actor=MINH, at=AT, service=service, outbound=outbound)
    with pytest.raises(StateMoved, match="đã mở một quyền gọi"):
        exchanging.open_access(actor=MINH, at=AT, service=service, outbound=outbound)
    exchanging.end_service(actor=MINH, at=AT, service=service, reason="Đổi cách gọi")
    with pytest.raises(StateMoved, match="Dịch vụ đã ngừng"):
        exchanging.open_access(actor=MINH, at=AT, service=service, outbound=outbound)
    assert service.external in queries.enterable()
    anew = exchanging.enter_service(
        actor=MINH, at=AT, platform=found, external=service.external, identifier=service.identifier,
        operations=scenes_beyond.operations(),
    )  # fmt: skip
    assert exchanging.open_access(actor=MINH, at=AT, service=anew, outbound=outbound).pk != again.pk


def test_the_unit_is_told_when_its_access_opens_and_ends(ca):
    from nganam.notices.models import Notice

    access = scenes_beyond.access(scenes_beyond.opened(proven(ca)))
    exchanging.end_access(actor=MINH, at=AT, access=access, reason="Nhầm")
    exchanging.open_access(actor=MINH, at=AT, service=access.service, outbound=access.outbound)
    exchanging.end_service(actor=MINH, at=AT, service=access.service, reason="Ngừng")
    told = Notice.objects.filter(event="lgsp.platform.access").order_by("pk")
    assert [one.body for one in told] == [scenes_beyond.IDENTIFIER, "Nhầm", scenes_beyond.IDENTIFIER, "Ngừng"]
    assert {one.agency for one in told} == {access.outbound.proposer.code}
    case = access.outbound.get_absolute_url()
    call = f"/ngoai-tinh/di/{access.outbound.code}/goi/"
    assert [one.link for one in told] == [call, case, call, case]


def test_a_member_called_as_an_agency_of_ours_is_not_taken_for_it():
    from nganam.lgsp.logbook import exchange_of

    line = {"at": "2026-11-24T02:00:00+00:00", "serviceMemberCode": "CT-SYT", "serviceCode": "DQ-2026-0001",
            "serviceXRoadInstance": "QG", "consumer": "CT-X31507/MCDT", "platform": "NK-2026-0001"}  # fmt: skip
    assert exchange_of(0, json.dumps(line).encode()).provider == "NK-2026-0001"
    del line["platform"]
    assert exchange_of(0, json.dumps(line).encode()).provider == "CT-SYT"


def test_a_platform_is_called_by_its_title_among_the_providers():
    from nganam.lgsp.watching.measuring import choices
    from nganam.lgsp.watching.models import Tally

    found = scenes_beyond.platform()
    Tally.objects.create(grain=Tally.Grain.TOTAL, starts_at=AT, service="DQ-2026-0001", provider=found.code)
    assert choices(Tally.objects.all())["provider"] == [(found.code, found.title)]


# -- who calls in --


def test_a_member_reaches_what_its_accounts_say(ca):
    found = scenes_beyond.opened(known(ca), "incoming")
    member = scenes_beyond.admitted(found)
    account = Account.objects.get()
    assert account.state == "active"
    told = queries.told_incoming()[0]
    assert (told.host, told.identity) == ("vao.lgsp.example", "uri")
    assert [(one.named, one.subject) for one in told.members] == [(scenes_beyond.NAMED, "BO-YT/HSSK")]
    assert lgsp.certified(AT) == {account.service.code: ("lgsp:VN/GOV/BO-YT/HSSK",)}
    assert exchanging.reaches(member, AT) == [account.service.code]
    assert "vao.lgsp.example" in lgsp.gateway_hosts()
    exchanging.dismiss_member(actor=MINH, at=AT, member=member, reason="Cơ quan đề nghị")
    assert lgsp.certified(AT) == {}
    assert queries.told_incoming()[0].members == ()


def test_who_has_no_account_and_who_is_of_the_province_is_not_admitted(ca):
    found = known(ca)
    inside = scenes.application()
    with pytest.raises(Invalid, match="ứng dụng trong tỉnh"):
        exchanging.admit_member(
            actor=MINH, at=AT, platform=found, application=inside, client=scenes_beyond.CLIENT, named="urn:x"
        )
    account = scenes_outside.granted()
    outside = account.application
    Account.objects.update(state="archived")
    with pytest.raises(RuleBroken, match="chưa có tài khoản"):
        exchanging.admit_member(
            actor=MINH, at=AT, platform=found, application=outside, client=scenes_beyond.CLIENT, named="urn:x"
        )


def test_a_name_is_one_members(ca):
    found = known(ca)
    member = scenes_beyond.admitted(found)
    with pytest.raises(Invalid, match="đã được ghi nhận"):
        exchanging.admit_member(
            actor=MINH, at=AT, platform=found, application=member.application, client="QG/GOV/BYT/KHAC", named="urn:y"
        )


def test_the_gateway_is_told_of_both_directions(ca):
    from nganam.kernel.actors import system
    from nganam.lgsp import keys

    keys.ensure_key(actor=system("lgsp"), at=AT)
    found = scenes_beyond.opened(scenes_beyond.opened(proven(ca)), "incoming")
    scenes_beyond.access(found)
    gateway = decided_gateway(AT)
    assert [one.code for one in gateway.services if one.callers is not None] == [queries.told_services(AT)[0].code]
    assert [one.code for one in gateway.incoming] == [found.code]


# -- tokens and metaservices: refusals that need no second process --


def test_a_token_endpoint_that_cannot_be_asked_is_told_once_and_tried_again(settings):
    from nganam.notices.models import Notice

    found = scenes_beyond.platform(
        kind="oauth", instance="QG", endpoints=["http://127.0.0.1:9"], token_url="http://127.0.0.1:9/oauth2/token",
        client_id="lgsp-st", proof="client_secret",
    )  # fmt: skip
    found = operations.set_secret(actor=MINH, at=AT, platform=found, value="bi-mat")
    found = scenes_beyond.opened(found)
    assert tokens.refresh_tokens(at=AT) == []
    assert tokens.refresh_tokens(at=AT) == []
    found.refresh_from_db()
    assert found.token_fault
    assert found.token_after > AT
    tokens.refresh(found, at=AT)
    assert Notice.objects.filter(event="lgsp.platform.fault").count() == 1
    assert not (Path(django_settings.DATA) / "gateway" / secret_file(found.code)).exists()
    scenes_beyond.service(found)
    assert queries.told_services(AT)[0].upstream.endpoints == ()


def test_the_token_endpoint_is_checked_again_when_it_is_asked(settings, monkeypatch):
    found = scenes_beyond.platform(
        kind="oauth", instance="QG", endpoints=["http://127.0.0.1:9"], token_url="http://127.0.0.1:9/oauth2/token",
        client_id="lgsp-st", proof="client_secret",
    )  # fmt: skip
    found = operations.set_secret(actor=MINH, at=AT, platform=found, value="bi-mat")
    monkeypatch.setattr("nganam.face.reaching.resolve", lambda _host, _port: ["169.254.169.254"])
    assert tokens.refresh(found, at=AT) is False
    found.refresh_from_db()
    assert "169.254.169.254" in found.token_fault


def asked_for_tokens(title: str, **values: object) -> Platform:
    asked = {"endpoints": ["http://127.0.0.1:9"], "token_url": "http://127.0.0.1:9/oauth2/token", **values}
    found = scenes_beyond.platform(
        title=title, kind="oauth", instance="QG", client_id="lgsp-st", proof="client_secret", **asked
    )
    return scenes_beyond.opened(operations.set_secret(actor=MINH, at=AT, platform=found, value="bi-mat"))


ODD = ["{}", "[]", "3", '"x"', "null", "", "\xff", '{"access_token": 3}', '{"access_token": ""}', "[" * 100_000,
       '{"access_token": "x", "token_type": "mac"}', '{"access_token": "a\\r\\nb"}']  # fmt: skip


@pytest.mark.parametrize("answer", ODD, ids=range(len(ODD)))
def test_an_odd_answer_of_one_platform_stops_no_others_renewal(monkeypatch, answer):
    odd, good = asked_for_tokens("Lạ"), asked_for_tokens("Tốt")
    said = {odd.pk: answer.encode(), good.pk: b'{"access_token": "the", "expires_in": 600}'}
    monkeypatch.setattr("nganam.lgsp.beyond.fetching.ask", lambda platform, *_more, **_named: said[platform.pk])
    assert tokens.refresh_tokens(at=AT) == [good.code]
    odd.refresh_from_db()
    assert odd.token_fault == "câu trả lời không có mã truy cập dùng được"
    assert odd.token_after > AT


@pytest.mark.parametrize("ends", ["null", "1e999", "-5", '"x"', "[]", "NaN"])
def test_a_life_that_is_no_number_is_the_usual_one(monkeypatch, ends):
    found, answer = asked_for_tokens("Lạ"), b'{"access_token": "the", "expires_in": %s}' % ends.encode()
    monkeypatch.setattr("nganam.lgsp.beyond.fetching.ask", lambda *_more, **_named: answer)
    assert tokens.refresh(found, at=AT)
    found.refresh_from_db()
    assert AT < found.token_until <= AT + timedelta(seconds=tokens.USUAL)


def test_with_a_token_run_out_nothing_is_called(monkeypatch):
    found = asked_for_tokens("Tốt")
    monkeypatch.setattr("nganam.lgsp.beyond.fetching.ask", lambda *_more, **_named: b'{"access_token": "the"}')
    tokens.refresh(found, at=AT)
    scenes_beyond.service(found)
    assert queries.told_services(AT)[0].upstream.endpoints
    assert queries.told_services(AT + timedelta(seconds=tokens.USUAL))[0].upstream.endpoints == ()


def test_a_long_fault_is_told_once(monkeypatch):
    from nganam.kernel.errors import Unavailable
    from nganam.notices.models import Notice

    found = asked_for_tokens("Lạ")

    def fail(*_more, **_named):
        raise Unavailable("x" * 400, hint="")

    monkeypatch.setattr("nganam.lgsp.beyond.fetching.ask", fail)
    for _number in range(2):
        found.refresh_from_db()
        tokens.refresh(found, at=AT)
    assert Notice.objects.filter(event="lgsp.platform.fault").count() == 1


def test_a_token_asked_for_by_old_settings_is_not_kept(monkeypatch):
    found = asked_for_tokens("Tốt")

    def edited_meanwhile(*_more, **_named):
        fresh = Platform.objects.get(pk=found.pk)
        operations.edit_platform(actor=MINH, at=AT, platform=fresh, values={"scope": "khac"})
        return b'{"access_token": "the"}'

    monkeypatch.setattr("nganam.lgsp.beyond.fetching.ask", edited_meanwhile)
    assert tokens.refresh(found, at=AT) is False
    found.refresh_from_db()
    assert (found.token_until, found.token_after) == (None, None)
    assert list(queries.due_for_token(AT)) == [found]


def test_only_an_xroad_platform_whose_needs_are_known_is_asked_what_it_offers(ca):
    with pytest.raises(RuleBroken, match="Chỉ nền tảng X-Road"):
        importing.offered(scenes_beyond.platform(kind="oauth"), "GOV/BTC/DKDN")
    with pytest.raises(RuleBroken, match="Chưa biết"):
        importing.offered(scenes_beyond.platform(title="Khác"), "GOV/BTC/DKDN")
    with pytest.raises(Invalid):
        importing.offered(proven(ca, title="Thứ ba", incoming_host=""), "../x")
