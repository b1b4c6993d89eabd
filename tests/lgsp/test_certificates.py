"""Certificates of applications as deeds: who gets one, for which key, until when, and what is kept of it."""

import base64
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7
from django.utils import timezone

import scenes
from gateway_rig import certificate_request
from nganam.accounts.keys import issue_api_key
from nganam.audit.models import Entry
from nganam.kernel.clock import VIETNAM
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken, StateMoved
from nganam.kernel.hours import Window
from nganam.lgsp import authority, certificates, operations, queries, reading
from nganam.lgsp.envoy.decided import Bound
from nganam.lgsp.models import Certificate, Credential
from nganam.notices.models import Notice
from nganam.sharing.accounts.models import Account
from nganam.sharing.requests.models import Request

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(province):
    return scenes.account()


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def issue(account, key=None, **values):
    csr = certificate_request(key or new_key())
    return certificates.issue_certificate(account, **{"actor": scenes.PHUC, "at": scenes.AT, "csr": csr, **values})


def test_a_certificate_names_the_application_and_nothing_the_request_says(account):
    row = issue(account)
    leaf, issuing = x509.load_pem_x509_certificates(row.pem.encode())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["lgsp:VN/GOV/CT-X31507/MCDT"]
    assert "whatever" not in leaf.subject.rfc4514_string()
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [one.dotted_string for one in usage] == ["1.3.6.1.5.5.7.3.2"]
    leaf.verify_directly_issued_by(issuing)
    root = x509.load_pem_x509_certificates(queries.authority().trusted().encode())[0]
    issuing.verify_directly_issued_by(root)
    assert row.fingerprint == leaf.fingerprint(SHA256()).hex()
    assert leaf.not_valid_after_utc == scenes.AT + timedelta(days=365)
    assert Credential.objects.get().kind == Credential.Kind.CERTIFICATE
    entry = Entry.objects.get(action="lgsp.certificate.issued")
    assert (entry.object_code, entry.details["serial"]) == ("CT-X31507/MCDT", row.serial)


def test_private_keys_of_the_authority_are_their_owners_only(account, data):
    issue(account)
    found = list((data / "keys" / "ca").glob("*.key"))
    assert found
    assert all(path.stat().st_mode & 0o077 == 0 for path in found)
    assert (data / "keys" / "ca").stat().st_mode & 0o077 == 0


def test_only_the_consumer_gets_one_and_only_consumer_and_operator_revoke(account, hoa):
    for actor in (scenes.LAN, hoa):
        with pytest.raises(NotAllowed):
            issue(account, actor=actor)
    assert not Certificate.objects.exists()
    for actor in (scenes.PHUC, scenes.MINH):
        row = issue(account)
        for other in (scenes.LAN, hoa):
            with pytest.raises(NotAllowed):
                certificates.revoke_certificate(row, actor=other, at=scenes.AT)
        certificates.revoke_certificate(row, actor=actor, at=scenes.AT)
        with pytest.raises(StateMoved):
            certificates.revoke_certificate(row, actor=actor, at=scenes.AT)


def test_an_ed25519_key_is_signed_too(account):
    row = issue(account, ed25519.Ed25519PrivateKey.generate())
    leaf = x509.load_pem_x509_certificates(row.pem.encode())[0]
    assert isinstance(leaf.public_key(), ed25519.Ed25519PublicKey)


def weak(key):
    subject = x509.Name([])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())
    return request.public_bytes(Encoding.PEM).decode()


def forged():
    """A request for a key its sender does not hold: the signature is another one's."""
    mine, other = (x509.load_pem_x509_csr(certificate_request(new_key()).encode()) for _ in "12")
    der = bytearray(mine.public_bytes(Encoding.DER))
    der[-len(mine.signature) :] = other.signature[: len(mine.signature)].rjust(len(mine.signature), b"\0")
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE REQUEST-----\n"


@pytest.mark.parametrize(
    "csr",
    [
        lambda: "", lambda: "x" * 20_000, lambda: "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", forged,
        lambda: weak(rsa.generate_private_key(65537, 2048)), lambda: weak(ec.generate_private_key(ec.SECP521R1())),
        lambda: new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    ],
)  # fmt: skip
def test_what_cannot_be_signed_is_refused_with_words(account, csr):
    with pytest.raises(Invalid) as refusal:
        issue(account, csr=csr())
    assert refusal.value.fields["csr"]
    assert not Certificate.objects.exists()


def test_a_key_is_signed_once_also_after_its_certificate_was_revoked(account):
    key = new_key()
    certificates.revoke_certificate(issue(account, key), actor=scenes.PHUC, at=scenes.AT)
    with pytest.raises(Invalid):
        issue(account, key)


def test_an_application_has_few_and_none_runs_long(account):
    for days in (0, 399):
        with pytest.raises(Invalid):
            issue(account, days=days)
    for _ in range(certificates.MOST_LIVE):
        issue(account, days=30)
    with pytest.raises(RuleBroken):
        issue(account)
    assert issue(account, at=scenes.AT + timedelta(days=31))


def test_the_gateway_is_told_until_when_and_at_which_hours_a_certificate_opens(account):
    issue(account)
    service, identity = account.service.code, "lgsp:VN/GOV/CT-X31507/MCDT"
    ends = date(2027, 6, 30)
    Account.objects.filter(pk=account.pk).update(valid_until=ends)
    assert queries.bounded(scenes.AT) == {service: (Bound(identity, second_of(ends)),)}
    Account.objects.filter(pk=account.pk).update(hours="T2-T6 07:30-17:30")
    Credential.objects.update(valid_until=ends - timedelta(days=30))
    hours = (Window((0, 1, 2, 3, 4), 450, 1050),)
    assert queries.bounded(scenes.AT) == {service: (Bound(identity, second_of(ends - timedelta(days=30)), hours),)}
    Account.objects.filter(pk=account.pk).update(hours="", valid_until=None)
    Credential.objects.update(valid_until=None)
    assert (queries.bounded(scenes.AT), len(queries.certified(scenes.AT))) == ({}, 1)


def second_of(day):
    return int(datetime.combine(day, datetime.min.time(), VIETNAM).timestamp())


def test_the_gateway_is_told_who_may_call_with_a_certificate_alone(account):
    row = issue(account)
    service, identity = account.service.code, "lgsp:VN/GOV/CT-X31507/MCDT"
    assert queries.certified(scenes.AT) == {service: (identity,)}
    assert queries.certified(scenes.AT + timedelta(days=366)) == {}
    certificates.revoke_certificate(row, actor=scenes.PHUC, at=scenes.AT)
    assert queries.certified(scenes.AT) == {}
    told = queries.revoked_certificates(scenes.AT).values_list("fingerprint", flat=True)
    assert list(told) == [row.fingerprint]
    assert not queries.revoked_certificates(scenes.AT + timedelta(days=366)).exists()
    issue(account)
    operations.revoke_credential(Credential.objects.get(), actor=scenes.LAN, at=scenes.AT)
    assert queries.certified(scenes.AT) == {}
    assert [(one.service, one.identity) for one in queries._denied_callers(scenes.AT)] == [(service, identity)]


def test_agencies_are_reminded_once_a_month_before_and_not_when_renewed(account):
    first = issue(account, days=40)
    assert certificates.remind_of_ends(at=scenes.AT) == 0
    later = scenes.AT + timedelta(days=15)
    assert certificates.remind_of_ends(at=later) == 1
    assert certificates.remind_of_ends(at=later) == 0
    notice = Notice.objects.get(event="lgsp.certificate.ending")
    assert (notice.agency, "MCDT" in notice.title) == ("CT-X31507", True)
    Certificate.objects.filter(pk=first.pk).update(reminded_at=None)
    issue(account, at=later)
    assert certificates.remind_of_ends(at=later) == 0


def test_the_authority_is_succeeded_before_it_would_cut_a_certificate_short(tmp_path):
    own = authority.Authority(tmp_path / "ca")
    start = scenes.AT
    assert own.ensure(start)
    assert not own.ensure(start + timedelta(days=1000))
    later = start + timedelta(days=authority.ISSUING_DAYS - 400)
    assert own.ensure(later)
    assert own.trusted().count("BEGIN CERTIFICATE") == 3
    request = authority.read_request(certificate_request(new_key()))
    made = own.issue(request, "lgsp:VN/GOV/A/B", at=later, days=398, crl_url="http://x/ca.crl")
    leaf, issuing = x509.load_pem_x509_certificates(made.pem.encode())
    assert issuing.not_valid_after_utc > leaf.not_valid_after_utc


def test_the_gateways_certificate_is_renewed_a_month_before_its_end_or_when_its_names_change(tmp_path):
    own = authority.Authority(tmp_path / "ca")
    own.ensure(scenes.AT)
    first = own.server(["lgsp.invalid", "127.0.0.1"], scenes.AT)
    assert own.server(["lgsp.invalid", "127.0.0.1"], scenes.AT + timedelta(days=59)) == first
    assert own.server(["lgsp.invalid", "127.0.0.1"], scenes.AT + timedelta(days=61)) != first
    assert own.server(["khac.invalid"], scenes.AT + timedelta(days=61)).key != first.key


def test_the_list_of_revoked_certificates_is_signed_and_published(client, account):
    row = issue(account)
    certificates.revoke_certificate(row, actor=scenes.PHUC, at=scenes.AT)
    reply = client.get("/lgsp/ca.crl")
    assert reply["Content-Type"] == "application/pkix-crl"
    listed = x509.load_der_x509_crl(reply.content)
    issuing = x509.load_pem_x509_certificates(client.get("/lgsp/ca.pem").content)[1]
    assert listed.is_signature_valid(issuing.public_key())
    assert listed.get_revoked_certificate_by_serial_number(int(row.serial, 16)).revocation_date_utc == scenes.AT
    assert listed.next_update_utc > timezone.now().astimezone(UTC) + timedelta(days=29)


def test_an_officers_program_enrols_by_the_officers_key(client, account):
    _row, text = issue_api_key(actor=scenes.PHUC, at=timezone.now(), name="cấp chứng thư", days=10)
    where = f"/.well-known/est/{account.code}/simpleenroll"
    key = new_key()
    csr = certificate_request(key)
    sent = {"content_type": "application/pkcs10", "HTTP_AUTHORIZATION": f"Bearer {text}"}
    assert client.post(where, csr, content_type="application/pkcs10").status_code == 401
    assert client.get(where, HTTP_AUTHORIZATION=f"Bearer {text}").status_code == 405
    reply = client.post(where, csr, **sent)
    assert reply.status_code == 200, reply.content
    made = pkcs7.load_der_pkcs7_certificates(base64.b64decode(reply.content))
    assert key.public_key() in [one.public_key() for one in made]
    assert client.post(where, csr, **sent).status_code == 422
    assert client.post("/.well-known/est/TK-2026-9999/simpleenroll", csr, **sent).status_code == 404
    trusted = pkcs7.load_der_pkcs7_certificates(base64.b64decode(client.get("/.well-known/est/cacerts").content))
    assert len(trusted) == 2


def test_the_page_issues_shows_hands_out_and_revokes(client, account):
    assert client.login(username="phuc", password=scenes.PASSWORD)
    page = f"/tai-khoan-ket-noi/{account.code}/khoa/"
    assert "Không đọc được CSR" in client.post(f"{page}chung-thu/", {"csr": "x", "days": 30}).content.decode()
    client.post(f"{page}chung-thu/", {"csr": certificate_request(new_key()), "days": 30})
    row = Certificate.objects.get()
    assert row.serial[:12] in client.get(page).content.decode()
    got = client.get(f"{page}chung-thu/{row.serial}.pem")
    assert (got.content.decode(), "attachment" in got["Content-Disposition"]) == (row.pem, True)
    assert client.get(f"{page}chung-thu/ff.pem").status_code == 404
    client.post(f"{page}chung-thu/{row.serial}/thu-hoi/")
    row.refresh_from_db()
    assert row.revoked_at
    credential = Credential.objects.get()
    client.post(f"{page}{credential.client_id}/thu-hoi/")
    client.post(f"{page}nhan-chung-thu/")
    assert [one.is_live for one in Credential.objects.all()] == [True, False]


def test_others_find_neither_certificate_nor_page(client, account, hoa):
    row = issue(account)
    assert client.login(username="hoa", password=scenes.PASSWORD)
    page = f"/tai-khoan-ket-noi/{account.code}/khoa/chung-thu/"
    assert client.get(f"{page}{row.serial}.pem").status_code == 404
    assert client.post(f"{page}{row.serial}/thu-hoi/").status_code == 404
    assert client.post(page, {"csr": "x", "days": 3}).status_code == 404


def test_the_details_hold_no_secret_of_an_api_key(account):
    row, key = operations.issue_api_key(account, actor=scenes.PHUC, at=scenes.AT)
    secret = key.removeprefix(f"{row.client_id}.")
    kept = json.dumps({one.attname: str(getattr(row, one.attname)) for one in row._meta.concrete_fields})
    assert secret not in kept
    assert all(secret not in str(one.details) for one in Entry.objects.all())


def test_a_certificate_alone_opens_nothing_for_a_purpose_that_is_not_approved_any_more(account):
    issue(account)
    Request.objects.update(purpose_codes=["TTHC", "TKBC"])
    Account.objects.filter(pk=account.pk).update(purpose_code="TTHC")
    before, code, subject = queries.decision_mark(), account.service.code, account.subject
    assert (len(queries.certified(scenes.AT)), queries.decided_denials(scenes.AT).denied_accounts) == (1, ())
    assert code in reading.decided_serving(scenes.AT, 1).grants[subject]
    Request.objects.update(purpose_codes=["TKBC"])
    assert queries.decision_mark() != before
    assert (queries.certified(scenes.AT), queries.bounded(scenes.AT)) == ({}, {})
    (denied,) = queries.decided_denials(scenes.AT).denied_accounts
    assert (denied.account, denied.service) == (account.code, code)
    assert reading.decided_serving(scenes.AT, 2).grants == {}
