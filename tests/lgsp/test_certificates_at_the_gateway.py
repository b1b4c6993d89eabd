"""Certificates of clients at a real gateway: who is known by one, and what cannot be pretended."""

import http.client
import socket
import ssl
import subprocess
import time
from contextlib import closing
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from gateway_rig import OPEN, SCHOOL, SLOW, address, certificate, decided, wait_for
from nganam.kernel.clock import VIETNAM
from nganam.kernel.hours import Window
from nganam.lgsp import swapping
from nganam.lgsp.authority import Authority
from nganam.lgsp.envoy.compiling import compile_gateway
from nganam.lgsp.envoy.decided import Bound, Denial, Tls, identity_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def school(stack, tmp_path_factory):
    """The school's application with its certificate."""
    return certificate(stack.data, SCHOOL, tmp_path_factory.mktemp("school"))


@pytest.fixture(scope="module")
def stranger(stack, tmp_path_factory):
    """Another application, known to the authority, without an account."""
    return certificate(stack.data, "CT-KHAC/UD", tmp_path_factory.mktemp("stranger"))


def refused(reply, status, code):
    assert (reply.status, reply.json["code"]) == (status, code), reply.body
    return reply


def test_a_certificate_alone_names_the_caller(stack, school):
    reply = stack.ask_tls(address(OPEN, "/0007"), school)
    assert reply.status == 200, reply.body
    assert reply.json["data"]["ma"] == "0007"
    assert reply.headers["x-road-client"] == f"VN/GOV/{SCHOOL}"


def published(stack, mint, **changes):
    files = compile_gateway(decided(stack.data, mint, stack.listen, **changes))
    swapping.check(files, stack.data / "gateway")
    swapping.swap(files, stack.data / "gateway")


def test_a_certificate_alone_opens_nothing_past_the_accounts_end_or_hours_though_nobody_tells(stack, mint, school):
    """The keeper publishes once, then never again; a call with a token has its own end."""
    there = datetime.now(VIETNAM)
    minute = there.hour * 60 + there.minute
    inside = Window((there.weekday(),), max(0, minute - 5), min(24 * 60, minute + 10))
    outside = (Window((there.weekday(),), 0, max(0, minute - 60)), Window(((there.weekday() + 3) % 7,), 0, 24 * 60))
    name = identity_of("VN", SCHOOL)

    def answers(status):
        return wait_for(lambda: stack.ask_tls(address(OPEN, "/0007"), school).status == status, 6)

    try:
        published(stack, mint, bounded={OPEN: (Bound(name, hours=outside),)})
        answers(403)
        refused(stack.ask_tls(address(OPEN, "/0007"), school), 403, "not_granted")
        assert stack.ask_tls(address(OPEN, "/0007"), school, mint.token()).status == 200
        published(stack, mint, bounded={OPEN: (Bound(name, int(time.time()) + 4, (*outside, inside)),)})
        answers(200)
        answers(403)
        assert stack.ask_tls(address(OPEN, "/0007"), school, mint.token()).status == 200
    finally:
        published(stack, mint)
        answers(200)


def test_a_certificate_without_an_account_opens_nothing(stack, stranger, school):
    refused(stack.ask_tls(address(OPEN, "/0007"), stranger), 403, "not_granted")
    refused(stack.ask_tls(address(SLOW, "/0007"), school), 403, "not_granted")


def test_without_token_and_certificate_tls_alone_opens_nothing(stack):
    refused(stack.ask_tls(address(OPEN, "/0007")), 401, "token_missing")


def test_a_certificate_of_another_authority_does_not_connect(stack, tmp_path):
    """Same names, another root; and the gateway's own certificate is no client's."""
    foreign = certificate(tmp_path / "elsewhere", SCHOOL, tmp_path / "client")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        stack.ask_tls(address(OPEN, "/0007"), foreign)
    folder = stack.data / "keys" / "ca"
    own = type(foreign)(folder / "server.pem", folder / "server.key", foreign.issued)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        stack.ask_tls(address(OPEN, "/0007"), own)


def test_a_certificate_past_its_end_does_not_connect(stack, tmp_path):
    from datetime import UTC, datetime, timedelta

    old = certificate(stack.data, SCHOOL, tmp_path, days=1, at=datetime.now(UTC) - timedelta(days=2))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        stack.ask_tls(address(OPEN, "/0007"), old)


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("kind", ["P-256", "P-384", "Ed25519"])
def test_every_kind_of_key_that_is_signed_connects(stack, tmp_path, kind, version):
    curves = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}
    key = ec.generate_private_key(curves[kind]) if kind in curves else ed25519.Ed25519PrivateKey.generate()
    shown = certificate(stack.data, SCHOOL, tmp_path, key=key)
    with closing(link_of(stack, shown, version=version)) as link:
        assert asked(link).status == 200
        assert link.sock.version().replace(".", "_") == version


def test_a_signature_with_sha1_ends_the_handshake(stack, school):
    said = subprocess.run(
        [
            "openssl", "s_client", "-connect", f"127.0.0.1:{stack.listen.tls_port}", "-tls1_2", "-sigalgs",
            "ECDSA+SHA1", "-cipher", "DEFAULT@SECLEVEL=0", "-cert", school.chain, "-key", school.key,
        ],
        input=b"", capture_output=True, timeout=20, check=False,
    )  # fmt: skip
    assert said.returncode != 0
    assert b"alert handshake failure" in said.stderr + said.stdout


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_no_session_is_resumed_so_a_certificate_is_shown_each_time(stack, school, version):
    with closing(link_of(stack, school, version=version)) as first:
        assert asked(first).status == 200  # by now a TLS 1.3 server would have sent its tickets
        session = first.sock.session
        assert not session.has_ticket
        with closing(link_of(stack, school, version=version, context=first._context, session=session)) as second:
            assert asked(second).status == 200
            assert not second.sock.session_reused


def link_of(stack, shown, *, version, context=None, session=None):
    """Open a TLS connection of just this version; ``session`` is one to be resumed."""
    if context is None:
        context = ssl.create_default_context(cadata=Authority(stack.data / "keys" / "ca").trusted())
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        context.load_cert_chain(shown.chain, shown.key)
    link = http.client.HTTPSConnection("127.0.0.1", stack.listen.tls_port, timeout=10, context=context)
    plain = socket.create_connection(("127.0.0.1", stack.listen.tls_port), timeout=10)
    link.sock = context.wrap_socket(plain, server_hostname="127.0.0.1", session=session)
    return link


def asked(link):
    link.request("GET", address(OPEN, "/0007"))
    answer = link.getresponse()
    answer.read()
    return answer


def test_a_token_passes_through_tls_as_in_clear(stack, mint):
    assert stack.ask_tls(address(OPEN, "/0007"), token=mint.token()).status == 200


def test_a_broken_token_is_refused_although_the_certificate_is_good(stack, mint, school):
    token = mint.token(exp=int(time.time()) - 60, iat=int(time.time()) - 360)
    refused(stack.ask_tls(address(OPEN, "/0007"), school, token), 401, "token_expired")


def test_a_token_of_one_and_a_certificate_of_another_do_not_mix(stack, mint, school, stranger):
    refused(stack.ask_tls(address(OPEN, "/0007"), stranger, mint.token()), 403, "identity_mismatch")
    refused(stack.ask_tls(address(OPEN, "/0007"), school, mint.token(sub="CT-KHAC/UD")), 403, "identity_mismatch")
    # A token that does not open the service is not helped by a certificate that would.
    refused(stack.ask_tls(address(OPEN, "/0007"), school, mint.token(svc=[SLOW])), 403, "not_granted")
    # One name must not pass for another that ends with it.
    refused(stack.ask_tls(address(OPEN, "/0007"), school, mint.token(sub=SCHOOL[3:])), 403, "identity_mismatch")


def test_a_bound_token_is_good_with_its_certificate_only(stack, mint, school, stranger, tmp_path):
    """A stolen token is worth nothing without the key of the certificate it was made for (RFC 8705 3)."""
    bound = mint.token(x5t_hex=school.issued.fingerprint)
    assert stack.ask_tls(address(OPEN, "/0007"), school, bound).status == 200
    second = certificate(stack.data, SCHOOL, tmp_path)
    for reply in (
        stack.ask(address(OPEN, "/0007"), bound),
        stack.ask_tls(address(OPEN, "/0007"), None, bound),
        stack.ask_tls(address(OPEN, "/0007"), second, bound),
        stack.ask_tls(address(OPEN, "/0007"), stranger, mint.token(x5t_hex=school.issued.fingerprint)),
    ):
        refused(reply, 401, "token_bound")
        assert reply.json["status"] == 401
        assert reply.headers["x-road-error"] == "client.authentication_failed"


@pytest.mark.parametrize(
    "headers",
    [
        [("x-lgsp-peer", f"lgsp:VN/GOV/{SCHOOL}")],
        [("x-lgsp-consumer", SCHOOL)],
        [("X-Forwarded-Client-Cert", f"URI=lgsp:VN/GOV/{SCHOOL}")],
        [("x-lgsp-peer", f"lgsp:VN/GOV/{SCHOOL}"), ("X-LGSP-Peer", f"lgsp:VN/GOV/{SCHOOL}")],
        [("x-lgsp-certificate", "00"), ("x-lgsp-gate", "x"), ("X-Road-Client", f"VN/GOV/{SCHOOL}")],
    ],
)
def test_no_header_pretends_a_certificate(stack, stranger, headers):
    for reply in (
        stack.ask(address(OPEN, "/0007"), headers=headers),
        stack.ask_tls(address(OPEN, "/0007"), headers=headers),
    ):
        refused(reply, 401, "token_missing")
    assert stack.ask_tls(address(OPEN, "/0007"), stranger, headers=headers).status == 403


def test_x_road_client_must_agree_with_what_is_proven(stack, mint, school):
    right = ("X-Road-Client", f"VN/GOV/{SCHOOL}")
    for ask in (
        lambda headers: stack.ask(address(OPEN, "/0007"), mint.token(), headers=headers),
        lambda headers: stack.ask_tls(address(OPEN, "/0007"), school, headers=headers),
    ):
        assert ask([right]).status == 200
        for wrong in (
            [("X-Road-Client", "VN/GOV/CT-KHAC/UD")], [("X-Road-Client", f"EE/GOV/{SCHOOL}")], [right, right],
            [right, ("x-road-client", "VN/GOV/CT-KHAC/UD")], [("X-Road-Client", f"VN/GOV/X/{SCHOOL}")],
            [("X-Road-Client", f"VN/GOV/{SCHOOL}/")],
        ):  # fmt: skip
            reply = refused(ask(wrong), 403, "identity_mismatch")
            assert reply.json["type"] == "server.clientproxy.ssl_authentication_failed" == reply.headers["x-road-error"]


def test_who_speaks_x_road_is_refused_in_its_form(stack):
    reply = stack.ask(address(OPEN, "/0007"), headers=[("X-Road-Client", f"VN/GOV/{SCHOOL}")])
    body = refused(reply, 401, "token_missing").json
    assert body["type"] == reply.headers["x-road-error"] == "client.authentication_failed"
    assert body["message"].startswith("Chưa có mã truy cập")
    assert body["detail"] == reply.headers["x-request-id"] == body["request_id"]
    assert reply.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("name", ["X-Road-Id", "X-Road-UserId", "X-Road-Issue", "X-Road-Represented-Party"])
def test_what_is_said_twice_is_refused(stack, mint, name):
    twice = [(name, "a1"), (name.lower(), "a2")]
    reply = refused(stack.ask(address(OPEN, "/0007"), mint.token(), headers=twice), 400, "duplicate_header")
    assert reply.json["status"] == 400
    assert stack.ask(address(OPEN, "/0007"), mint.token(), headers=[(name, "a1")]).status == 200


def test_two_tokens_in_one_request_are_refused(stack, mint):
    """Whichever comes first: nobody reads one token and is judged by the other."""
    good, other = f"Bearer {mint.token()}", f"Bearer {mint.token(sub='CT-KHAC/UD')}"
    for pair in ((good, other), (other, good), (good, "Bearer x.y.z"), ("Basic eDp5", other)):
        reply = stack.ask(address(OPEN, "/0007"), headers=[("Authorization", one) for one in pair])
        assert reply.status in {400, 401, 403}, (pair, reply.status)


def test_a_denied_certificate_is_refused_on_an_open_connection_at_once(stack, school, stranger, mint):
    import http.client

    context = ssl.create_default_context(cadata=Authority(stack.data / "keys" / "ca").trusted())
    context.load_cert_chain(school.chain, school.key)
    link = http.client.HTTPSConnection("127.0.0.1", stack.listen.tls_port, timeout=10, context=context)

    def status():
        link.request("GET", address(OPEN, "/0007"))
        reply = link.getresponse()
        reply.read()
        return reply.status

    fingerprint = school.issued.fingerprint
    identity = identity_of("VN", SCHOOL)
    for denial in (
        {"denied_certificates": ("ff" * 32, fingerprint)},
        {"denied_accounts": (Denial("", OPEN, identity),)},
        {"denied_accounts": (Denial("TK-2026-0001", OPEN, identity),)},
    ):
        assert status() == 200
        socket = link.sock
        began = time.monotonic()
        replaced(stack, compile_gateway(decided(stack.data, mint, stack.listen, **denial)))
        wait_for(lambda: status() == 403, 2)
        assert time.monotonic() - began < 1
        assert link.sock is socket
        # Others go on; and a denied certificate is denied with a token too, a denied caller without one only.
        assert stack.ask(address(OPEN, "/0007"), mint.token(acc=["TK-2026-0009"])).status == 200
        shown = stack.ask_tls(address(OPEN, "/0007"), school, mint.token(acc=["TK-2026-0009"]))
        assert shown.status == (403 if "denied_certificates" in denial else 200)
        replaced(stack, compile_gateway(decided(stack.data, mint, stack.listen)))
        wait_for(lambda: status() == 200, 2)
    link.close()


def test_a_denied_token_is_refused_and_its_sister_goes_on(stack, mint):
    replaced(stack, compile_gateway(decided(stack.data, mint, stack.listen, denied_tokens=("gone", "too"))))
    wait_for(lambda: stack.ask(address(OPEN, "/0007"), mint.token(jti="gone")).status == 403, 2)
    refused(stack.ask(address(OPEN, "/0007"), mint.token(jti="too")), 403, "access_revoked")
    assert stack.ask(address(OPEN, "/0007"), mint.token(jti="stays")).status == 200
    replaced(stack, compile_gateway(decided(stack.data, mint, stack.listen)))
    wait_for(lambda: stack.ask(address(OPEN, "/0007"), mint.token(jti="gone")).status == 200, 2)


def test_the_gateways_own_certificate_is_replaced_while_it_serves(stack, mint, school):
    from datetime import UTC, datetime

    def shown():
        return ssl.get_server_certificate(("127.0.0.1", stack.listen.tls_port))

    before = shown()
    own = Authority(stack.data / "keys" / "ca").server(["127.0.0.1", "lgsp.invalid"], datetime.now(UTC))
    files = compile_gateway(decided(stack.data, mint, stack.listen, tls=Tls(own.chain, own.key, own.trusted)))
    assert replaced(stack, files) == ["sds_server.json"]
    wait_for(lambda: shown() != before, 3)
    assert stack.ask_tls(address(OPEN, "/0007"), school).status == 200


def test_the_line_of_a_call_names_the_certificate(stack, school):
    said = [("X-Road-Represented-Party", "GOV/CT-X31507")]
    wanted = stack.ask_tls(address(OPEN, "/0007"), school, headers=said).headers["x-request-id"]
    line = wait_for(lambda: next((one for one in stack.log_lines() if one.get("xRequestId") == wanted), None))
    assert (line["consumerCertified"], line["clientCertificate"]) == (SCHOOL, school.issued.fingerprint)
    assert "consumer" not in line  # no token
    assert (line["account"], line["representedParty"]) == ("TK-2026-0001", "GOV/CT-X31507")


def replaced(stack, files):
    with swapping.held(stack.data / "gateway"):
        return swapping.swap(files, stack.data / "gateway")
